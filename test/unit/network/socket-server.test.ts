import { expect } from 'chai'
import { BrokerChannel } from '../../../src/network/broker-channel.ts'
import {
  CLOSE_CONNECTION,
  NO_RESPONSE,
  type InboundRequest,
  type Outcome,
  type RequestServer,
} from '../../../src/network/request.ts'
import { SocketServer } from '../../../src/network/socket-server.ts'
import type { ByteStream } from '../../../src/platform/network.ts'
import { apis, type ApiName, type RequestInput } from '../../../src/protocol/apis.ts'
import { codec } from '../../../src/protocol/codec.ts'
import { RequestHeader, requestHeaderVersion } from '../../../src/protocol/header.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { deferred, type Deferred } from '../../../src/std/deferred.ts'
import { FakeNetwork } from '../../fakes/network.ts'
import { FakePlatform } from '../../fakes/platform.ts'

const produce = (name: string): RequestInput<'Produce'> => ({
  acks: 1,
  timeoutMs: 1000,
  topicData: [{ name, partitionData: [{ index: 0, records: Buffer.from('records') }] }],
})

/** A server whose handler the test plays, and clients of it. */
class Harness implements RequestServer {
  readonly network = new FakeNetwork()
  readonly broker = new FakePlatform({ network: this.network, host: 'broker' })
  readonly client = new FakePlatform({ network: this.network, host: 'client' })
  readonly requests: InboundRequest[] = []
  readonly answers = new Map<InboundRequest, Deferred<Outcome>>()
  readonly events: string[] = []
  /** What the handler does with a request. Default: keeps it waiting. */
  respond: (request: InboundRequest) => Outcome | 'later' = () => 'later'
  maxConnections = 100
  maxIdleMs = 600_000
  server!: SocketServer

  async start(serve = true): Promise<void> {
    this.server = new SocketServer({
      ...this.broker,
      clock: this.broker.clock,
      network: this.broker.network,
      logger: this.broker.logger,
      limits: {
        maxConnectionsOf: () => this.maxConnections,
        maxConnectionsOfListener: () => 1000,
        maxConnections: () => 1000,
        isProtected: () => false,
      },
      maxRequestBytes: 100_000,
      maxIdleMs: this.maxIdleMs,
      backlog: 50,
    })
    const endpoint = {
      listenerName: 'PLAINTEXT',
      securityProtocol: 'PLAINTEXT',
      host: 'broker',
      port: 9092,
    } as const
    await this.settle(this.server.bind(endpoint))
    if (serve) this.server.serve(this)
  }

  settle<T>(promise: Promise<T>): Promise<T> {
    return this.network.scheduler.until(promise)
  }

  async idle(ms = 10): Promise<void> {
    await this.network.scheduler.advance(ms)
  }

  serves(api: ApiName, version: number): boolean {
    return api !== 'Envelope' && version <= apis[api].request.versions.max && version >= 0
  }

  open() {
    return {
      handle: (request: InboundRequest) => {
        this.requests.push(request)
        const outcome = this.respond(request)
        if (outcome !== 'later') return outcome
        const answer = deferred<Outcome>()
        this.answers.set(request, answer)
        return answer.promise
      },
      answered: (request: InboundRequest) => this.events.push(`answered ${request.correlationId}`),
      closed: () => this.events.push('closed'),
    }
  }

  channel(): BrokerChannel {
    return new BrokerChannel({
      clock: this.client.clock,
      network: this.client.network,
      host: 'broker',
      port: 9092,
      clientId: 'tester',
      connectTimeoutMs: 1000,
      requestTimeoutMs: 30_000,
      maxResponseBytes: 1_000_000,
    })
  }

  async raw(): Promise<RawClient> {
    const stream = await this.settle(
      this.client.network.dial({ host: 'broker', port: 9092, timeoutMs: 1000 }),
    )
    return new RawClient(stream)
  }

  complete(index: number, outcome: Outcome): void {
    this.answers.get(this.requests[index]!)!.resolve(outcome)
  }
}

