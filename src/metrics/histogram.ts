import { LARGEST_VALUE, SlidingBuckets } from './sliding-buckets.ts'

/** The quantiles that Kafka's timers have. */
export const QUANTILES = [0.5, 0.75, 0.95, 0.98, 0.99, 0.999] as const

/**
 * The distribution of what was recorded in the last four to five minutes, and the count and sum of everything ever
 * recorded. Never used, it costs a few words; in use, 16 kB.
 *
 * Error bound of a quantile q, against the value of rank ⌈q·n⌉ among the n recorded in the window: at most
 * QUANTILE_RELATIVE_ERROR (3.125 %) of that value; below SMALLEST_VALUE at most SMALLEST_VALUE.
 * Unlike Kafka's decaying sample of 1,028 values, because the tail of a sample is noise where it matters most.
 */
export class Histogram {
  private readonly clock: { monotonicMs(): number }
  private recent: SlidingBuckets | null = null
  private totalCount = 0
  private totalSum = 0

  constructor(clock: { monotonicMs(): number }) {
    this.clock = clock
  }

  /** How many values were recorded since the start. */
  get count(): number {
    return this.totalCount
  }

  /** The sum of all values recorded since the start. */
  get sum(): number {
    return this.totalSum
  }

  /**
   * O(1), and allocates nothing after the first time. A value above LARGEST_VALUE counts as that; one that is negative
   * or not a number counts as 0: it comes from a subtraction that went wrong, and a metric must never stop the work
   * that it watches. Callers that have just read the clock pass what it said, which saves most of the cost.
   */
  record(value: number, nowMs: number = this.clock.monotonicMs()): void {
    const recorded = value >= 0 ? Math.min(value, LARGEST_VALUE) : 0
    this.recent ??= new SlidingBuckets()
    this.recent.record(recorded, nowMs)
    this.totalCount++
    this.totalSum += recorded
  }

  /** The values of `QUANTILES`, in that order, over the window; NaN when nothing was recorded in it. */
  quantiles(nowMs: number): number[] {
    return this.recent === null ? QUANTILES.map(() => NaN) : this.recent.quantiles(QUANTILES, nowMs)
  }

  /** The largest value in the window; NaN when nothing was recorded in it. */
  maximum(nowMs: number): number {
    return this.recent === null ? NaN : this.recent.maximum(nowMs)
  }
}
