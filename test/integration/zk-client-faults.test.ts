import { expect } from 'chai'
import { ZooKeeperUnavailableError } from '../../zk/client/create-client.ts'
import type { WatchEvent } from '../../zk/zookeeper.ts'
import { isZooKeeperError } from '../../zk/zookeeper.ts'
import { emptyZnode, errorOf, FaultBed } from './fault-bed.ts'
import { answer, replyFrame, TYPE } from './scripted-zookeeper.ts'
import type { ScriptedRequest, ScriptedZooKeeper } from './scripted-zookeeper.ts'
import { clock, statesOf, until } from './zookeeper-clients.ts'

const noBody = Buffer.alloc(0)
const SESSION = 0x1234n

/**
 * What node-zookeeper-client 1.1.3 does wrong when a server or the network misbehaves, one test each, by the numbers of
 * the list that the client was designed from (B1 to B21).
 */
describe('the ZooKeeper client, when the server misbehaves', () => {
  const bed = new FaultBed()
  const { clients, servers } = bed
  const serve = bed.serve.bind(bed)

  describe('B2: that it falls silent', () => {
    it('is seen after two thirds of the session, and another server is asked', async () => {
      let isSilent = false
      const server = await serve({
        onRequest: (request) => {
          if (!isSilent) answer(request)
        },
        onGreeting: ({ connection, timeoutMs }) => {
          isSilent = servers[0]!.connections.length === 1
          connection.grant(timeoutMs)
        },
      })
      const client = await clients.connect(server.connectString, { sessionTimeoutMs: 3000 })
      const startMs = clock.monotonicMs()
      expect(await client.get('/a')).to.equal(null)
      expect(clock.monotonicMs() - startMs).to.be.within(1950, 3000)
      expect(server.connections).to.have.lengthOf(2)
      expect(client.session.id).to.equal(SESSION)
    })

    it('fails a write within the session timeout, and its outcome is unknown', async () => {
      const server = await serve({ onRequest: () => undefined })
      const client = await clients.connect(server.connectString, { sessionTimeoutMs: 1500 })
      const startMs = clock.monotonicMs()
      expect(await errorOf(client.set('/a', null, 0))).to.equal('UNKNOWN_OUTCOME')
      expect(clock.monotonicMs() - startMs).to.be.lessThan(2250)
    })

    it('moves the deadline of the session no further', async () => {
      let isSilent = false
      const server = await serve({ onRequest: (request) => (isSilent ? undefined : answer(request)) })
      const client = await clients.connect(server.connectString, { sessionTimeoutMs: 1500 })
      await client.exists('/')
      const answeredMs = clock.monotonicMs()
      isSilent = true
      await errorOf(client.set('/a', null, 0))
      expect(client.session.deadlineMs).to.be.lessThan(answeredMs + 1501)
    })
  })

  it('B3: half a frame of a broken connection is not glued to the next one', async () => {
    const server = await serve({
      onRequest: (request) => {
        const { connection, xid } = request
        if (request.type === TYPE.ping) return answer(request)
        if (server.connections.length > 1) return connection.reply(xid, 0, emptyZnode)
        connection.socket.write(replyFrame(xid, 0, emptyZnode).subarray(0, 50), () =>
          connection.socket.destroy(),
        )
      },
    })
    const client = await clients.connect(server.connectString)
    expect((await client.get('/a'))?.data).to.equal(null)
    expect((await client.get('/b'))?.data).to.equal(null)
    expect(server.connections).to.have.lengthOf(2)
  })

  it('B4: a server that accepts and does not answer is given up', async () => {
    const silent = await serve({ onGreeting: () => undefined })
    const startMs = clock.monotonicMs()
    const connecting = clients.connect(silent.connectString, {
      sessionTimeoutMs: 1000,
      connectionTimeoutMs: 2500,
    })
    const error = await connecting.catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(ZooKeeperUnavailableError)
    expect(clock.monotonicMs() - startMs).to.be.within(2400, 4000)
    expect(silent.connections.length).to.be.within(2, 3)
  })

  describe('B5: everything that waits settles', () => {
    it('when the session has expired', async () => {
      const server = await serve({ onRequest: () => undefined })
      const client = await clients.connect(server.connectString, { maxInFlightRequests: 2 })
      const calls = Array.from({ length: 6 }, () => errorOf(client.get('/a')))
      await until(() => server.requests.length === 2)
      server.script = { onGreeting: ({ connection }) => connection.refuse() }
      server.connections[0]!.socket.destroy()
      expect(await Promise.all(calls)).to.deep.equal(Array(6).fill('SESSION_EXPIRED'))
    })

    it('when our credentials are refused later', async () => {
      const server = await serve()
      const client = await clients.connect(server.connectString, {
        credentials: [{ scheme: 'digest', secret: Buffer.from('u:p') }],
      })
      server.script = {
        onRequest: ({ xid, type, connection }) => {
          if (type === TYPE.auth) connection.reply(xid, -115)
        },
      }
      server.connections[0]!.socket.destroy()
      await until(() => client.session.state === 'suspended')
      expect(await errorOf(client.set('/a', null, 0))).to.equal('AUTH_FAILED')
      expect(client.session.state).to.equal('auth-failed')
      server.script = {}
      await until(() => client.session.state === 'connected')
    })

    it('when the client closes while it is disconnected', async () => {
      const server = await serve()
      const client = await clients.connect(server.connectString)
      const states = statesOf(client)
      server.script = { onGreeting: ({ connection }) => connection.socket.destroy() }
      server.connections[0]!.socket.destroy()
      await until(() => states.includes('suspended'))
      const calls = [errorOf(client.get('/a')), errorOf(client.set('/a', null, 0))]
      await client.close()
      expect(await Promise.all(calls)).to.deep.equal(['CLOSED', 'CLOSED'])
    })

    it('when no server is there for longer than the session', async () => {
      const server = await serve()
      const client = await clients.connect(server.connectString, { sessionTimeoutMs: 1200 })
      server.script = { onGreeting: ({ connection }) => connection.socket.destroy() }
      server.connections[0]!.socket.destroy()
      await until(() => client.session.state === 'suspended')
      const startMs = clock.monotonicMs()
      expect(
        await Promise.all([errorOf(client.get('/a')), errorOf(client.set('/a', null, 0))]),
      ).to.deep.equal(['NOT_SENT', 'NOT_SENT'])
      expect(clock.monotonicMs() - startMs).to.be.within(1150, 2400)
      expect(client.session.deadlineMs).to.be.lessThan(clock.monotonicMs())
    })
  })

  it('B6: after the end of a session calls say so, and a new session is made', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString)
    const states = statesOf(client)
    let release: () => void = () => undefined
    client.session.listen({ beforeNewSession: () => new Promise<void>((resolve) => (release = resolve)) })
    server.script = {
      onGreeting: ({ connection, sessionId, timeoutMs }) =>
        sessionId === 0n ? connection.grant(timeoutMs, 0x5678n) : connection.refuse(),
    }
    server.connections[0]!.socket.destroy()
    await until(() => client.session.state === 'expired')
    expect(await errorOf(client.get('/a'))).to.equal('SESSION_EXPIRED')
    release()
    await until(() => client.session.state === 'connected')
    expect(client.session.id).to.equal(0x5678n)
    expect(states).to.deep.equal(['suspended', 'expired', 'connecting', 'connected'])
    expect(await client.get('/a')).to.equal(null)
  })

  for (const [code, name] of [
    [-13, 'SYSTEM_ERROR'],
    [-14, 'SYSTEM_ERROR'],
    [-119, 'NOT_READ_ONLY'],
    [-120, 'SYSTEM_ERROR'],
    [-125, 'QUOTA_EXCEEDED'],
    [-127, 'THROTTLED'],
    [-9999, 'SYSTEM_ERROR'],
  ] as const) {
    it(`B7: the error code ${code} fails its call, and nothing else`, async () => {
      const server = await serve({
        onRequest: (request) =>
          request.type === TYPE.setData ? request.connection.reply(request.xid, code) : answer(request),
      })
      const client = await clients.connect(server.connectString)
      expect(await errorOf(client.set('/a', null, 0))).to.equal(name)
      expect(await client.get('/a')).to.equal(null)
      expect(server.connections).to.have.lengthOf(1)
    })
  }

  it('B7: a session that has moved is followed to the next server', async () => {
    const server = await serve({
      onRequest: (request) =>
        server.connections.length === 1 && request.type === TYPE.setData
          ? request.connection.reply(request.xid, -118)
          : answer(request),
    })
    const client = await clients.connect(server.connectString)
    expect(await errorOf(client.set('/a', null, 0))).to.equal('NOT_SENT')
    expect(await errorOf(client.set('/a', null, 0))).to.equal('NO_NODE')
    expect(server.connections).to.have.lengthOf(2)
  })

  it('B8: closing while connecting ends at once, whatever the server says later', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString)
    server.script = { onGreeting: () => undefined }
    server.connections[0]!.socket.destroy()
    await until(() => server.connections.length === 2 && server.connections[1]!.greeting !== null)
    await client.close()
    server.connections[1]!.grant(3000)
    expect(client.session.state).to.equal('closed')
    expect(await errorOf(client.get('/a'))).to.equal('CLOSED')
  })

  it('B10: after a reconnect it says who it is and what it watches before anything else', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString, {
      credentials: [{ scheme: 'digest', secret: Buffer.from('u:p') }],
    })
    await client.exists('/watched', () => undefined)
    server.connections[0]!.socket.destroy()
    await until(() => client.session.state === 'suspended')
    await Promise.all([client.get('/queued'), errorOf(client.set('/queued', null, 0))])
    const types = server.connections[1]!.requests.map(({ type }) => type)
    expect(types).to.deep.equal([TYPE.auth, TYPE.setWatches, TYPE.getData, TYPE.setData])
  })

  it('B12: attempts without success leave nothing behind', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString, {
      sessionTimeoutMs: 10_000,
      credentials: [{ scheme: 'digest', secret: Buffer.from('u:p') }],
    })
    await client.exists('/watched', () => undefined)
    server.script = {
      onGreeting: ({ connection, timeoutMs }) =>
        server.connections.length < 8 ? connection.socket.destroy() : connection.grant(timeoutMs),
    }
    server.connections[0]!.socket.destroy()
    await until(() => server.connections.length === 8)
    await client.get('/a')
    expect(client.statistics()).to.include({ inFlight: 0, queued: 0 })
    const types = server.connections[7]!.requests.map(({ type }) => type)
    expect(types).to.deep.equal([TYPE.auth, TYPE.setWatches, TYPE.getData])
  })

  it('B13: connections that break as soon as they are made are not made without end', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString, { sessionTimeoutMs: 10_000 })
    server.script = {
      onGreeting: ({ connection, timeoutMs }) => {
        connection.grant(timeoutMs)
        connection.socket.end()
      },
    }
    const startMs = clock.monotonicMs()
    server.connections[0]!.socket.destroy()
    await until(() => clock.monotonicMs() > startMs + 2000)
    // 1 at once, then after 100, 200, 400, 800 … ms, or half of that.
    expect(server.connections.length).to.be.within(3, 10)
    server.script = {}
    await until(() => client.session.state === 'connected')
    expect(await client.get('/a')).to.equal(null)
  })

  describe('B14: what makes no sense', () => {
    const nonsense: readonly (readonly [string, (request: ScriptedRequest) => void])[] = [
      ['a frame of -1 bytes', ({ connection }) => connection.socket.write(Buffer.from('ffffffff', 'hex'))],
      [
        'a frame of two gigabytes',
        ({ connection }) => connection.socket.write(Buffer.from('7fffffff', 'hex')),
      ],
      ['an empty frame', ({ connection }) => connection.send(noBody)],
      ['half a header', ({ connection }) => connection.send(Buffer.alloc(7))],
      ['an answer to nothing', ({ connection, xid }) => connection.reply(xid + 1000, 0, emptyZnode)],
      ['an answer without its body', ({ connection, xid }) => connection.reply(xid)],
      [
        'an answer with two gigabytes of data',
        ({ connection, xid }) => connection.reply(xid, 0, Buffer.from('7fffffff00', 'hex')),
      ],
      [
        'a zxid that no server has',
        ({ connection, xid }) => connection.reply(xid, 0, emptyZnode, 0x7fff_ffff_ffff_ffffn),
      ],
      [
        'a notification that ends in its path',
        ({ connection }) => connection.send(replyFrame(-1, 0, Buffer.alloc(11, 1)).subarray(4)),
      ],
    ]
    for (const [what, say] of nonsense) {
      it(`breaks the connection, and the read is done over the next one: ${what}`, async () => {
        const server = await serve({
          onRequest: (request) => {
            if (server.connections.length === 1 && request.type === TYPE.getData) say(request)
            else answer(request)
          },
        })
        const client = await clients.connect(server.connectString)
        expect(await client.get('/a')).to.equal(null)
        expect(server.connections).to.have.lengthOf(2)
      })
    }

    it('does not go on for ever when every server talks nonsense', async () => {
      const server = await serve({
        onRequest: (request) =>
          request.type === TYPE.getData ? request.connection.send(noBody) : answer(request),
      })
      const client = await clients.connect(server.connectString, { sessionTimeoutMs: 10_000 })
      expect(await errorOf(client.get('/a'))).to.equal('UNKNOWN_OUTCOME')
      expect(server.connections.length).to.be.within(5, 6)
    })

    it('of a watcher that throws does not keep answers of the same chunk from arriving', async () => {
      const server = await serve({
        onRequest: (request) => {
          const { xid, type, connection } = request
          if (type === TYPE.setData) {
            connection.notify(1, '/watched')
            connection.reply(xid, -101)
          } else answer(request)
        },
      })
      const client = await clients.connect(server.connectString)
      const seen: WatchEvent[] = []
      await client.exists('/watched', () => {
        throw new Error('a bug of ours')
      })
      await client.exists('/watched', (event) => void seen.push(event))
      expect(await errorOf(client.set('/a', null, 0))).to.equal('NO_NODE')
      expect(seen).to.deep.equal(['created'])
      expect(clients.logger.messages('error')).to.include('a watcher of /watched failed')
    })
  })

  it('B15: a burst of 50,000 calls is answered in order', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString, { maxInFlightRequests: 1000 })
    const calls = Array.from({ length: 50_000 }, (_, i) => client.get(`/${i}`))
    await Promise.all(calls)
    expect(server.requests.filter(({ type }) => type === TYPE.getData)).to.have.lengthOf(50_000)
  })

  it('B16: the session timeout that is asked for does not shrink to one that was granted', async () => {
    const asked: number[] = []
    const server = await serve({
      onGreeting: ({ connection, timeoutMs }) => {
        asked.push(timeoutMs)
        connection.grant(4000)
      },
    })
    const client = await clients.connect(server.connectString, { sessionTimeoutMs: 18_000 })
    expect(client.session.timeoutMs).to.equal(4000)
    server.connections[0]!.socket.destroy()
    await until(() => asked.length === 2 && client.session.state === 'connected')
    expect(asked).to.deep.equal([18_000, 18_000])
  })

  it('B19: IPv6 addresses are understood', async function () {
    let server: ScriptedZooKeeper
    try {
      server = await serve({}, '::1')
    } catch {
      return this.skip()
    }
    const client = await clients.connect(server.connectString)
    expect(await client.get('/a')).to.equal(null)
  })

  describe('B20: that it', () => {
    it('is asked to write, says every connection', async () => {
      const server = await serve()
      await clients.connect(server.connectString)
      expect(server.connections[0]!.greeting?.length).to.equal(45)
    })

    it('hangs does not keep a client from closing within a second or so', async () => {
      const server = await serve({ onRequest: () => undefined })
      const client = await clients.connect(server.connectString)
      const sent = errorOf(client.set('/a', null, 0))
      await until(() => server.requests.length === 1)
      const startMs = clock.monotonicMs()
      const closing = client.close()
      expect(await errorOf(client.get('/late'))).to.equal('CLOSED')
      await closing
      expect(clock.monotonicMs() - startMs).to.be.within(950, 2500)
      expect(await sent).to.equal('UNKNOWN_OUTCOME')
    })

    it('refuses our credentials is said at the start', async () => {
      const server = await serve({
        onRequest: (request) =>
          request.type === TYPE.auth ? request.connection.reply(request.xid, -115) : answer(request),
      })
      const connecting = clients.connect(server.connectString, {
        credentials: [{ scheme: 'digest', secret: Buffer.from('u:p') }],
      })
      const error = await connecting.catch((thrown: unknown) => thrown)
      expect(isZooKeeperError(error, 'AUTH_FAILED')).to.equal(true)
    })

    it('cannot be reached is said with every address, the time and the reason', async () => {
      const closing = await serve({ onGreeting: ({ connection }) => connection.socket.destroy() })
      const gone = await serve()
      const address = gone.connectString
      await gone.stop()
      servers.splice(servers.indexOf(gone), 1)
      const startMs = clock.monotonicMs()
      const error = await clients
        .connect(`${address},${closing.connectString}/chroot`, { connectionTimeoutMs: 700 })
        .catch((thrown: unknown) => thrown)
      expect(clock.monotonicMs() - startMs).to.be.within(690, 3000)
      expect(error).to.be.instanceOf(ZooKeeperUnavailableError)
      const words = String(error)
      expect(words).to.include('no ZooKeeper server served us within 700 ms')
      expect(words).to.match(new RegExp(`${address} \\([0-9]+ attempts?, the last: connect ECONNREFUSED`))
      expect(words).to.match(
        new RegExp(
          `${closing.connectString} \\([0-9]+ attempts?, the last: closed without an answer \\(no quorum\\?\\)`,
        ),
      )
    })
  })

  it('B21: a client that only listens pings all the same', async () => {
    const server = await serve()
    const client = await clients.connect(server.connectString, { sessionTimeoutMs: 900 })
    const chatter = setInterval(() => server.connections[0]!.notify(3, '/other'), 20)
    try {
      await until(() => server.requests.filter(({ type }) => type === TYPE.ping).length >= 3)
    } finally {
      clearInterval(chatter)
    }
    expect(client.session.state).to.equal('connected')
    expect(client.session.deadlineMs).to.be.greaterThan(clock.monotonicMs())
  })
})
