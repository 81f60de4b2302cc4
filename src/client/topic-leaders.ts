import { errorName, KafkaError, type ErrorName } from '../model/errors.ts'
import type { Uuid } from '../model/uuid.ts'
import { sleep } from '../platform/clock.ts'
import { isTransient, type ClusterClient } from './cluster-client.ts'

export interface PartitionLeader {
  /** -1 while nobody leads. */
  readonly broker: number
  readonly leaderEpoch: number
}

export interface KnownTopic {
  readonly topicId: Uuid
  /** Indexes, in order. */
  readonly partitions: readonly number[]
  readonly leaders: ReadonlyMap<number, PartitionLeader>
}

const RETRY_MS = 50
/** How long a topic that nobody knows may be on its way: it was made a moment ago, or is made on demand. */
const APPEARANCE_MS = 5000

/**
 * Who leads what, as last heard. Topics are asked for together when several are wanted at once, and again after
 * `forget`: whoever gets NOT_LEADER_OR_FOLLOWER forgets the topic.
 */
export class TopicLeaders {
  private readonly client: ClusterClient
  private readonly mayCreate: boolean
  private readonly topics = new Map<string, KnownTopic>()
  private inquiry: Inquiry | null = null

  constructor(options: { readonly client: ClusterClient; readonly mayCreate?: boolean }) {
    this.client = options.client
    this.mayCreate = options.mayCreate ?? false
  }

  /** What is known without asking. */
  peek(topic: string): KnownTopic | null {
    return this.topics.get(topic) ?? null
  }

  forget(topic: string): void {
    this.topics.delete(topic)
  }

  /**
   * Throws KafkaError: UNKNOWN_TOPIC_OR_PARTITION when the topic does not appear within a few seconds, what cannot
   * change (INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED) at once, what may change after `timeoutMs`.
   */
  async topic(name: string, timeoutMs: number): Promise<KnownTopic> {
    const { clock } = this.client
    const startedMs = clock.monotonicMs()
    for (;;) {
      const found = this.peek(name) ?? (await this.load(name))
      if (!(found instanceof KafkaError)) return found
      const isUnknown = found.error === 'UNKNOWN_TOPIC_OR_PARTITION'
      const limitMs = isUnknown ? Math.min(timeoutMs, APPEARANCE_MS) : timeoutMs
      const elapsedMs = clock.monotonicMs() - startedMs
      if (this.client.isClosed || elapsedMs + RETRY_MS > limitMs || !(isUnknown || isTransient(found)))
        throw found
      await sleep(clock, RETRY_MS)
    }
  }

  private async load(name: string): Promise<KnownTopic | KafkaError> {
    this.inquiry ??= new Inquiry(() => this.ask())
    const { names, failures, answered } = this.inquiry
    names.add(name)
    try {
      await answered
    } catch (error) {
      if (error instanceof KafkaError) return error
      throw error
    }
    return this.peek(name) ?? failures.get(name) ?? new KafkaError('LEADER_NOT_AVAILABLE', `topic ${name}`)
  }

  private async ask(): Promise<void> {
    const { names, failures } = this.inquiry as Inquiry
    this.inquiry = null
    const { topics } = await this.client.metadata([...names], { mayCreate: this.mayCreate })
    for (const { name, errorCode, topicId, partitions } of topics) {
      if (name === null) continue
      const error = failureIn(errorCode, partitions.length)
      if (error !== null) {
        failures.set(name, new KafkaError(error, `topic ${name}: ${error}`))
        continue
      }
      const leaders = partitions.map(
        ({ partitionIndex, leaderId, leaderEpoch }) =>
          [partitionIndex, { broker: leaderId, leaderEpoch }] as const,
      )
      leaders.sort(([one], [other]) => one - other)
      const indexes = leaders.map(([index]) => index)
      this.topics.set(name, { topicId, partitions: indexes, leaders: new Map(leaders) })
    }
  }
}

/** One request that will leave at the end of this turn, for all topics that are wanted by then. */
class Inquiry {
  readonly names = new Set<string>()
  readonly failures = new Map<string, KafkaError>()
  readonly answered: Promise<void>

  constructor(ask: () => Promise<void>) {
    this.answered = Promise.resolve().then(ask)
  }
}

/** A topic whose partitions are not known yet is as good as one that is being made. */
function failureIn(errorCode: number, partitionCount: number): ErrorName | null {
  if (errorCode !== 0) return errorName(errorCode)
  return partitionCount === 0 ? 'LEADER_NOT_AVAILABLE' : null
}
