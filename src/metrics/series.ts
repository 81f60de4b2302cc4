import { OneMinuteRate } from './one-minute-rate.ts'

/** A series that shows one number. */
interface NumberSeries {
  /** The value at the registry's time `nowMs`. Throws what a callback given to `readBy` throws. */
  read(nowMs: number): number
}

/** A sum that only grows. Keep the handle: `add` is an addition and nothing else. */
export class Counter implements NumberSeries {
  private value = 0
  private source: (() => number) | null = null

  /** `amount` must not be negative; that is not checked, because this stands in hot paths. */
  add(amount: number): void {
    this.value += amount
  }

  /** From now on the value is what `source` returns at each scrape: for sums that are kept elsewhere. */
  readBy(source: () => number): void {
    this.source = source
  }

  read(): number {
    return this.source === null ? this.value : this.source()
  }
}

/** A state that goes up and down. */
export class Gauge implements NumberSeries {
  private value = 0
  private source: (() => number) | null = null

  set(value: number): void {
    this.value = value
  }

  add(amount: number): void {
    this.value += amount
  }

  /** From now on the value is what `source` returns at each scrape. It runs on the event loop: it must be short. */
  readBy(source: () => number): void {
    this.source = source
  }

  read(): number {
    return this.source === null ? this.value : this.source()
  }
}

/** Events per second over the last minute. */
export class Rate implements NumberSeries {
  private readonly clock: { monotonicMs(): number }
  private readonly lastMinute: OneMinuteRate

  constructor(clock: { monotonicMs(): number }) {
    this.clock = clock
    this.lastMinute = new OneMinuteRate(clock.monotonicMs())
  }

  /** Callers that have just read the clock pass what it said. */
  mark(amount: number, nowMs: number = this.clock.monotonicMs()): void {
    this.lastMinute.mark(amount, nowMs)
  }

  read(nowMs: number): number {
    return this.lastMinute.perSecond(nowMs)
  }
}
