import type { LogState } from './log-state.ts'

/** Timestamps with a meaning of their own, as in ListOffsets. */
const LATEST = -1
const EARLIEST = -2

/**
 * Where segments begin, and where the log ends, newest first: what was there at `timestamp` by the times at which files
 * were written last. At most `maxCount`. This is all that clients before timestamps in records could ask for.
 * Source: UnifiedLog.legacyFetchOffsetsBefore.
 */
export function offsetsBefore(state: LogState, timestamp: number, maxCount: number): number[] {
  const known = state.segments.all.map((segment) => ({
    offset: Math.max(segment.baseOffset, state.logStartOffset),
    timeMs: segment.modifiedMs,
  }))
  if (state.segments.active.sizeBytes > 0) known.push({ offset: state.logEndOffset, timeMs: state.nowMs() })
  const end =
    timestamp === LATEST
      ? known.length
      : timestamp === EARLIEST
        ? 1
        : known.findLastIndex(({ timeMs }) => timeMs <= timestamp) + 1
  return known
    .slice(Math.max(end - Math.max(maxCount, 0), 0), end)
    .map(({ offset }) => offset)
    .sort((one, other) => other - one)
}
