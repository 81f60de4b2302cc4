/** What retention must know of a segment. The largest timestamp is only asked for where it matters. */
export interface RetentionSegment {
  readonly sizeBytes: number
  /** One past its last offset: the next segment's base, or the log's end. */
  readonly endOffset: number
  largestTimestamp(): number
}

export interface RetentionLimits {
  /** -1: no limit. */
  readonly retentionMs: number
  /** -1: no limit. */
  readonly retentionBytes: number
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly nowMs: number
  /** Whether age and size count: `cleanup.policy` contains `delete`. */
  readonly deletesOld: boolean
}

export type RetentionReason = 'log start offset' | 'size' | 'age'

/**
 * How many of the oldest segments may go, and why the last of them. A segment goes when all of it is below the log
 * start offset, or when the log is too large without it, or when its newest record is too old; never before everybody
 * in sync has it, and never past one that stays.
 * Source: UnifiedLog.deleteOldSegments (Kafka 3.9).
 */
export function deletableSegments(
  segments: readonly RetentionSegment[],
  limits: RetentionLimits,
): { readonly count: number; readonly reason: RetentionReason | null } {
  let count = belowStart(segments, limits)
  let reason: RetentionReason | null = count > 0 ? 'log start offset' : null
  if (!limits.deletesOld) return { count, reason }
  for (const [name, rule] of ageAndSize) {
    const more = rule(segments.slice(count), limits)
    if (more > 0) reason = name
    count += more
  }
  return { count, reason }
}

const ageAndSize: readonly [RetentionReason, typeof overSize][] = [
  ['size', overSize],
  ['age', tooOld],
]

function belowStart(segments: readonly RetentionSegment[], limits: RetentionLimits): number {
  // The last segment stays: the log goes on in it.
  return prefix(segments.slice(0, -1), limits, (segment) => segment.endOffset <= limits.logStartOffset)
}

function overSize(segments: readonly RetentionSegment[], limits: RetentionLimits): number {
  if (limits.retentionBytes < 0) return 0
  let excess = -limits.retentionBytes
  for (const segment of segments) excess += segment.sizeBytes
  if (excess < 0) return 0
  return prefix(segments, limits, (segment) => {
    if (excess - segment.sizeBytes < 0) return false
    excess -= segment.sizeBytes
    return true
  })
}

function tooOld(segments: readonly RetentionSegment[], limits: RetentionLimits): number {
  if (limits.retentionMs < 0) return 0
  return prefix(segments, limits, (segment) => limits.nowMs - segment.largestTimestamp() > limits.retentionMs)
}

function prefix(
  segments: readonly RetentionSegment[],
  limits: RetentionLimits,
  mayGo: (segment: RetentionSegment) => boolean,
): number {
  let count = 0
  for (const segment of segments) {
    // An empty last segment has nothing to delete.
    if (segment.endOffset > limits.highWatermark || segment.sizeBytes === 0 || !mayGo(segment)) break
    count++
  }
  return count
}
