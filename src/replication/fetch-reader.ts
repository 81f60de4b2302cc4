import type { Log } from '../log/log.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { AbortedTransaction } from '../log/transaction-index.ts'
import { KafkaError, errorOf, type ErrorName } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import type { FetchNews, FetchPartition } from './fetch-session.ts'
import type { FollowerProgress } from './isr.ts'
import type { Leader } from './leader.ts'
import type { Partition } from './partition.ts'

/** Up to where a reader may read: followers all there is, consumers what is safe, or what is safe and decided. */
export type FetchBound = 'log-end' | 'high-watermark' | 'last-stable'

/** Who reads, and how much. */
export interface FetchParams {
  /** A follower's broker id; null for a consumer. */
  readonly follower: BrokerId | null
  /** Whether only the leader may answer: not for consumers from version 11 on (KIP-392). */
  readonly onlyFromLeader: boolean
  readonly bound: FetchBound
  readonly minBytes: number
  readonly maxBytes: number
  readonly maxWaitMs: number
  /** Whether the first batch is returned however large it is (from version 3 on). */
  readonly firstBatchWhole: boolean
  /** Of the followers that have what a consumer asks for: the one that it had better ask (KIP-392). */
  readonly preferredReplica?: (followers: Iterable<FollowerProgress>) => BrokerId | null
}

/** What a reader gets of one partition. */
export interface FetchedPartition {
  readonly wanted: FetchPartition
  readonly error: ErrorName
  /** -1 with an error. */
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly records: readonly Buffer[]
  readonly sizeBytes: number
  /** Whether there is a batch that the reader's limits did not allow. */
  readonly isTooLarge: boolean
  readonly abortedTransactions: readonly AbortedTransaction[] | null
  /** Where the reader's log parts from this one (KIP-595); null when it does not. */
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null
  /** A replica that the reader had better ask; null when this one is as good as any. */
  readonly preferredReadReplica: BrokerId | null
}

const NO_RECORDS: readonly Buffer[] = []

export function newsOf(fetched: FetchedPartition): FetchNews {
  return {
    hasError: fetched.error !== 'NONE',
    sizeBytes: fetched.sizeBytes,
    highWatermark: fetched.highWatermark,
    logStartOffset: fetched.logStartOffset,
    isDiverging: fetched.divergingEpoch !== null,
    hasPreferredReplica: fetched.preferredReadReplica !== null,
  }
}

export function failedFetch(wanted: FetchPartition, error: ErrorName): FetchedPartition {
  return {
    wanted,
    error,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: NO_RECORDS,
    sizeBytes: 0,
    isTooLarge: false,
    abortedTransactions: null,
    divergingEpoch: null,
    preferredReadReplica: null,
  }
}

/** Where the reader's bound is now in a partition's log. */
export function boundOffset(
  log: { highWatermark: number; lastStableOffset: number; logEndOffset: number },
  bound: FetchBound,
): number {
  switch (bound) {
    case 'log-end':
      return log.logEndOffset
    case 'high-watermark':
      return log.highWatermark
    case 'last-stable':
      return log.lastStableOffset
  }
}

/**
 * The log that a reader may read, and the leader if the reader is a follower of it. Throws KafkaError as
 * `Partition.leaderFor` does; a follower must be one of the partition's replicas.
 */
export function readableLog(
  partition: Partition,
  currentLeaderEpoch: number,
  params: FetchParams,
): { readonly log: Log; readonly leader: Leader | null } {
  const { follower, onlyFromLeader } = params
  if (follower === null) {
    const log = onlyFromLeader
      ? partition.leaderFor(currentLeaderEpoch).log
      : partition.logFor(currentLeaderEpoch)
    return { log, leader: null }
  }
  const leader = partition.leaderFor(currentLeaderEpoch)
  if (leader.follower(follower) !== null) return { log: leader.log, leader }
  // A follower that names the epoch will learn of its assignment; one that does not must ask for the leader anew.
  const error = currentLeaderEpoch >= 0 ? 'UNKNOWN_LEADER_EPOCH' : 'NOT_LEADER_OR_FOLLOWER'
  throw new KafkaError(error, `Broker ${follower} is not a replica of ${partition.key}`)
}

