import type { Clock } from '../../src/platform/clock.ts'
import type { ByteStream, StreamHandler } from '../../src/platform/network.ts'
import type { SessionId, Zxid } from '../zookeeper.ts'
import type { Identity } from './access.ts'
import type { Client } from './client.ts'
import { FrameBuffer } from './frame-buffer.ts'
import type { Frame } from './frame-buffer.ts'
import { JuteError, JuteReader } from './jute.ts'
import type { JuteWriter } from './jute.ts'
import { shortNameOf, XID } from './op-codes.ts'
import { Outbox } from './outbox.ts'
import { readConnectRequest } from './requests.ts'
import type { ConnectRequest } from './requests.ts'
import { LatencyStats } from './latency-stats.ts'
import type { WatchedChange } from './watch-table.ts'

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly clock: Clock
  readonly maxFrameBytes: number
  /** Of all connections together. */
  readonly latency: LatencyStats
  /** The newest transaction, on which everything that is sent now may depend. */
  readonly zxid: Zxid
  /** Whether `word` is a four-letter word; its answer closes the connection. */
  answerWord(word: string): string | null
  /** Gives the connection a session, or refuses. */
  greet(connection: Connection, request: ConnectRequest): void
  process(connection: Connection, xid: number, op: number, reader: JuteReader): void
  /** There are frames to be sent when the turn ends. */
  flushSoon(connection: Connection): void
  /** Nothing further should be asked of the server for now: it has more to write than it can. */
  isOverloaded(): boolean
  onGone(connection: Connection): void
}

/** With so much unsent, a client that goes on asking is no longer listened to. */
const PAUSE_BYTES = 8 * 1024 * 1024
/** With so much unsent, a client that does not read is given up: notifications come without being asked for. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024

const EVENT_TYPES = { created: 1, deleted: 2, changed: 3, children: 4 } as const satisfies Record<
  WatchedChange,
  number
>
const SYNC_CONNECTED = 3

/** One client's stream: frames in and, when they may be seen, frames out. */
export class Connection implements Client, StreamHandler {
  sessionId = 0n as SessionId
  timeoutMs = 0
  readonly identities: Identity[]
  readonly address: string
  readonly remotePort: number
  readonly openedAtMs: number
  readonly latency = new LatencyStats()
  received = 0
  sent = 0
  lastOperation = 'NA'
  lastXid = 0
  private lastReplyZxid = 0
  private lastReplyAtMs = 0

  private readonly stream: ByteStream
  private readonly owner: ConnectionOwner
  private readonly frames: FrameBuffer
  private readonly outbox = new Outbox()
  private state: 'greeting' | 'open' | 'closing' | 'ended' | 'gone' = 'greeting'
  private isHeldBack = false
  private isReply = false

  constructor(stream: ByteStream, owner: ConnectionOwner) {
    this.stream = stream
    this.owner = owner
    this.frames = new FrameBuffer(owner)
    this.address = stream.remoteAddress.replace(/^::ffff:/, '')
    this.remotePort = stream.remotePort
    this.identities = [{ scheme: 'ip', id: this.address }]
    this.openedAtMs = owner.clock.monotonicMs()
  }

  get hasSession(): boolean {
    return this.sessionId !== 0n
  }

  /** Requests that were done and whose replies are held. */
  get outstanding(): number {
    return this.outbox.heldReplies
  }

  /** The newest zxid that the client was told, and when that was, by the monotonic clock. */
  get lastReply(): { readonly zxid: number; readonly atMs: number } {
    return { zxid: this.lastReplyZxid, atMs: this.lastReplyAtMs }
  }

  start(): void {
    this.stream.start(this)
  }

  /** Closes the stream at once. The session stays. */
  destroy(): void {
    this.state = 'gone'
    this.stream.destroy()
  }

  resetStats(): void {
    this.received = 0
    this.sent = 0
    this.latency.reset()
  }

  // ── StreamHandler ─────────────────────────────────────────────────────────────────────────────────────────────

  onData(buffer: Buffer, length: number): void {
    if (this.state !== 'greeting' && this.state !== 'open') return
    this.frames.add(buffer, length)
    this.readFrames()
    this.frames.keep()
  }

  onDrain(): void {
    this.readOn()
  }

  onEnd(): void {
    this.closeAfterReplies()
  }

  onClose(): void {
    this.state = 'gone'
    this.owner.onGone(this)
  }

  // ── Client ────────────────────────────────────────────────────────────────────────────────────────────────────

