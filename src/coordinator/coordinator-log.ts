import { KafkaError } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'

/** A piece of a partition's log: whole batches, in order. */
export interface CoordinatorLogSlice {
  readonly records: readonly Buffer[]
  /** Where to read on. */
  readonly nextOffset: number
}

export interface CoordinatorAppend {
  /** -1: every in-sync replica has it when the promise resolves; 1: this broker; 0: nobody is waited for. */
  readonly acks: number
  readonly timeoutMs: number
}

/**
 * What a coordinator needs of replication: one internal topic, whose partitions hold its state. The only door between
 * the two.
 *
 * Everything throws KafkaError NOT_LEADER_OR_FOLLOWER (or KAFKA_STORAGE_ERROR, UNKNOWN_TOPIC_OR_PARTITION) when this
 * broker does not lead the partition any more.
 */
export interface CoordinatorLog {
  /**
   * How long the log is for whoever loads it: everything that this leader has, committed or not. What lies before it
   * may still be on its way to the disk: a read that finds nothing there is asked again.
   */
  endOffset(partition: PartitionIndex): number
  startOffset(partition: PartitionIndex): number
  /** The largest batch that the topic takes. */
  maxBatchBytes(partition: PartitionIndex): number
  /** Batches from `offset` on, some hundred kilobytes; none at the end. */
  read(partition: PartitionIndex, offset: number): Promise<CoordinatorLogSlice>
  /**
   * Appends one batch in this turn and resolves with its first offset when those have it whom `acks` names. Rejects
   * with KafkaError also for NOT_ENOUGH_REPLICAS, MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, REQUEST_TIMED_OUT and the
   * like; after REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND and NOT_LEADER_OR_FOLLOWER the batch may be there
   * all the same. The batch's bytes need only live for the call.
   */
  append(partition: PartitionIndex, batch: Buffer, options: CoordinatorAppend): Promise<number>
}

const READ_BYTES = 256 * 1024

/** The partitions of an internal topic that this broker leads. */
export class ReplicatedCoordinatorLog implements CoordinatorLog {
  private readonly replicas: ReplicaManager
  private readonly topic: string

  constructor(options: { replicas: ReplicaManager; topic: string }) {
    this.replicas = options.replicas
    this.topic = options.topic
  }

  endOffset(partition: PartitionIndex): number {
    return this.leader(partition).log.nextOffset
  }

  startOffset(partition: PartitionIndex): number {
    return this.leader(partition).log.logStartOffset
  }

  maxBatchBytes(partition: PartitionIndex): number {
    const { config } = this.leader(partition).log
    return Math.min(config['max.message.bytes'], config['segment.bytes'])
  }

  async read(partition: PartitionIndex, offset: number): Promise<CoordinatorLogSlice> {
    const { log } = this.leader(partition)
    const slice = await log.read({
      offset,
      maxBytes: READ_BYTES,
      upperBoundOffset: log.logEndOffset,
      atLeastOneBatch: true,
    })
    return { records: slice.records, nextOffset: slice.nextOffset }
  }

  async append(partition: PartitionIndex, batch: Buffer, options: CoordinatorAppend): Promise<number> {
    const [result] = await this.replicas.append([{ topic: this.topic, partition, records: batch }], {
      ...options,
      origin: 'coordinator',
      mayWriteInternalTopics: true,
    })
    if (result === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR')
    if (result.error === 'NONE') return result.firstOffset
    throw result.message === null
      ? new KafkaError(result.error)
      : new KafkaError(result.error, result.message)
  }

  private leader(partition: PartitionIndex) {
    return this.replicas.leader(this.topic, partition, -1)
  }
}
