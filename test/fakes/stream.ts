import type { ByteStream, StreamHandler } from '../../src/platform/network.ts'
import { NetworkError } from '../../src/platform/network.ts'
import { assert } from '../../src/std/assert.ts'
import type { ScheduledEvent } from './scheduler.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import type { Segment, WireWorld } from './wire.ts'
import { Wire } from './wire.ts'

/** What received bytes read as once their moment is over. */
const POISON = 0xdd

/** Who writes more at every drain does not stop the time. */
const NEXT_TURN_MS = 0.01

/** What streams need of their network. */
export interface StreamWorld extends WireWorld {
  /** Shared by all streams, as the real one is. */
  readonly receiveBuffer: Buffer
  readonly conditions: WireWorld['conditions'] & {
    readonly chunking: 'sent' | 'random' | 'bytes'
    readonly windowBytes: number
    readonly resetProbability: number
    readonly lingerMs: number
  }
  isUp(machine: string): boolean
  onGone(stream: FakeStream): void
}

interface StreamPlace {
  readonly machine: string
  readonly address: string
  readonly port: number
}

/** A buffer handed to `write`, and what was in it then. */
interface Unsent {
  readonly original: Buffer
  readonly copy: Buffer
  sent: number
}

/** Opens a stream between two processes: both ends of it. */
export function connect(
  world: StreamWorld,
  client: { readonly at: StreamPlace; readonly process: SimulatedProcess | null },
  server: { readonly at: StreamPlace; readonly process: SimulatedProcess | null },
): { client: FakeStream; server: FakeStream } {
  const one = new FakeStream(world, client.at, server.at, client.process)
  const other = new FakeStream(world, server.at, client.at, server.process)
  one.peer = other
  other.peer = one
  return { client: one, server: other }
}

/**
 * One end of a simulated stream. Bytes pass through three places: unsent (still the writer's buffers, checked to be
 * unchanged when they leave), on the wire, and received but not yet delivered. The last two together never exceed the
 * window.
 */
export class FakeStream implements ByteStream {
  readonly machine: string
  readonly remoteMachine: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  peer!: FakeStream
  private readonly world: StreamWorld
  private readonly process: SimulatedProcess | null
  private readonly wire: Wire
  private readonly forgetDeath: () => void
  private handler: StreamHandler | null = null

  // Sending.
  private unsent: Unsent[] = []
  private unsentTotal = 0
  /** Sent and not yet taken by the other side's process. */
  private inWindow = 0
  private isSendScheduled = false
  private isDraining = false
  private isEnding = false
  private isEndSent = false
  private lingering: ScheduledEvent | null = null

  // Receiving.
  private received: Segment[] = []
  private wasReset = false
  private isPaused = false
  private isDeliveryScheduled = false
  private isEndDelivered = false
  private owesAcknowledgement = false

  // Closing.
  private closing: { readonly error: Error | null } | null = null

  constructor(world: StreamWorld, local: StreamPlace, remote: StreamPlace, process: SimulatedProcess | null) {
    this.world = world
    this.machine = local.machine
    this.localAddress = local.address
    this.localPort = local.port
    this.remoteMachine = remote.machine
    this.remoteAddress = remote.address
    this.remotePort = remote.port
    this.process = process
    this.wire = new Wire({
      world,
      from: local.machine,
      to: remote.machine,
      onArrival: (segment) => this.peer.take(segment),
      onGiveUp: () => this.close(new NetworkError('ETIMEDOUT', 'nothing acknowledged for too long')),
    })
    this.forgetDeath = process?.onDeath(() => this.destroy()) ?? ((): void => undefined)
  }

  get unsentBytes(): number {
    return this.unsentTotal
  }

  /** Whether this end exists no more for its machine: closed, destroyed, reset or without power. */
  get isGone(): boolean {
    return this.closing !== null
  }

  isBetween(one: string, other: string): boolean {
    const { machine, remoteMachine } = this
    return (machine === one && remoteMachine === other) || (machine === other && remoteMachine === one)
  }

