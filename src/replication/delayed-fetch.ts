import { KafkaError } from '../model/errors.ts'
import { boundOffset, divergence, readableLog, type FetchParams } from './fetch-reader.ts'
import type { FetchPartition } from './fetch-session.ts'
import type { Partition } from './partition.ts'

export interface PartitionLookup {
  readonly partitionOf: (wanted: FetchPartition) => Partition | null
  /** Whether the reader is a follower that has to wait for more of this partition (KIP-73). */
  readonly isHeldBack: (partition: Partition) => boolean
}

/**
 * Whether a reader that waits for `minBytes` would get its answer now: enough bytes, or news of another kind (the
 * leader has moved, the log was cut, an error). Looks at positions only and reads nothing; where a position is not in
 * memory the answer is yes, and the read will tell.
 * Source: kafka.server.DelayedFetch.tryComplete.
 */
export function isFetchReady(
  wantedPartitions: readonly FetchPartition[],
  params: FetchParams,
  { partitionOf, isHeldBack }: PartitionLookup,
): boolean {
  let accumulated = 0
  for (const wanted of wantedPartitions) {
    const partition = partitionOf(wanted)
    if (partition === null) return true
    const bytes = availableBytes(partition, wanted, params)
    if (bytes === null) return true
    // What a throttled follower could get is no reason to answer: it would not get it.
    if (bytes > 0 && !isHeldBack(partition)) accumulated += bytes
    if (accumulated >= params.minBytes) return true
  }
  return accumulated >= params.minBytes
}

/** How many bytes the reader could get, up to its limit; null when it should be answered without counting. */
function availableBytes(partition: Partition, wanted: FetchPartition, params: FetchParams): number | null {
  try {
    const { log } = readableLog(partition, wanted.currentLeaderEpoch, params)
    const bound = boundOffset(log, params.bound)
    if (wanted.fetchOffset > bound) return null
    if (wanted.lastFetchedEpoch >= 0 && divergence(log, wanted) !== null) return null
    if (wanted.fetchOffset === bound) return 0
    const from = log.positionOf(wanted.fetchOffset)
    const to = log.positionOf(bound)
    // An older segment, or a place that only the disk knows: there is something, and it is cheaper to read than to ask.
    if (from === null || to === null || from.segmentBaseOffset !== to.segmentBaseOffset) return null
    return Math.min(Math.max(0, to.position - from.position), wanted.maxBytes)
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
}
