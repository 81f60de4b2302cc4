import { assert } from '../../src/std/assert.ts'
import type { Due } from '../../src/std/due-heap.ts'
import { DueHeap } from '../../src/std/due-heap.ts'

// One hop of the real event loop drains every microtask that an event caused. Taken once, so that a test which
// replaces the global does not reach us.
// eslint-disable-next-line no-restricted-globals -- the only real turn of the loop that a simulation takes
const hop = setImmediate

/** Hops asked for at once: Node drains the microtasks between two of them without going through a whole loop. */
const MAX_HOPS = 64

/** How far a run may go before it counts as one that never ends. */
export interface RunLimits {
  /** Default 1,000,000. */
  readonly maxEvents?: number
  /** Simulated milliseconds. Default one day. */
  readonly maxMs?: number
}

/** Whose an event is: a simulated process. */
export interface EventOwner {
  readonly isDead: boolean
  /** May the event run now? If not the owner has parked it, put it off or dropped it. */
  admits(event: ScheduledEvent): boolean
  /** Runs `action` as the owner. */
  run(action: () => void): void
}

/** Something that will happen, unless it is cancelled first. */
export class ScheduledEvent implements Due {
  dueMs: number
  sequence: number
  heapIndex = -1
  action: (() => void) | null
  readonly process: EventOwner | null
  private readonly heap: DueHeap<ScheduledEvent>

  constructor(
    heap: DueHeap<ScheduledEvent>,
    dueMs: number,
    sequence: number,
    action: () => void,
    process: EventOwner | null,
  ) {
    this.heap = heap
    this.dueMs = dueMs
    this.sequence = sequence
    this.action = action
    this.process = process
  }

  cancel(): void {
    this.action = null
    this.heap.remove(this)
  }
}

/**
 * The one heap of (time, sequence) events on which simulated clocks, disks and networks run. Takes the earliest event,
 * sets the time, runs it, drains every microtask it caused, repeats. Nothing else moves the time, so equal seeds give
 * equal runs; `fingerprint` says whether two runs were equal.
 */
export class Scheduler {
  private readonly heap = new DueHeap<ScheduledEvent>()
  private time = 0
  private nextSequence = 0
  private isRunning = false
  private ran = 0
  private hash = 0x811c9dc5

  /** Simulated milliseconds since the start of the world, in steps of 1/1024. */
  get nowMs(): number {
    return this.time
  }

  /** Events that have run. */
  get eventsRun(): number {
    return this.ran
  }

  /** Events that wait. */
  get eventsWaiting(): number {
    return this.heap.size
  }

  /** A rolling hash over the order and the times of all events so far. */
  get fingerprint(): number {
    return this.hash >>> 0
  }

  /**
   * Runs `action` at `dueMs` (at the earliest now), after everything already scheduled for that instant. When it
   * belongs to a process it waits while that is frozen or busy, and is dropped when that is dead.
   */
  at(dueMs: number, action: () => void, process: EventOwner | null = null): ScheduledEvent {
    assert(!Number.isNaN(dueMs), 'an event is due at some time')
    const due = dueMs > this.time ? quantum(dueMs) : this.time
    const event = new ScheduledEvent(this.heap, due, this.nextSequence++, action, process)
    if (process === null || !process.isDead) this.heap.push(event)
    return event
  }

  /** Puts an event that had to wait back in line, behind what is due at `dueMs` already. */
  requeue(event: ScheduledEvent, dueMs: number): void {
    if (event.action === null) return
    event.dueMs = Math.max(quantum(dueMs), this.time)
    event.sequence = this.nextSequence++
    this.heap.push(event)
  }

  /** Runs everything that is due within the next `ms`, and leaves the time exactly `ms` later. */
  async advance(ms: number, limits: RunLimits = {}): Promise<void> {
    assert(ms >= 0, 'time does not run backwards')
    const target = quantum(this.time + ms)
    await this.drive({ maxEvents: limits.maxEvents, untilMs: target }, () => false)
    this.time = target
  }

  /** Runs until nothing is left to happen. Throws when that does not come within the limits. */
  async runUntilIdle(limits: RunLimits = {}): Promise<void> {
    const untilMs = this.time + (limits.maxMs ?? DAY_MS)
    await this.drive({ maxEvents: limits.maxEvents, untilMs }, () => false)
    assert(this.heap.size === 0, `still ${this.heap.size} events waiting at ${this.time} ms`)
  }

  /** Runs until `promise` settles, and settles alike. Throws when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>, limits: RunLimits = {}): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    const untilMs = this.time + (limits.maxMs ?? DAY_MS)
    await this.drive({ maxEvents: limits.maxEvents, untilMs }, () => isSettled)
    assert(isSettled, `nothing left to happen at ${this.time} ms, and the promise is still pending`)
    return promise
  }

  /** Runs until `condition` holds, looking after every event. Throws when it never does. */
  async untilTrue(condition: () => boolean, limits: RunLimits = {}): Promise<void> {
    const untilMs = this.time + (limits.maxMs ?? DAY_MS)
    await this.drive({ maxEvents: limits.maxEvents, untilMs }, condition)
    assert(condition(), `nothing left to happen at ${this.time} ms, and the condition does not hold`)
  }

  private drive(
    limits: { readonly maxEvents: number | undefined; readonly untilMs: number },
    isDone: () => boolean,
  ): Promise<void> {
    assert(!this.isRunning, 'the simulation runs already: await the first run before starting another')
    this.isRunning = true
    const { heap } = this
    const { untilMs } = limits
    const lastEvent = this.ran + (limits.maxEvents ?? 1_000_000)
    return new Promise((resolve, reject) => {
      let hops = 1
      let hopsLeft = 0
      let isOver = false
      const finish = (settle: () => void): void => {
        isOver = true
        this.isRunning = false
        settle()
      }
      const turn = (): void => {
        if (isOver) return
        try {
          const next = heap.peek()
          if (next === undefined || next.dueMs > untilMs || isDone()) return finish(resolve)
          assert(
            this.ran < lastEvent,
            `no end after ${limits.maxEvents ?? 1_000_000} events, at ${this.time} ms`,
          )
          this.runNext()
        } catch (error) {
          return finish(() => reject(error))
        }
        if (--hopsLeft === 0) queue()
      }
      const queue = (): void => {
        hopsLeft = hops
        for (let i = 0; i < hopsLeft; i++) hop(turn)
        hops = Math.min(2 * hops, MAX_HOPS)
      }
      queue()
    })
  }

  private runNext(): void {
    const event = this.heap.pop()
    if (event === undefined) return
    if (event.dueMs > this.time) this.time = event.dueMs
    const { process, action } = event
    if (action === null || (process !== null && !process.admits(event))) return
    this.ran++
    this.hash = Math.imul(this.hash ^ event.sequence ^ (event.dueMs * 1024), 0x01000193)
    event.action = null
    if (process === null) action()
    else process.run(action)
  }
}

/**
 * The next 1/1024 of a millisecond: binary fractions add up exactly, so that a wait of 1 ms from 0.4 ms on is 1 ms long
 * and not 0.9999999999999999.
 */
function quantum(ms: number): number {
  return Math.ceil(ms * 1024) / 1024
}

const DAY_MS = 24 * 60 * 60 * 1000