  start(handler: StreamHandler): void {
    assert(this.handler === null, 'a stream is started once')
    this.handler = handler
    if (this.closing !== null) this.scheduleClose(handler, this.closing.error)
    else this.scheduleDelivery()
  }

  write(buffers: readonly Buffer[]): void {
    assert(!this.isEnding, 'nothing is written after the end')
    if (this.isGone) return
    for (const buffer of buffers) {
      if (buffer.length === 0) continue
      this.unsent.push({ original: buffer, copy: Buffer.from(buffer), sent: 0 })
      this.unsentTotal += buffer.length
    }
    if (this.unsentTotal > 0) this.scheduleSend(this.isDraining ? NEXT_TURN_MS : 0)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.scheduleDelivery()
  }

  end(): void {
    if (this.isEnding) return
    this.isEnding = true
    this.scheduleSend()
  }

  destroy(error?: Error): void {
    if (this.isGone) return
    // A kernel that throws unread bytes away says so with a reset.
    const hasUnread = this.received.some((segment) => segment.kind === 'bytes')
    if (hasUnread) this.wire.send({ kind: 'reset' })
    else if (!this.isEndSent) this.wire.send({ kind: 'end' })
    this.close(error ?? null)
  }

  // ── what the network does to it ───────────────────────────────────────────────────────────────────────────────

  /** Both ends see a reset, at once. */
  breakOff(): void {
    this.close(new NetworkError('ECONNRESET', 'connection reset'))
    this.peer.close(new NetworkError('ECONNRESET', 'connection reset'))
  }

  /** The machine lost power: nobody is told. */
  vanish(): void {
    this.close(null)
  }

  /** The other machine is up again and does not know us: it says so to whoever still sends. */
  onPeerPower(): void {
    if (this.peer.isGone && this.inWindow > 0) this.peer.wire.send({ kind: 'reset' })
  }

