import type { LogConfig } from './log-config.ts'

/** What of a segment matters for planning. */
export interface PlannedSegment {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly offsetIndexBytes: number
  readonly timeIndexBytes: number
  /** As retention sees it. */
  readonly largestTimestamp: number
  /** The largest timestamp of the first batch, or -1. */
  readonly firstBatchTimestamp: number
}

/** A log as the planning sees it. */
export interface PlannedLog {
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** Asked only when there is something to compact. */
  readonly lastStableOffset: () => number
  /** In order; the last is the one that is appended to. */
  readonly segments: readonly PlannedSegment[]
  readonly config: LogConfig
}

/** What a compaction of a log would have to do. */
export interface CompactionPlan {
  /** What lies before was compacted already. */
  readonly firstDirtyOffset: number
  /** Whether the checkpoint cannot be right, and this is where it begins anew. */
  readonly isReset: boolean
  /** Where the first segment begins that must stay as it is. */
  readonly endOffset: number
  readonly cleanBytes: number
  readonly cleanableBytes: number
  /** By how long `max.compaction.lag.ms` has been passed; 0 when it has not. */
  readonly delayMs: number
}

const MAX_RELATIVE_OFFSET = 0x7fffffff

/** The part of the log, by bytes, that a compaction would look at for the first time. */
export function cleanableRatio({ cleanBytes, cleanableBytes }: CompactionPlan): number {
  const total = cleanBytes + cleanableBytes
  return total === 0 ? 0 : cleanableBytes / total
}

/** Whether the log is to be compacted now. Source: LogCleanerManager.grabFilthiestCompactedLog (Kafka 3.9). */
export function isDue(plan: CompactionPlan, config: LogConfig): boolean {
  if (plan.delayMs > 0 && plan.cleanableBytes > 0) return true
  return cleanableRatio(plan) > config['min.cleanable.dirty.ratio']
}

/** `checkpoint`: where the last compaction ended, or null. Source: LogCleanerManager.cleanableOffsets, LogToClean. */
export function planCompaction(log: PlannedLog, checkpoint: number | null, nowMs: number): CompactionPlan {
  const { config, logStartOffset } = log
  const dirty = checkpoint ?? logStartOffset
  const isReset = dirty < logStartOffset || dirty > log.logEndOffset
  const firstDirtyOffset = isReset ? logStartOffset : dirty
  const closed = log.segments.slice(0, -1)
  const activeBase = log.segments.at(-1)?.baseOffset ?? 0
  const cleanBytes = bytesOf(between(log.segments, -1, firstDirtyOffset))
  const dirtySegments = firstDirtyOffset >= activeBase ? [] : between(closed, firstDirtyOffset, activeBase)
  // Most logs at most times: nothing else needs to be looked up.
  if (dirtySegments.length === 0) {
    return { firstDirtyOffset, isReset, endOffset: activeBase, cleanBytes, cleanableBytes: 0, delayMs: 0 }
  }
  const bound = Math.max(firstDirtyOffset, uncleanableFrom(log, dirtySegments, activeBase, nowMs))
  // Only whole segments: the bound is where the one begins in which it lies.
  const endOffset = bound > activeBase ? activeBase : (floorOf(closed, bound, activeBase) ?? activeBase)
  return {
    firstDirtyOffset,
    isReset,
    endOffset,
    cleanBytes,
    cleanableBytes: bytesOf(between(log.segments, Math.min(firstDirtyOffset, endOffset), endOffset)),
    delayMs: delayOf(dirtySegments, config, nowMs),
  }
}

function uncleanableFrom(
  log: PlannedLog,
  dirtySegments: readonly PlannedSegment[],
  activeBase: number,
  nowMs: number,
): number {
  const bound = Math.min(log.lastStableOffset(), activeBase)
  const lagMs = Math.max(log.config['min.compaction.lag.ms'], 0)
  if (lagMs === 0) return bound
  const tooYoung = dirtySegments.find((segment) => segment.largestTimestamp > nowMs - lagMs)
  return Math.min(bound, tooYoung?.baseOffset ?? Infinity)
}

function delayOf(dirtySegments: readonly PlannedSegment[], config: LogConfig, nowMs: number): number {
  const until = nowMs - Math.max(config['max.compaction.lag.ms'], 0)
  if (until < 0) return 0
  let earliest = Infinity
  for (const { firstBatchTimestamp } of dirtySegments)
    if (firstBatchTimestamp > 0) earliest = Math.min(earliest, firstBatchTimestamp)
  return Math.max(0, until - earliest)
}

/** The base of the segment in which `offset` lies, or of the first one. */
function floorOf(segments: readonly PlannedSegment[], offset: number, end: number): number | undefined {
  return between(segments, offset, end)[0]?.baseOffset
}

/** From the segment in which `from` lies to the last that begins before `to`. */
export function between<S extends { readonly baseOffset: number }>(
  segments: readonly S[],
  from: number,
  to: number,
): S[] {
  if (from === to) return []
  let first = 0
  while (first + 1 < segments.length && (segments[first + 1] as S).baseOffset <= from) first++
  return segments.slice(first).filter(({ baseOffset }) => baseOffset < to)
}

function bytesOf(segments: readonly PlannedSegment[]): number {
  let bytes = 0
  for (const segment of segments) bytes += segment.sizeBytes
  return bytes
}

/**
 * Which neighbours become one segment: as many as fit by size, by the size of their indexes and by the range of their
 * offsets. Source: Cleaner.groupSegmentsBySize.
 */
export function groupSegments<S extends PlannedSegment>(
  segments: readonly S[],
  config: LogConfig,
  endOffset: number,
): S[][] {
  const maxIndexBytes = config['segment.index.bytes']
  const groups: S[][] = []
  for (let i = 0; i < segments.length;) {
    const first = segments[i++] as S
    const group = [first]
    let { sizeBytes, offsetIndexBytes, timeIndexBytes } = first
    for (; i < segments.length; i++) {
      const next = segments[i] as S
      sizeBytes += next.sizeBytes
      offsetIndexBytes += next.offsetIndexBytes
      timeIndexBytes += next.timeIndexBytes
      const isTooLarge =
        sizeBytes > config['segment.bytes'] ||
        offsetIndexBytes > maxIndexBytes ||
        timeIndexBytes > maxIndexBytes
      const lastOffset = (segments[i + 1]?.baseOffset ?? endOffset) - 1
      const isTooWide = next.sizeBytes > 0 && lastOffset - first.baseOffset > MAX_RELATIVE_OFFSET
      if (isTooLarge || isTooWide) break
      group.push(next)
    }
    groups.push(group)
  }
  return groups
}
