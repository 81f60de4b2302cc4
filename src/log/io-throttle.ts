import { sleep, type Clock } from '../platform/clock.ts'

/** What was not used may be used later, up to so much time's worth. */
const BURST_MS = 300
/** Who waits looks up so often, whether there is still something to wait for. */
const LOOK_UP_MS = 500

/** Spreads reading and writing over time: at most so many bytes per second, for all who share it. */
export class IoThrottle {
  private readonly clock: Clock
  private readonly bytesPerSecond: () => number
  /** Of the monotonic clock: by then everything so far is paid for. */
  private paidAtMs = -Infinity

  /** `bytesPerSecond` is asked each time, so that a change takes effect at once. */
  constructor(options: { clock: Clock; bytesPerSecond: () => number }) {
    this.clock = options.clock
    this.bytesPerSecond = options.bytesPerSecond
  }

  /** Resolves when `bytes` more are within the limit. `check` is called meanwhile and may throw to end the waiting. */
  async pay(bytes: number, check: () => void): Promise<void> {
    const rate = Math.max(1, this.bytesPerSecond())
    const nowMs = this.clock.monotonicMs()
    this.paidAtMs = Math.max(this.paidAtMs, nowMs - BURST_MS) + (bytes / rate) * 1000
    for (;;) {
      check()
      const waitMs = this.paidAtMs - this.clock.monotonicMs()
      if (waitMs <= 0) return
      await sleep(this.clock, Math.min(waitMs, LOOK_UP_MS))
    }
  }
}
