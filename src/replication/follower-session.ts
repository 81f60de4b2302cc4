import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import {
  INITIAL_EPOCH,
  NO_SESSION,
  nextSessionEpoch,
  sessionKey,
  type FetchPartition,
} from './fetch-session.ts'

/** What one request of the session has to say. */
interface SessionPart {
  readonly sessionId: number
  readonly sessionEpoch: number
  /** New or changed since the last request. */
  readonly added: readonly FetchPartition[]
  readonly forgotten: readonly FetchPartition[]
}

/**
 * The reader's side of a fetch session (KIP-227): knows what the leader knows, and says only what has changed.
 * Source: org.apache.kafka.clients.FetchSessionHandler.
 */
export class FollowerSession {
  private sessionId = NO_SESSION
  private epoch = INITIAL_EPOCH
  private usesTopicIds = false
  private known = new Map<string, FetchPartition>()
  private readonly names = new Map<Uuid, string>()

  /** The next request for all of `wanted`. */
  begin(wanted: readonly FetchPartition[], usesTopicIds: boolean): SessionPart {
    if (usesTopicIds !== this.usesTopicIds) this.reset()
    this.usesTopicIds = usesTopicIds
    const next = new Map<string, FetchPartition>()
    for (const partition of wanted) {
      const { topic, topicId } = partition
      next.set(sessionKey(usesTopicIds, topicId, topic, partition.partition), partition)
      if (topicId !== ZERO_UUID && topic !== null) this.names.set(topicId, topic)
    }
    const isFull = this.sessionId === NO_SESSION || this.epoch === INITIAL_EPOCH
    const part: SessionPart = {
      sessionId: this.sessionId,
      sessionEpoch: isFull ? INITIAL_EPOCH : this.epoch,
      added: isFull
        ? wanted
        : [...next].filter(([key, one]) => !isSame(this.known.get(key), one)).map(([, one]) => one),
      forgotten: isFull ? [] : [...this.known].filter(([key]) => !next.has(key)).map(([, one]) => one),
    }
    this.known = next
    return part
  }

  /** The leader has answered, in the session of that id (0: it keeps none). */
  accepted(sessionId: number): void {
    this.sessionId = sessionId
    this.epoch = sessionId === NO_SESSION ? INITIAL_EPOCH : nextSessionEpoch(this.epoch)
  }

  /** Something went wrong: the next request says everything, and ends the old session. */
  reset(): void {
    this.epoch = INITIAL_EPOCH
    this.known.clear()
  }

  topicName(id: Uuid): string {
    return this.names.get(id) ?? ''
  }
}

function isSame(known: FetchPartition | undefined, wanted: FetchPartition): boolean {
  return (
    known !== undefined &&
    known.fetchOffset === wanted.fetchOffset &&
    known.currentLeaderEpoch === wanted.currentLeaderEpoch &&
    known.lastFetchedEpoch === wanted.lastFetchedEpoch &&
    known.logStartOffset === wanted.logStartOffset
  )
}
