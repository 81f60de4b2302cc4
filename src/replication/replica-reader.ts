import { KafkaError } from '../model/errors.ts'
import { partitionKey } from '../model/topic-partition.ts'
import { ZERO_UUID } from '../model/uuid.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import { isFetchReady } from './delayed-fetch.ts'
import { failedFetch, readPartition, type FetchedPartition, type FetchParams } from './fetch-reader.ts'
import type { FetchPartition } from './fetch-session.ts'
import type { Partition } from './partition.ts'
import type { ReplicationQuota } from './replication-quota.ts'

export interface ReplicaReaderOptions {
  /** The hosted partition, or null. */
  readonly get: (topic: string, partition: number) => Partition | null
  /** The hosted partition. Throws KafkaError NOT_LEADER_OR_FOLLOWER or UNKNOWN_TOPIC_OR_PARTITION. */
  readonly hosted: (topic: string, partition: number) => Partition
  /** Where requests wait, keyed by partition. */
  readonly fetches: Purgatory
  /** What followers that have to catch up may get. */
  readonly leaderQuota: ReplicationQuota
}

/** Of a partition whose follower has had its share: whether all is well, and nothing more. */
const NO_BYTES = { maxBytes: 0, atLeastOneBatch: false }

/** Answers fetch requests, which go through many partitions under common limits and may wait for more to come. */
export class ReplicaReader {
  private readonly options: ReplicaReaderOptions

  constructor(options: ReplicaReaderOptions) {
    this.options = options
  }

  /**
   * Reads for one request, partition by partition in the order given, until its limits are reached; waits for
   * `minBytes` if need be, at most `maxWaitMs`.
   */
  fetch(
    wanted: readonly FetchPartition[],
    params: FetchParams,
  ): FetchedPartition[] | Promise<FetchedPartition[]> {
    const first = this.readAll(wanted, params)
    const read =
      first instanceof Promise
        ? first.then((read) => this.orWait(read, wanted, params))
        : this.orWait(first, wanted, params)
    if (params.follower === null) return read
    return read instanceof Promise ? read.then((sent) => this.recorded(sent)) : this.recorded(read)
  }

  /** What followers are sent of throttled partitions counts, also when they are in sync. */
  private recorded(sent: FetchedPartition[]): FetchedPartition[] {
    const { leaderQuota } = this.options
    for (const { wanted, sizeBytes } of sent) {
      if (sizeBytes > 0 && leaderQuota.isThrottled(wanted.topic ?? '', wanted.partition))
        leaderQuota.record(sizeBytes)
    }
    return sent
  }

  /** Whether a follower must wait for more. Source: ReplicaManager.shouldLeaderThrottle. */
  private isHeldBack({ topic, partition, role }: Partition, { follower }: FetchParams): boolean {
    const { leaderQuota } = this.options
    return (
      follower !== null &&
      leaderQuota.isThrottled(topic, partition) &&
      role.kind === 'leader' &&
      !role.isrState.committedIsr.has(follower) &&
      leaderQuota.isExceeded
    )
  }

  private orWait(
    read: FetchedPartition[],
    wanted: readonly FetchPartition[],
    params: FetchParams,
  ): FetchedPartition[] | Promise<FetchedPartition[]> {
    if (params.maxWaitMs <= 0 || wanted.length === 0) return read
    let bytes = 0
    for (const { error, sizeBytes, divergingEpoch, preferredReadReplica } of read) {
      if (error !== 'NONE' || divergingEpoch !== null || preferredReadReplica !== null) return read
      bytes += sizeBytes
    }
    if (bytes >= params.minBytes) return read
    const keys = wanted.map(({ topic, partition }) => partitionKey(topic ?? '', partition))
    const isReady = (): boolean =>
      isFetchReady(wanted, params, {
        partitionOf: (one) => this.options.get(one.topic ?? '', one.partition),
        isHeldBack: (partition) => this.isHeldBack(partition, params),
      })
    return this.options.fetches.wait(keys, params.maxWaitMs, isReady).then(() => this.readAll(wanted, params))
  }

  private readAll(
    wanted: readonly FetchPartition[],
    params: FetchParams,
  ): FetchedPartition[] | Promise<FetchedPartition[]> {
    const read: FetchedPartition[] = []
    let room = params.maxBytes
    let isFirst = params.firstBatchWhole
    const accept = (fetched: FetchedPartition): void => {
      read.push(fetched)
      room = Math.max(0, room - fetched.sizeBytes)
      if (fetched.sizeBytes > 0) isFirst = false
    }
    const readFrom = (start: number): FetchedPartition[] | Promise<FetchedPartition[]> => {
      for (let i = start; i < wanted.length; i++) {
        const one = wanted[i] as FetchPartition
        const limits = { maxBytes: Math.min(one.maxBytes, room), atLeastOneBatch: isFirst }
        const fetched = this.readOne(one, params, limits)
        if (fetched instanceof Promise) {
          return fetched.then((value) => {
            accept(value)
            return readFrom(i + 1)
          })
        }
        accept(fetched)
      }
      return read
    }
    return readFrom(0)
  }

  private readOne(
    wanted: FetchPartition,
    params: FetchParams,
    limits: { maxBytes: number; atLeastOneBatch: boolean },
  ): FetchedPartition | Promise<FetchedPartition> {
    const { topic, partition: index, topicId } = wanted
    if (topic === null) return failedFetch(wanted, 'UNKNOWN_TOPIC_ID')
    try {
      const partition = this.options.hosted(topic, index)
      if (topicId !== ZERO_UUID && partition.topicId !== null && partition.topicId !== topicId) {
        return failedFetch(wanted, 'INCONSISTENT_TOPIC_ID')
      }
      if (!this.isHeldBack(partition, params)) return readPartition(partition, wanted, params, limits)
      return readPartition(partition, wanted, params, NO_BYTES)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return failedFetch(wanted, error.error)
    }
  }
}
