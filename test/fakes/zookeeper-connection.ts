import type { Clock, Timer } from '../../src/platform/clock.ts'
import type { Logger } from '../../src/platform/logger.ts'
import type { Random } from '../../src/platform/random.ts'
import { Backoff } from '../../src/std/backoff.ts'
import type { Deferred } from '../../src/std/deferred.ts'
import { deferred } from '../../src/std/deferred.ts'
import type { WatchedChange } from '../../zk/embedded/watch-table.ts'
import type { SessionId, ZooKeeperErrorName, Zxid } from '../../zk/zookeeper.ts'
import type { FakeLink, LinkClient } from './zookeeper-link.ts'
import type { FakeServer } from './zookeeper-server.ts'
import { FakeSession } from './zookeeper-session.ts'
import { FakeWatches } from './zookeeper-watches.ts'

export interface FakeConnectOptions {
  /** The client's time. */
  readonly clock: Clock
  readonly random: Random
  readonly sessionTimeoutMs: number
  /** How long a message takes, drawn for each. Default 0. */
  readonly latencyMs?: () => number
  readonly logger?: Logger
  /** `user:password` of a digest to prove. */
  readonly credentials?: string
  /** The largest request (jute.maxbuffer). Default 1,048,575. */
  readonly maxRequestBytes?: number
}

/** What a client can ask of the service. */
export interface FakeServiceEnd {
  readonly zxid: Zxid
  openLink(client: LinkClient, options: FakeConnectOptions): FakeLink
  greet(link: FakeLink, sessionId: SessionId, timeoutMs: number): Granted | null
  serve(link: FakeLink, isWrite: boolean, perform: (server: FakeServer) => void): boolean
  closeSession(id: SessionId): void
}

export interface Granted {
  readonly id: SessionId
  readonly timeoutMs: number
}

const MAX_QUEUED = 100_000
const MAX_CONNECT_MS = 1000
/** How long `close` waits for the service. */
const CLOSE_MS = 1000

/** A request on its way: done there, answered here. */
export interface FakeRequest {
  /** Done again over the next connection when this one breaks. */
  readonly isRead: boolean
  /** Runs at the service; returns what is to run here with its answer. */
  readonly perform: (server: FakeServer, link: FakeLink) => () => void
  readonly fail: (error: ZooKeeperErrorName, why: string) => void
  readonly isSettled: () => boolean
  sentMs: number
}

/** A client's way to the service: one link after the other, its session and watches, and the requests on their way. */
export class FakeConnection implements LinkClient {
  readonly session: FakeSession
  readonly watches: FakeWatches
  private readonly options: FakeConnectOptions
  private readonly clock: Clock
  private readonly service: FakeServiceEnd
  private readonly backoff: Backoff
  private link: FakeLink | null = null
  private queued: FakeRequest[] = []
  private inFlight: FakeRequest[] = []
  private seenZxid = 0
  private lastHeardMs = 0
  private pingSentMs = Infinity
  private retryTimer: Timer | null = null
  private beatTimer: Timer | null = null
  private closeTimer: Timer | null = null
  private closing: Deferred<void> | null = null

  constructor(options: FakeConnectOptions, service: FakeServiceEnd) {
    this.options = options
    this.clock = options.clock
    this.service = service
    this.backoff = new Backoff({ initialMs: 50, maxMs: 1000, random: options.random })
    const onError = (message: string, error: unknown): void => options.logger?.error(message, { error })
    this.watches = new FakeWatches(onError)
    this.session = new FakeSession({
      timeoutMs: options.sessionTimeoutMs,
      beginNext: () => this.dial(),
      onError,
    })
  }

  start(): void {
    this.dial()
  }

  submit(request: FakeRequest): void {
    if (this.session.state === 'expired') return request.fail('SESSION_EXPIRED', 'the session has expired')
    if (this.closing !== null) return request.fail('CLOSED', 'the client is closed')
    if (this.queued.length >= MAX_QUEUED) return request.fail('OVERLOADED', 'too many calls are waiting')
    this.queued.push(request)
    this.flush()
  }

  /** Whether a request has left and is not answered. */
  isSent(request: FakeRequest): boolean {
    return this.inFlight.includes(request)
  }

  close(): Promise<void> {
    if (this.closing !== null) return this.closing.promise
    const closing = deferred<void>()
    if (this.session.state === 'connected' && this.link !== null) {
      this.send(this.closeRequest(this.link.sessionId), this.link)
      this.closing = closing
      this.closeTimer = this.clock.after(CLOSE_MS, () => this.end('CLOSED', 'closed by the client'))
    } else {
      this.closing = closing
      this.end('CLOSED', 'closed by the client')
    }
    return closing.promise
  }

  // ── LinkClient ────────────────────────────────────────────────────────────────────────────────────────────────

  onWatch(link: FakeLink, change: WatchedChange, path: string): void {
    if (link === this.link) this.watches.fire(change, path)
  }

  onBroken(link: FakeLink, reason: string): void {
    if (link === this.link) this.lost(reason)
  }

  // ── connecting ────────────────────────────────────────────────────────────────────────────────────────────────