  /** A link between the two machines changed. */
  onLinkChange(): void {
    if (!this.wire.isOpen) return
    this.wire.onOpen()
    if (this.owesAcknowledgement) {
      this.owesAcknowledgement = false
      this.peer.wire.goOn()
      this.peer.scheduleSend(this.wire.latencyMs())
    }
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────

  private scheduleSend(delayMs = 0): void {
    if (this.isSendScheduled || this.isGone) return
    this.isSendScheduled = true
    this.later(this.sendWhatFits, delayMs)
  }

  private readonly sendWhatFits = (): void => {
    this.isSendScheduled = false
    if (this.isGone) return
    if (this.wasReset) return this.close(new NetworkError('ECONNRESET', 'connection reset'))
    const hadUnsent = this.unsentTotal > 0
    for (let next = this.unsent[0]; next !== undefined; next = this.unsent[0]) {
      const room = this.world.conditions.windowBytes - this.inWindow
      if (room <= 0) return
      this.sendPart(next, Math.min(next.copy.length - next.sent, room))
      if (this.isGone) return
      if (next.sent === next.copy.length) this.unsent.shift()
    }
    if (this.isEnding && !this.isEndSent) this.sendEnd()
    if (hadUnsent) this.drain()
  }

  private drain(): void {
    this.isDraining = true
    try {
      this.handler?.onDrain()
    } finally {
      this.isDraining = false
    }
  }

  private sendPart(from: Unsent, count: number): void {
    const isUnchanged = from.original.equals(from.copy)
    assert(isUnchanged, `${this.localAddress}:${this.localPort}: a buffer changed between write and onDrain`)
    const bytes = from.copy.subarray(from.sent, from.sent + count)
    from.sent += count
    this.unsentTotal -= count
    this.inWindow += count
    const { random, conditions } = this.world
    if (conditions.resetProbability > 0 && random.chance(conditions.resetProbability)) this.breakOff()
    else this.wire.send({ kind: 'bytes', bytes })
  }

  private sendEnd(): void {
    this.isEndSent = true
    this.wire.send({ kind: 'end' })
    this.closeWhenBothEnded()
    // The other side may never end: then the stream closes without it.
    if (!this.isGone) this.lingering = this.later(() => this.destroy(), this.world.conditions.lingerMs)
  }

  // ── receiving ─────────────────────────────────────────────────────────────────────────────────────────────────

  private take(segment: Segment): void {
    if (this.isGone) {
      // A machine without power does not answer; one that is up knows no such stream.
      if (!this.world.isUp(this.machine)) this.peer.wire.worry()
      else if (segment.kind === 'bytes') this.wire.send({ kind: 'reset' })
      return
    }
    if (segment.kind === 'reset') {
      this.wasReset = true
      // A paused end polls for nothing but room to write.
      if (this.isPaused && this.unsentTotal > 0) this.scheduleSend()
    }
    this.received.push(segment)
    if (this.isDeliveryScheduled || this.isPaused || this.handler === null) return
    if (this.process === null) this.deliver()
    else if (this.process.isReady) this.process.run(this.deliver)
    else this.scheduleDelivery()
  }

  private scheduleDelivery(): void {
    if (this.isDeliveryScheduled || this.handler === null || this.isGone || this.received.length === 0) return
    this.isDeliveryScheduled = true
    this.later(() => {
      this.isDeliveryScheduled = false
      this.deliver()
    })
  }

  /** Hands one chunk, or the end, to the process. What is left follows in an event of its own. */
  private readonly deliver = (): void => {
    const { handler } = this
    const segment = this.received[0]
    if (handler === null || this.isGone || this.isPaused || segment === undefined) return
    if (segment.kind === 'bytes') {
      this.deliverBytes(handler, segment)
    } else {
      this.received.shift()
      if (segment.kind === 'reset') return this.close(new NetworkError('ECONNRESET', 'connection reset'))
      this.isEndDelivered = true
      this.closeWhenBothEnded()
      handler.onEnd()
    }
    this.scheduleDelivery()
  }

  private deliverBytes(handler: StreamHandler, segment: { bytes: Buffer }): void {
    const { receiveBuffer } = this.world
    const length = this.chunkLength(segment.bytes.length)
    segment.bytes.copy(receiveBuffer, 0, 0, length)
    if (length === segment.bytes.length) this.received.shift()
    else segment.bytes = segment.bytes.subarray(length)
    try {
      handler.onData(receiveBuffer, length)
    } finally {
      receiveBuffer.fill(POISON, 0, length)
    }
    this.acknowledge(length)
  }

  private chunkLength(available: number): number {
    const { random, receiveBuffer, conditions } = this.world
    const most = Math.min(available, receiveBuffer.length)
    if (conditions.chunking === 'sent' || most === 1) return most
    if (conditions.chunking === 'bytes') return 1
    const luck = random.fraction()
    if (luck < 0.5) return most
    return 1 + random.below(luck < 0.9 ? most : Math.min(most, 8))
  }

  /** The process took bytes: there is room in the sender's window, once it hears of it. */
  private acknowledge(length: number): void {
    const { peer } = this
    peer.inWindow -= length
    if (peer.unsentTotal === 0) return
    if (this.wire.isOpen) {
      peer.scheduleSend(this.wire.latencyMs())
    } else {
      this.owesAcknowledgement = true
      peer.wire.worry()
    }
  }

  // ── closing ───────────────────────────────────────────────────────────────────────────────────────────────────

  private closeWhenBothEnded(): void {
    if (this.isEndSent && this.isEndDelivered) this.close(null)
  }

  private close(error: Error | null): void {
    if (this.closing !== null) return
    this.closing = { error }
    this.unsent = []
    this.unsentTotal = 0
    this.received = []
    this.lingering?.cancel()
    this.wire.stop()
    this.forgetDeath()
    this.world.onGone(this)
    if (this.handler !== null) this.scheduleClose(this.handler, error)
  }

  private scheduleClose(handler: StreamHandler, error: Error | null): void {
    this.later(() => handler.onClose(error))
  }

  /** An event of this end's process. */
  private later(action: () => void, delayMs = 0): ScheduledEvent {
    const { scheduler } = this.world
    return scheduler.at((this.process?.nowMs ?? scheduler.nowMs) + delayMs, action, this.process)
  }
}
