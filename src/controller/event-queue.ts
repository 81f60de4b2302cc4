import { KafkaError } from '../model/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { coalescingKey, type ControllerEvent } from './events.ts'

interface Queued {
  readonly event: ControllerEvent
  readonly key: string | null
  readonly sinceMs: number
  /** Called when the event has been handled, or has been preempted itself. */
  readonly onOver: (() => void) | null
}

/** Requests that may wait at a time. Brokers have one AlterPartition each in flight; the rest are people. */
const MAX_WAITING_REQUESTS = 10_000

export interface EventQueueOptions {
  readonly clock: Clock
  /** Handles one event to its end before the next one begins. Must not throw; settles the event's reply itself. */
  readonly handle: (event: ControllerEvent) => Promise<void>
  /** Told how long each event has waited, in milliseconds. */
  readonly onTaken?: (event: ControllerEvent, waitedMs: number) => void
}

/**
 * First in, first out, one consumer: while an event is being handled, across all of its awaits, no other one is. An
 * event that only says "look again" is dropped while an equal one waits. More requests than the limit are refused
 * with REQUEST_TIMED_OUT, which clients take as a reason to come back.
 * Source: kafka.controller.ControllerEventManager (3.9).
 */
export class EventQueue {
  private readonly options: EventQueueOptions
  private waiting: Queued[] = []
  private readonly waitingKeys = new Set<string>()
  private waitingRequests = 0
  private isRunning = false
  private isClosed = false
  private idleWaiters: (() => void)[] = []

  constructor(options: EventQueueOptions) {
    this.options = options
  }

  /** Events that wait; the one being handled is not among them. */
  get size(): number {
    return this.waiting.length
  }

  put(event: ControllerEvent): void {
    this.add(event, null)
  }

  /**
   * The session or the term is over: everything that waits is answered with NOT_CONTROLLER and forgotten, and `event`
   * is next, after the one being handled. Resolves when `event` has been
   * handled, or preempted in its turn.
   */
  preempt(event: ControllerEvent): Promise<void> {
    const preempted = this.waiting
    this.waiting = []
    this.waitingKeys.clear()
    this.waitingRequests = 0
    for (const { event: old, onOver } of preempted) {
      refuse(old)
      onOver?.()
    }
    return new Promise((resolve) => this.add(event, resolve))
  }

  /** Resolves when nothing waits and nothing is being handled. */
  async drained(): Promise<void> {
    while (this.isRunning) await new Promise<void>((resolve) => this.idleWaiters.push(resolve))
  }

  /** From now on every event is refused. */
  close(): void {
    this.isClosed = true
  }

  private add(event: ControllerEvent, onOver: (() => void) | null): void {
    if (this.isClosed) {
      refuse(event)
      onOver?.()
      return
    }
    const key = coalescingKey(event)
    if (key !== null) {
      if (this.waitingKeys.has(key)) return
      this.waitingKeys.add(key)
    }
    if ('reply' in event) {
      if (this.waitingRequests >= MAX_WAITING_REQUESTS) {
        event.reply.reject(new KafkaError('REQUEST_TIMED_OUT', 'Too many requests wait for the controller.'))
        return
      }
      this.waitingRequests++
    }
    this.waiting.push({ event, key, sinceMs: this.options.clock.monotonicMs(), onOver })
    this.start()
  }

  private start(): void {
    if (this.isRunning) return
    this.isRunning = true
    void this.run()
  }

  private async run(): Promise<void> {
    // One turn later, so that an event never runs inside the call that reported it.
    await Promise.resolve()
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const { event, key, sinceMs, onOver } = next
      if (key !== null) this.waitingKeys.delete(key)
      if ('reply' in event) this.waitingRequests--
      this.options.onTaken?.(event, this.options.clock.monotonicMs() - sinceMs)
      await this.options.handle(event)
      onOver?.()
    }
    this.isRunning = false
    for (const resolve of this.idleWaiters.splice(0)) resolve()
  }
}

/** Answers a request that will not be handled here. */
export function refuse(event: ControllerEvent): void {
  if (!('reply' in event)) return
  // A broker that asks for controlled shutdown looks for another controller when it hears this.
  const error = event.kind === 'ControlledShutdown' ? 'STALE_CONTROLLER_EPOCH' : 'NOT_CONTROLLER'
  event.reply.reject(new KafkaError(error))
}