/** Sends frames, notes what comes back. */
class RawClient {
  readonly stream: ByteStream
  received = Buffer.alloc(0)
  isClosed = false

  constructor(stream: ByteStream) {
    this.stream = stream
    stream.start({
      onData: (buffer, length) =>
        (this.received = Buffer.concat([this.received, buffer.subarray(0, length)])),
      onDrain: () => undefined,
      onEnd: () => stream.end(),
      onClose: () => (this.isClosed = true),
    })
  }

  send(...frames: Buffer[]): void {
    this.stream.write([Buffer.concat(frames)])
  }

  /** The correlation ids of the responses so far. */
  get answered(): number[] {
    const ids: number[] = []
    for (let at = 0; at + 8 <= this.received.length; at += 4 + this.received.readInt32BE(at)) {
      ids.push(this.received.readInt32BE(at + 4))
    }
    return ids
  }
}

function frame<N extends ApiName>(
  api: N,
  version: number,
  correlationId: number,
  body: RequestInput<N>,
): Buffer {
  const writer = new Writer()
  writer.beginFrame()
  const header = { requestApiKey: apis[api].key, requestApiVersion: version, correlationId, clientId: 'raw' }
  codec(RequestHeader, requestHeaderVersion(api, version)).encode(writer, header)
  codec(apis[api].request, version).encode(writer, body)
  writer.endFrame()
  return writer.toBuffer()
}

const heartbeat = { groupId: 'g', generationId: 1, memberId: 'm' }
const produced: Outcome = { responses: [] }

