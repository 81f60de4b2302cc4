import { expect } from 'chai'
import { kafkaSpeaker, LinkProxy, NO_FAULT, type LinkFault } from '../../../../src/drill/faults/link-proxy.ts'
import type { ByteStream } from '../../../../src/platform/network.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { FakeNetwork } from '../../../fakes/network.ts'

const SERVER_PORT = 9000

/** A stream that writes down what it hears. */
class Listening {
  heard = ''
  hasEnded = false
  isClosed = false
  readonly stream: ByteStream

  constructor(stream: ByteStream) {
    this.stream = stream
    stream.start({
      onData: (buffer, length) => (this.heard += buffer.toString('latin1', 0, length)),
      onDrain: () => undefined,
      onEnd: () => (this.hasEnded = true),
      onClose: () => (this.isClosed = true),
    })
  }

  /** Nothing more will come. */
  get isOver(): boolean {
    return this.hasEnded || this.isClosed
  }

  say(text: string): void {
    this.stream.write([Buffer.from(text, 'latin1')])
  }
}

/** A server behind a proxy, and whoever dials it. The first letter says who is speaking. */
class Bed {
  readonly clock = new FakeClock()
  readonly network = new FakeNetwork({ scheduler: this.clock.scheduler })
  readonly host = this.network.host('localhost')
  readonly accepted: Listening[] = []
  readonly faults = new Map<string, LinkFault>()
  readonly proxy = new LinkProxy({
    network: this.host,
    clock: this.clock,
    host: '127.0.0.1',
    targetPort: SERVER_PORT,
    identify: (bytes) => (bytes.length === 0 ? null : String.fromCharCode(bytes[0] as number)),
    faultOf: (source) => this.faults.get(source) ?? NO_FAULT,
  })

  async start(): Promise<void> {
    await this.host.listen({ host: '127.0.0.1', port: SERVER_PORT }, (stream) =>
      this.accepted.push(new Listening(stream)),
    )
    await this.proxy.start()
  }

  async dial(): Promise<Listening> {
    return new Listening(
      await this.clock.until(this.host.dial({ host: '127.0.0.1', port: this.proxy.port, timeoutMs: 1000 })),
    )
  }

  set(source: string, fault: Partial<LinkFault>): void {
    this.faults.set(source, { ...NO_FAULT, ...fault })
    this.proxy.apply()
  }
}

describe('the proxy between brokers', () => {
  let bed: Bed

  beforeEach(async () => {
    bed = new Bed()
    await bed.start()
  })

  it('passes bytes in both directions, and the end', async () => {
    const client = await bed.dial()
    client.say('a1')
    await bed.clock.advance(10)
    bed.accepted[0]!.say('yes')
    await bed.clock.advance(10)
    expect([bed.accepted[0]!.heard, client.heard]).to.deep.equal(['a1', 'yes'])
    client.stream.end()
    await bed.clock.advance(10)
    expect(bed.accepted[0]!.hasEnded).to.equal(true)
  })

  it('cuts the one that is to be cut, at once, and lets the others be', async () => {
    const [a, b] = [await bed.dial(), await bed.dial()]
    a.say('a')
    b.say('b')
    await bed.clock.advance(10)
    bed.set('a', { kind: 'cut' })
    await bed.clock.advance(10)
    expect([a.isOver, b.isOver]).to.deep.equal([true, false])
  })

  it('refuses a speaker that is cut when it comes again', async () => {
    bed.set('a', { kind: 'cut' })
    const client = await bed.dial()
    client.say('a again')
    await bed.clock.advance(50)
    expect(client.isOver).to.equal(true)
    expect(bed.accepted.map(({ heard }) => heard).join('')).to.equal('')
  })

  it('keeps what was said in silence until the link is healed', async () => {
    const client = await bed.dial()
    client.say('a')
    await bed.clock.advance(10)
    bed.set('a', { kind: 'silent' })
    client.say('bc')
    await bed.clock.advance(60_000)
    expect(bed.accepted[0]!.heard).to.equal('a')
    bed.set('a', {})
    await bed.clock.advance(10)
    expect(bed.accepted[0]!.heard).to.equal('abc')
    expect(client.isClosed).to.equal(false)
  })

  it('delays each way, and keeps the order', async () => {
    const client = await bed.dial()
    bed.set('a', { delayMs: 100 })
    client.say('a1')
    await bed.clock.advance(99)
    client.say('a2')
    expect(bed.accepted[0]?.heard ?? '').to.equal('')
    await bed.clock.advance(10)
    expect(bed.accepted[0]!.heard).to.equal('a1')
    await bed.clock.advance(100)
    expect(bed.accepted[0]!.heard).to.equal('a1a2')
  })

  it('slows a link down to so many bytes a second', async () => {
    const client = await bed.dial()
    client.say('a')
    await bed.clock.advance(10)
    bed.set('a', { bytesPerSecond: 100 })
    for (let index = 0; index < 5; index++) {
      client.say('x'.repeat(50))
      await bed.clock.advance(1)
    }
    await bed.clock.advance(900)
    expect(bed.accepted[0]!.heard.length).to.equal(101)
    await bed.clock.advance(2000)
    expect(bed.accepted[0]!.heard.length).to.equal(251)
  })

  it('ends the link when the server is gone', async () => {
    const client = await bed.dial()
    client.say('a')
    await bed.clock.advance(10)
    bed.accepted[0]!.stream.destroy()
    await bed.clock.advance(10)
    expect(client.isOver).to.equal(true)
  })
})

describe('who speaks on a Kafka connection', () => {
  const request = (clientId: string | null): Buffer => {
    const name = Buffer.from(clientId ?? '')
    const head = Buffer.alloc(14)
    head.writeInt32BE(10 + name.length, 0)
    head.writeInt16BE(18, 4)
    head.writeInt16BE(clientId === null ? -1 : name.length, 12)
    return Buffer.concat([head, name])
  }

  for (const [clientId, speaker] of [
    ['broker-2', 'broker-2'],
    ['broker-2-fetcher-0', 'broker-2'],
    ['2', 'broker-2'],
    ['drill', 'client'],
    ['my-broker-2', 'client'],
    ['', 'client'],
    [null, 'client'],
  ] as const)
    it(`is ${speaker} when the client id is ${String(clientId)}`, () => {
      expect(kafkaSpeaker(request(clientId))).to.equal(speaker)
    })

  it('is not told from half a request', () => {
    const whole = request('broker-2')
    for (let length = 0; length < whole.length; length++)
      expect(kafkaSpeaker(whole.subarray(0, length))).to.equal(null)
  })
})
