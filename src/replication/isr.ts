import type { BrokerId, LeaderEpoch, PartitionEpoch } from '../model/ids.ts'

/**
 * Who is in sync, and what the leader has asked the controller to change. While a change is under way, the watermark
 * counts everybody who might be in sync (`maximalIsr`), and a produce request needs enough who certainly are
 * (`committedIsr`).
 * Source: kafka.cluster.PartitionState; KIP-497.
 */
export interface IsrState {
  readonly committedIsr: ReadonlySet<BrokerId>
  readonly maximalIsr: ReadonlySet<BrokerId>
  /** What was asked for; null when nothing is under way. */
  readonly pending: IsrChange | null
  readonly partitionEpoch: PartitionEpoch
}

/** A proposal to the controller: the in-sync replicas as they should be. */
export interface IsrChange {
  readonly inSyncReplicas: readonly BrokerId[]
  readonly kind: 'expand' | 'shrink'
}

/** A follower as the leader knows it. Times are by the monotonic clock. */
export interface FollowerProgress {
  readonly id: BrokerId
  /** One past the last record that it has; -1 before its first fetch in this leadership. */
  readonly logEndOffset: number
  readonly logStartOffset: number
  /** When it last had everything that the leader had at the time. */
  readonly lastCaughtUpMs: number
}

export function settledIsr(inSyncReplicas: readonly BrokerId[], partitionEpoch: PartitionEpoch): IsrState {
  const members = new Set(inSyncReplicas)
  return { committedIsr: members, maximalIsr: members, pending: null, partitionEpoch }
}

export function proposedIsr(state: IsrState, change: IsrChange): IsrState {
  const maximal = change.kind === 'expand' ? new Set(change.inSyncReplicas) : state.committedIsr
  return { ...state, maximalIsr: maximal, pending: change }
}

/** Members that have not caught up for longer than `maxLagMs` although there was something to catch up with. */
export function laggards(
  state: IsrState,
  followers: Iterable<FollowerProgress>,
  options: { leaderEndOffset: number; nowMs: number; maxLagMs: number },
): BrokerId[] {
  const { leaderEndOffset, nowMs, maxLagMs } = options
  const lagging: BrokerId[] = []
  for (const { id, logEndOffset, lastCaughtUpMs } of followers) {
    if (!state.committedIsr.has(id) || logEndOffset === leaderEndOffset) continue
    if (nowMs - lastCaughtUpMs > maxLagMs) lagging.push(id)
  }
  return lagging
}

/** Whether a follower that fetched up to `endOffset` may join: it has all that is committed, also of this epoch's start. */
export function mayJoin(
  state: IsrState,
  follower: FollowerProgress,
  options: { highWatermark: number; epochStartOffset: number; isAlive: boolean },
): boolean {
  return (
    state.pending === null &&
    !state.maximalIsr.has(follower.id) &&
    options.isAlive &&
    follower.logEndOffset >= options.highWatermark &&
    follower.logEndOffset >= options.epochStartOffset
  )
}

/** How many in-sync replicas acks=all needs: never more than there are replicas. */
export function effectiveMinIsr(minInSyncReplicas: number, replicaCount: number): number {
  return Math.min(minInSyncReplicas, replicaCount)
}

/** The answer to a proposal that says how the partition is now. */
export interface AcceptedIsr {
  readonly leaderEpoch: LeaderEpoch
  readonly inSyncReplicas: readonly BrokerId[]
  readonly partitionEpoch: PartitionEpoch
}
