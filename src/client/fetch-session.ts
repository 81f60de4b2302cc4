import type { Uuid } from '../model/uuid.ts'

/** What is wanted of one partition. */
export interface WantedPartition {
  readonly topic: string
  readonly topicId: Uuid
  readonly partition: number
  readonly leaderEpoch: number
  readonly offset: number
}

interface SessionRequest {
  readonly sessionId: number
  readonly sessionEpoch: number
  /** To be named in the request: all of them in a full one, else those that are new or have moved. */
  readonly named: readonly WantedPartition[]
  readonly forgotten: readonly WantedPartition[]
}

const LAST_EPOCH = 0x7fffffff

/**
 * What a broker remembers of our last request, so that the next one names only what has changed (KIP-227). A broker
 * without room for a session answers with id 0, and every request is a full one.
 */
export class ClientFetchSession {
  private id = 0
  private epoch = 0
  private known = new Map<string, WantedPartition>()

  get sessionId(): number {
    return this.id
  }

  /** The next request for exactly these partitions. */
  next(wanted: readonly WantedPartition[]): SessionRequest {
    const before = this.known
    const now = new Map(wanted.map((each) => [`${each.topic}-${each.partition}`, each]))
    this.known = now
    if (this.id === 0) return { sessionId: 0, sessionEpoch: 0, named: wanted, forgotten: [] }
    const named = [...now].filter(([key, each]) => !isSame(before.get(key), each)).map(([, each]) => each)
    const forgotten = [...before]
      .filter(([key, each]) => now.get(key)?.topicId !== each.topicId)
      .map(([, each]) => each)
    return { sessionId: this.id, sessionEpoch: this.epoch, named, forgotten }
  }

  /** The broker took the request and goes on with this session; 0: with none. */
  answered(sessionId: number): void {
    this.epoch = sessionId === this.id && this.epoch < LAST_EPOCH ? this.epoch + 1 : 1
    this.id = sessionId
  }

  /** The next request begins a new one. */
  reset(): void {
    this.id = 0
    this.epoch = 0
    this.known = new Map()
  }
}

function isSame(one: WantedPartition | undefined, other: WantedPartition): boolean {
  return (
    one !== undefined &&
    one.offset === other.offset &&
    one.leaderEpoch === other.leaderEpoch &&
    one.topicId === other.topicId
  )
}
