import { expect } from 'chai'

import { createEmbeddedZooKeeper } from '../../../../zk/embedded/server.ts'
import type { SessionId } from '../../../../zk/zookeeper.ts'
import { boolean, buffer, create, int, long, string, vector } from '../../../support/raw-zookeeper.ts'
import { ServerBed } from './server-bed.ts'

describe('embedded server', () => {
  let bed: ServerBed

  beforeEach(() => {
    bed = new ServerBed()
  })

  describe('sessions', () => {
    it('end when nothing is heard of them, with their ephemerals and their connection', async () => {
      await bed.start()
      const [client, observer] = [await bed.connected(), await bed.connected(20_000)]
      await bed.ask(client, 1, create('/e', null, 1))
      await bed.ask(observer, 3, string('/e'), boolean(true))
      const heardMs = bed.platform.clock.monotonicMs()
      await bed.until(client.closed)
      expect(bed.platform.clock.monotonicMs() - heardMs).to.be.within(4000, 5000)
      const event = await bed.until(observer.next())
      expect(event.subarray(16).equals(Buffer.concat([int(2), int(3), string('/e')]))).to.equal(true)
      expect(bed.server.sessions().map(({ id }) => id)).to.deep.equal([observer.sessionId])
    })

    it('go on as long as there are pings', async () => {
      await bed.start()
      const client = await bed.connected()
      for (let second = 0; second < 60; second += 3) {
        await bed.advance(3000)
        expect((await bed.ask(client, 11)).error).to.equal(0)
      }
    })

    it('outlive their connection until their time is up', async () => {
      await bed.start()
      const first = await bed.connected()
      await bed.ask(first, 1, create('/e', null, 1))
      first.destroy()
      await bed.advance(3000)
      expect(bed.server.sessions()).to.deep.equal([
        { id: first.sessionId, timeoutMs: 4000, connectedFrom: null },
      ])
      const again = await bed.dial()
      expect((await bed.until(again.openSession({ ...first, timeoutMs: 8000 }))).timeoutMs).to.equal(8000)
      await bed.advance(7000)
      expect(await bed.exists(again, '/e')).to.equal(true)
      again.destroy()
      await bed.advance(10_000)
      expect(bed.server.sessions()).to.deep.equal([])
    })

    it('are not ended by a stall of the server itself before their clients were read', async () => {
      await bed.start()
      const client = await bed.connected()
      await bed.advance(3500)
      client.request(-2, 11)
      bed.platform.process.freeze()
      await bed.advance(60_000)
      bed.platform.process.thaw()
      await bed.advance(0)
      expect(await bed.ask(client, 11)).to.include({ error: 0 })
      expect(bed.server.sessions()).to.have.lengthOf(1)
    })

    it('can be ended as if their time were up', async () => {
      await bed.start()
      const [client, observer] = [await bed.connected(), await bed.connected()]
      await bed.ask(client, 1, create('/e', null, 1))
      expect(bed.server.expireSession(client.sessionId as SessionId)).to.equal(true)
      await bed.until(client.closed)
      expect(await bed.exists(observer, '/e')).to.equal(false)
      const again = await bed.dial()
      expect((await bed.until(again.openSession(client))).timeoutMs).to.equal(0)
      expect(bed.server.expireSession(client.sessionId as SessionId)).to.equal(false)
    })

    it('without a connection can be ended all at once', async () => {
      await bed.start()
      const [lost, kept] = [await bed.connected(), await bed.connected()]
      await bed.ask(lost, 1, create('/lost', null, 1))
      await bed.ask(kept, 1, create('/kept', null, 1))
      lost.destroy()
      await bed.advance(1)
      expect(bed.server.expireDisconnectedSessions()).to.equal(1)
      expect(await bed.exists(kept, '/lost')).to.equal(false)
      expect(await bed.exists(kept, '/kept')).to.equal(true)
    })

    it('have their full timeout from the moment when a restarted server listens', async () => {
      await bed.start({ dataDirectory: '/zk' })
      await bed.connected()
      await bed.until(bed.server.stop())
      await bed.start({ dataDirectory: '/zk' })
      await bed.connected()
      await bed.until(bed.server.stop())
      bed.platform.disk.inject({ on: 'read', path: '/zk/log.0000000000000002', delayMs: 60_000 })
      await bed.start({ dataDirectory: '/zk' })
      await bed.advance(3900)
      expect(bed.server.sessions()).to.have.lengthOf(2)
      await bed.advance(1200)
      expect(bed.server.sessions()).to.have.lengthOf(0)
    })

    it('get other ids after a restart within the same millisecond', async () => {
      const wallMs = bed.platform.clock.nowMs()
      await bed.start({ dataDirectory: '/zk' })
      const { sessionId } = await bed.connected()
      await bed.until(bed.server.stop())
      bed.platform.clock.jumpWall(wallMs - bed.platform.clock.nowMs())
      await bed.start({ dataDirectory: '/zk' })
      expect((await bed.connected()).sessionId).to.equal(sessionId + 1n)
    })
  })

  it('deletes containers that have lost their last child, within a minute', async () => {
    await bed.start()
    const client = await bed.connected(20_000)
    await bed.ask(client, 19, create('/c', null, 4))
    await bed.ask(client, 1, create('/c/a', null))
    await bed.ask(client, 19, create('/fresh', null, 4))
    await bed.ask(client, 2, string('/c/a'), int(-1))
    for (let second = 0; second < 62; second += 2) {
      await bed.advance(2000)
      await bed.ask(client, 11)
    }
    expect(await bed.exists(client, '/c')).to.equal(false)
    expect(await bed.exists(client, '/fresh')).to.equal(true)
  })

  it('tells nobody of znodes that they may not read', async () => {
    await bed.start()
    const [client, stranger] = [await bed.connected(), await bed.connected()]
    await bed.ask(client, 100, int(0), string('digest'), buffer(Buffer.from('u:p')))
    await bed.ask(stranger, 106, string('/'), int(1))
    const mine = vector(Buffer.concat([int(31), string('auth'), string('')]))
    await bed.ask(client, 1, create('/secret', null, 0, mine))
    await bed.ask(client, 1, create('/public', null))
    const event = await bed.until(stranger.next())
    expect(event.subarray(24).equals(string('/public'))).to.equal(true)
  })

  it('lets its super user do everything', async () => {
    // The digest of u:p.
    await bed.start({ superDigest: 'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=' })
    const [owner, root] = [await bed.connected(), await bed.connected()]
    await bed.ask(owner, 100, int(0), string('digest'), buffer(Buffer.from('a:b')))
    await bed.ask(
      owner,
      1,
      create('/a', null, 0, vector(Buffer.concat([int(31), string('auth'), string('')]))),
    )
    expect((await bed.ask(root, 5, string('/a'), buffer(null), int(-1))).error).to.equal(-102)
    await bed.ask(root, 100, int(0), string('digest'), buffer(Buffer.from('u:p')))
    expect((await bed.ask(root, 5, string('/a'), buffer(null), int(-1))).error).to.equal(0)
  })

  it('takes no more identities than it can keep', async () => {
    await bed.start()
    const client = await bed.connected()
    let accepted = 0
    for (;;) {
      const reply = await bed.ask(
        client,
        100,
        int(0),
        string('digest'),
        buffer(Buffer.from(`user${accepted}:p`)),
      )
      if (reply.error !== 0) break
      accepted++
    }
    expect(accepted).to.equal(99)
    await bed.until(client.closed)
  })

  it('closes on bytes that are no request, and goes on with the others', async () => {
    await bed.start()
    const [client, other] = [await bed.connected(), await bed.connected()]
    client.send(Buffer.of(1, 2, 3))
    await bed.until(client.closed)
    const early = await bed.dial()
    early.send(int(0), long(0n))
    await bed.until(early.closed)
    expect((await bed.ask(other, 11)).error).to.equal(0)
  })

  for (const [what, config] of [
    ['a port beyond 65535', { port: 65_536 }],
    ['no tick', { tickTimeMs: 0 }],
    ['a maximum below the minimum', { minSessionTimeoutMs: 5000, maxSessionTimeoutMs: 4000 }],
    ['half a connection', { maxClientConnections: 0.5 }],
    ['no transactions before a snapshot', { snapshotEveryTransactions: 0 }],
    ['frames of a byte', { maxFrameBytes: 1 }],
  ] as const) {
    it(`refuses to be made with ${what}`, () => {
      const made = (): unknown =>
        createEmbeddedZooKeeper({
          platform: bed.platform,
          config: { dataDirectory: null, host: '', port: 0, ...config },
        })
      expect(made).to.throw(RangeError)
    })
  }

  it('can be started again after it was stopped, and after a start that failed', async () => {
    await bed.start()
    await bed.until(bed.server.stop())
    await bed.until(bed.server.start())
    expect(bed.server.port).to.equal(2181)
    const second = createEmbeddedZooKeeper({
      platform: bed.platform,
      config: { dataDirectory: '/zk', host: '', port: 2181 },
    })
    let error: unknown
    await bed.until(second.start().catch((thrown: unknown) => (error = thrown)))
    expect(error).to.include({ code: 'EADDRINUSE' })
    await bed.until(bed.server.stop())
    await bed.until(second.start())
    await bed.until(second.stop())
  })
})
