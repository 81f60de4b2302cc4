import type { Clock, Timer } from '../../src/platform/clock.ts'
import { digestIdentities } from '../../zk/embedded/access.ts'
import type { DataTree } from '../../zk/embedded/data-tree.ts'
import { Database } from '../../zk/embedded/database.ts'
import { firstSessionId } from '../../zk/embedded/sessions.ts'
import { WatchTable } from '../../zk/embedded/watch-table.ts'
import type { SessionId, Zxid } from '../../zk/zookeeper.ts'
import { FakeZooKeeper } from './zookeeper-client.ts'
import type { FakeConnectOptions, FakeServiceEnd, Granted } from './zookeeper-connection.ts'
import type { LinkClient } from './zookeeper-link.ts'
import { FakeLink } from './zookeeper-link.ts'
import { FakeServer } from './zookeeper-server.ts'

export interface FakeZooKeeperServiceOptions {
  /** The service's own time: sessions end by it. */
  readonly clock: Clock
  /** Default 2000. */
  readonly tickTimeMs?: number
  /** Default 2 ticks. */
  readonly minSessionTimeoutMs?: number
  /** Default 20 ticks. */
  readonly maxSessionTimeoutMs?: number
}

/**
 * A whole ZooKeeper ensemble in memory, on simulated time: the embedded server's data tree, sessions and watches, with
 * the network and the protocol left out. One per simulated world; `connect` gives each client its ZooKeeper.
 */
export class FakeZooKeeperService implements FakeServiceEnd {
  readonly database: Database
  private readonly clock: Clock
  private readonly minSessionTimeoutMs: number
  private readonly maxSessionTimeoutMs: number
  private readonly watches = new WatchTable<FakeLink>()
  private readonly server: FakeServer
  /** The newest link of each client. */
  private readonly links = new Map<LinkClient, FakeLink>()
  private readonly cutOff = new Set<LinkClient>()
  private readonly slowness = new Map<LinkClient, number>()
  private nextSessionId: SessionId
  private tickTimer: Timer | null = null
  private hasQuorum = true
  private isHanging = false

  constructor(options: FakeZooKeeperServiceOptions) {
    const tickTimeMs = options.tickTimeMs ?? 2000
    this.clock = options.clock
    this.minSessionTimeoutMs = options.minSessionTimeoutMs ?? 2 * tickTimeMs
    this.maxSessionTimeoutMs = options.maxSessionTimeoutMs ?? 20 * tickTimeMs
    this.database = Database.empty(tickTimeMs, () => undefined)
    this.server = new FakeServer({ database: this.database, watches: this.watches, clock: this.clock })
    this.nextSessionId = firstSessionId(1, this.clock.nowMs())
  }

  get zxid(): Zxid {
    return this.database.zxid
  }

  /** The znodes as they are now, for assertions. */
  get tree(): DataTree {
    return this.database.tree
  }

  /** A client that begins to connect at once. Its calls wait until it is connected. */
  connect(options: FakeConnectOptions): FakeZooKeeper {
    return new FakeZooKeeper(options, this)
  }

  // ── faults ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Breaks the client's connection. It comes back by itself. */
  disconnect(client: FakeZooKeeper): void {
    this.links.get(client.connection)?.break('the connection was reset')
  }

  /** Nothing passes between the client and the service until `heal`; connections seem open. */
  partition(client: FakeZooKeeper): void {
    this.cutOff.add(client.connection)
    this.links.get(client.connection)?.hold()
  }

  heal(client: FakeZooKeeper): void {
    this.cutOff.delete(client.connection)
    if (!this.isHanging) this.links.get(client.connection)?.release()
  }

  /** The service ends the client's session, as if nothing had been heard of it. */
  expire(client: FakeZooKeeper): void {
    this.endSession(client.session.id, 'the session has expired')
  }

  /** The client's next write is done, and the connection breaks in place of its reply. */
  loseNextReply(client: FakeZooKeeper): void {
    const link = this.links.get(client.connection)
    if (link !== undefined) link.losesNextReply = true
  }

  /** The client's replies take so much longer from now on. */
  slow(client: FakeZooKeeper, extraMs: number): void {
    this.slowness.set(client.connection, extraMs)
    const link = this.links.get(client.connection)
    if (link !== undefined) link.slownessMs = extraMs
  }

