import type { Clock, Timer } from '../../src/platform/clock.ts'
import type { Deferred } from '../../src/std/deferred.ts'
import { deferred } from '../../src/std/deferred.ts'
import type { SessionId, Watcher, ZooKeeperErrorName } from '../zookeeper.ts'
import { PromisedCall } from './call.ts'
import type { Call } from './call.ts'
import { withoutChroot } from './chroot.ts'
import { ERROR_CODE } from './error-codes.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeLimits } from './exchange.ts'
import { FrameSplitter } from './frame-splitter.ts'
import { Heartbeat } from './heartbeat.ts'
import { Link } from './link.ts'
import type { LinkHandler, LinkOptions } from './link.ts'
import { MalformedReplyError, ReplyReader } from './reply-reader.ts'
import {
  authRequest,
  closeSessionRequest,
  connectRequest,
  pingRequest,
  setWatchesRequests,
  XID,
} from './requests.ts'
import { sessionName } from './session-name.ts'
import type { WatchKind } from './watch-table.ts'
import { WatchTable } from './watch-table.ts'

/** Something to prove who we are by: a scheme of ZooKeeper's, such as `digest`, and its text. */
export interface Credential {
  readonly scheme: string
  readonly secret: Buffer
}

interface ConnectionLimits extends ExchangeLimits {
  /** Of the largest reply, that is the largest list of children, that is taken. */
  readonly maxReplyBytes: number
}

export interface ConnectionOptions extends LinkOptions {
  /** In front of every watched path; the empty text for none. */
  readonly chroot: string
  readonly credentials: readonly Credential[]
  readonly limits: ConnectionLimits
  /** Told of what a watcher throws. */
  onWatcherError(error: unknown, path: string): void
  /** Told how long each request waited for its answer. */
  readonly onAnswer?: (latencyMs: number) => void
}

/** Before the first answer, served, between two servers, or over in one of three ways. */
export type ConnectionState = 'connecting' | 'connected' | 'suspended' | EndState
type EndState = 'expired' | 'auth-failed' | 'closed'

/** How calls fail that are pending at the end, or come after it. */
const errorOfEnd = {
  expired: 'SESSION_EXPIRED',
  'auth-failed': 'AUTH_FAILED',
  closed: 'CLOSED',
} as const satisfies Record<EndState, ZooKeeperErrorName>

const watchEventOfType = { 1: 'created', 2: 'deleted', 3: 'changed', 4: 'children' } as const

const CLOSE_MS = 1000

/**
 * One session, over one server's connection after the other: its calls, its watches, its signs of life. It is over when
 * the session is: expired, refused or closed. The next session has a connection of its own.
 */
export class Connection {
  state: ConnectionState = 'connecting'
  /** What led to the present state, for people. */
  reason = 'not connected yet'
  private readonly options: ConnectionOptions
  private readonly onState: () => void
  private readonly clock: Clock
  private readonly link: Link
  private readonly heartbeat: Heartbeat
  private readonly exchange: Exchange
  private readonly watches: WatchTable
  private readonly sessionId = Buffer.alloc(8)
  private password: Buffer = Buffer.alloc(16)
  private readonly lastZxid = Buffer.alloc(8)
  private frames: FrameSplitter
  /** A frame that waits until the effects of those before it have been seen. */
  private heldFrame: Buffer | null = null
  private isFlushPlanned = false
  /** Whether the present server has given us the session. */
  private hasSession = false
  private connectSentMs = 0
  /** When the chunk came in that is being read. */
  private receivedMs = 0
  private closeTimer: Timer | null = null
  private closing: Deferred<void> | null = null

  /** `onState` is called after every change of `state`. */
  constructor(options: ConnectionOptions, onState: () => void) {
    this.options = options
    this.onState = onState
    this.clock = options.clock
    this.frames = new FrameSplitter(options.limits.maxReplyBytes)
    this.exchange = new Exchange(options.limits)
    this.watches = new WatchTable((error, path) => options.onWatcherError(error, path))
    this.link = new Link(options, this.linkHandler())
    this.heartbeat = new Heartbeat(options.clock, options.sessionTimeoutMs, {
      waitingSinceMs: () => this.exchange.waitingSinceMs,
      nextDeadlineMs: () => this.exchange.nextDeadlineMs,
      onBeat: (nowMs) => this.exchange.failOverdue(nowMs, this.reason),
      sendPing: () => this.link.send(pingRequest()),
      onDead: (silentMs) => this.link.breakOff(`no answer for ${Math.round(silentMs)} ms`),
    })
  }

