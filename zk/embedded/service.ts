import type { Clock, Timer } from '../../src/platform/clock.ts'
import type { Logger } from '../../src/platform/logger.ts'
import type { ByteStream } from '../../src/platform/network.ts'
import type { Platform } from '../../src/platform/platform.ts'
import type { SessionId, Zxid } from '../zookeeper.ts'
import type { AppliedChange } from './data-tree.ts'
import type { CheckedConfig } from './config.ts'
import { Connection } from './connection.ts'
import type { ConnectionOwner } from './connection.ts'
import type { Database } from './database.ts'
import { answerFourLetterWord } from './four-letter-words.ts'
import type { ServerView } from './four-letter-words.ts'
import type { JuteReader } from './jute.ts'
import { LatencyStats } from './latency-stats.ts'
import { RequestProcessor } from './request-processor.ts'
import type { ConnectRequest } from './requests.ts'
import { firstSessionId } from './sessions.ts'
import type { SessionRecord } from './sessions.ts'
import type { Storage } from './storage.ts'
import { WatchTable } from './watch-table.ts'

/** A session as an operator or a test sees it. */
export interface SessionStatus {
  readonly id: SessionId
  readonly timeoutMs: number
  /** `address:port` of the connection that holds it now, or null. */
  readonly connectedFrom: string | null
}

const SERVER_NUMBER = 1
const PASSWORD_BYTES = 16
/** A connection that has not asked for a session is closed after this. */
const GREETING_MS = 10_000
/** How long a client has to close its side when the server stops. */
const GOODBYE_MS = 500
const CONTAINER_CHECK_MS = 60_000
const MAX_SESSIONS = 100_000
const MAX_CONNECTIONS = 10_000
/** With so many bytes waiting for the disk, no further request is read. */
const MAX_PENDING_LOG_BYTES = 16 * 1024 * 1024

/**
 * Serves one database to connections: gives them sessions and ends these in time, has their requests done in the
 * order in which they arrive, and lets answers out when they are durable.
 */
export class Service implements ConnectionOwner, ServerView {
  readonly clock: Clock
  readonly config: CheckedConfig
  readonly database: Database
  readonly watches = new WatchTable<Connection>()
  readonly connections = new Set<Connection>()
  readonly latency = new LatencyStats()
  readonly hostName: string
  readonly startedAtMs: number
  port = 0
  private readonly platform: Platform
  private readonly logger: Logger
  private readonly storage: Storage | null
  private readonly processor: RequestProcessor<Connection>
  private readonly holders = new Map<SessionId, Connection>()
  private readonly unflushed = new Set<Connection>()
  private receivedByGone = 0
  private sentByGone = 0
  private nextSessionId: SessionId
  private nextContainerCheckMs: number
  private tickTimer: Timer | null = null
  private state: 'serving' | 'ending' | 'failed' = 'serving'
  private onEmpty: () => void = () => undefined
  private isFlushPlanned = false
  private hasHeldBack = false

