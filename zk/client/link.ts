import ConnectionManager from 'node-zookeeper-client/lib/ConnectionManager.js'
import type { Clock, Timer } from '../../src/platform/clock.ts'
import type { ServerList } from './server-list.ts'

const { STATES } = ConnectionManager
const MIN_CONNECT_MS = 1000
const KEEP_ALIVE_MS = 5000

export interface LinkOptions {
  readonly clock: Clock
  readonly servers: ServerList
  readonly sessionTimeoutMs: number
  /** How long one attempt may take at most, from the lookup of the name to the server's first answer. */
  readonly maxConnectMs: number
}

/** Told what happens on the link, one thing at a time. */
export interface LinkHandler {
  /** A server has accepted the connection. It is given up unless `confirm` is called in time. */
  onOpen(): void
  onData(chunk: Buffer): void
  /** What was sent has left; there is room for more. */
  onDrain(): void
  /** The connection is gone, and the next attempt begins. */
  onLost(fault: string): void
}

/**
 * Bytes to and from one server of the ensemble after the other, on the package's socket and state machine. What the
 * package does with the bytes is replaced by `handler`, because it loses replies, waits for ever, spins, or throws into
 * the event loop when things go wrong; test/integration/zk-client-faults.test.ts has the list.
 */
export class Link extends ConnectionManager {
  private readonly options: LinkOptions
  private readonly handler: LinkHandler
  /** From the attempt to connect until it is given up or ends. */
  private isOpen = false
  private isWritable = true
  /** Why the present connection came to its end, if we know it. */
  private fault: string | null = null
  private confirmedMs = 0
  private attemptTimer: Timer | null = null

  constructor(options: LinkOptions, handler: LinkHandler) {
    // The servers are ours to choose (findNextServer): the package's parser knows no IPv6.
    super('server-list:1', { sessionTimeout: options.sessionTimeoutMs, spinDelay: 0 }, () => undefined)
    this.options = options
    this.handler = handler
  }

  /** Whether bytes that arrive still matter, and whether the server is still being tried. */
  get isUsable(): boolean {
    return this.isOpen
  }

  /** Whether the server has answered, and what was sent to it has left. */
  get canSend(): boolean {
    return this.isOpen && this.isWritable && this.state === STATES.CONNECTED
  }

  /** Sends, or keeps in memory while `canSend` is false. */
  send(bytes: Buffer): void {
    if (this.isOpen && this.socket?.write(bytes) === false) this.isWritable = false
  }

  /** The server has answered as a ZooKeeper: the attempt has succeeded. */
  confirm(story: string): void {
    this.stopConnectTimer()
    this.confirmedMs = this.options.clock.monotonicMs()
    this.options.servers.note(story)
    this.setState(STATES.CONNECTED)
  }

  /** Gives the present connection up. `onLost` follows, and the next attempt. */
  breakOff(fault: string): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.fault = fault
    this.socket?.destroy()
  }

  /** Nothing happens any more. */
  stop(): void {
    this.isOpen = false
    this.setState(STATES.CLOSED)
    this.stopConnectTimer()
    this.attemptTimer?.cancel()
    this.socket?.destroy()
  }

  // What the package's connect() calls.

  protected override findNextServer(useServer: Parameters<ConnectionManager['findNextServer']>[0]): void {
    const { clock, servers, sessionTimeoutMs, maxConnectMs } = this.options
    const { server, delayMs } = servers.next()
    this.attemptTimer = clock.after(delayMs, () => {
      this.connectTimeout = Math.min(
        maxConnectMs,
        Math.max(MIN_CONNECT_MS, sessionTimeoutMs / servers.length),
      )
      this.fault = null
      this.isOpen = true
      this.isWritable = true
      useServer({ ...server, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
    })
  }

  /** The package's timer is left running until the server has answered: an open socket is no answer yet. */
  protected override onSocketConnected(): void {
    this.handler.onOpen()
  }

  protected override onSocketConnectTimeout(): void {
    this.breakOff(`no answer within ${Math.round(this.connectTimeout)} ms`)
  }

  protected override onSocketData(chunk: Buffer): void {
    if (this.isOpen) this.handler.onData(chunk)
  }

  protected override onSocketDrain(): void {
    this.isWritable = true
    this.handler.onDrain()
  }

  /** The close follows. There is one error per address when the name has several. */
  protected override onSocketError(error: Error & { readonly errors?: readonly Error[] }): void {
    this.fault ??= (error.errors?.[0] ?? error).message
  }

  protected override onSocketClosed(): void {
    this.stopConnectTimer()
    this.isOpen = false
    this.socket = undefined
    if (this.state === STATES.CLOSED) return
    const { clock, servers } = this.options
    const wasConfirmed = this.state === STATES.CONNECTED
    const fault =
      this.fault ?? (wasConfirmed ? 'the server closed it' : 'closed without an answer (no quorum?)')
    servers.note(fault)
    if (wasConfirmed) servers.connectionLived(clock.monotonicMs() - this.confirmedMs)
    this.setState(STATES.DISCONNECTED)
    this.handler.onLost(`${servers.currentName}: ${fault}`)
    // onLost may have stopped the link.
    if (this.state === STATES.DISCONNECTED) this.connect()
  }

  private stopConnectTimer(): void {
    if (this.connectTimeoutHandler !== null) clearTimeout(this.connectTimeoutHandler)
    this.connectTimeoutHandler = null
  }
}