  private dial(): void {
    const { id, timeoutMs } = this.session
    const link = this.service.openLink(this, this.options)
    const sentMs = this.clock.monotonicMs()
    this.link = link
    this.retryTimer = this.clock.after(Math.min(MAX_CONNECT_MS, timeoutMs), () => this.lost('no answer'))
    link.toService(() => {
      const granted = this.service.greet(link, id, this.options.sessionTimeoutMs)
      link.toClient(() => this.greeted(link, granted, sentMs))
    })
  }

  private greeted(link: FakeLink, granted: Granted | null, sentMs: number): void {
    if (link !== this.link) return
    this.retryTimer?.cancel()
    if (granted === null) return this.end('SESSION_EXPIRED', 'the session has expired')
    this.backoff.reset()
    this.heard(sentMs)
    const watched = this.watches.watched()
    const seenZxid = this.seenZxid
    link.toService(() => this.service.serve(link, false, (server) => server.renew(link, watched, seenZxid)))
    this.session.connected(granted, sentMs)
    this.beat()
    this.flush()
  }

  /** The connection is gone. Reads go first over the next one; what became of writes nobody knows. */
  private lost(reason: string): void {
    this.letGo()
    const reads = this.inFlight.filter((request) => request.isRead && !request.isSettled())
    for (const request of this.inFlight) if (!request.isRead) request.fail('UNKNOWN_OUTCOME', reason)
    this.inFlight = []
    this.queued = [...reads, ...this.queued]
    if (this.closing !== null) return this.end('CLOSED', 'closed by the client')
    this.session.suspended(reason)
    this.retryTimer = this.clock.after(this.backoff.nextMs(), () => this.dial())
  }

  /** The session is over. Every call settles, every watch fires. */
  private end(error: 'SESSION_EXPIRED' | 'CLOSED', reason: string): void {
    if (this.session.state === 'closed') return
    this.letGo()
    this.closeTimer?.cancel()
    const [inFlight, queued] = [this.inFlight, this.queued]
    this.inFlight = []
    this.queued = []
    this.seenZxid = 0
    if (error === 'CLOSED') this.session.closed()
    else this.session.expired(reason)
    for (const request of inFlight) request.fail(error === 'CLOSED' ? 'UNKNOWN_OUTCOME' : error, reason)
    for (const request of queued) request.fail(error, reason)
    this.watches.lose()
    this.closing?.resolve()
  }

  private letGo(): void {
    this.link?.close()
    this.link = null
    this.retryTimer?.cancel()
    this.beatTimer?.cancel()
    this.pingSentMs = Infinity
  }

  // ── signs of life ─────────────────────────────────────────────────────────────────────────────────────────────

  private heard(sentMs: number): void {
    this.lastHeardMs = this.clock.monotonicMs()
    this.session.proven(sentMs)
  }

  private beat(): void {
    this.beatTimer = this.clock.after(this.session.timeoutMs / 6, () => {
      // Judged at the end of the turn: what arrived while this process stood still is read first.
      this.clock.endOfTurn(() => this.judge())
    })
  }

  private judge(): void {
    const { link } = this
    if (link === null || this.session.state !== 'connected') return
    const nowMs = this.clock.monotonicMs()
    const thirdMs = this.session.timeoutMs / 3
    const silentMs = nowMs - this.lastHeardMs
    const waitedMs = nowMs - Math.min(this.pingSentMs, this.inFlight[0]?.sentMs ?? Infinity)
    if (silentMs >= 2 * thirdMs && waitedMs >= thirdMs) return this.lost('the server is silent')
    if (silentMs >= thirdMs && this.pingSentMs === Infinity) this.ping(link, nowMs)
    this.beat()
  }

  private ping(link: FakeLink, sentMs: number): void {
    this.pingSentMs = sentMs
    link.toService(() => {
      if (!this.service.serve(link, false, () => undefined)) return
      link.toClient(() => {
        this.pingSentMs = Infinity
        this.heard(sentMs)
      })
    })
  }

  // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────

  private flush(): void {
    const { link } = this
    if (link === null || this.session.state !== 'connected') return
    const requests = this.queued
    this.queued = []
    for (const request of requests) if (!request.isSettled()) this.send(request, link)
  }

  private send(request: FakeRequest, link: FakeLink): void {
    request.sentMs = this.clock.monotonicMs()
    this.inFlight.push(request)
    link.toService(() => {
      let settle = (): void => undefined
      const isAnswered = this.service.serve(link, !request.isRead, (server) => {
        settle = request.perform(server, link)
      })
      const { zxid } = this.service
      if (isAnswered) link.toClient(() => this.answered(link, request, zxid, settle))
    })
  }

  private answered(link: FakeLink, request: FakeRequest, zxid: Zxid, settle: () => void): void {
    if (link !== this.link) return
    this.inFlight.shift()
    this.seenZxid = Math.max(this.seenZxid, zxid)
    this.heard(request.sentMs)
    settle()
  }

  private closeRequest(sessionId: SessionId): FakeRequest {
    return {
      isRead: true,
      sentMs: Infinity,
      isSettled: () => true,
      fail: () => undefined,
      perform: () => {
        this.service.closeSession(sessionId)
        return () => this.end('CLOSED', 'closed by the client')
      },
    }
  }
}
