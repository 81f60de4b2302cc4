/** Something that happens later, unless it is cancelled first. */
export interface Timer {
  /** After this the action does not run. Harmless when it has run already. */
  cancel(): void
}

/**
 * Time. The real one is `platform/node/node-clock.ts`; the simulated one moves only when the simulation says so.
 *
 * Guarantees: actions never run inside the call that asks for them; timers due at the same instant run in the order
 * in which they were set; what an action throws reaches the process's last line of defence, not another action.
 */
export interface Clock {
  /** Wall clock, milliseconds since 1970, whole. May jump; never subtract two of these to time something. */
  nowMs(): number
  /** Milliseconds since an arbitrary start, with fractions. Never goes back. */
  monotonicMs(): number
  /** Runs `action` once after `delayMs` (0 or less: as soon as possible), unless cancelled. */
  after(delayMs: number, action: () => void): Timer
  /**
   * Runs `action` when the input that is ready now has been handled: after the callbacks of this poll, before the
   * process waits again. This is where work of many requests is put together into one write.
   */
  endOfTurn(action: () => void): void
}

/** Resolves when `event` settles, at the latest after `limitMs`; leaves no timer behind. Rejects as `event` does. */
export function settledWithin(clock: Clock, event: Promise<unknown>, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = clock.after(limitMs, resolve)
    event.then(() => resolve(), reject).finally(() => limit.cancel())
  })
}

/** Resolves after `delayMs` of the clock's time. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.after(delayMs, resolve))
}
