import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { NetworkError } from '../../src/platform/network.ts'
import { FakeRandom } from '../fakes/random.ts'
import type { End } from './network-subjects.ts'
import { NetworkBench, networkSubjects } from './network-subjects.ts'

for (const [name, make] of Object.entries(networkSubjects)) {
  describe(`a stream of the ${name} network`, () => {
    const bench = new NetworkBench(make)

    describe('bytes', () => {
      it('arrive in order, both ways', async () => {
        const { client, server } = await bench.opened()
        client.stream.write([Buffer.from('one '), Buffer.alloc(0), Buffer.from('two '), Buffer.from('three')])
        client.write(' four')
        server.write('answer')
        await bench.settle(server.until(() => server.bytes >= 18))
        await bench.settle(client.until(() => client.bytes >= 6))
        expect(server.text).to.equal('one two three four')
        expect(client.text).to.equal('answer')
      })

      it('wait for the start of the stream', async () => {
        const { client, server } = await bench.open()
        client.start().write('early')
        server.write('early too')
        await bench.roundTrip()
        server.start()
        await bench.settle(server.until(() => server.text === 'early'))
        await bench.settle(client.until(() => client.text === 'early too'))
      })

      it('are the same in the end, however they are written and held back', async () => {
        const random = new FakeRandom('stream order')
        const { client, server } = await bench.opened()
        const sent = createHash('sha256')
        const parts = Array.from({ length: 400 }, () => random.bytes(random.pick([1, 3, 100, 5000, 20_000])))
        const total = parts.reduce((sum, part) => sum + part.length, 0)
        for (const part of parts) sent.update(part)
        server.onBytes = () => {
          if (!random.chance(0.2)) return
          server.stream.pause()
          void Promise.resolve().then(() => server.stream.resume())
        }
        while (parts.length > 0) {
          const drains = client.drains
          client.stream.write(parts.splice(0, 1 + random.below(8)))
          if (random.chance(0.3)) await bench.settle(client.until(() => client.drains > drains))
        }
        await bench.settle(server.until(() => server.bytes === total))
        expect(createHash('sha256').update(Buffer.concat(server.received)).digest('hex')).to.equal(
          sent.digest('hex'),
        )
      })

      it('can be written from inside onData and onDrain', async () => {
        const { client, server } = await bench.opened()
        server.onBytes = (buffer, length) => server.stream.write([Buffer.from(buffer.subarray(0, length))])
        let left = 20
        client.onDrained = () => {
          if (left-- > 0) client.write('x')
        }
        client.write('x')
        await bench.settle(client.until(() => client.bytes === 21))
      })

      it('are valid only during the call', async () => {
        const { client, server } = await bench.opened()
        const kept: Buffer[] = []
        server.onBytes = (buffer, length) => kept.push(buffer.subarray(0, length))
        client.write('AAAA')
        await bench.settle(server.until(() => server.bytes === 4))
        client.write('BBBB')
        await bench.settle(server.until(() => server.bytes === 8))
        if (name.includes('without shared')) return
        // Somebody else's bytes by now, or none at all.
        expect(kept[0]!.toString('latin1')).to.not.equal('AAAA')
      })

      it('do not arrive while the stream is paused, nor does the end', async () => {
        const { client, server } = await bench.opened()
        server.stream.pause()
        client.write('held back')
        client.stream.end()
        await bench.roundTrip()
        expect(server.bytes).to.equal(0)
        expect(server.ends).to.equal(0)
        server.stream.resume()
        await bench.settle(server.until(() => server.ends === 1))
        expect(server.text).to.equal('held back')
      })

      it('stop at a pause from inside onData', async () => {
        const { client, server } = await bench.opened()
        server.onBytes = () => server.stream.pause()
        client.write('first')
        await bench.settle(server.until(() => server.bytes > 0))
        const before = server.bytes
        client.write('second')
        await bench.roundTrip()
        expect(server.bytes).to.equal(before)
        server.onBytes = () => undefined
        server.stream.resume()
        await bench.settle(server.until(() => server.bytes === 11))
        expect(server.text).to.equal('firstsecond')
      })

      it('hold the sender back when the receiver is paused, and go on after', async () => {
        const { client, server } = await bench.opened()
        server.stream.pause()
        const part = Buffer.alloc(1024 * 1024, 'm')
        // More than both kernels buffer.
        const count = 32
        for (let i = 0; i < count; i++) client.stream.write([part])
        await bench.roundTrip()
        const held = client.stream.unsentBytes
        expect(held).to.be.greaterThan(0)
        expect(client.drains).to.equal(0)
        server.stream.resume()
        await bench.settle(server.until(() => server.bytes === count * part.length))
        await bench.settle(client.until(() => client.drains > 0))
        expect(client.drains).to.equal(1)
        expect(client.stream.unsentBytes).to.equal(0)
      })

      it('bring an onDrain after every write, never inside it', async () => {
        const { client } = await bench.opened()
        for (let i = 1; i <= 3; i++) {
          client.write('x')
          expect(client.drains).to.equal(i - 1)
          await bench.settle(client.until(() => client.drains === i))
          expect(client.stream.unsentBytes).to.equal(0)
        }
      })
    })

    describe('the end', () => {
      it('comes after all bytes, and leaves the way back open', async () => {
        const { client, server } = await bench.opened()
        client.write('request')
        client.stream.end()
        await bench.settle(server.until(() => server.ends === 1))
        expect(server.text).to.equal('request')
        expect(server.isClosed).to.equal(false)
        server.write('late answer')
        await bench.settle(client.until(() => client.text === 'late answer'))
        expect(client.isClosed).to.equal(false)
        server.stream.end()
        await bench.settle(
          Promise.all([client.until(() => client.isClosed), server.until(() => server.isClosed)]),
        )
        expect(client.ends).to.equal(1)
        expect([...client.closes, ...server.closes]).to.deep.equal([null, null])
      })

      it('waits for what is unsent', async () => {
        const { client, server } = await bench.opened()
        server.stream.pause()
        client.stream.write([Buffer.alloc(16 * 1024 * 1024)])
        client.stream.end()
        client.stream.end()
        server.stream.resume()
        await bench.settle(server.until(() => server.ends === 1))
        expect(server.bytes).to.equal(16 * 1024 * 1024)
      })

      it('lets nothing be written after it', async () => {
        const { client } = await bench.opened()
        client.stream.end()
        expect(() => client.write('x')).to.throw('after the end')
      })

      it('of both sides at once closes both in order', async () => {
        const { client, server } = await bench.opened()
        client.stream.end()
        server.stream.end()
        await bench.settle(
          Promise.all([client.until(() => client.isClosed), server.until(() => server.isClosed)]),
        )
        expect([...client.closes, ...server.closes]).to.deep.equal([null, null])
        expect([client.ends, server.ends]).to.deep.equal([1, 1])
      })
    })

    describe('closing', () => {
      it('by destroy is told to both ends, once', async () => {
        const { client, server } = await bench.opened()
        client.stream.destroy()
        client.stream.destroy()
        expect(client.isClosed).to.equal(false)
        await bench.settle(client.until(() => client.isClosed))
        expect(client.closes).to.deep.equal([null])
        await bench.settle(server.until(() => server.ends === 1 || server.isClosed))
        server.stream.destroy()
        await bench.settle(server.until(() => server.isClosed))
        await bench.roundTrip()
        expect(client.closes).to.have.length(1)
        expect(server.closes).to.have.length(1)
      })

      it('says why', async () => {
        const { client } = await bench.opened()
        const reason = new Error('frame too large')
        client.stream.destroy(reason)
        await bench.settle(client.until(() => client.isClosed))
        expect(client.closes).to.deep.equal([reason])
      })

      it('from inside onData is the last that happens', async () => {
        const { client, server } = await bench.opened()
        server.onBytes = () => server.stream.destroy()
        server.onDrained = () => expect.fail('nothing drains any more')
        client.stream.write([Buffer.alloc(1024 * 1024)])
        await bench.settle(server.until(() => server.isClosed))
        expect(server.received).to.have.length(1)
        expect(server.ends).to.equal(0)
      })

      it('makes writing, pausing, resuming and ending harmless', async () => {
        const { client } = await bench.opened()
        client.stream.destroy()
        client.write('to nobody')
        client.stream.pause()
        client.stream.resume()
        client.stream.end()
        await bench.settle(client.until(() => client.isClosed))
        client.stream.pause()
        client.stream.resume()
        client.stream.end()
        client.stream.destroy()
        await bench.roundTrip()
        expect(client.drains).to.equal(0)
        expect(client.stream.unsentBytes).to.equal(0)
      })

      it('without reading what has come is told to the other side', async () => {
        const { client, server } = await bench.opened()
        server.stream.pause()
        client.write('never read')
        await bench.roundTrip()
        server.stream.destroy()
        await bench.settle(client.until(() => client.isClosed || client.ends === 1))
        // As an end or as a reset: that depends on how far the bytes have come.
        for (const error of client.closes) expect(error).to.be.instanceOf(NetworkError)
      })

      it('reaches a writer whose other side is gone', async () => {
        const { client, server } = await bench.opened()
        server.stream.destroy()
        client.onDrained = () => client.write('x')
        client.write('x')
        await bench.settle(client.until(() => client.isClosed))
        expect(client.closes[0]).to.be.instanceOf(NetworkError)
      })

      it('is told to whoever starts too late', async () => {
        const { client, server } = await bench.open()
        server.stream.destroy()
        server.start()
        await bench.settle(server.until(() => server.isClosed))
        expect(server.closes).to.deep.equal([null])
        client.stream.destroy()
        await bench.roundTrip()
        client.start()
        expect(client.isClosed).to.equal(false)
        await bench.settle(client.until(() => client.isClosed))
        expect(client.closes).to.deep.equal([null])
      })
    })

    it('starts a stream once', async () => {
      const { client } = await bench.opened()
      expect(() => client.start()).to.throw('once')
    })

    it('serves many streams at a time', async () => {
      const servers: End[] = []
      const { port } = await bench.listen((stream) => {
        const server = bench.follow(stream).start()
        server.onBytes = (buffer, length) => stream.write([Buffer.from(buffer.subarray(0, length))])
        servers.push(server)
      })
      const dialled = Array.from({ length: 30 }, () =>
        bench.subject.client.dial({ host: bench.subject.host, port, timeoutMs: 10_000 }),
      )
      const clients = await bench.settle(Promise.all(dialled))
      const started = clients.map((stream) => bench.follow(stream).start())
      started.forEach((client, i) => client.write(`client ${i}`))
      await bench.settle(
        Promise.all(started.map((client, i) => client.until(() => client.text === `client ${i}`))),
      )
      expect(servers).to.have.length(30)
    })
  })
}
