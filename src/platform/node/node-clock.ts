import type { Due } from '../../std/due-heap.ts'
import { DueHeap } from '../../std/due-heap.ts'
import { assert } from '../../std/assert.ts'
import type { Clock, Timer } from '../clock.ts'

/** The longest wait that the system's timers accept. Longer ones are taken in steps. */
const MAX_WAIT_MS = 2 ** 31 - 1

/**
 * The machine's time.
 *
 * Timers are kept in a heap of our own over a single timer of Node, because Node's may fire up to a millisecond early
 * and run timers of different lengths that are due together in no particular order. Cancelling leaves nothing behind.
 */
export class NodeClock implements Clock {
  private readonly heap = new DueHeap<NodeTimer>()
  private nextSequence = 0
  /** What will wake us: one of the two, or neither while nothing waits. */
  private timeout: NodeJS.Timeout | undefined
  private immediate: NodeJS.Immediate | undefined
  private wakesAtMs = Infinity

  nowMs(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }

  after(delayMs: number, action: () => void): Timer {
    assert(!Number.isNaN(delayMs), 'a delay is a number')
    const now = performance.now()
    const timer = new NodeTimer(this, delayMs > 0 ? now + delayMs : now, this.nextSequence++, action)
    this.heap.push(timer)
    if (timer.dueMs < this.wakesAtMs) this.wakeAt(timer.dueMs, now)
    return timer
  }

  endOfTurn(action: () => void): void {
    setImmediate(action)
  }

  /** For its timers: one of them is not wanted any more. */
  forget(timer: NodeTimer): void {
    this.heap.remove(timer)
    // Waking for nothing is cheaper than asking again at every cancellation, but must not keep the process alive.
    if (this.heap.size === 0) this.stopWaiting()
  }

  private wakeAt(dueMs: number, now: number): void {
    this.stopWaiting()
    this.wakesAtMs = dueMs
    const delayMs = dueMs - now
    if (delayMs <= 0) this.immediate = setImmediate(this.wake)
    else this.timeout = setTimeout(this.wake, Math.min(Math.ceil(delayMs), MAX_WAIT_MS))
  }

  private stopWaiting(): void {
    clearTimeout(this.timeout)
    clearImmediate(this.immediate)
    this.timeout = undefined
    this.immediate = undefined
    this.wakesAtMs = Infinity
  }

  /** Runs the first due timer; the next one follows when every microtask of this one is through. */
  private readonly wake = (): void => {
    this.stopWaiting()
    const first = this.heap.peek()
    if (first === undefined) return
    const now = performance.now()
    if (first.dueMs > now) return this.wakeAt(first.dueMs, now)
    this.heap.pop()
    const next = this.heap.peek()
    if (next !== undefined) {
      if (next.dueMs <= now) {
        // Set before the action, which may throw: a microtask now, the tick after all microtasks of the action.
        this.wakesAtMs = -Infinity
        queueMicrotask(() => process.nextTick(this.wake))
      } else {
        this.wakeAt(next.dueMs, now)
      }
    }
    first.run()
  }
}

class NodeTimer implements Timer, Due {
  readonly dueMs: number
  readonly sequence: number
  heapIndex = -1
  private readonly clock: NodeClock
  private action: (() => void) | null

  constructor(clock: NodeClock, dueMs: number, sequence: number, action: () => void) {
    this.clock = clock
    this.dueMs = dueMs
    this.sequence = sequence
    this.action = action
  }

  run(): void {
    const { action } = this
    this.action = null
    action?.()
  }

  cancel(): void {
    if (this.action === null) return
    this.action = null
    this.clock.forget(this)
  }
}
