import type { Socket } from 'node:net'
import { assert } from '../../std/assert.ts'
import type { ByteStream, StreamHandler } from '../network.ts'
import { LINGER_MS, NetworkError } from '../network.ts'
import { systemCode } from './disk-error.ts'

/**
 * A TCP connection behind the port. Whoever makes the socket hands its bytes to `receive`: from one buffer that all
 * streams share, or from the socket's own where the sharing does not work. The socket must be half-open, paused, and
 * have a high-water mark of 0, so that it says "drain" whenever it did not get rid of everything at once.
 */
export class NodeStream implements ByteStream {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  private readonly socket: Socket
  private handler: StreamHandler | null = null
  private isPaused = false
  private isReading = false
  private isReceiving = false
  /**
   * What came while the stream was paused, at most one read of it. To stop reading at every pause costs a system call at
   * every resume, for nothing with a client that waits for its answer. So reading stops only once something has come;
   * a stream on which that has happened stops reading at once from then on.
   */
  private held: Buffer[] = []
  private sendsWhilePaused = false
  /** The other side ended while we were paused. */
  private hasEndWaiting = false
  private isResumeQueued = false
  private isEnding = false
  private isDestroyed = false
  private error: Error | null = null
  private isClosed = false
  /** Something was written since the last `onDrain`. */
  private owesDrain = false
  private isDrainQueued = false
  private isDraining = false
  private lingering: NodeJS.Timeout | undefined

  constructor(socket: Socket) {
    this.socket = socket
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    socket.on('error', this.onError)
    socket.on('close', this.onClose)
    socket.on('drain', this.onDrain)
    socket.on('end', this.onEnd)
    socket.on('finish', this.onFinish)
  }

  get unsentBytes(): number {
    return this.isDestroyed ? 0 : this.socket.writableLength
  }

  start(handler: StreamHandler): void {
    assert(this.handler === null, 'a stream is started once')
    this.handler = handler
    if (this.isClosed) setImmediate(() => handler.onClose(this.error))
    else this.proceed()
  }

  write(buffers: readonly Buffer[]): void {
    assert(!this.isEnding, 'nothing is written after the end')
    const { socket } = this
    if (this.isDestroyed || socket.destroyed || this.error !== null) return
    if (buffers.length === 1) {
      const only = buffers[0]
      if (only === undefined || only.length === 0) return
      socket.write(only)
    } else {
      socket.cork()
      for (const buffer of buffers) if (buffer.length > 0) socket.write(buffer)
      socket.uncork()
    }
    this.owesDrain = true
    // Mostly the system takes everything at once, and then the socket has nothing to tell.
    if (this.isDrainQueued || socket.writableLength > 0) return
    this.isDrainQueued = true
    // Who writes more at every drain would keep the loop from ever polling: then the next one comes a turn later.
    if (this.isDraining) setImmediate(this.onDrain)
    else process.nextTick(this.onDrain)
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    if (!this.isReceiving && !this.isResumeQueued && this.handler !== null) this.proceed()
  }

  end(): void {
    if (this.isEnding) return
    this.isEnding = true
    this.socket.end()
  }

  destroy(error?: Error): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    this.held = []
    this.error ??= error ?? null
    this.socket.destroy()
  }

  /** Bytes arrived. Says whether more may come; if not, somebody calls the socket's `resume` later. */
  receive(buffer: Buffer, length: number): boolean {
    if (this.isDestroyed) return false
    if (this.isPaused || this.handler === null || this.held.length > 0) {
      this.held.push(Buffer.from(buffer.subarray(0, length)))
      this.sendsWhilePaused = true
      this.isReading = false
    } else {
      this.deliver(this.handler, buffer, length)
      if (this.isPaused && this.sendsWhilePaused) this.isReading = false
    }
    return this.isReading
  }

  private deliver(handler: StreamHandler, buffer: Buffer, length: number): void {
    this.isReceiving = true
    try {
      handler.onData(buffer, length)
    } finally {
      this.isReceiving = false
    }
  }

  /** On with the reading, or first with what is held. The latter never inside the call that starts or resumes. */
  private proceed(): void {
    if (this.isDestroyed) return
    if (this.held.length > 0 || this.hasEndWaiting) {
      this.isResumeQueued = true
      process.nextTick(this.deliverHeld)
    } else if (!this.isReading) {
      this.isReading = true
      this.socket.resume()
    }
  }

  private readonly deliverHeld = (): void => {
    this.isResumeQueued = false
    const { handler } = this
    while (!this.isPaused && !this.isDestroyed && handler !== null) {
      const next = this.held.shift()
      if (next !== undefined) {
        this.deliver(handler, next, next.length)
      } else if (this.hasEndWaiting) {
        this.hasEndWaiting = false
        handler.onEnd()
      } else {
        return this.proceed()
      }
    }
  }

  private readonly onError = (error: Error): void => {
    this.error ??= toNetworkError(error)
  }

  private readonly onDrain = (): void => {
    this.isDrainQueued = false
    if (!this.owesDrain || this.isDestroyed || this.error !== null || this.socket.writableLength > 0) return
    this.owesDrain = false
    this.isDraining = true
    try {
      this.handler?.onDrain()
    } finally {
      this.isDraining = false
    }
  }

  private readonly onEnd = (): void => {
    if (this.isDestroyed) return
    if (this.isPaused || this.held.length > 0) this.hasEndWaiting = true
    else this.handler?.onEnd()
  }

  /** Our end is sent; the other side may never send its own. */
  private readonly onFinish = (): void => {
    if (this.isClosed || this.isDestroyed) return
    this.lingering = setTimeout(() => this.destroy(), LINGER_MS)
    this.lingering.unref()
  }

  private readonly onClose = (): void => {
    this.isClosed = true
    this.isDestroyed = true
    clearTimeout(this.lingering)
    this.handler?.onClose(this.error)
  }
}

/** Whatever a socket or a server reports, as the port's error. */
export function toNetworkError(error: unknown, doing = 'connection'): NetworkError {
  if (error instanceof NetworkError) return error
  const words = error instanceof Error ? error.message : String(error)
  return new NetworkError(systemCode(error) ?? 'OTHER', `${doing}: ${words}`, { cause: error })
}

/** Without the mark of IPv4 in IPv6: limits and rules name the plain address. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