  /** No majority: nobody is served, and nobody's session ends. */
  loseQuorum(): void {
    this.hasQuorum = false
    this.stopTicking()
    for (const link of [...this.links.values()]) link.break('the server has lost its quorum')
  }

  /** A new leader: every session has its full timeout again. */
  restoreQuorum(): void {
    this.hasQuorum = true
    this.startAgain()
  }

  /** All servers stand still: connections are open, nothing is answered, nobody's session ends. */
  hang(): void {
    this.isHanging = true
    this.stopTicking()
    for (const link of this.links.values()) link.hold()
  }

  resume(): void {
    this.isHanging = false
    this.startAgain()
    for (const [client, link] of this.links) if (!this.cutOff.has(client)) link.release()
  }

  // ── for the clients' ends ─────────────────────────────────────────────────────────────────────────────────────

  /** Gives a session to the link: a new one for id 0n. Null when the one asked for has ended. */
  greet(link: FakeLink, sessionId: SessionId, timeoutMs: number): Granted | null {
    const granted = Math.min(this.maxSessionTimeoutMs, Math.max(this.minSessionTimeoutMs, timeoutMs))
    const nowMs = this.clock.monotonicMs()
    let id = sessionId
    if (id === 0n) {
      id = this.nextSessionId
      this.nextSessionId = (id + 1n) as SessionId
      const session = { id, timeoutMs: granted, password: Buffer.alloc(16) }
      this.database.openSession(session, this.clock.nowMs(), nowMs)
    } else if (this.database.sessions.get(id) === undefined) return null
    else this.database.sessions.resume(id, granted, nowMs)
    link.sessionId = id
    this.keepTicking()
    return { id, timeoutMs: granted }
  }

  /** Lets the request of a live session be done, unless the link breaks over it. Whether there is an answer to send. */
  serve(link: FakeLink, isWrite: boolean, perform: (server: FakeServer) => void): boolean {
    if (this.database.sessions.get(link.sessionId) === undefined) {
      link.break('the session is not known')
      return false
    }
    this.database.sessions.touch(link.sessionId, this.clock.monotonicMs())
    perform(this.server)
    if (!isWrite || !link.losesNextReply) return true
    link.break('the connection was reset')
    return false
  }

  closeSession(id: SessionId): void {
    this.server.fire(this.database.closeSession(id, this.clock.nowMs()))
  }

  openLink(client: LinkClient, options: FakeConnectOptions): FakeLink {
    const { credentials } = options
    const proved = credentials === undefined ? [] : digestIdentities(Buffer.from(credentials), null)
    const link = new FakeLink({
      serviceClock: this.clock,
      clientClock: options.clock,
      client,
      latencyMs: options.latencyMs ?? (() => 0),
      identities: [{ scheme: 'ip', id: '10.0.0.1' }, ...proved],
      onGone: (gone) => this.watches.drop(gone),
    })
    this.links.set(client, link)
    link.slownessMs = this.slowness.get(client) ?? 0
    if (this.isHanging || this.cutOff.has(client)) link.hold()
    else if (!this.hasQuorum) link.break('the server has no quorum')
    return link
  }

  private endSession(id: SessionId, reason: string): void {
    if (this.database.sessions.get(id) === undefined) return
    this.closeSession(id)
    for (const link of [...this.links.values()]) if (link.sessionId === id) link.break(reason)
  }

  private startAgain(): void {
    this.database.sessions.touchAll(this.clock.monotonicMs())
    this.keepTicking()
  }

  /** Looks for sessions at their end, as long as there are any. */
  private keepTicking(): void {
    const isIdle = this.database.sessions.count === 0 || !this.hasQuorum || this.isHanging
    if (this.tickTimer !== null || isIdle) return
    const delayMs = this.database.sessions.untilNextTickMs(this.clock.monotonicMs())
    this.tickTimer = this.clock.after(delayMs, () => {
      this.tickTimer = null
      for (const id of this.database.sessions.expired(this.clock.monotonicMs())) {
        this.endSession(id, 'the session has expired')
      }
      this.keepTicking()
    })
  }

  private stopTicking(): void {
    this.tickTimer?.cancel()
    this.tickTimer = null
  }
}