describe('SocketServer', () => {
  let harness: Harness
  beforeEach(() => (harness = new Harness()))

  it('decodes a request and answers it', async () => {
    await harness.start()
    harness.respond = () => ({ errorCode: 27 })
    const response = await harness.settle(harness.channel().call('Heartbeat', 4, heartbeat))
    expect(response.errorCode).to.equal(27)
    expect(harness.requests[0]).to.include({ api: 'Heartbeat', version: 4, clientId: 'tester' })
    expect(harness.requests[0]!.body).to.include({ groupId: 'g', generationId: 1 })
    expect(harness.requests[0]!.connection).to.include({
      listenerName: 'PLAINTEXT',
      securityProtocol: 'PLAINTEXT',
    })
  })

  it('begins a request only when the one before it is answered', async () => {
    await harness.start()
    const client = await harness.raw()
    client.send(frame('Heartbeat', 0, 1, heartbeat), frame('Heartbeat', 0, 2, heartbeat))
    await harness.idle()
    expect(harness.requests.map((request) => request.correlationId)).to.deep.equal([1])
    harness.complete(0, { errorCode: 0 })
    await harness.idle()
    expect(harness.requests.map((request) => request.correlationId)).to.deep.equal([1, 2])
    expect(client.answered).to.deep.equal([1])
  })

  it('begins produce requests behind produce requests that have their place, and answers in order', async () => {
    await harness.start()
    harness.respond = (request) => {
      request.mayBeFollowed = true
      return 'later'
    }
    const client = await harness.raw()
    client.send(
      frame('Produce', 9, 1, produce('a')),
      frame('Produce', 9, 2, produce('b')),
      frame('Produce', 9, 3, produce('c')),
    )
    await harness.idle()
    expect(harness.requests).to.have.length(3)
    harness.complete(1, produced)
    await harness.idle()
    expect(client.answered).to.deep.equal([])
    harness.complete(0, produced)
    await harness.idle()
    expect(client.answered).to.deep.equal([1, 2])
    harness.complete(2, produced)
    await harness.idle()
    expect(client.answered).to.deep.equal([1, 2, 3])
  })

  it('keeps another request behind produce requests waiting until they are answered', async () => {
    await harness.start()
    harness.respond = (request) => {
      request.mayBeFollowed = request.api === 'Produce'
      return 'later'
    }
    const client = await harness.raw()
    client.send(
      frame('Produce', 9, 1, produce('a')),
      frame('Heartbeat', 0, 2, heartbeat),
      frame('Produce', 9, 3, produce('b')),
    )
    await harness.idle()
    expect(harness.requests.map((request) => request.correlationId)).to.deep.equal([1])
    harness.complete(0, produced)
    await harness.idle()
    expect(harness.requests.map((request) => request.correlationId)).to.deep.equal([1, 2])
    harness.complete(1, { errorCode: 0 })
    await harness.idle()
    expect(harness.requests.map((request) => request.correlationId)).to.deep.equal([1, 2, 3])
  })

  it('writes nothing where the client wants no answer, and goes on', async () => {
    await harness.start()
    harness.respond = (request) => (request.api === 'Produce' ? NO_RESPONSE : { errorCode: 0 })
    const client = await harness.raw()
    client.send(frame('Produce', 9, 1, produce('a')), frame('Heartbeat', 0, 2, heartbeat))
    await harness.idle()
    expect(client.answered).to.deep.equal([2])
    expect(harness.events).to.deep.equal(['answered 1', 'answered 2'])
  })

  it('closes without an answer where the handler says so, after the answers before it', async () => {
    await harness.start()
    harness.respond = (request) => (request.correlationId === 2 ? CLOSE_CONNECTION : { errorCode: 0 })
    const client = await harness.raw()
    client.send(...[1, 2, 3].map((id) => frame('Heartbeat', 0, id, heartbeat)))
    await harness.idle()
    expect(client.answered).to.deep.equal([1])
    expect(client.isClosed).to.equal(true)
  })

  it('answers an ApiVersions request of an unknown version in version 0', async () => {
    await harness.start()
    harness.respond = () => ({ errorCode: 35, apiKeys: [] })
    const client = await harness.raw()
    const request = frame('ApiVersions', 4, 7, {})
    request.writeInt16BE(77, 6)
    client.send(request)
    await harness.idle()
    expect(harness.requests[0]).to.include({ version: 0, isUnsupportedVersion: true, body: null })
    expect(client.received.toString('hex')).to.equal('0000000a' + '00000007' + '0023' + '00000000')
  })

  const garbage: [string, Buffer][] = [
    ['an unknown API key', Buffer.from('0000000a' + '7fff' + '0000' + '00000001' + 'ffff', 'hex')],
    ['a version that is not served', Buffer.from('0000000a' + '000c' + '0063' + '00000001' + 'ffff', 'hex')],
    ['a header that ends early', Buffer.from('00000006' + '000c' + '0000' + '0000', 'hex')],
    ['a body that ends early', Buffer.from('0000000b' + '000c' + '0000' + '00000001' + 'ffff' + '00', 'hex')],
    ['a negative size', Buffer.from('ffffffff', 'hex')],
    ['a size above the limit', Buffer.from('7fffffff', 'hex')],
  ]
  for (const [what, bytes] of garbage) {
    it(`closes a connection that sends ${what}, after the answers before it`, async () => {
      await harness.start()
      const client = await harness.raw()
      client.send(frame('Heartbeat', 0, 1, heartbeat), bytes)
      await harness.idle()
      expect(client.isClosed).to.equal(false)
      harness.complete(0, { errorCode: 0 })
      await harness.idle()
      expect(client.answered).to.deep.equal([1])
      expect(client.isClosed).to.equal(true)
      expect(harness.events.at(-1)).to.equal('closed')
      expect(harness.server.connectionCount).to.equal(0)
    })
  }

  it('reads no further request while the client does not take its answers', async () => {
    await harness.start()
    const records = Buffer.alloc(600_000, 'r')
    harness.respond = () => ({
      responses: [
        { topic: 't', partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 1, records }] },
      ],
    })
    const client = await harness.raw()
    client.stream.pause()
    const fetch = { maxWaitMs: 0, minBytes: 0, topics: [] }
    for (let id = 1; id <= 5; id++) client.send(frame('Fetch', 4, id, fetch))
    await harness.idle(1000)
    const begun = harness.requests.length
    expect(begun).to.be.lessThan(5)
    client.stream.resume()
    await harness.idle(1000)
    expect(client.answered).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('keeps connections waiting unread until it serves', async () => {
    await harness.start(false)
    const client = await harness.raw()
    client.send(frame('Heartbeat', 0, 1, heartbeat))
    await harness.idle()
    expect(harness.requests).to.have.length(0)
    harness.respond = () => ({ errorCode: 0 })
    harness.server.serve(harness)
    await harness.idle()
    expect(client.answered).to.deep.equal([1])
  })

  it('refuses one connection more than an address may have', async () => {
    harness.maxConnections = 2
    await harness.start()
    const first = await harness.raw()
    await harness.raw()
    const third = await harness.raw()
    await harness.idle()
    expect(third.isClosed).to.equal(true)
    expect(harness.server.connectionCount).to.equal(2)
    first.stream.destroy()
    await harness.idle()
    const fourth = await harness.raw()
    await harness.idle()
    expect(fourth.isClosed).to.equal(false)
  })

  it('closes a connection that is silent for longer than the limit, but not one that waits for its answer', async () => {
    harness.maxIdleMs = 10_000
    await harness.start()
    const silent = await harness.raw()
    const waiting = await harness.raw()
    waiting.send(frame('Heartbeat', 0, 1, heartbeat))
    await harness.idle(20_000)
    expect(silent.isClosed).to.equal(true)
    expect(waiting.isClosed).to.equal(false)
  })

  it('survives an answer that does not fit its version', async () => {
    await harness.start()
    harness.respond = (request) => (request.correlationId === 1 ? { nothing: true } : { errorCode: 0 })
    const broken = await harness.raw()
    broken.send(frame('Heartbeat', 0, 1, heartbeat))
    const other = await harness.raw()
    other.send(frame('Heartbeat', 0, 2, heartbeat))
    await harness.idle()
    expect(broken.isClosed).to.equal(true)
    expect(other.answered).to.deep.equal([2])
  })
})

