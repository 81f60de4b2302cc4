/** What is asked of the log that may have to be cut. */
export interface ComparableLog {
  readonly logEndOffset: number
  readonly highWatermark: number
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number }
}

/**
 * Where to cut a follower's log whose leader says that the largest epoch which both may have ends at `endOffset`
 * there. Where this log does not know that epoch either, it is cut to the end of the one below; the next fetch names
 * that one, and so on until both agree.
 * Source: AbstractFetcherThread.getOffsetTruncationState; KIP-101, KIP-279.
 */
export function truncationFor(
  log: ComparableLog,
  leader: { readonly epoch: number; readonly endOffset: number },
): number {
  if (leader.endOffset < 0) return log.highWatermark
  if (leader.epoch < 0) return Math.min(leader.endOffset, log.logEndOffset)
  const own = log.endOffsetForEpoch(leader.epoch)
  if (own.epoch < 0) return Math.min(leader.endOffset, log.logEndOffset)
  if (own.epoch !== leader.epoch) return Math.min(own.endOffset, log.logEndOffset)
  return Math.min(own.endOffset, leader.endOffset, log.logEndOffset)
}
