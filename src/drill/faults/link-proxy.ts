import type { Clock } from '../../platform/clock.ts'
import { NetworkError, type ByteStream, type Listener, type Network } from '../../platform/network.ts'

/** What is done to the traffic of a link. */
export interface LinkFault {
  /** `cut`: connections break and new ones are refused. `silent`: they stay, and nothing comes through. */
  readonly kind: 'none' | 'cut' | 'silent'
  /** Added to everything, each way. */
  readonly delayMs: number
  /** Each way and connection; null: as fast as it goes. */
  readonly bytesPerSecond: number | null
}

export const NO_FAULT: LinkFault = { kind: 'none', delayMs: 0, bytesPerSecond: null }

export interface LinkProxyOptions {
  readonly network: Network
  readonly clock: Clock
  readonly host: string
  readonly targetPort: number
  /** Tells from the first bytes who speaks; asked until it answers, the last time when it must. */
  readonly identify: (firstBytes: Buffer) => string | null
  /** What holds for a speaker just now. */
  readonly faultOf: (source: string) => LinkFault
}

/** Connections through one proxy at a time: more are refused. */
const MAX_CONNECTIONS = 2000
const DIAL_MS = 5000
/** Bytes that may wait for one side: beyond it the other is held back. */
const MAX_WAITING_BYTES = 1024 * 1024
/** The first bytes of a connection are looked at up to here. */
const MAX_FIRST_BYTES = 1024

/**
 * Stands between a server and all that speak with it, and breaks what it is told to break. It needs no privilege: the
 * server is simply known under the proxy's address. Who is speaking is told from the first request.
 */
export class LinkProxy {
  private readonly options: LinkProxyOptions
  private readonly links = new Set<Link>()
  private listener: Listener | null = null

  constructor(options: LinkProxyOptions) {
    this.options = options
  }

  get port(): number {
    return this.listener?.port ?? -1
  }

  async start(): Promise<void> {
    const { network, host } = this.options
    this.listener = await network.listen({ host, port: 0 }, (stream) => this.accept(stream))
  }

  async stop(): Promise<void> {
    for (const link of this.links) link.break()
    await this.listener?.close()
  }

  /** To be called when the answers of `faultOf` have changed. */
  apply(): void {
    for (const link of this.links) link.apply()
  }

  private accept(stream: ByteStream): void {
    if (this.links.size >= MAX_CONNECTIONS) return refuse(stream)
    const link = new Link(this.options, stream, () => this.links.delete(link))
    this.links.add(link)
    link.start()
  }
}

function refuse(stream: ByteStream): void {
  stream.start({
    onData: () => undefined,
    onDrain: () => undefined,
    onEnd: () => undefined,
    onClose: () => undefined,
  })
  stream.destroy()
}

/** One connection and its other half. */
class Link {
  private readonly options: LinkProxyOptions
  private readonly onGone: () => void
  private readonly near: Side
  private far: Side | null = null
  private source: string | null = null
  private firstBytes = Buffer.alloc(0)
  private isBroken = false

  constructor(options: LinkProxyOptions, stream: ByteStream, onGone: () => void) {
    this.options = options
    this.onGone = onGone
    this.near = new Side(options.clock, stream, () => this.fault())
  }

  start(): void {
    this.near.start({
      onBytes: (bytes) => this.fromNear(bytes),
      onEnd: () => this.far?.end(),
      onClose: () => this.break(),
    })
    void this.connect()
  }

  apply(): void {
    if (this.fault().kind === 'cut') return this.break()
    this.near.pump()
    this.far?.pump()
  }

  break(): void {
    if (this.isBroken) return
    this.isBroken = true
    this.near.destroy()
    this.far?.destroy()
    this.onGone()
  }

  private fault(): LinkFault {
    return this.source === null ? NO_FAULT : this.options.faultOf(this.source)
  }

  private async connect(): Promise<void> {
    const { network, host, targetPort, clock } = this.options
    try {
      const stream = await network.dial({ host, port: targetPort, timeoutMs: DIAL_MS })
      if (this.isBroken) return refuse(stream)
      const far = new Side(clock, stream, () => this.fault())
      this.far = far
      this.near.peer = far
      far.peer = this.near
      far.start({
        onBytes: (bytes) => this.near.send(bytes),
        onEnd: () => this.near.end(),
        onClose: () => this.break(),
      })
      if (this.source !== null) this.passFirst()
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      this.break()
    }
  }

