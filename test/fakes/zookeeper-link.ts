import type { Clock, Timer } from '../../src/platform/clock.ts'
import type { Identity } from '../../zk/embedded/access.ts'
import type { WatchedChange } from '../../zk/embedded/watch-table.ts'
import type { SessionId } from '../../zk/zookeeper.ts'

/** The client's end of a link. Each call is an event of the client's process. */
export interface LinkClient {
  onWatch(link: FakeLink, change: WatchedChange, path: string): void
  onBroken(link: FakeLink, reason: string): void
}

export interface FakeLinkOptions {
  /** The network's time: what is under way arrives by it, whatever the two ends are doing. */
  readonly serviceClock: Clock
  /** The client's time: it hears of what has arrived when its process runs. */
  readonly clientClock: Clock
  readonly client: LinkClient
  readonly latencyMs: () => number
  readonly identities: readonly Identity[]
  /** The service forgets the link. */
  readonly onGone: (link: FakeLink) => void
}

/**
 * One connection between a client and the service: an ordered pipe each way. A held link keeps everything back, as a
 * network that is cut for a while; what is under way when a link breaks is lost.
 */
export class FakeLink {
  /** The session that the service serves over this link; 0n before it was asked for one. */
  sessionId = 0n as SessionId
  readonly identities: readonly Identity[]
  readonly client: LinkClient
  /** The next write is done, and the link breaks in place of its reply. */
  losesNextReply = false
  /** Added to the way of all replies. */
  slownessMs = 0
  private readonly options: FakeLinkOptions
  private readonly up: Pipe
  private readonly down: Pipe
  private isBroken = false
  private isHeld = false
  /** Why the service has let go, which the client has not heard yet. */
  private brokenBecause: string | null = null

  constructor(options: FakeLinkOptions) {
    this.options = options
    this.identities = options.identities
    this.client = options.client
    this.up = new Pipe(options.serviceClock)
    this.down = new Pipe(options.serviceClock)
  }

  get isOpen(): boolean {
    return !this.isBroken
  }

  /** Runs `deliver` at the service when it arrives there. */
  toService(deliver: () => void): void {
    this.up.send(this.options.latencyMs(), () => {
      if (!this.isBroken) deliver()
    })
  }

  /** Runs `deliver` at the client when it has arrived there and the client's process runs. */
  toClient(deliver: () => void): void {
    this.down.send(this.options.latencyMs() + this.slownessMs, () => {
      this.options.clientClock.after(0, () => {
        if (!this.isBroken) deliver()
      })
    })
  }

  /** Tells the client of a watch, in order with the replies. */
  notify(change: WatchedChange, path: string): void {
    this.toClient(() => this.client.onWatch(this, change, path))
  }

  /** Nothing arrives until `release`. */
  hold(): void {
    this.isHeld = true
    this.up.hold()
    this.down.hold()
  }

  release(): void {
    this.isHeld = false
    if (this.brokenBecause !== null) return this.tellBroken(this.brokenBecause)
    this.up.release()
    this.down.release()
  }

  /** The service or the network breaks the link. The client hears of it, unless nothing arrives there. */
  break(reason: string): void {
    if (this.isBroken) return
    this.close()
    if (this.isHeld) this.brokenBecause = reason
    else this.tellBroken(reason)
  }

  /** The client lets go of the link. */
  close(): void {
    if (this.isBroken) return
    this.isBroken = true
    this.up.stop()
    this.down.stop()
    this.options.onGone(this)
  }

  private tellBroken(reason: string): void {
    this.options.clientClock.after(0, () => this.client.onBroken(this, reason))
  }
}

/** Messages one way. Whatever delay each draws, they arrive in order, each in an event of its own. */
class Pipe {
  private readonly clock: Clock
  private readonly underWay: { readonly dueMs: number; readonly arrive: () => void }[] = []
  private timer: Timer | null = null
  private isHeld = false

  constructor(clock: Clock) {
    this.clock = clock
  }

  send(delayMs: number, arrive: () => void): void {
    this.underWay.push({ dueMs: this.clock.monotonicMs() + delayMs, arrive })
    this.wait()
  }

  hold(): void {
    this.isHeld = true
    this.stop()
  }

  release(): void {
    this.isHeld = false
    this.wait()
  }

  stop(): void {
    this.timer?.cancel()
    this.timer = null
  }

  private wait(): void {
    const [first] = this.underWay
    if (first === undefined || this.timer !== null || this.isHeld) return
    this.timer = this.clock.after(first.dueMs - this.clock.monotonicMs(), () => {
      this.timer = null
      this.underWay.shift()
      this.wait()
      first.arrive()
    })
  }
}
