import { assert } from '../std/assert.ts'

interface Sample {
  readonly startMs: number
  total: number
}

/**
 * How much came per second lately: the sum over the last `samples` stretches of `sampleMs`, divided by the time since
 * the oldest of them began, but never by less than one stretch. Keeps at most `samples` numbers.
 * Source: org.apache.kafka.common.metrics.stats.SimpleRate (3.9).
 */
export class RateWindow {
  private readonly samples: number
  private readonly sampleMs: number
  /** Oldest first. */
  private recent: Sample[] = []

  constructor(options: { readonly samples: number; readonly sampleMs: number }) {
    assert(options.samples > 0 && options.sampleMs > 0, 'a window has a length')
    this.samples = options.samples
    this.sampleMs = options.sampleMs
  }

  /** `nowMs` is of a monotonic clock. */
  record(amount: number, nowMs: number): void {
    this.forgetOld(nowMs)
    const latest = this.recent.at(-1)
    if (latest !== undefined && nowMs - latest.startMs < this.sampleMs) latest.total += amount
    else {
      this.recent.push({ startMs: nowMs, total: amount })
      if (this.recent.length > this.samples) this.recent.shift()
    }
  }

  perSecond(nowMs: number): number {
    this.forgetOld(nowMs)
    const oldest = this.recent[0]
    if (oldest === undefined) return 0
    let total = 0
    for (const sample of this.recent) total += sample.total
    return (total * 1000) / Math.max(this.sampleMs, nowMs - oldest.startMs)
  }

  private forgetOld(nowMs: number): void {
    const horizonMs = nowMs - this.samples * this.sampleMs
    while ((this.recent[0]?.startMs ?? Infinity) <= horizonMs) this.recent.shift()
  }
}