  private fromNear(bytes: Buffer): void {
    if (this.source !== null && this.far !== null && this.firstBytes.length === 0) return this.far.send(bytes)
    this.firstBytes = Buffer.concat([this.firstBytes, bytes])
    if (this.source === null) {
      this.source = this.options.identify(this.firstBytes)
      if (this.source === null && this.firstBytes.length >= MAX_FIRST_BYTES) this.source = 'unknown'
      if (this.source === null) return
    }
    if (this.firstBytes.length > MAX_WAITING_BYTES) return this.break()
    this.passFirst()
  }

  private passFirst(): void {
    if (this.fault().kind === 'cut') return this.break()
    if (this.far === null || this.firstBytes.length === 0) return
    const first = this.firstBytes
    this.firstBytes = Buffer.alloc(0)
    this.far.send(first)
  }
}

interface Waiting {
  readonly bytes: Buffer
  readonly dueMs: number
}

/** One end of a link: what is to be written here waits until the fault lets it through. */
class Side {
  peer: Side | null = null
  private readonly clock: Clock
  private readonly stream: ByteStream
  private readonly fault: () => LinkFault
  private readonly waiting: Waiting[] = []
  private waitingBytes = 0
  private isTimed = false
  private isEnding = false
  private isHolding = false
  private freeAtMs = 0

  constructor(clock: Clock, stream: ByteStream, fault: () => LinkFault) {
    this.clock = clock
    this.stream = stream
    this.fault = fault
  }

  start(on: { onBytes: (bytes: Buffer) => void; onEnd: () => void; onClose: () => void }): void {
    this.stream.start({
      onData: (buffer, length) => on.onBytes(Buffer.from(buffer.subarray(0, length))),
      onDrain: () => this.relieve(),
      onEnd: on.onEnd,
      onClose: on.onClose,
    })
  }

  send(bytes: Buffer): void {
    const { delayMs } = this.fault()
    this.waiting.push({ bytes, dueMs: this.clock.monotonicMs() + delayMs })
    this.waitingBytes += bytes.length
    this.pump()
    if (this.backlog() > MAX_WAITING_BYTES && !this.isHolding) {
      this.isHolding = true
      this.peer?.stream.pause()
    }
  }

  /** Writes what may go now. */
  pump(): void {
    const fault = this.fault()
    if (fault.kind === 'silent') return
    const nowMs = this.clock.monotonicMs()
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      const goesAtMs = Math.max(next.dueMs, fault.bytesPerSecond === null ? 0 : this.freeAtMs)
      if (goesAtMs > nowMs) {
        this.wakeIn(goesAtMs - nowMs)
        return
      }
      if (fault.bytesPerSecond !== null)
        this.freeAtMs = nowMs + (next.bytes.length * 1000) / fault.bytesPerSecond
      this.waiting.shift()
      this.waitingBytes -= next.bytes.length
      this.stream.write([next.bytes])
    }
    if (this.isEnding) this.stream.end()
    this.relieve()
  }

  end(): void {
    this.isEnding = true
    this.pump()
  }

  destroy(): void {
    this.stream.destroy()
  }

  private backlog(): number {
    return this.waitingBytes + this.stream.unsentBytes
  }

  private relieve(): void {
    if (!this.isHolding || this.backlog() > MAX_WAITING_BYTES / 2) return
    this.isHolding = false
    this.peer?.stream.resume()
  }

  private wakeIn(ms: number): void {
    if (this.isTimed) return
    this.isTimed = true
    this.clock.after(ms, () => {
      this.isTimed = false
      this.pump()
    })
  }
}

/** Names the speaker of a Kafka connection by its first request's client id: `broker-2`, or `client`. */
export function kafkaSpeaker(firstBytes: Buffer): string | null {
  const LENGTH_AT = 12
  if (firstBytes.length < LENGTH_AT + 2) return null
  const length = firstBytes.readInt16BE(LENGTH_AT)
  if (length < 0) return 'client'
  if (firstBytes.length < LENGTH_AT + 2 + length) return null
  const clientId = firstBytes.toString('utf8', LENGTH_AT + 2, LENGTH_AT + 2 + length)
  const broker = /^(?:broker-)?([0-9]+)(?:-.*)?$/.exec(clientId)
  return broker === null ? 'client' : `broker-${broker[1]}`
}
