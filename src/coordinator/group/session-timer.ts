import type { Clock, Timer } from '../../platform/clock.ts'

/**
 * A deadline that is put off again and again: a member's session. Putting it off is two numbers; the timer behind it is
 * set anew only when it runs, or when the deadline comes nearer.
 */
export class SessionTimer {
  private readonly clock: Clock
  private readonly onExpired: () => void
  private timer: Timer | null = null
  private wakesAtMs = Infinity
  private dueMs = Infinity

  constructor(clock: Clock, onExpired: () => void) {
    this.clock = clock
    this.onExpired = onExpired
  }

  /** The session now lasts `timeoutMs` from here. */
  renew(timeoutMs: number): void {
    const nowMs = this.clock.monotonicMs()
    this.dueMs = nowMs + timeoutMs
    if (this.dueMs < this.wakesAtMs) this.wakeAt(this.dueMs, nowMs)
  }

  cancel(): void {
    this.timer?.cancel()
    this.timer = null
    this.wakesAtMs = Infinity
    this.dueMs = Infinity
  }

  private wakeAt(whenMs: number, nowMs: number): void {
    this.timer?.cancel()
    this.wakesAtMs = whenMs
    this.timer = this.clock.after(whenMs - nowMs, this.wake)
  }

  private readonly wake = (): void => {
    this.timer = null
    this.wakesAtMs = Infinity
    const nowMs = this.clock.monotonicMs()
    if (nowMs < this.dueMs) {
      this.wakeAt(this.dueMs, nowMs)
      return
    }
    this.dueMs = Infinity
    this.onExpired()
  }
}
