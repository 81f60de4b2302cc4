import type { FakeRandom } from './random.ts'
import type { ScheduledEvent, Scheduler } from './scheduler.ts'

/** Bytes under way, or the word that no more will come. */
export type Segment =
  { readonly kind: 'bytes'; bytes: Buffer } | { readonly kind: 'end' } | { readonly kind: 'reset' }

/** What streams need of their network. */
export interface WireWorld {
  readonly scheduler: Scheduler
  readonly random: FakeRandom
  readonly conditions: {
    readonly latencyMs: readonly [min: number, max: number]
    readonly retransmitMs: number
  }
  /** Whether data passes from one machine to the other. */
  isOpen(from: string, to: string): boolean
}

/**
 * One direction of a stream, kernel to kernel. Segments arrive in the order in which they were sent; what would arrive
 * while the link is closed waits until it opens, or until the sender gives up.
 */
export class Wire {
  private readonly world: WireWorld
  private readonly from: string
  private readonly to: string
  private readonly onArrival: (segment: Segment) => void
  private readonly onGiveUp: () => void
  private segments: Segment[] = []
  private lastArrivalMs = 0
  /** Segments that should have arrived and found the link closed. */
  private stuck = 0
  private giveUp: ScheduledEvent | null = null

  constructor(options: {
    world: WireWorld
    from: string
    to: string
    onArrival: (segment: Segment) => void
    onGiveUp: () => void
  }) {
    this.world = options.world
    this.from = options.from
    this.to = options.to
    this.onArrival = options.onArrival
    this.onGiveUp = options.onGiveUp
  }

  get isOpen(): boolean {
    return this.world.isOpen(this.from, this.to)
  }

  send(segment: Segment): void {
    this.segments.push(segment)
    this.scheduleArrival()
  }

  /** A delay as the link has it now. */
  latencyMs(): number {
    const [min, max] = this.world.conditions.latencyMs
    return this.world.random.between(min, max)
  }

  /** The link opened: what was stuck is sent again. */
  onOpen(): void {
    for (; this.stuck > 0; this.stuck--) this.scheduleArrival()
    this.goOn()
  }

  /** Nothing is acknowledged any more: unless that changes, the kernel declares the stream dead after a while. */
  worry(): void {
    if (this.giveUp !== null) return
    const { scheduler, conditions } = this.world
    this.giveUp = scheduler.at(scheduler.nowMs + conditions.retransmitMs, this.onGiveUp)
  }

  /** The other side was heard of, or the stream is over. */
  goOn(): void {
    if (this.stuck > 0) return
    this.giveUp?.cancel()
    this.giveUp = null
  }

  stop(): void {
    this.giveUp?.cancel()
    this.giveUp = null
  }

  private scheduleArrival(): void {
    const { scheduler } = this.world
    this.lastArrivalMs = Math.max(this.lastArrivalMs, scheduler.nowMs + this.latencyMs())
    scheduler.at(this.lastArrivalMs, this.arrive)
  }

  private readonly arrive = (): void => {
    if (this.isOpen) {
      const segment = this.segments.shift()
      if (segment !== undefined) this.onArrival(segment)
    } else {
      this.stuck++
      this.worry()
    }
  }
}
