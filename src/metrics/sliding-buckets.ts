/**
 * Buckets. The upper 16 bits of an IEEE 754 double are its exponent and the first four bits of its fraction. They
 * number the buckets: every power of two is cut into 16 buckets of equal width, and the bucket of a value is two
 * memory accesses away, without a logarithm or a search. Bucket 0 takes what is smaller than the first power.
 */
const SUB_BUCKET_BITS = 4
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS
const LOWEST_EXPONENT = -20
const HIGHEST_EXPONENT = 30
const EXPONENT_BIAS = 1023
const FIRST_PREFIX = (LOWEST_EXPONENT + EXPONENT_BIAS) << SUB_BUCKET_BITS
const BUCKETS = 1 + (HIGHEST_EXPONENT - LOWEST_EXPONENT) * SUB_BUCKETS

const SLICE_MS = 60_000
const SLICES = 5

/** Smaller values share one bucket: about a microsecond in seconds, a nanosecond in milliseconds. */
export const SMALLEST_VALUE = 2 ** LOWEST_EXPONENT
/** Values from here on count as this: twelve days in milliseconds, a gibibyte in bytes. */
export const LARGEST_VALUE = 2 ** HIGHEST_EXPONENT
/** Half the width of a bucket, relative to its lower bound. */
export const QUANTILE_RELATIVE_ERROR = 1 / (2 * SUB_BUCKETS)
/** How far back the window reaches at most: it is between this less one slice, and this. */
export const WINDOW_MS = SLICES * SLICE_MS

/**
 * How often which values were recorded in the last four to five minutes: five slices of a minute, the youngest of
 * which is being filled. Recording allocates nothing. 16 kB.
 */
export class SlidingBuckets {
  private readonly prefix = new DataView(new ArrayBuffer(8))
  /** `SLICES` rows of `BUCKETS` counts. */
  private readonly counts = new Uint32Array(SLICES * BUCKETS)
  private readonly sliceCounts = new Float64Array(SLICES)
  private readonly sliceMinimums = new Float64Array(SLICES)
  private readonly sliceMaximums = new Float64Array(SLICES)
  /** Number of the youngest slice, counted from the clock's zero. */
  private slice = 0

  /** `value` must be in [0, LARGEST_VALUE]. */
  record(value: number, nowMs: number): void {
    this.advance(nowMs)
    const row = this.slice % SLICES
    const at = row * BUCKETS + this.bucketOf(value)
    this.counts[at] = (this.counts[at] ?? 0) + 1
    const before = this.sliceCounts[row] ?? 0
    this.sliceCounts[row] = before + 1
    if (before === 0 || value < (this.sliceMinimums[row] ?? 0)) this.sliceMinimums[row] = value
    if (before === 0 || value > (this.sliceMaximums[row] ?? 0)) this.sliceMaximums[row] = value
  }

  /** The values at the given quantiles, which must rise; NaN when the window is empty. */
  quantiles(wanted: readonly number[], nowMs: number): number[] {
    this.advance(nowMs)
    const count = this.sliceCounts.reduce((total, slice) => total + slice, 0)
    if (count === 0) return wanted.map(() => NaN)
    const smallest = this.extreme(this.sliceMinimums, Math.min)
    const largest = this.extreme(this.sliceMaximums, Math.max)
    const found: number[] = []
    let cumulative = 0
    for (let bucket = 0; bucket < BUCKETS && found.length < wanted.length; bucket++) {
      for (let row = 0; row < SLICES; row++) cumulative += this.counts[row * BUCKETS + bucket] ?? 0
      while (found.length < wanted.length && cumulative >= Math.ceil((wanted[found.length] ?? 1) * count)) {
        found.push(Math.max(smallest, Math.min(largest, middleOf(bucket))))
      }
    }
    return found
  }

  /** The largest value; NaN when the window is empty. */
  maximum(nowMs: number): number {
    this.advance(nowMs)
    return this.extreme(this.sliceMaximums, Math.max)
  }

  private bucketOf(value: number): number {
    this.prefix.setFloat64(0, value)
    const bucket = 1 + this.prefix.getUint16(0) - FIRST_PREFIX
    return bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1
  }

  private extreme(ofSlices: Float64Array, choose: (a: number, b: number) => number): number {
    let chosen = NaN
    for (let row = 0; row < SLICES; row++) {
      if (this.sliceCounts[row] === 0) continue
      const value = ofSlices[row] ?? 0
      chosen = Number.isNaN(chosen) ? value : choose(chosen, value)
    }
    return chosen
  }

  /** Empties the slices that the time since the last call has made old. */
  private advance(nowMs: number): void {
    const current = Math.floor(nowMs / SLICE_MS)
    if (current <= this.slice) return
    for (let slice = Math.max(this.slice + 1, current - SLICES + 1); slice <= current; slice++) {
      const row = slice % SLICES
      if (this.sliceCounts[row] === 0) continue
      this.counts.fill(0, row * BUCKETS, (row + 1) * BUCKETS)
      this.sliceCounts[row] = 0
    }
    this.slice = current
  }
}

/** Half-way between a bucket's bounds: at most half a bucket from anything in it. */
function middleOf(bucket: number): number {
  if (bucket === 0) return 0
  const power = 2 ** (LOWEST_EXPONENT + Math.floor((bucket - 1) / SUB_BUCKETS))
  return power * (1 + (((bucket - 1) % SUB_BUCKETS) + 0.5) / SUB_BUCKETS)
}
