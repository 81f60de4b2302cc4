import net from 'node:net'
import type { Server, Socket } from 'node:net'
import os from 'node:os'
import type { Logger } from '../logger.ts'
import type { ByteStream, Listener, Network } from '../network.ts'
import { NetworkError } from '../network.ts'
import { adopt, canAdopt, isAdoptable } from './adopted-socket.ts'
import { NodeStream, toNetworkError } from './node-stream.ts'

/** One read fills at most this much. libuv reads 64 KiB at a time into buffers of its own; more at once is cheaper. */
const RECEIVE_BYTES = 256 * 1024

/** The longest wait that the system's timers accept. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

const SERVER_OPTIONS: net.ServerOpts = {
  allowHalfOpen: true,
  pauseOnConnect: true,
  noDelay: true,
  keepAlive: true,
  highWaterMark: 0,
}

const DEFAULT_BACKLOG = 511

/** Failures to accept are logged at most so often: without descriptors there are thousands a second. */
const ACCEPT_LOG_INTERVAL_MS = 1000

export interface NodeNetworkOptions {
  /** Hears of connections that could not be accepted. */
  readonly logger?: Logger
  /**
   * Whether accepted sockets share one receive buffer, which makes receiving two to three times cheaper but leans on
   * parts of Node that are not documented. Default: where it is known to work, or shows that it does.
   */
  readonly sharesReceiveBuffer?: boolean
}

/**
 * TCP, through node:net. All streams receive through one buffer: callbacks are synchronous, so that it is free again
 * when the next one begins, and an idle connection needs no memory for receiving at all.
 */
export class NodeNetwork implements Network {
  private readonly receiveBuffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES)
  private readonly logger: Logger | null
  private sharing: boolean | Promise<boolean> | undefined

  constructor(options: NodeNetworkOptions = {}) {
    this.logger = options.logger ?? null
    this.sharing = options.sharesReceiveBuffer
  }

  async listen(
    where: { readonly host: string; readonly port: number; readonly backlog?: number },
    accept: (stream: ByteStream) => void,
  ): Promise<Listener> {
    this.sharing ??= canAdopt()
    const isSharing = await this.sharing
    const server = net.createServer(SERVER_OPTIONS, (socket) => {
      const stream = isSharing && isAdoptable(socket) ? this.share(socket) : ownBuffer(socket)
      if (stream !== null) accept(stream)
    })
    await bound(server, where)
    let loggedMs = -Infinity
    server.on('error', (error) => {
      const now = performance.now()
      if (now - loggedMs < ACCEPT_LOG_INTERVAL_MS) return
      loggedMs = now
      this.logger?.warn(`cannot accept a connection on ${where.host}:${where.port}`, { error })
    })
    const address = server.address()
    if (address === null || typeof address === 'string')
      throw new NetworkError('OTHER', 'listening on no TCP port')
    return {
      host: address.address,
      port: address.port,
      close: () => closed(server),
    }
  }

  dial(where: {
    readonly host: string
    readonly port: number
    readonly timeoutMs: number
  }): Promise<ByteStream> {
    const name = `dial ${where.host}:${where.port}`
    let stream: NodeStream | null = null
    const options: net.SocketConstructorOpts & { onread: net.OnReadOpts; writableHighWaterMark: 0 } = {
      allowHalfOpen: true,
      writableHighWaterMark: 0,
      onread: {
        buffer: this.receiveBuffer,
        callback: (length) => stream?.receive(this.receiveBuffer, length) ?? false,
      },
    }
    const socket = new net.Socket(options)
    // Nothing may arrive before there is somebody to take it.
    socket.pause()
    return new Promise<ByteStream>((resolve, reject) => {
      const fail = (error: Error): void => {
        clearTimeout(timeout)
        socket.destroy()
        reject(toNetworkError(error, name))
      }
      const timeout = setTimeout(
        () => fail(new NetworkError('ETIMEDOUT', `${name}: no answer within ${where.timeoutMs} ms`)),
        Math.min(where.timeoutMs, MAX_TIMEOUT_MS),
      )
      socket.on('error', fail)
      socket.connect({ host: where.host, port: where.port, noDelay: true, keepAlive: true }, () => {
        clearTimeout(timeout)
        stream = new NodeStream(socket)
        socket.off('error', fail)
        resolve(stream)
      })
    })
  }

  hostName(): string {
    return os.hostname()
  }

  private share(socket: Socket): NodeStream | null {
    let stream: NodeStream | null = null
    const adopted = adopt(
      socket,
      this.receiveBuffer,
      (length) => stream?.receive(this.receiveBuffer, length) ?? false,
    )
    if (adopted === null) return null
    stream = new NodeStream(adopted)
    return stream
  }
}

/** Without sharing: the socket's own buffers feed the same stream. */
function ownBuffer(socket: Socket): NodeStream {
  const stream = new NodeStream(socket)
  socket.on('data', (bytes: Buffer) => {
    if (!stream.receive(bytes, bytes.length)) socket.pause()
  })
  // Listening for data starts the flow.
  socket.pause()
  return stream
}

function bound(
  server: Server,
  where: { readonly host: string; readonly port: number; readonly backlog?: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(toNetworkError(error, `listen ${where.host}:${where.port}`))
    server.once('error', fail)
    const place = { port: where.port, backlog: where.backlog ?? DEFAULT_BACKLOG }
    // An empty host means all addresses, of both families.
    server.listen(where.host === '' ? place : { ...place, host: where.host }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

/** The port is free at once; the server's own end waits for its streams, which is not what is asked for here. */
function closed(server: Server): Promise<void> {
  server.close()
  return new Promise((resolve) => setImmediate(resolve))
}
