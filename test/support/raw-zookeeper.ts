import type { ByteStream, Network } from '../../src/platform/network.ts'
import type { Deferred } from '../../src/std/deferred.ts'
import { deferred } from '../../src/std/deferred.ts'

/** A connection on which ZooKeeper's protocol is spoken byte by byte: nothing is known, nothing is answered by itself. */
export class RawZooKeeper {
  /** Resolves with everything that was received, when the server has closed the connection. */
  readonly closed: Promise<Buffer>
  private readonly stream: ByteStream
  private readonly received: Buffer[] = []
  private chunks: Buffer[] = []
  private unreadBytes = 0
  private waiting: Deferred<Buffer> | null = null
  private isClosed = false

  static async dial(
    network: Network,
    where: { readonly host: string; readonly port: number },
  ): Promise<RawZooKeeper> {
    return new RawZooKeeper(await network.dial({ host: where.host, port: where.port, timeoutMs: 5000 }))
  }

  private constructor(stream: ByteStream) {
    const closed = deferred<Buffer>()
    this.closed = closed.promise
    this.stream = stream
    stream.start({
      onData: (buffer, length) => {
        const bytes = Buffer.from(buffer.subarray(0, length))
        this.received.push(bytes)
        this.chunks.push(bytes)
        this.unreadBytes += length
        this.deliver()
      },
      onDrain: () => undefined,
      onEnd: () => stream.end(),
      onClose: () => {
        this.isClosed = true
        this.deliver()
        closed.resolve(Buffer.concat(this.received))
      },
    })
  }

  /** Sends bytes as they are. */
  write(...parts: readonly Buffer[]): void {
    this.stream.write(parts)
  }

  /** Sends one frame. */
  send(...parts: readonly Buffer[]): void {
    const body = Buffer.concat(parts)
    this.write(int(body.length), body)
  }

  /** Sends one request. */
  request(xid: number, op: number, ...body: readonly Buffer[]): void {
    this.send(int(xid), int(op), ...body)
  }

  /** The next frame's body. Rejects when the connection closes first. One at a time. */
  next(): Promise<Buffer> {
    this.waiting = deferred<Buffer>()
    const { promise } = this.waiting
    this.deliver()
    return promise
  }

  /** The answer to one request. */
  ask(xid: number, op: number, ...body: readonly Buffer[]): Promise<Buffer> {
    this.request(xid, op, ...body)
    return this.next()
  }

  /** Asks for a session, and returns what was granted. */
  async openSession(request: ConnectRequest = {}): Promise<Greeting> {
    this.send(...connectRequest(request))
    return readGreeting(await this.next())
  }

  /** How many frames have arrived and were not taken. */
  get pendingFrames(): number {
    let count = 0
    for (let rest = this.unread(); rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0); count++) {
      rest = rest.subarray(4 + rest.readInt32BE(0))
    }
    return count
  }

  pause(): void {
    this.stream.pause()
  }

  resume(): void {
    this.stream.resume()
  }

  destroy(): void {
    this.stream.destroy()
  }

  private deliver(): void {
    const { waiting } = this
    if (waiting === null) return
    const size = this.unreadBytes < 4 ? Infinity : 4 + this.unread(4).readInt32BE(0)
    if (this.unreadBytes >= size) {
      const unread = this.unread()
      this.chunks = [unread.subarray(size)]
      this.unreadBytes -= size
      this.waiting = null
      waiting.resolve(unread.subarray(4, size))
    } else if (this.isClosed) {
      this.waiting = null
      waiting.reject(new Error('the server has closed the connection'))
    }
  }

  /** What has not been taken, at least its first `bytes`, in one piece. */
  private unread(bytes = Infinity): Buffer {
    const [first = Buffer.alloc(0)] = this.chunks
    if (this.chunks.length > 1 && first.length < bytes) this.chunks = [Buffer.concat(this.chunks)]
    return this.chunks[0] ?? first
  }
}

export interface ConnectRequest {
  readonly timeoutMs?: number
  readonly lastZxidSeen?: bigint
  readonly sessionId?: bigint
  readonly password?: Buffer
  /** False: as clients before 3.4, who do not know of read-only servers. */
  readonly hasReadOnlyByte?: boolean
}

function connectRequest(request: ConnectRequest): Buffer[] {
  const { timeoutMs = 10_000, lastZxidSeen = 0n, sessionId = 0n, password = Buffer.alloc(16) } = request
  const head = [int(0), long(lastZxidSeen), int(timeoutMs), long(sessionId), buffer(password)]
  return request.hasReadOnlyByte === false ? head : [...head, boolean(false)]
}

export interface Greeting {
  readonly timeoutMs: number
  readonly sessionId: bigint
  readonly password: Buffer
  readonly sizeBytes: number
}

function readGreeting(body: Buffer): Greeting {
  const password = Buffer.from(body.subarray(20, 20 + body.readInt32BE(16)))
  return {
    timeoutMs: body.readInt32BE(4),
    sessionId: body.readBigInt64BE(8),
    password,
    sizeBytes: body.length,
  }
}

/** A reply's header and what follows it. */
export function readReply(frame: Buffer): { xid: number; zxid: number; error: number; body: Buffer } {
  return {
    xid: frame.readInt32BE(0),
    zxid: Number(frame.readBigInt64BE(4)),
    error: frame.readInt32BE(12),
    body: frame.subarray(16),
  }
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

export const boolean = (value: boolean): Buffer => Buffer.from([value ? 1 : 0])

export function buffer(value: Buffer | null): Buffer {
  return value === null ? int(-1) : Buffer.concat([int(value.length), value])
}

export const string = (value: string | null): Buffer =>
  buffer(value === null ? null : Buffer.from(value, 'utf8'))

export const vector = (...items: readonly Buffer[]): Buffer => Buffer.concat([int(items.length), ...items])

export const acl = (permissions: number, scheme: string, id: string): Buffer =>
  Buffer.concat([int(permissions), string(scheme), string(id)])

/** Everybody may do everything. */
export const openAcl = vector(acl(31, 'world', 'anyone'))

/** The body of a create. */
export function create(path: string, data: Buffer | null, flags = 0, who: Buffer = openAcl): Buffer {
  return Buffer.concat([string(path), buffer(data), who, int(flags)])
}
