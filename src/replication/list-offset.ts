import type { Log } from '../log/log.ts'
import { KafkaError } from '../model/errors.ts'
import type { IsolationLevel } from '../model/isolation-level.ts'
import type { Partition } from './partition.ts'

/** Timestamps with a meaning of their own. Source: ListOffsetsRequest; KIP-734, KIP-405, KIP-1005. */
export const LATEST = -1
export const EARLIEST = -2
export const MAX_TIMESTAMP = -3
export const EARLIEST_LOCAL = -4
export const LATEST_TIERED = -5

export interface OffsetQuery {
  /** Milliseconds since 1970, or one of the above. */
  readonly timestamp: number
  readonly isolationLevel: IsolationLevel
  /** Whether only what is committed counts: a consumer asks, not a follower or a tool for debugging. */
  readonly isClient: boolean
  readonly currentLeaderEpoch: number
  readonly onlyFromLeader: boolean
}

export interface FoundOffset {
  readonly offset: number
  /** Of the record, or -1 where the question was for an end of the log. */
  readonly timestamp: number
  readonly leaderEpoch: number
}

/**
 * Where in a partition the query points; null when no record answers it. Throws KafkaError as `Partition.leaderFor`,
 * and OFFSET_NOT_AVAILABLE while a new leader does not know yet what its predecessor has committed (KIP-207).
 * Source: Partition.fetchOffsetForTimestamp (3.9).
 */
export async function listOffset(partition: Partition, query: OffsetQuery): Promise<FoundOffset | null> {
  const { timestamp, isClient, isolationLevel, currentLeaderEpoch, onlyFromLeader } = query
  const leader = onlyFromLeader ? partition.leaderFor(currentLeaderEpoch) : null
  const log = leader?.log ?? partition.logFor(currentLeaderEpoch)
  const end = !isClient
    ? log.logEndOffset
    : isolationLevel === 'read_committed'
      ? log.lastStableOffset
      : log.highWatermark
  const mustKnowEnd = (): void => {
    if (!isClient || leader === null || log.highWatermark >= leader.epochStartOffset) return
    throw new KafkaError(
      'OFFSET_NOT_AVAILABLE',
      `Failed to fetch offsets for ${partition.key} with leader epoch ${partition.leaderEpoch} as this partition's high watermark (${log.highWatermark}) is lagging behind the start offset from the beginning of this epoch (${leader.epochStartOffset}).`,
    )
  }
  switch (timestamp) {
    case LATEST:
      mustKnowEnd()
      return { offset: end, timestamp: -1, leaderEpoch: partition.leaderEpoch }
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.logStartOffset, timestamp: -1, leaderEpoch: epochAtStart(log) }
    case LATEST_TIERED:
      // Nothing is kept anywhere else.
      return { offset: -1, timestamp: -1, leaderEpoch: -1 }
    default: {
      const found =
        timestamp === MAX_TIMESTAMP
          ? await log.offsetOfMaxTimestamp()
          : await log.offsetForTimestamp(timestamp)
      if (found !== null && found.offset < end) return found
      mustKnowEnd()
      return null
    }
  }
}

/**
 * The answer to the question of version 0: where the log's segments began at that time. A consumer is told of the
 * watermark in place of what lies behind it. Throws KafkaError as `listOffset`.
 * Source: Partition.legacyFetchOffsetsForTimestamp (3.9).
 */
export function segmentOffsets(
  partition: Partition,
  query: Pick<OffsetQuery, 'timestamp' | 'isClient' | 'onlyFromLeader'>,
  maxCount: number,
): number[] {
  const log = query.onlyFromLeader ? partition.leaderFor(-1).log : partition.logFor(-1)
  const offsets = log.offsetsBefore(query.timestamp, maxCount)
  const { highWatermark } = log
  if (!query.isClient || !offsets.some((offset) => offset > highWatermark)) return offsets
  return [highWatermark, ...offsets.filter((offset) => offset <= highWatermark)]
}

/** The epoch of the first record; -1 where the log does not say. */
function epochAtStart(log: Log): number {
  const first = log.leaderEpochs[0]
  return first !== undefined && first.startOffset <= log.logStartOffset ? first.epoch : -1
}
