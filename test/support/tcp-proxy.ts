import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** A relay to one TCP server that can misbehave as networks do. */
export interface TcpProxy {
  readonly port: number
  /** How many connections were accepted so far, refused ones too. */
  readonly accepted: number
  /** Breaks all connections at once; new ones may be made. */
  cut(): void
  /** While true, connections are accepted and closed at once. */
  refuses: boolean
  /** Nothing passes any more, in either direction, and nobody is told; `release` lets it all through. */
  hold(): void
  release(): void
  stop(): Promise<void>
}

export async function startTcpProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const proxy = new Relay(target)
  await proxy.listen()
  return proxy
}

class Relay implements TcpProxy {
  refuses = false
  accepted = 0
  private isHolding = false
  private readonly target: { readonly host: string; readonly port: number }
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  constructor(target: { readonly host: string; readonly port: number }) {
    this.target = target
    this.server = createServer((socket) => this.accept(socket))
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(0, '127.0.0.1', resolve)
    })
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  hold(): void {
    this.isHolding = true
    for (const socket of this.sockets) socket.pause()
  }

  release(): void {
    this.isHolding = false
    for (const socket of this.sockets) socket.resume()
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.cut()
    await closed
  }

  private accept(downstream: Socket): void {
    this.accepted++
    if (this.refuses) {
      downstream.destroy()
      return
    }
    const upstream = connect({ ...this.target, noDelay: true })
    downstream.setNoDelay()
    this.relay(downstream, upstream)
    this.relay(upstream, downstream)
  }

  private relay(from: Socket, to: Socket): void {
    this.sockets.add(from)
    if (this.isHolding) from.pause()
    from.on('data', (chunk) => to.write(chunk))
    from.on('error', () => undefined)
    from.on('close', () => {
      this.sockets.delete(from)
      to.destroy()
    })
  }
}
