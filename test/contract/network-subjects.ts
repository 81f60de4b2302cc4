import { expect } from 'chai'
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { ByteStream, Listener, Network, StreamHandler } from '../../src/platform/network.ts'
import { NodeNetwork } from '../../src/platform/node/node-network.ts'
import { FakeNetwork } from '../fakes/network.ts'

/** Two networks that reach each other, and how to make them go. */
export interface NetworkSubject {
  readonly server: Network
  readonly client: Network
  /** Where the server listens, as the client sees it. */
  readonly host: string
  /** Waits for `promise` while time goes on. */
  settle<T>(promise: Promise<T>): Promise<T>
  /** A place that answers nothing: neither yes nor no. */
  silence(): Promise<{ readonly host: string; readonly port: number }>
  close(): Promise<void>
}

function fake(): NetworkSubject {
  const network = new FakeNetwork({ conditions: { latencyMs: [0.1, 2], chunking: 'random' } })
  return {
    server: network.host('server'),
    client: network.host('client'),
    host: 'server',
    settle: (promise) => network.scheduler.until(promise),
    silence: async () => {
      network.host('silent')
      network.cut('silent', 'client')
      return { host: 'silent', port: 9092 }
    },
    close: async () => undefined,
  }
}

function real(options: { readonly sharesReceiveBuffer?: boolean } = {}): NetworkSubject {
  const server = new NodeNetwork(options)
  const children: ChildProcess[] = []
  const client = new NodeNetwork()
  return {
    server,
    client,
    host: '127.0.0.1',
    settle: (promise) => promise,
    silence: async () => {
      // A stopped process whose kernel has accepted all it may: further requests are dropped.
      const program = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
        () => console.log(s.address().port))`
      const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(child)
      const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
      child.kill('SIGSTOP')
      const where = { host: '127.0.0.1', port: Number(port) }
      for (let i = 0; i < 16; i++) {
        const isFull = await client.dial({ ...where, timeoutMs: 50 }).then(
          () => false,
          () => true,
        )
        if (isFull) break
      }
      return where
    },
    close: async () => {
      for (const child of children) {
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      }
    },
  }
}

/** One end of a stream, with everything that happened on it. */
export class End implements StreamHandler {
  readonly stream: ByteStream
  readonly received: Buffer[] = []
  drains = 0
  ends = 0
  readonly closes: (Error | null)[] = []
  /** Calls of the handler that run now: never more than one. */
  private depth = 0
  private readonly waiting: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []
  onBytes: (buffer: Buffer, length: number) => void = () => undefined
  onDrained: () => void = () => undefined

  constructor(stream: ByteStream) {
    this.stream = stream
  }

  start(): this {
    this.stream.start(this)
    return this
  }

  get text(): string {
    return Buffer.concat(this.received).toString('latin1')
  }

  get bytes(): number {
    return this.received.reduce((sum, part) => sum + part.length, 0)
  }

  get isClosed(): boolean {
    return this.closes.length > 0
  }

  onData(buffer: Buffer, length: number): void {
    this.called(() => {
      this.received.push(Buffer.from(buffer.subarray(0, length)))
      this.onBytes(buffer, length)
    })
  }

  onDrain(): void {
    this.called(() => {
      this.drains++
      this.onDrained()
    })
  }

  onEnd(): void {
    this.called(() => this.ends++)
  }

  onClose(error: Error | null): void {
    this.called(() => this.closes.push(error))
  }

  write(text: string): void {
    this.stream.write([Buffer.from(text, 'latin1')])
  }

  /** Resolves once `isDone`, looking after every event. */
  async until(isDone: () => boolean): Promise<void> {
    if (!isDone()) await new Promise<void>((resolve) => this.waiting.push({ isDone, resolve }))
  }

  private called(act: () => void): void {
    expect(this.depth, 'handler calls do not nest').to.equal(0)
    expect(this.isClosed, 'nothing happens after onClose').to.equal(false)
    this.depth++
    act()
    this.depth--
    for (const waiter of this.waiting) if (waiter.isDone()) waiter.resolve()
  }
}

export const networkSubjects: Readonly<Record<string, () => NetworkSubject>> = {
  fake,
  real: () => real(),
  'real, without shared buffers,': () => real({ sharesReceiveBuffer: false }),
}

/** The network under test, fresh for every test; what was opened through the bench is closed after it. */
export class NetworkBench {
  subject!: NetworkSubject
  listeners: Listener[] = []
  private ends: End[] = []

  constructor(make: () => NetworkSubject) {
    beforeEach(() => {
      this.subject = make()
    })
    afterEach(async () => {
      const { listeners, ends } = this
      this.listeners = []
      this.ends = []
      for (const end of ends) end.stream.destroy()
      for (const listener of listeners) await listener.close()
      await this.subject.close()
      for (const end of ends) expect(end.closes.length, 'onClose comes once').to.be.at.most(1)
    })
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.subject.settle(promise)
  }

  async listen(accept: (stream: ByteStream) => void, port = 0): Promise<Listener> {
    const listener = await this.subject.server.listen({ host: this.subject.host, port }, accept)
    this.listeners.push(listener)
    return listener
  }

  dial(port: number, timeoutMs = 10_000): Promise<ByteStream> {
    return this.settle(this.subject.client.dial({ host: this.subject.host, port, timeoutMs }))
  }

  follow(stream: ByteStream): End {
    const end = new End(stream)
    this.ends.push(end)
    return end
  }

  /** Both ends of a new stream, not started yet. */
  async open(): Promise<{ client: End; server: End }> {
    let accepted: ((stream: ByteStream) => void) | null = null
    const arrival = new Promise<ByteStream>((resolve) => (accepted = resolve))
    const { port } = await this.listen((stream) => accepted?.(stream))
    const client = this.follow(await this.dial(port))
    const server = this.follow(await this.settle(arrival))
    return { client, server }
  }

  async opened(): Promise<{ client: End; server: End }> {
    const { client, server } = await this.open()
    return { client: client.start(), server: server.start() }
  }

  /** A word there and back on a stream of its own, five times: what was under way before has arrived. */
  async roundTrip(): Promise<void> {
    const { client, server } = await this.opened()
    server.onBytes = (buffer, length) => server.stream.write([Buffer.from(buffer.subarray(0, length))])
    for (let i = 1; i <= 5; i++) {
      client.write('ping')
      await this.settle(client.until(() => client.bytes === 4 * i))
    }
  }
}
