const SLICE_MS = 5_000
const SLICES = 12

/**
 * How much per second over the last minute: exact sums in slices of five seconds, so that the window is 55 to 60
 * seconds long and whatever is older has no weight at all. Younger than that, the time since the start is the window.
 * Unlike Kafka's one-minute rate, which decays exponentially, because a window can be explained and tested.
 */
export class OneMinuteRate {
  private readonly sums = new Float64Array(SLICES)
  private readonly startMs: number
  /** Number of the slice that is being filled, counted from the clock's zero. */
  private slice: number

  constructor(nowMs: number) {
    this.startMs = nowMs
    this.slice = Math.floor(nowMs / SLICE_MS)
  }

  mark(amount: number, nowMs: number): void {
    this.advance(nowMs)
    const at = this.slice % SLICES
    this.sums[at] = (this.sums[at] ?? 0) + amount
  }

  perSecond(nowMs: number): number {
    this.advance(nowMs)
    const windowStartMs = Math.max(this.startMs, (this.slice - SLICES + 1) * SLICE_MS)
    const elapsedMs = nowMs - windowStartMs
    if (elapsedMs <= 0) return 0
    return (this.sums.reduce((total, sum) => total + sum, 0) * 1_000) / elapsedMs
  }

  /** Empties the slices that the time since the last call has made old. */
  private advance(nowMs: number): void {
    const current = Math.floor(nowMs / SLICE_MS)
    if (current <= this.slice) return
    if (current - this.slice >= SLICES) this.sums.fill(0)
    else for (let slice = this.slice + 1; slice <= current; slice++) this.sums[slice % SLICES] = 0
    this.slice = current
  }
}
