import type { ErrorName } from '../../model/errors.ts'
import type { Offset, PartitionIndex } from '../../model/ids.ts'
import type { TopicPartition } from '../../model/topic-partition.ts'
import type { Logger } from '../../platform/logger.ts'
import {
  offsetStoreFault,
  type CommittedOffset,
  type OffsetWrite,
} from '../../../zk/stores/consumer-offset-store.ts'

/** What is needed of the store in ZooKeeper. */
export interface LegacyStore {
  read(group: string, partitions: readonly TopicPartition[]): Promise<(Offset | null)[]>
  readGroup(group: string): Promise<CommittedOffset[]>
  write(group: string, offsets: readonly CommittedOffset[]): Promise<OffsetWrite[]>
  remove(group: string, partitions: readonly TopicPartition[]): Promise<void>
}

export interface LegacyOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What was found for one partition: null when nothing is committed, or why it cannot be told. */
export interface LegacyAnswer {
  readonly offset: number | null
  readonly error: ErrorName
}

/**
 * Offsets in ZooKeeper, under `/consumers/G/offsets/T/P`: no metadata, no leader epoch, no expiry, and nobody who knows
 * the group's generation. What cannot be is answered per partition.
 * Source: KafkaApis.commitOffsetsToZookeeper, handleOffsetFetchRequestFromZookeeper (3.9).
 */
export class LegacyOffsets {
  private readonly multi: LegacyStore
  private readonly loop: LegacyStore
  private readonly writesInLoop: () => boolean
  private readonly logger: Logger

  constructor(options: {
    /** Writes a commit in one step. */
    multi: LegacyStore
    /** Writes as Kafka does, one znode after the other. */
    loop: LegacyStore
    writesInLoop: () => boolean
    logger: Logger
  }) {
    this.multi = options.multi
    this.loop = options.loop
    this.writesInLoop = options.writesInLoop
    this.logger = options.logger
  }

  /** Answers for each offset, in their order. Never rejects. */
  async commit(group: string, offsets: readonly LegacyOffset[]): Promise<ErrorName[]> {
    if (offsets.length === 0) return []
    const store = this.writesInLoop() ? this.loop : this.multi
    try {
      const writes = await store.write(group, offsets.map(stored))
      return writes.map(({ error }) => (error === null ? 'NONE' : this.answerFor(group, error)))
    } catch (error) {
      const answer = this.answerFor(group, error)
      return offsets.map(() => answer)
    }
  }

  /** In the order of the partitions. Never rejects. */
  fetch(group: string, partitions: readonly TopicPartition[]): Promise<LegacyAnswer[]> {
    return Promise.all(partitions.map((partition) => this.fetchOne(group, partition)))
  }

  private async fetchOne(group: string, partition: TopicPartition): Promise<LegacyAnswer> {
    try {
      const [offset] = await this.multi.read(group, [partition])
      return { offset: offset ?? null, error: 'NONE' }
    } catch (error) {
      return { offset: null, error: this.answerFor(group, error) }
    }
  }

  /** All that the group has committed; what cannot be read is left out. Or why nothing can be told. */
  async fetchAll(group: string): Promise<CommittedOffset[] | ErrorName> {
    try {
      return await this.multi.readGroup(group)
    } catch (error) {
      return this.answerFor(group, error)
    }
  }

  /** Forgets offsets; what is not there is fine. Returns NONE, or why they may be there still. */
  async remove(group: string, partitions: readonly TopicPartition[]): Promise<ErrorName> {
    try {
      await this.multi.remove(group, partitions)
      return 'NONE'
    } catch (error) {
      return this.answerFor(group, error)
    }
  }

  /** A group id that cannot be part of a path, a znode of somebody else's: Kafka has no better word for these, either. */
  private answerFor(group: string, error: unknown): ErrorName {
    const fault = offsetStoreFault(error)
    const level = fault === 'refused' ? 'warn' : 'debug'
    this.logger[level]('offsets in ZooKeeper cannot be read or written', {
      group: group.slice(0, MAX_LOGGED_CHARACTERS),
      error,
    })
    return fault === 'unanswered' ? 'REQUEST_TIMED_OUT' : 'UNKNOWN_SERVER_ERROR'
  }
}

const MAX_LOGGED_CHARACTERS = 200

function stored({ topic, partition, offset }: LegacyOffset): CommittedOffset {
  return { topic, partition: partition as PartitionIndex, offset: offset as Offset }
}