  /** The session's name; 0n before a server has answered. */
  get id(): SessionId {
    return this.sessionId.readBigInt64BE() as SessionId
  }

  /** What the server granted; what is asked for before it has. In milliseconds. */
  get timeoutMs(): number {
    return this.heartbeat.timeoutMs
  }

  /** When the request was sent that the server answered last: it has certainly heard of us then. */
  get provenMs(): number {
    return this.heartbeat.provenMs
  }

  /** How long the last ping took; -1 before the first. */
  get pingMs(): number {
    return this.heartbeat.pingMs
  }

  get inFlightCount(): number {
    return this.exchange.inFlightCount
  }

  get queuedCount(): number {
    return this.exchange.queuedCount
  }

  start(): void {
    this.link.connect()
    this.heartbeat.start()
  }

  /** Takes a call over, which settles by its deadline. */
  submit(call: Call): void {
    if (this.hasEnded) {
      call.fail(errorOfEnd[this.state as EndState], this.reason)
    } else if (this.closing !== null) {
      call.fail('CLOSED', 'the client is closing')
    } else {
      this.exchange.add(call)
      this.planFlush()
    }
  }

  /** The server has set a watch. */
  addWatch(kind: WatchKind, path: string, watcher: Watcher): void {
    if (!this.hasEnded) this.watches.add(kind, path, watcher)
  }

  /** Ends the session. Calls that were made before may still succeed within a second. Never rejects. */
  close(): Promise<void> {
    if (this.closing !== null) return this.closing.promise
    this.closing = deferred<void>()
    if (this.hasEnded) {
      this.closing.resolve()
    } else if (this.state === 'connected') {
      this.exchange.addLast(this.closeCall())
      this.closeTimer = this.clock.after(CLOSE_MS, () => this.endClosed())
      this.planFlush()
    } else {
      this.endClosed()
    }
    return this.closing.promise
  }

  private get hasEnded(): boolean {
    return this.state in errorOfEnd
  }

  private linkHandler(): LinkHandler {
    return {
      onOpen: () => this.askForSession(),
      onData: (chunk) => this.receive(chunk),
      onDrain: () => this.planFlush(),
      onLost: (fault) => this.onLost(fault),
    }
  }

  private askForSession(): void {
    this.connectSentMs = this.clock.monotonicMs()
    this.frames = new FrameSplitter(this.options.limits.maxReplyBytes)
    this.heldFrame = null
    this.hasSession = false
    const { lastZxid, sessionId, password } = this
    const timeoutMs = this.options.sessionTimeoutMs
    this.link.send(connectRequest({ lastZxid, timeoutMs, sessionId, password }))
  }

  private onLost(fault: string): void {
    this.reason = fault
    if (this.state === 'connected') {
      this.readFrames({ isLastChance: true })
      this.exchange.connectionLost(fault)
      this.heartbeat.disconnected()
    }
    if (this.closing !== null) this.endClosed()
    else if (this.state === 'connected') this.become('suspended')
  }

  // What comes in.

  private receive(chunk: Buffer): void {
    this.receivedMs = this.clock.monotonicMs()
    this.frames.push(chunk)
    if (this.heldFrame === null) this.readFrames({ isLastChance: false })
    this.planFlush()
  }

  /**
   * Handles the frames that are there. A watch that fires after replies of the same turn waits until the turn's end,
   * so that whoever asked for those has seen them before it is told that they are old. When the connection is gone,
   * nothing waits: what has arrived by then counts.
   */
  private readFrames({ isLastChance }: { readonly isLastChance: boolean }): void {
    let hasReplied = false
    try {
      while (!this.hasEnded && (this.link.isUsable || isLastChance)) {
        const isHeld = this.heldFrame !== null
        const frame = this.heldFrame ?? this.frames.next()
        this.heldFrame = null
        if (frame === null) break
        if (isNotification(frame) && hasReplied && !isHeld && !isLastChance) {
          this.heldFrame = frame
          this.clock.endOfTurn(() => {
            this.readFrames({ isLastChance: false })
            this.planFlush()
          })
          break
        }
        hasReplied = !isNotification(frame)
        this.handle(new ReplyReader(frame), frame)
      }
    } catch (error) {
      if (!(error instanceof MalformedReplyError)) throw error
      this.frames = new FrameSplitter(this.options.limits.maxReplyBytes)
      this.link.breakOff(`malformed reply: ${error.message}`)
    }
  }