  constructor(options: {
    readonly platform: Platform
    readonly config: CheckedConfig
    readonly database: Database
    /** Null: what is in memory counts as durable. */
    readonly storage: Storage | null
  }) {
    this.platform = options.platform
    this.clock = options.platform.clock
    this.logger = options.platform.logger
    this.config = options.config
    this.database = options.database
    this.storage = options.storage
    this.hostName = options.platform.network.hostName()
    this.startedAtMs = this.clock.monotonicMs()
    this.nextSessionId = firstSessionId(SERVER_NUMBER, this.clock.nowMs())
    this.nextContainerCheckMs = this.startedAtMs + CONTAINER_CHECK_MS
    this.processor = new RequestProcessor<Connection>({
      clock: this.clock,
      database: this.database,
      watches: this.watches,
      superDigest: this.config.superDigest,
      onSessionClosed: (connection) => this.closeSession(connection.sessionId),
    })
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** From now on clients can be heard: sessions from before have their full timeout. */
  begin(port: number): void {
    this.port = port
    this.database.sessions.touchAll(this.clock.monotonicMs())
    this.planTick()
  }

  /** Takes no further connections and requests. What was answered goes out when it is durable. */
  end(): void {
    this.state = 'ending'
    this.tickTimer?.cancel()
    for (const connection of this.connections) connection.closeAfterReplies()
  }

  /** Resolves when all connections are closed: by the clients, who are told, or by us a little later. */
  async drained(): Promise<void> {
    if (this.connections.size === 0) return
    await new Promise<void>((resolve) => {
      const impatience = this.clock.after(GOODBYE_MS, () => {
        this.closeConnections()
        resolve()
      })
      this.onEmpty = () => {
        impatience.cancel()
        resolve()
      }
    })
  }

  /** The disk has failed: what is in memory must not be shown. */
  refuseEverybody(): void {
    this.state = 'failed'
    this.tickTimer?.cancel()
    this.closeConnections()
  }

  // ── connections ───────────────────────────────────────────────────────────────────────────────────────────────

  accept(stream: ByteStream): void {
    const connection = new Connection(stream, this)
    this.connections.add(connection)
    connection.start()
    if (this.state !== 'serving' || this.hasTooMany(connection.address)) connection.destroy()
  }

  onGone(connection: Connection): void {
    if (!this.connections.delete(connection)) return
    this.unflushed.delete(connection)
    this.watches.drop(connection)
    if (this.holders.get(connection.sessionId) === connection) this.holders.delete(connection.sessionId)
    this.receivedByGone += connection.received
    this.sentByGone += connection.sent
    if (this.connections.size === 0) this.onEmpty()
  }

  answerWord(word: string): string | null {
    return answerFourLetterWord(word, this)
  }

  greet(connection: Connection, request: ConnectRequest): void {
    // It has seen more than this server knows: another one, or another life of this one, has its history.
    if (request.lastZxidSeen > this.database.zxid) return connection.destroy()
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.config
    const timeoutMs = Math.min(maxSessionTimeoutMs, Math.max(minSessionTimeoutMs, request.timeoutMs))
    const isNew = request.sessionId === 0n
    if (isNew && this.database.sessions.count >= MAX_SESSIONS) return connection.destroy()
    const session = isNew ? this.openSession(timeoutMs) : this.resumeSession(request, timeoutMs)
    if (session === null) return connection.welcome(request, null)
    this.holders.set(session.id, connection)
    connection.welcome(request, { ...session, sessionId: session.id })
  }

  process(connection: Connection, xid: number, op: number, reader: JuteReader): void {
    this.database.sessions.touch(connection.sessionId, this.clock.monotonicMs())
    this.processor.process(connection, xid, op, reader)
  }

  // ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────

  get zxid(): Zxid {
    return this.database.zxid
  }

  get maxFrameBytes(): number {
    return this.config.maxFrameBytes
  }

  flushSoon(connection: Connection): void {
    this.unflushed.add(connection)
    this.planFlush()
  }

  /** Sends what has become durable. */
  flush(): void {
    const durableZxid = this.storage === null ? Infinity : this.storage.durableZxid
    const connections = [...this.unflushed]
    this.unflushed.clear()
    for (const connection of connections) {
      if (connection.flush(durableZxid)) this.unflushed.add(connection)
    }
    if (this.hasHeldBack && !this.isOverloaded()) {
      this.hasHeldBack = false
      for (const connection of this.connections) connection.readOn()
    }
  }

  isOverloaded(): boolean {
    const isOverloaded = this.storage !== null && this.storage.pendingBytes > MAX_PENDING_LOG_BYTES
    if (isOverloaded) this.hasHeldBack = true
    return isOverloaded
  }

  // ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────

  sessionStatuses(): SessionStatus[] {
    return [...this.database.sessions.records()].map(({ id, timeoutMs }) => {
      const holder = this.holders.get(id)
      const connectedFrom = holder === undefined ? null : `${holder.address}:${holder.remotePort}`
      return { id, timeoutMs, connectedFrom }
    })
  }

  expireSession(id: SessionId): boolean {
    if (this.database.sessions.get(id) === undefined) return false
    const holder = this.holders.get(id)
    this.closeSession(id)
    holder?.destroy()
    return true
  }

  expireDisconnectedSessions(): number {
    const lost = this.sessionStatuses().filter(({ connectedFrom }) => connectedFrom === null)
    for (const { id } of lost) this.expireSession(id)
    return lost.length
  }

  expireAllSessions(): void {
    for (const { id } of this.sessionStatuses()) this.expireSession(id)
  }

  private openSession(timeoutMs: number): SessionRecord {
    let id = this.nextSessionId
    while (this.database.sessions.get(id) !== undefined) id = (id + 1n) as SessionId
    this.nextSessionId = (id + 1n) as SessionId
    const session = { id, timeoutMs, password: this.platform.random.bytes(PASSWORD_BYTES) }
    this.database.openSession(session, this.clock.nowMs(), this.clock.monotonicMs())
    return session
  }

  /** Null when there is no such session, or the client does not know its password. */
  private resumeSession(request: ConnectRequest, timeoutMs: number): SessionRecord | null {
    const id = request.sessionId as SessionId
    // As in ZooKeeper, the one who holds the session is sent away before the newcomer is believed.
    this.holders.get(id)?.destroy()
    this.holders.delete(id)
    const session = this.database.sessions.get(id)
    if (session === undefined || !session.password.equals(request.password)) return null
    this.database.sessions.resume(id, timeoutMs, this.clock.monotonicMs())
    return { ...session, timeoutMs }
  }

  private closeSession(id: SessionId): void {
    this.holders.delete(id)
    this.announce(this.database.closeSession(id, this.clock.nowMs()))
  }

  /** Ends what has come to its end. After a stall of our own, those who could not be heard get their turn first. */
  private tick(dueMs: number): void {
    const nowMs = this.clock.monotonicMs()
    if (nowMs - dueMs <= this.config.tickTimeMs) {
      for (const id of this.database.sessions.expired(nowMs)) {
        this.logger.info('session expired', { sessionId: `0x${id.toString(16)}` })
        this.expireSession(id)
      }
    }
    for (const connection of this.connections) {
      if (!connection.hasSession && nowMs - connection.openedAtMs > GREETING_MS) connection.destroy()
    }
    if (nowMs >= this.nextContainerCheckMs) {
      this.nextContainerCheckMs = nowMs + CONTAINER_CHECK_MS
      for (const path of this.database.tree.emptiedContainers()) {
        this.announce(this.database.deleteContainer(path, this.clock.nowMs()))
      }
    }
    this.planTick()
  }

  private closeConnections(): void {
    for (const connection of this.connections) connection.destroy()
  }

  private planTick(): void {
    const nowMs = this.clock.monotonicMs()
    const delayMs = this.database.sessions.untilNextTickMs(nowMs)
    this.tickTimer = this.clock.after(delayMs, () => this.tick(nowMs + delayMs))
  }

  /** Changes that no request has made: nobody waits for them, so they need their own way to the disk. */
  private announce(changes: readonly AppliedChange[]): void {
    this.processor.fire(changes)
    this.planFlush()
  }

  private planFlush(): void {
    if (this.isFlushPlanned) return
    this.isFlushPlanned = true
    this.clock.endOfTurn(() => {
      this.isFlushPlanned = false
      this.storage?.commit()
      this.flush()
    })
  }

  private hasTooMany(address: string): boolean {
    const { maxClientConnections } = this.config
    if (this.connections.size > MAX_CONNECTIONS) return true
    if (maxClientConnections === 0) return false
    let count = 0
    for (const connection of this.connections) if (connection.address === address) count++
    return count > maxClientConnections
  }

  // ── what the four-letter words tell ───────────────────────────────────────────────────────────────────────────

  get nowMs(): number {
    return this.clock.nowMs()
  }

  get monotonicMs(): number {
    return this.clock.monotonicMs()
  }

  get received(): number {
    return this.sumOf(({ received }) => received, this.receivedByGone)
  }

  get sent(): number {
    return this.sumOf(({ sent }) => sent, this.sentByGone)
  }

  storageSizes(): { readonly snapshotBytes: number; readonly logBytes: number } {
    return this.storage?.sizes() ?? { snapshotBytes: 0, logBytes: 0 }
  }

  resetStats(): void {
    this.latency.reset()
    this.resetConnectionStats()
    this.receivedByGone = 0
    this.sentByGone = 0
  }

  resetConnectionStats(): void {
    for (const connection of this.connections) connection.resetStats()
  }

  private sumOf(count: (connection: Connection) => number, start: number): number {
    let sum = start
    for (const connection of this.connections) sum += count(connection)
    return sum
  }
}
