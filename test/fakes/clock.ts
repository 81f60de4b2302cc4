import type { Clock, Timer } from '../../src/platform/clock.ts'
import { assert } from '../../src/std/assert.ts'
import type { RunLimits, ScheduledEvent } from './scheduler.ts'
import { Scheduler } from './scheduler.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** Where wall clocks start unless told otherwise: 2023-11-14T22:13:20Z. */
export const FAKE_EPOCH_MS = 1_700_000_000_000

export interface FakeClockOptions {
  /** Shared by all clocks of a world. Default: one of its own. */
  readonly scheduler?: Scheduler
  /** Whose clock this is. Default: nobody's, never frozen, never dead. */
  readonly process?: SimulatedProcess
  /** What the wall shows at the start of the world. */
  readonly wallMs?: number
  /** How many of its milliseconds pass in one of the world's: 1.0001 gains 100 ppm. */
  readonly rate?: number
}

/**
 * One process's view of simulated time. It moves only when the scheduler runs: `advance`, `runUntilIdle` and `until`
 * are the scheduler's own, repeated here because a unit test holds nothing but its clock.
 */
export class FakeClock implements Clock {
  readonly scheduler: Scheduler
  readonly process: SimulatedProcess | null
  private wallOffsetMs: number
  private rate: number
  private worldBaseMs: number
  private ownBaseMs: number
  private waiting = 0

  constructor(options: FakeClockOptions = {}) {
    this.scheduler = options.scheduler ?? new Scheduler()
    this.process = options.process ?? null
    this.rate = options.rate ?? 1
    this.worldBaseMs = this.scheduler.nowMs
    this.ownBaseMs = this.scheduler.nowMs
    this.wallOffsetMs = options.wallMs ?? FAKE_EPOCH_MS
  }

  /** Timers set through this clock that have neither run nor been cancelled: 0 when nothing leaks. */
  get pendingTimers(): number {
    return this.waiting
  }

  nowMs(): number {
    return Math.floor(this.wallOffsetMs + this.monotonicMs())
  }

  monotonicMs(): number {
    return this.ownBaseMs + (this.worldNowMs() - this.worldBaseMs) * this.rate
  }

  after(delayMs: number, action: () => void): Timer {
    assert(!Number.isNaN(delayMs), 'a delay is a number')
    const timer = new FakeTimer(this, action)
    const dueMs = this.worldNowMs() + Math.max(0, delayMs) / this.rate
    timer.event = this.scheduler.at(dueMs, () => timer.run(), this.process)
    this.waiting++
    return timer
  }

  /** For its timers: one of them waits no more. */
  forget(): void {
    this.waiting--
  }

  endOfTurn(action: () => void): void {
    this.scheduler.at(this.worldNowMs(), action, this.process)
  }

  /** Somebody sets the wall clock `deltaMs` forward or back. */
  jumpWall(deltaMs: number): void {
    this.wallOffsetMs += deltaMs
  }

  /** From now on the clock runs at `rate`. */
  setRate(rate: number): void {
    assert(rate > 0, 'clocks go forward')
    this.ownBaseMs = this.monotonicMs()
    this.worldBaseMs = this.worldNowMs()
    this.rate = rate
  }

  /** Runs everything due within the next `ms` of the world's time. */
  advance(ms: number, limits?: RunLimits): Promise<void> {
    return this.scheduler.advance(ms, limits)
  }

  /** Runs until nothing is left to happen. */
  runUntilIdle(limits?: RunLimits): Promise<void> {
    return this.scheduler.runUntilIdle(limits)
  }

  /** Runs until `promise` settles, and settles alike. */
  until<T>(promise: Promise<T>, limits?: RunLimits): Promise<T> {
    return this.scheduler.until(promise, limits)
  }

  private worldNowMs(): number {
    return this.process === null ? this.scheduler.nowMs : this.process.nowMs
  }
}

class FakeTimer implements Timer {
  event: ScheduledEvent | null = null
  private readonly clock: FakeClock
  private action: (() => void) | null

  constructor(clock: FakeClock, action: () => void) {
    this.clock = clock
    this.action = action
  }

  run(): void {
    const { action } = this
    this.cancel()
    action?.()
  }

  cancel(): void {
    if (this.action === null) return
    this.action = null
    this.clock.forget()
    this.event?.cancel()
  }
}
