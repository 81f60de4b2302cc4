import { expect } from 'chai'

import { boolean, buffer, create, int, readReply, string } from '../../../support/raw-zookeeper.ts'
import { ServerBed, SYNC_MS } from './server-bed.ts'

describe('embedded server under stress', () => {
  let bed: ServerBed

  beforeEach(() => {
    bed = new ServerBed()
  })

  describe('connections', () => {
    it('beyond the number for one address are closed', async () => {
      await bed.start({ maxClientConnections: 2 })
      const clients = [
        await bed.dial('one'),
        await bed.dial('one'),
        await bed.dial('one'),
        await bed.dial('two'),
      ]
      await bed.advance(1)
      const closed = []
      for (const client of clients) closed.push(await bed.isClosed(client))
      expect(closed).to.deep.equal([false, false, true, false])
    })

    it('that ask for no session are closed after ten seconds', async () => {
      await bed.start()
      const silent = await bed.dial()
      await bed.advance(9000)
      expect(await bed.isClosed(silent)).to.equal(false)
      await bed.advance(3000)
      expect(await bed.isClosed(silent)).to.equal(true)
    })

    it('are closed when the server stops, with the replies to what was done', async () => {
      await bed.start({ dataDirectory: '/zk' })
      const client = await bed.connected()
      client.request(1, 1, create('/a', null))
      const reply = client.next()
      await bed.advance(0)
      await bed.until(bed.server.stop())
      expect(readReply(await bed.until(reply)).error).to.equal(0)
      await bed.until(client.closed)
      expect(bed.platform.network.network.openStreams).to.equal(0)
      expect(bed.platform.clock.pendingTimers).to.equal(0)
      expect(bed.platform.disk.openFiles).to.equal(0)
    })

    it('of clients that do not let go are closed a little after the stop', async () => {
      await bed.start()
      const stubborn = await bed.connected()
      stubborn.pause()
      await bed.until(bed.server.stop())
      stubborn.resume()
      await bed.until(stubborn.closed)
    })

    it('are not listened to while their client does not read', async () => {
      await bed.start()
      const client = await bed.connected(20_000)
      for (let index = 0; index < 2; index++) {
        await bed.ask(client, 1, create(`/n${index}`, Buffer.alloc(1_000_000)))
      }
      client.pause()
      const asked = 30
      for (let index = 0; index < asked; index++)
        client.request(index, 4, string(`/n${index % 2}`), boolean(false))
      await bed.advance(100)
      const done = await bed.received()
      expect(done).to.be.below(25)
      client.resume()
      for (let index = 0; index < asked; index++) {
        expect(readReply(await bed.until(client.next())).xid).to.equal(index)
      }
    })

    it('of clients that watch and do not read are given up', async () => {
      await bed.start({ maxFrameBytes: 4 * 1024 * 1024 })
      const client = await bed.connected(20_000)
      const writer = await bed.connected(20_000)
      const long = `/${'x'.repeat(1_000_000)}`
      await bed.ask(writer, 1, create(long, null))
      await bed.ask(client, 106, string(long), int(0))
      client.pause()
      const holder = () => bed.server.sessions().find(({ id }) => id === client.sessionId)?.connectedFrom
      for (let count = 0; count < 80 && holder() !== null; count++) {
        await bed.ask(writer, 5, string(long), buffer(null), int(-1))
      }
      expect(holder()).to.equal(null)
    })

    it('get no reply that is larger than the server can hold ready', async () => {
      await bed.start()
      const client = await bed.connected(20_000)
      await bed.ask(client, 1, create('/n', Buffer.alloc(1_000_000)))
      const read = [int(4), boolean(false), int(-1), string('/n'), boolean(false)]
      const reads = (count: number) => Array.from({ length: count }, () => Buffer.concat(read))
      const end = [int(-1), boolean(true), int(-1)]
      expect((await bed.ask(client, 22, ...reads(3), ...end)).body.length).to.be.greaterThan(3_000_000)
      expect(await bed.ask(client, 22, ...reads(40), ...end)).to.include({ error: -8 })
    })
  })

  describe('durability', () => {
    it('shows nobody what a power cut could undo', async () => {
      await bed.start({ dataDirectory: '/zk' })
      const [writer, reader] = [await bed.connected(), await bed.connected()]
      await bed.ask(writer, 3, string('/a'), boolean(true))
      await bed.ask(reader, 3, string('/a'), boolean(true))
      writer.request(2, 1, create('/a', null))
      await bed.advance(0)
      reader.request(3, 3, string('/a'), boolean(false))
      reader.request(-2, 11)
      await bed.advance(SYNC_MS - 1)
      expect([writer.pendingFrames, reader.pendingFrames]).to.deep.equal([0, 0])
      await bed.advance(1)
      // The event and the reply; the event, the read and the ping.
      expect([writer.pendingFrames, reader.pendingFrames]).to.deep.equal([2, 3])
    })

    it('lets reads of what is durable go while a sync is under way', async () => {
      await bed.start({ dataDirectory: '/zk' })
      const [writer, reader] = [await bed.connected(), await bed.connected()]
      reader.request(1, 3, string('/'), boolean(false))
      writer.request(1, 1, create('/a', null))
      await bed.advance(0)
      expect(reader.pendingFrames).to.equal(1)
    })

    it('keeps everything that was acknowledged through a power cut', async () => {
      await bed.start({ dataDirectory: '/zk' })
      const client = await bed.connected()
      await bed.ask(client, 1, create('/a', Buffer.from('kept')))
      await bed.ask(client, 1, create('/e', null, 1))
      client.request(3, 1, create('/unacknowledged', null))
      await bed.advance(1)
      bed.loseAndRestorePower()
      await bed.start({ dataDirectory: '/zk' })
      const again = await bed.dial()
      expect(await bed.until(again.openSession({ ...client, lastZxidSeen: 3n }))).to.include({
        sessionId: client.sessionId,
      })
      expect(await bed.exists(again, '/a')).to.equal(true)
      expect(await bed.exists(again, '/e')).to.equal(true)
    })

    it('serves nobody any more when the disk refuses a transaction', async () => {
      await bed.start({ dataDirectory: '/zk' })
      const client = await bed.connected()
      bed.platform.disk.inject({ on: 'sync', error: 'EIO', times: Infinity })
      client.request(1, 1, create('/a', null))
      await bed.until(client.closed)
      expect(bed.failures).to.have.lengthOf(1)
      expect(bed.platform.logger.messages('fatal')).to.have.lengthOf(1)
      const late = await bed.dial()
      await bed.until(late.closed)
      await bed.until(bed.server.stop())
    })

    it('reads no further request while too much waits for the disk', async () => {
      await bed.start({ dataDirectory: '/zk' })
      const client = await bed.connected(20_000)
      bed.platform.disk.inject({ on: 'sync', delayMs: 1000 })
      for (let index = 0; index < 30; index++)
        client.request(index, 1, create(`/n${index}`, Buffer.alloc(1_000_000)))
      await bed.advance(500)
      expect(await bed.received()).to.be.below(25)
      for (let index = 0; index < 30; index++)
        expect(readReply(await bed.until(client.next()))).to.include({ xid: index, error: 0 })
    })
  })
})
