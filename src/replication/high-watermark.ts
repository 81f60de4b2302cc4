import type { FollowerProgress, IsrState } from './isr.ts'

/**
 * How far everyone in sync has come: the offset below which a record cannot be lost as long as one of them lives.
 * Besides the members, followers that are caught up within `maxLagMs` and alive hold it back, so that they can join
 * instead of running after it. Null where it must not move: fewer than `minIsr` members.
 * Source: Partition.maybeIncrementLeaderHW (3.9); KIP-966 for the last rule.
 */
export function highWatermarkOf(
  state: IsrState,
  followers: Iterable<FollowerProgress>,
  options: {
    leaderEndOffset: number
    minIsr: number
    nowMs: number
    maxLagMs: number
    isAlive: (id: FollowerProgress['id']) => boolean
  },
): number | null {
  const { leaderEndOffset, minIsr, nowMs, maxLagMs, isAlive } = options
  if (state.maximalIsr.size < minIsr) return null
  let lowest = leaderEndOffset
  for (const follower of followers) {
    const isCounted =
      state.maximalIsr.has(follower.id) ||
      (nowMs - follower.lastCaughtUpMs <= maxLagMs && isAlive(follower.id))
    if (isCounted && follower.logEndOffset < lowest) lowest = follower.logEndOffset
  }
  return lowest
}