  beginReply(xid: number, zxid: number, code: number): JuteWriter {
    this.isReply = true
    this.lastReplyZxid = Math.max(this.lastReplyZxid, zxid)
    return this.outbox.begin().int(xid).longNumber(zxid).int(code)
  }

  endReply(): void {
    this.sent++
    this.outbox.end(this.owner.zxid, this.isReply, this.owner.clock.monotonicMs())
    this.owner.flushSoon(this)
  }

  notify(change: WatchedChange, path: string): void {
    if (this.state === 'ended' || this.state === 'gone') return
    const writer = this.outbox.begin().int(XID.notification).longNumber(-1).int(0)
    writer.int(EVENT_TYPES[change]).int(SYNC_CONNECTED).string(path)
    this.isReply = false
    this.endReply()
    if (this.outbox.length + this.stream.unsentBytes > MAX_UNSENT_BYTES) this.destroy()
  }

  closeAfterReplies(): void {
    if (this.state === 'ended' || this.state === 'gone') return
    this.state = 'closing'
    this.owner.flushSoon(this)
  }

  // ── the server's side ─────────────────────────────────────────────────────────────────────────────────────────

  /** The answer to the first request, which has no header. */
  welcome(
    request: ConnectRequest,
    granted: { readonly sessionId: SessionId; readonly timeoutMs: number; readonly password: Buffer } | null,
  ): void {
    this.isReply = true
    const writer = this.outbox.begin().int(0)
    writer.int(granted?.timeoutMs ?? 0).long(granted?.sessionId ?? 0n)
    writer.buffer(granted?.password ?? Buffer.alloc(16))
    if (request.hasReadOnlyByte) writer.boolean(false)
    this.endReply()
    if (granted === null) return this.closeAfterReplies()
    this.sessionId = granted.sessionId
    this.timeoutMs = granted.timeoutMs
    this.state = 'open'
  }

  /** Sends what may be seen; whether more is held. */
  flush(durableZxid: number): boolean {
    if (this.state === 'ended' || this.state === 'gone') return false
    const nowMs = this.owner.clock.monotonicMs()
    const released = this.outbox.release(durableZxid, nowMs)
    if (released !== null) {
      this.stream.write([released.bytes])
      this.latency.record(released.waitedMs, released.replies)
      this.owner.latency.record(released.waitedMs, released.replies)
      this.lastReplyAtMs = nowMs
    }
    const isHolding = this.outbox.length > 0
    if (!isHolding && this.state === 'closing') this.finish()
    else this.readOn()
    return isHolding
  }

  /** Goes on with requests that were held back, if there is room now. */
  readOn(): void {
    if (!this.isHeldBack || this.state !== 'open' || this.isFull()) return
    this.isHeldBack = false
    this.readFrames()
    this.frames.keep()
    if (!this.isHeldBack) this.stream.resume()
  }

  private isFull(): boolean {
    return this.outbox.length + this.stream.unsentBytes > PAUSE_BYTES || this.owner.isOverloaded()
  }

  private readFrames(): void {
    while (this.state === 'greeting' || this.state === 'open') {
      if (this.state === 'greeting' && this.readWord()) return
      const frame = this.frames.next()
      if (frame === null) return
      if (frame === 'refused') return this.destroy()
      this.received++
      try {
        this.readFrame(frame)
      } catch (error) {
        if (!(error instanceof JuteError)) throw error
        return this.destroy()
      }
      if (this.isFull()) {
        this.isHeldBack = true
        return this.stream.pause()
      }
    }
  }

  private readFrame({ bytes, start, end }: Frame): void {
    const reader = new JuteReader(bytes, start, end)
    if (this.state === 'greeting') return this.owner.greet(this, readConnectRequest(reader))
    const xid = reader.int()
    const op = reader.int()
    this.lastXid = xid
    this.lastOperation = shortNameOf(op)
    this.owner.process(this, xid, op, reader)
  }

  /** Four letters in place of the first frame's length are a command. */
  private readWord(): boolean {
    const first = this.frames.peek()
    if (first === null) return true
    const word = String.fromCharCode(first >>> 24, (first >>> 16) & 255, (first >>> 8) & 255, first & 255)
    const answer = this.owner.answerWord(word)
    if (answer === null) return false
    this.stream.write([Buffer.from(answer, 'utf8')])
    this.finish()
    return true
  }

  private finish(): void {
    this.state = 'ended'
    this.stream.end()
  }
}
