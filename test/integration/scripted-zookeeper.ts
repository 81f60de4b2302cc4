import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** A request as the scripted server has read it. */
export interface ScriptedRequest {
  readonly xid: number
  readonly type: number
  /** What follows the header. */
  readonly body: Buffer
  readonly connection: ScriptedConnection
}

/** What a client asks for at the start of a connection. */
export interface ScriptedGreeting {
  readonly timeoutMs: number
  readonly sessionId: bigint
  readonly lastZxid: bigint
  /** 45 with the byte that says read-only, 44 without. */
  readonly length: number
  readonly connection: ScriptedConnection
}

export interface Script {
  /** Default: `grant`. */
  readonly onGreeting?: (greeting: ScriptedGreeting) => void
  /** Default: pings are answered, everything else has no node. */
  readonly onRequest?: (request: ScriptedRequest) => void
}

export const TYPE = {
  create: 1,
  exists: 3,
  getData: 4,
  setData: 5,
  ping: 11,
  auth: 100,
  setWatches: 101,
  close: -11,
}
const NO_NODE = -101

/** A server that says what a test wants it to say. */
export class ScriptedZooKeeper {
  readonly connections: ScriptedConnection[] = []
  script: Script
  private readonly server: Server
  private readonly host: string

  constructor(script: Script = {}, host = '127.0.0.1') {
    this.script = script
    this.host = host
    this.server = createServer((socket) => this.connections.push(new ScriptedConnection(this, socket)))
  }

  get connectString(): string {
    const { port } = this.server.address() as AddressInfo
    return this.host.includes(':') ? `[${this.host}]:${port}` : `${this.host}:${port}`
  }

  /** Of all connections, in order. */
  get requests(): ScriptedRequest[] {
    return this.connections.flatMap(({ requests }) => requests)
  }

  start(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(0, this.host, () => resolve(this))
    })
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    for (const { socket } of this.connections) socket.destroy()
    await closed
  }
}

export class ScriptedConnection {
  readonly socket: Socket
  readonly requests: ScriptedRequest[] = []
  /** How many pieces the input came in. */
  chunks = 0
  greeting: ScriptedGreeting | null = null
  private readonly server: ScriptedZooKeeper
  private pending: Buffer = Buffer.alloc(0)

  constructor(server: ScriptedZooKeeper, socket: Socket) {
    this.server = server
    this.socket = socket
    socket.setNoDelay()
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => this.receive(chunk))
  }

  /** Answers the greeting with a session. */
  grant(timeoutMs: number, sessionId = 0x1234n): void {
    const body = Buffer.alloc(37)
    body.writeInt32BE(timeoutMs, 4)
    body.writeBigInt64BE(sessionId, 8)
    body.writeInt32BE(16, 16)
    this.send(body)
  }

  /** Answers the greeting: the session is over. */
  refuse(): void {
    this.grant(0, 0n)
  }

  reply(xid: number, error = 0, body: Buffer = Buffer.alloc(0), zxid = 7n): void {
    this.socket.write(replyFrame(xid, error, body, zxid))
  }

  notify(type: number, path: string): void {
    const body = Buffer.alloc(12 + Buffer.byteLength(path))
    body.writeInt32BE(type, 0)
    body.writeInt32BE(3, 4)
    body.writeInt32BE(Buffer.byteLength(path), 8)
    body.write(path, 12)
    this.reply(-1, 0, body, -1n)
  }

  send(body: Buffer): void {
    const length = Buffer.alloc(4)
    length.writeInt32BE(body.length)
    this.socket.write(Buffer.concat([length, body]))
  }

  private receive(chunk: Buffer): void {
    this.chunks++
    this.pending = Buffer.concat([this.pending, chunk])
    while (this.pending.length >= 4) {
      const length = this.pending.readInt32BE()
      if (this.pending.length < 4 + length) return
      const frame = this.pending.subarray(4, 4 + length)
      this.pending = this.pending.subarray(4 + length)
      this.handle(frame)
    }
  }

  private handle(frame: Buffer): void {
    const { script } = this.server
    if (this.greeting === null) {
      this.greeting = {
        lastZxid: frame.readBigInt64BE(4),
        timeoutMs: frame.readInt32BE(12),
        sessionId: frame.readBigInt64BE(16),
        length: frame.length,
        connection: this,
      }
      if (script.onGreeting === undefined) this.grant(this.greeting.timeoutMs)
      else script.onGreeting(this.greeting)
      return
    }
    const request: ScriptedRequest = {
      xid: frame.readInt32BE(0),
      type: frame.readInt32BE(4),
      body: frame.subarray(8),
      connection: this,
    }
    this.requests.push(request)
    if (script.onRequest === undefined) answer(request)
    else script.onRequest(request)
  }
}

/** What an empty server would say. */
export function answer({ xid, type, connection }: ScriptedRequest): void {
  const isGranted = [TYPE.ping, TYPE.auth, TYPE.setWatches, TYPE.close].includes(type)
  connection.reply(xid, isGranted ? 0 : NO_NODE)
  if (type === TYPE.close) connection.socket.end()
}

export function replyFrame(xid: number, error = 0, body: Buffer = Buffer.alloc(0), zxid = 7n): Buffer {
  const frame = Buffer.alloc(20)
  frame.writeInt32BE(16 + body.length, 0)
  frame.writeInt32BE(xid, 4)
  frame.writeBigInt64BE(zxid, 8)
  frame.writeInt32BE(error, 16)
  return Buffer.concat([frame, body])
}

/** The path that a request begins with. */
export function pathOf({ body }: ScriptedRequest): string {
  return body.toString('utf8', 4, 4 + body.readInt32BE())
}