  private handle(reply: ReplyReader, frame: Buffer): void {
    if (!this.hasSession) {
      this.handleConnectResponse(reply)
      return
    }
    const xid = reply.int()
    const zxid = reply.long()
    const code = reply.int()
    if (xid === XID.notification) {
      this.handleNotification(reply)
    } else if (xid === XID.ping) {
      this.heartbeat.pingAnswered(this.receivedMs)
    } else if (xid === XID.auth) {
      this.handleAuth(code)
    } else if (xid === XID.setWatches) {
      this.handleSetWatches(code)
    } else {
      this.handleAnswer(this.exchange.answer(xid, code, reply), code)
      if (zxid > 0) frame.copy(this.lastZxid, 0, 4, 12)
    }
  }

  private handleConnectResponse(response: ReplyReader): void {
    response.int() // protocol version
    const timeoutMs = response.int()
    const id = response.bigLong()
    const password = response.bytes()
    if (timeoutMs <= 0) {
      if (this.id === 0n) this.link.breakOff('refused a new session')
      else this.end('expired', `session ${this.idText} has expired`)
      return
    }
    this.hasSession = true
    this.sessionId.writeBigInt64BE(id)
    this.password = password ?? Buffer.alloc(16)
    this.heartbeat.timeoutMs = timeoutMs
    this.reason = `connected to ${this.options.servers.currentName}`
    this.link.confirm('gave us a session')
    this.prime()
    this.heartbeat.connected(this.connectSentMs, this.receivedMs)
    this.become('connected')
    this.planFlush()
  }

  /** Before any call: who we are, then what we watch. The server answers in order. */
  private prime(): void {
    for (const { scheme, secret } of this.options.credentials) this.link.send(authRequest(scheme, secret))
    for (const request of setWatchesRequests(this.lastZxid, this.watches, this.options.chroot))
      this.link.send(request)
  }

  private handleNotification(reply: ReplyReader): void {
    const type = reply.int()
    reply.int() // the state of the session, which we know
    const event = watchEventOfType[type as keyof typeof watchEventOfType]
    const path = withoutChroot(reply.text(), this.options.chroot)
    if (event !== undefined && path !== null) this.watches.fire(event, path)
  }

  private handleAuth(code: number): void {
    if (code !== ERROR_CODE.ok) this.end('auth-failed', `the server refused our credentials (${code})`)
  }

  private handleSetWatches(code: number): void {
    if (code !== ERROR_CODE.ok) this.link.breakOff(`watches could not be set again (${code})`)
  }

  private handleAnswer(sentMs: number, code: number): void {
    this.heartbeat.answered(sentMs, this.receivedMs)
    this.options.onAnswer?.(this.receivedMs - sentMs)
    if (code === ERROR_CODE.sessionMoved || code === ERROR_CODE.sessionExpired) {
      this.link.breakOff(`it does not serve session ${this.idText} (${code})`)
    }
  }

  // What goes out.

  private planFlush(): void {
    if (this.isFlushPlanned || !this.canSend) return
    this.isFlushPlanned = true
    this.clock.endOfTurn(() => {
      this.isFlushPlanned = false
      this.flush()
    })
  }

  private get canSend(): boolean {
    return this.state === 'connected' && this.link.canSend && this.exchange.isReady
  }

  /** Sends the calls of this turn in one write. */
  private flush(): void {
    if (!this.canSend) return
    const now = this.clock.monotonicMs()
    const requests = this.exchange.takeForSending(now)
    if (requests === null) return
    this.heartbeat.sent(now)
    this.link.send(requests)
    this.planFlush()
  }

  // The end.

  private closeCall(): Call {
    const call = new PromisedCall<void>({
      operation: 'closeSession',
      path: '/',
      frame: closeSessionRequest(),
      isRepeatable: false,
      deadlineMs: Infinity,
      read: () => undefined,
    })
    const end = () => this.endClosed()
    void call.promise.then(end, end)
    return call
  }

  private endClosed(): void {
    this.end('closed', 'closed by the client')
  }

  /** The session is over. Every call settles, every watch fires, nothing runs on. */
  private end(state: EndState, reason: string): void {
    if (this.hasEnded) return
    this.reason = reason
    this.link.stop()
    this.heartbeat.stop()
    this.closeTimer?.cancel()
    this.become(state)
    this.exchange.end(errorOfEnd[state], reason)
    this.watches.lose()
    this.closing?.resolve()
  }

  private become(state: ConnectionState): void {
    this.state = state
    this.onState()
  }

  private get idText(): string {
    return sessionName(this.id)
  }
}

function isNotification(frame: Buffer): boolean {
  return frame.length >= 4 && frame.readInt32BE(0) === XID.notification
}