describe('BrokerChannel', () => {
  let harness: Harness
  beforeEach(() => (harness = new Harness()))

  it('fails a call at its deadline and makes a new connection for the next', async () => {
    await harness.start()
    const channel = harness.channel()
    const call = channel.call('Heartbeat', 0, heartbeat, 500)
    const failure = await harness.settle(call.catch((error: Error) => error))
    expect(failure).to.include({ error: 'REQUEST_TIMED_OUT' })
    harness.respond = () => ({ errorCode: 0 })
    expect((await harness.settle(channel.call('Heartbeat', 0, heartbeat))).errorCode).to.equal(0)
  })

  it('fails all calls in flight when the connection breaks', async () => {
    await harness.start()
    const channel = harness.channel()
    const failures = [1, 2].map(() => channel.call('Heartbeat', 0, heartbeat).catch((error: Error) => error))
    await harness.idle()
    harness.network.reset('broker', 'client')
    for (const failure of failures)
      expect(await harness.settle(failure)).to.include({ error: 'NETWORK_EXCEPTION' })
  })

  it('says whom it could not reach', async () => {
    const failure = await harness.settle(
      harness
        .channel()
        .call('Heartbeat', 0, heartbeat)
        .catch((error: Error) => error),
    )
    expect(failure).to.include({ error: 'NETWORK_EXCEPTION' })
    expect((failure as Error).message).to.match(/^broker:9092: /)
  })

  it('keeps records of an answer intact after the next one arrived', async () => {
    await harness.start()
    harness.respond = (request) => ({
      responses: [
        {
          topic: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              highWatermark: 1,
              records: Buffer.alloc(100, request.correlationId),
            },
          ],
        },
      ],
    })
    const channel = harness.channel()
    const fetch = { maxWaitMs: 0, minBytes: 0, topics: [] }
    const first = await harness.settle(channel.call('Fetch', 4, fetch))
    await harness.settle(channel.call('Fetch', 4, fetch))
    expect(first.responses[0]!.partitions[0]!.records!.equals(Buffer.alloc(100, 0))).to.equal(true)
  })
})