/**
 * Reads what one reader wants of one partition, at most `maxBytes`. Errors become part of the answer. A promise where
 * the records must come from the disk.
 */
export function readPartition(
  partition: Partition,
  wanted: FetchPartition,
  params: FetchParams,
  limits: { readonly maxBytes: number; readonly atLeastOneBatch: boolean },
): FetchedPartition | Promise<FetchedPartition> {
  try {
    const { follower, bound } = params
    const { log, leader } = readableLog(partition, wanted.currentLeaderEpoch, params)
    const upperBoundOffset = boundOffset(log, bound)
    const seen = {
      highWatermark: log.highWatermark,
      lastStableOffset: bound === 'last-stable' ? upperBoundOffset : log.lastStableOffset,
      logStartOffset: log.logStartOffset,
      logEndOffset: log.logEndOffset,
    }
    const preferred = preferredReplica(partition, wanted, params)
    if (preferred !== null) return { ...fetched(wanted, seen, null, null), preferredReadReplica: preferred }
    const diverging = wanted.lastFetchedEpoch < 0 ? null : divergence(log, wanted)
    if (diverging !== null) return fetched(wanted, seen, null, diverging)
    const slice = log.read({
      offset: wanted.fetchOffset,
      maxBytes: limits.maxBytes,
      upperBoundOffset,
      atLeastOneBatch: limits.atLeastOneBatch,
      withAborted: bound === 'last-stable',
    })
    const finish = (read: LogSlice): FetchedPartition => {
      if (leader !== null && follower !== null) {
        leader.onFollowerFetch(follower, {
          offset: wanted.fetchOffset,
          logStartOffset: wanted.logStartOffset,
          leaderEndOffset: seen.logEndOffset,
        })
      }
      // The follower's own progress may just have moved it.
      seen.highWatermark = log.highWatermark
      return fetched(wanted, seen, read, null)
    }
    if (!(slice instanceof Promise)) return finish(slice)
    return slice.then(finish).catch((error: unknown) => failedFetch(wanted, errorOf(error)))
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return failedFetch(wanted, error.error)
  }
}

function preferredReplica(
  { role }: Partition,
  wanted: FetchPartition,
  { follower, preferredReplica: choose }: FetchParams,
): BrokerId | null {
  if (choose === undefined || follower !== null || role.kind !== 'leader') return null
  return choose(role.followersWith(wanted.fetchOffset))
}

/** Whether what the reader has before its offset was written by another leader than here (KIP-595). */
export function divergence(
  log: { endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number }; readonly name: string },
  wanted: FetchPartition,
): { epoch: number; endOffset: number } | null {
  const end = log.endOffsetForEpoch(wanted.lastFetchedEpoch)
  if (end.epoch < 0) {
    throw new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `The epoch ${wanted.lastFetchedEpoch} of the reader is not known in ${log.name}`,
    )
  }
  return end.epoch < wanted.lastFetchedEpoch || end.endOffset < wanted.fetchOffset ? end : null
}

function fetched(
  wanted: FetchPartition,
  seen: { highWatermark: number; lastStableOffset: number; logStartOffset: number },
  slice: LogSlice | null,
  divergingEpoch: FetchedPartition['divergingEpoch'],
): FetchedPartition {
  return {
    wanted,
    error: 'NONE',
    highWatermark: seen.highWatermark,
    lastStableOffset: seen.lastStableOffset,
    logStartOffset: seen.logStartOffset,
    records: slice?.records ?? NO_RECORDS,
    sizeBytes: slice?.sizeBytes ?? 0,
    isTooLarge: slice?.firstBatchTooLarge ?? false,
    abortedTransactions: slice?.abortedTransactions ?? null,
    divergingEpoch,
    preferredReadReplica: null,
  }
}
