import { expect } from 'chai'
import type { ByteStream, StreamHandler } from '../../../src/platform/network.ts'
import { LINGER_MS, NetworkError } from '../../../src/platform/network.ts'
import type { NetworkConditions } from '../../fakes/network.ts'
import { FakeNetwork } from '../../fakes/network.ts'
import { FakeRandom } from '../../fakes/random.ts'
import { SimulatedProcess } from '../../fakes/simulated-process.ts'

/** Writes down what happens on a stream. */
class Diary implements StreamHandler {
  readonly entries: string[] = []
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  onData(buffer: Buffer, length: number): void {
    this.entries.push(`${buffer.toString('latin1', 0, length)}@${this.now()}`)
  }

  onDrain(): void {
    this.entries.push('drain')
  }

  onEnd(): void {
    this.entries.push(`end@${this.now()}`)
  }

  onClose(error: Error | null): void {
    this.entries.push(`close ${error instanceof NetworkError ? error.code : String(error)}@${this.now()}`)
  }

  /** Without the drains. */
  get heard(): string[] {
    return this.entries.filter((entry) => entry !== 'drain')
  }
}

describe('the fake network', () => {
  let network: FakeNetwork
  let a: SimulatedProcess
  let b: SimulatedProcess

  function make(conditions: NetworkConditions = { latencyMs: [1, 1] }): void {
    network = new FakeNetwork({ conditions })
    a = new SimulatedProcess(network.scheduler, 'a')
    b = new SimulatedProcess(network.scheduler, 'b')
  }

  beforeEach(() => make())

  /** A stream from machine a to machine b, with what happens at both ends. */
  async function stream(): Promise<{ at: { a: ByteStream; b: ByteStream }; seen: { a: Diary; b: Diary } }> {
    const seen = { a: new Diary(() => network.scheduler.nowMs), b: new Diary(() => network.scheduler.nowMs) }
    let accepted: ByteStream | null = null
    const listener = await network.host('b', b).listen({ host: '', port: 0 }, (arrived) => {
      accepted = arrived
      arrived.start(seen.b)
    })
    const dialled = network.host('a', a).dial({ host: 'b', port: listener.port, timeoutMs: 1000 })
    const atA = await network.scheduler.until(dialled)
    atA.start(seen.a)
    return { at: { a: atA, b: accepted! }, seen }
  }

  function send(to: ByteStream, text: string): void {
    to.write([Buffer.from(text, 'latin1')])
  }

  async function dialError(from: string, to: string, timeoutMs = 1000): Promise<string> {
    const dialled = network.host(from, a).dial({ host: to, port: 9092, timeoutMs })
    return network.scheduler.until(
      dialled.then(
        () => 'connected',
        (error: unknown) => (error as NetworkError).code,
      ),
    )
  }

  it('takes time, keeps the order', async () => {
    make({ latencyMs: [1, 50] })
    const { at, seen } = await stream()
    for (let i = 0; i < 10; i++) send(at.a, String(i))
    await network.scheduler.runUntilIdle()
    expect(seen.b.heard.map((entry) => entry[0]).join('')).to.equal('0123456789')
    expect(network.scheduler.nowMs).to.be.greaterThan(1)
  })

  it('cuts bytes anywhere when asked, and poisons them after the call', async () => {
    for (const chunking of ['random', 'bytes'] as const) {
      make({ chunking })
      const kept: Buffer[] = []
      const whole: Buffer[] = []
      const listener = await network.host('b', b).listen({ host: '', port: 0 }, (arrived) =>
        arrived.start({
          onData: (buffer, length) => {
            kept.push(buffer.subarray(0, length))
            whole.push(Buffer.from(buffer.subarray(0, length)))
          },
          onDrain: () => undefined,
          onEnd: () => undefined,
          onClose: () => undefined,
        }),
      )
      const dialled = network.host('a', a).dial({ host: 'b', port: listener.port, timeoutMs: 1000 })
      const sender = await network.scheduler.until(dialled)
      const text = 'x'.repeat(200)
      send(sender, text)
      await network.scheduler.runUntilIdle()
      expect(Buffer.concat(whole).toString()).to.equal(text)
      expect(whole.length).to.be.greaterThan(chunking === 'bytes' ? 199 : 1)
      for (const slice of kept) expect(slice.every((byte) => byte === 0xdd)).to.equal(true)
    }
  })

  it('notices a buffer that changes before it has left', async () => {
    const { at } = await stream()
    const buffer = Buffer.from('once')
    at.a.write([buffer])
    buffer[0] = 0
    const failed = await network.scheduler.runUntilIdle().catch((error: unknown) => error)
    expect(String(failed)).to.contain('changed between write and onDrain')
  })

  it('lets a buffer change once it has drained', async () => {
    const { at, seen } = await stream()
    const buffer = Buffer.from('once')
    at.a.write([buffer])
    await network.scheduler.untilTrue(() => seen.a.entries.includes('drain'))
    buffer[0] = 0
    await network.scheduler.runUntilIdle()
    expect(seen.b.heard[0]).to.match(/^once/)
  })

  it('holds up what is under way while a link is cut, one way, and delivers it in order after', async () => {
    const { at, seen } = await stream()
    send(at.a, 'before ')
    network.cut('a', 'b')
    send(at.a, 'during')
    send(at.b, 'other way')
    await network.scheduler.advance(1000)
    expect(seen.b.heard).to.deep.equal([])
    expect(seen.a.heard.map((entry) => entry.split('@')[0])).to.deep.equal(['other way'])
    network.heal('a', 'b')
    await network.scheduler.advance(10)
    expect(seen.b.heard.map((entry) => entry.split('@')[0])).to.deep.equal(['before ', 'during'])
  })

  it('gives a stream up that is cut for too long', async () => {
    make({ latencyMs: [1, 1], retransmitMs: 60_000 })
    const { at, seen } = await stream()
    network.partition(['a'], ['b'])
    const start = network.scheduler.nowMs
    send(at.a, 'x')
    await network.scheduler.runUntilIdle()
    expect(seen.a.heard).to.deep.equal([`close ETIMEDOUT@${start + 60_001}`])
    // The other side has nothing to send, and never hears of it.
    expect(seen.b.heard).to.deep.equal([])
  })

  it('holds a sender back whose acknowledgements are cut', async () => {
    make({ latencyMs: [1, 1], windowBytes: 1000 })
    const { at, seen } = await stream()
    network.cut('b', 'a')
    at.a.write([Buffer.alloc(3000)])
    await network.scheduler.advance(100)
    expect(seen.b.heard).to.have.length(1)
    expect(at.a.unsentBytes).to.equal(2000)
    network.heal('b', 'a')
    await network.scheduler.advance(100)
    expect(at.a.unsentBytes).to.equal(0)
    expect(seen.b.heard).to.have.length(3)
  })

  it('opens streams over a stalled link that carry nothing', async () => {
    network.stall('a', 'b')
    const { at, seen } = await stream()
    send(at.a, 'into the void')
    await network.scheduler.advance(60_000)
    expect(seen.b.heard).to.deep.equal([])
    network.healAll()
    await network.scheduler.advance(10)
    expect(seen.b.heard).to.have.length(1)
  })

  it('does not answer a dial over a cut link, and connects when it heals in time', async () => {
    await network.host('b', b).listen({ host: '', port: 9092 }, () => undefined)
    network.cut('b', 'a')
    expect(await dialError('a', 'b', 500)).to.equal('ETIMEDOUT')
    network.scheduler.at(network.scheduler.nowMs + 2000, () => network.heal('b', 'a'))
    expect(await dialError('a', 'b', 10_000)).to.equal('connected')
  })

  it('knows machines by name and by address, and refuses where nobody listens', async () => {
    const host = network.host('b', b)
    expect(await dialError('a', 'b')).to.equal('ECONNREFUSED')
    expect(await dialError('a', host.address)).to.equal('ECONNREFUSED')
    expect(await dialError('a', 'nowhere')).to.equal('ENOTFOUND')
    await host.listen({ host: 'localhost', port: 9092 }, () => undefined)
    expect(await dialError('b', 'localhost')).to.equal('connected')
    const elsewhere = await host
      .listen({ host: '10.9.9.9', port: 1 }, () => undefined)
      .catch((error: unknown) => error)
    expect((elsewhere as NetworkError).code).to.equal('EADDRNOTAVAIL')
  })

  it('resets streams', async () => {
    const { seen } = await stream()
    network.reset('b', 'a')
    await network.scheduler.runUntilIdle()
    for (const diary of [seen.a, seen.b]) expect(diary.heard.join()).to.match(/^close ECONNRESET@/)
    expect(network.openStreams).to.equal(0)
  })

  it('resets streams by chance', async () => {
    make({ resetProbability: 0.2 })
    const { at, seen } = await stream()
    for (let i = 0; i < 100; i++) {
      send(at.a, 'x')
      await network.scheduler.advance(1)
    }
    expect(seen.a.heard.at(-1)).to.match(/^close ECONNRESET@/)
    expect(seen.b.heard.at(-1)).to.match(/^close ECONNRESET@/)
  })

  it('closes what a dead process had open, after what it had sent', async () => {
    const { at, seen } = await stream()
    send(at.b, 'last words')
    await network.scheduler.advance(0)
    b.kill()
    await network.scheduler.runUntilIdle()
    expect(seen.a.heard.map((entry) => entry.split('@')[0])).to.deep.equal(['last words', 'end'])
    send(at.a, 'to nobody')
    await network.scheduler.runUntilIdle()
    expect(seen.a.heard.at(-1)).to.match(/^close ECONNRESET@/)
    expect(await dialError('a', 'b')).to.equal('ECONNREFUSED')
    expect(seen.b.heard).to.deep.equal([])
    expect(network.openStreams).to.equal(0)
  })

  it('says nothing when a machine loses power, and denies everything when it is back', async () => {
    const { at, seen } = await stream()
    network.powerOff('b')
    b.kill()
    send(at.a, 'hello?')
    await network.scheduler.advance(60_000)
    expect(seen.a.heard).to.deep.equal([])
    expect(await dialError('a', 'b', 3000)).to.equal('ETIMEDOUT')
    network.powerOn('b')
    await network.scheduler.advance(10)
    expect(seen.a.heard.join()).to.match(/^close ECONNRESET@/)
    expect(await dialError('a', 'b')).to.equal('ECONNREFUSED')
  })

  it('accepts for a frozen process, which hears of everything when it thaws', async () => {
    const seen = new Diary(() => network.scheduler.nowMs)
    const listener = await network
      .host('b', b)
      .listen({ host: '', port: 0 }, (arrived) => arrived.start(seen))
    b.freeze()
    const dialled = network.host('a', a).dial({ host: 'b', port: listener.port, timeoutMs: 1000 })
    const at = await network.scheduler.until(dialled)
    send(at, 'anybody there?')
    await network.scheduler.advance(30_000)
    expect(seen.heard).to.deep.equal([])
    b.thaw()
    await network.scheduler.advance(1)
    expect(seen.heard).to.have.length(1)
  })

  it('accepts no more than the backlog for a process that does not take it', async () => {
    await network.host('b', b).listen({ host: '', port: 9092, backlog: 2 }, () => undefined)
    b.freeze()
    expect(await dialError('a', 'b')).to.equal('connected')
    expect(await dialError('a', 'b')).to.equal('connected')
    expect(await dialError('a', 'b')).to.equal('ETIMEDOUT')
  })

  it('closes a stream that has ended although the other side does not, in the end', async () => {
    const { at, seen } = await stream()
    at.a.end()
    const start = network.scheduler.nowMs
    await network.scheduler.runUntilIdle()
    expect(seen.b.heard).to.deep.equal([`end@${start + 1}`])
    expect(seen.a.heard).to.deep.equal([`close null@${start + LINGER_MS}`])
  })

  it('tells a paused writer of a reset, and a paused listener only when it looks', async () => {
    const { at, seen } = await stream()
    at.a.pause()
    send(at.b, 'unread')
    await network.scheduler.runUntilIdle()
    b.kill()
    await network.scheduler.runUntilIdle()
    expect(seen.a.heard).to.deep.equal([])
    send(at.a, 'x')
    await network.scheduler.runUntilIdle()
    send(at.a, 'y')
    await network.scheduler.runUntilIdle()
    expect(seen.a.heard.join()).to.match(/^close ECONNRESET@/)
  })

  it('tells the same story for the same seed', async () => {
    const story = async (seed: string): Promise<{ told: string[]; fingerprint: number }> => {
      network = new FakeNetwork({
        random: new FakeRandom(seed),
        conditions: { latencyMs: [0, 20], chunking: 'random', resetProbability: 0.01 },
      })
      a = new SimulatedProcess(network.scheduler, 'a')
      b = new SimulatedProcess(network.scheduler, 'b')
      const { at, seen } = await stream()
      for (let i = 0; i < 30; i++) {
        send(at.a, `message ${i}`)
        await network.scheduler.advance(3)
      }
      return { told: seen.b.entries, fingerprint: network.scheduler.fingerprint }
    }
    expect(await story('one')).to.deep.equal(await story('one'))
    expect(await story('one')).to.not.deep.equal(await story('two'))
  })
})
