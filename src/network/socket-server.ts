import type { Endpoint } from '../model/endpoint.ts'
import { hostPort } from '../model/endpoint.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { ByteStream, Listener, Network } from '../platform/network.ts'
import { NetworkError } from '../platform/network.ts'
import { Reader } from '../protocol/reader.ts'
import { Writer } from '../protocol/writer.ts'
import { Connection, type ConnectionContext } from './connection.ts'
import { ConnectionQuota, type ConnectionLimits } from './connection-quota.ts'
import { ListenerTraffic } from './listener-traffic.ts'
import type { RequestServer } from './request.ts'

const WRITER_CHUNK_BYTES = 64 * 1024

export interface SocketServerOptions {
  readonly clock: Clock
  readonly network: Network
  readonly logger: Logger
  readonly limits: ConnectionLimits
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number
  /** `connections.max.idle.ms`; below 0: never close an idle connection. */
  readonly maxIdleMs: number
  /** `socket.listen.backlog.size` */
  readonly backlog: number
}

/**
 * The broker's listeners and the connections that came in through them. Ports are bound by `bind`; connections made
 * before `serve` wait, unread, as they do in the accept queue of a Kafka that is still starting.
 */
export class SocketServer {
  private readonly options: SocketServerOptions
  private readonly logger: Logger
  private readonly listeners = new Map<string, Listener>()

  /** By listener. */
  readonly traffic = new Map<string, ListenerTraffic>()
  private readonly connections = new Set<Connection>()
  private readonly quota: ConnectionQuota
  private readonly waiting: { stream: ByteStream; endpoint: Endpoint }[] = []
  private context: ConnectionContext | null = null
  private idleTimer: Timer | null = null
  private nextId = 1

  constructor(options: SocketServerOptions) {
    this.options = options
    this.logger = options.logger.child('SocketServer')
    this.quota = new ConnectionQuota(options.limits)
  }

  get connectionCount(): number {
    return this.quota.connectionCount
  }

  /** The open connections, in the order in which they came. */
  all(): Iterable<Connection> {
    return this.connections
  }

  connectionCountOf(listenerName: string): number {
    return this.quota.countOf(listenerName)
  }

  /** Binds the endpoint; returns it with the port it got. Throws NetworkError with what to do about it. */
  async bind(endpoint: Endpoint): Promise<Endpoint> {
    const { network, backlog } = this.options
    const at = `${endpoint.listenerName}://${hostPort(endpoint.host, endpoint.port)}`
    try {
      const where = { host: endpoint.host, port: endpoint.port, backlog }
      const listener = await network.listen(where, (stream) => this.accept(stream, bound))
      const bound = { ...endpoint, port: listener.port }
      this.listeners.set(endpoint.listenerName, listener)
      this.traffic.set(endpoint.listenerName, new ListenerTraffic())
      return bound
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error
      throw new NetworkError(error.code, `${at} cannot be bound: ${explain(error)}`, { cause: error })
    }
  }

  /** Begins to read: connections that waited, and those to come. */
  serve(server: RequestServer): void {
    const { clock, maxRequestBytes } = this.options
    this.context = {
      clock,
      logger: this.logger,
      server,
      maxRequestBytes,
      writer: new Writer(WRITER_CHUNK_BYTES),
      reader: new Reader(Buffer.alloc(0)),
      onClose: (connection) => this.forget(connection),
    }
    for (const { stream, endpoint } of this.waiting.splice(0)) this.open(stream, endpoint, this.context)
    this.scheduleIdleCheck()
  }

  /** Stops accepting; connections go on. */
  async stopAccepting(): Promise<void> {
    const listeners = [...this.listeners.values()]
    this.listeners.clear()
    await Promise.all(listeners.map((listener) => listener.close()))
  }

  /** Closes everything. */
  async close(): Promise<void> {
    this.idleTimer?.cancel()
    for (const { stream } of this.waiting.splice(0)) stream.destroy()
    for (const connection of [...this.connections]) connection.close()
    await this.stopAccepting()
  }

  private accept(stream: ByteStream, endpoint: Endpoint): void {
    const refusal = this.quota.admit(stream.remoteAddress, endpoint.listenerName)
    if (refusal !== null) {
      this.logger.info(`connection refused: ${refusal}`, {
        client: `${stream.remoteAddress}:${stream.remotePort}`,
      })
      stream.destroy()
      return
    }
    if (this.context === null) this.waiting.push({ stream, endpoint })
    else this.open(stream, endpoint, this.context)
  }

  private open(stream: ByteStream, endpoint: Endpoint, context: ConnectionContext): void {
    const { listenerName, securityProtocol } = endpoint
    const { remoteAddress, remotePort, localAddress, localPort } = stream
    const info = {
      id: this.nextId++,
      listenerName,
      securityProtocol,
      remoteAddress,
      remotePort,
      localAddress,
      localPort,
    }
    const traffic = this.trafficOf(listenerName)
    traffic.created++
    const connection = new Connection(stream, info, context, traffic)
    this.connections.add(connection)
    connection.start()
  }

  private trafficOf(listenerName: string): ListenerTraffic {
    let traffic = this.traffic.get(listenerName)
    if (traffic === undefined) this.traffic.set(listenerName, (traffic = new ListenerTraffic()))
    return traffic
  }

  private forget(connection: Connection): void {
    if (this.connections.delete(connection)) this.trafficOf(connection.info.listenerName).closed++
    this.quota.release(connection.info.remoteAddress, connection.info.listenerName)
  }

  /** One look per quarter of the limit over all connections, rather than a timer for each. */
  private scheduleIdleCheck(): void {
    const { clock, maxIdleMs } = this.options
    if (maxIdleMs < 0) return
    this.idleTimer = clock.after(Math.max(1000, maxIdleMs / 4), () => {
      const oldest = clock.monotonicMs() - maxIdleMs
      for (const connection of [...this.connections]) {
        if (connection.lastActivityMs < oldest && !connection.isBusy) connection.close('idle')
      }
      this.scheduleIdleCheck()
    })
  }
}

function explain(error: NetworkError): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is in use by another program; stop it or choose another port in listeners'
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address; check the host in listeners'
    case 'EACCES':
      return 'ports below 1024 need privileges; choose another one in listeners'
    default:
      return error.message
  }
}
