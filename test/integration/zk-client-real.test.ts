import { expect } from 'chai'
import type { BrokerId } from '../../src/model/ids.ts'
import { setOnce } from '../../zk/client/retry.ts'
import { followChildren } from '../../zk/client/watch.ts'
import { BrokerRegistry } from '../../zk/stores/broker-registry.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import { ClusterStore } from '../../zk/stores/cluster-store.ts'
import type { SessionEvent, WatchEvent, ZooKeeper } from '../../zk/zookeeper.ts'
import { ANY_VERSION } from '../../zk/zookeeper.ts'
import type { RealZooKeeper } from '../support/real-zookeeper.ts'
import { startRealZooKeeper } from '../support/real-zookeeper.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { errorOf } from './fault-bed.ts'
import { clock, TestClients, until } from './zookeeper-clients.ts'

const SESSION_MS = 2000
/** For what takes its time on a busy machine. */
const LONG_SESSION_MS = 8000
const portOf = (address: string) => Number(address.split(':')[1])

/** Faults that only real servers can have: they keep time, they elect, they are many. */
describe('the ZooKeeper client with real servers', () => {
  let ensemble: RealZooKeeper
  let root = ''
  let count = 0
  const clients = new TestClients()
  const proxies: TcpProxy[] = []

  before('start three servers', async function () {
    this.timeout(60_000)
    ensemble = await startRealZooKeeper({ servers: 3 })
  })

  after('stop them', () => ensemble.stop())

  beforeEach(async () => {
    root = `/faults-${++count}`
    await (await connect()).create(root, null)
  })

  afterEach(async () => {
    await clients.close()
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()))
  })

  const connect = (connectString = ensemble.connectString, sessionTimeoutMs = SESSION_MS) =>
    clients.connect(connectString, { sessionTimeoutMs })

  /** A client behind a relay to one server, which can be cut off alone. */
  async function connectThroughProxy(sessionTimeoutMs = SESSION_MS) {
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: portOf(ensemble.addressOf(1)) })
    proxies.push(proxy)
    return { proxy, client: await connect(`127.0.0.1:${proxy.port}`, sessionTimeoutMs) }
  }

  /** The server that a client is connected to, or comes to be connected to. */
  function serverOf(event: SessionEvent): number {
    const id = [1, 2, 3].find((candidate) => event.reason.endsWith(ensemble.addressOf(candidate)))
    if (id === undefined) throw new Error(`no server in "${event.reason}"`)
    return id
  }

  it('B1: an expected version of 0 is expected, in a multi as well', async () => {
    const client = await connect()
    const path = `${root}/a`
    await client.create(path, null)
    await client.set(path, Buffer.from('1'), 0)
    for (const operation of [
      { kind: 'check', path, version: 0 },
      { kind: 'set', path, data: Buffer.from('2'), version: 0 },
      { kind: 'delete', path, version: 0 },
    ] as const) {
      expect(await errorOf(client.multi([operation]))).to.equal('BAD_VERSION')
    }
    expect(await errorOf(client.set(path, null, 0))).to.equal('BAD_VERSION')
    expect(await errorOf(client.delete(path, 0))).to.equal('BAD_VERSION')
    expect((await client.get(path))?.data?.toString()).to.equal('1')
  })

  it('B2: a server that stands still is left for another in time to keep the session', async () => {
    // Without its leader, an ensemble would first have to elect another.
    const leader = await ensemble.leader()
    const followers = [1, 2, 3].filter((id) => id !== leader)
    const client = await clients.connect(followers.map((id) => ensemble.addressOf(id)).join(','), {
      sessionTimeoutMs: LONG_SESSION_MS,
    })
    const events: SessionEvent[] = []
    client.session.listen({ onState: (event) => events.push(event) })
    const path = `${root}/ephemeral`
    await client.create(path, null, { mode: 'ephemeral' })
    const { id } = client.session
    const first = await serverHolding(id)
    ensemble.pause(first)
    try {
      const startMs = clock.monotonicMs()
      expect(await client.exists(path)).to.include({ ephemeralOwner: id })
      expect(clock.monotonicMs() - startMs).to.be.within((2 / 3) * LONG_SESSION_MS - 100, LONG_SESSION_MS)
      expect(events.map(({ state }) => state)).to.deep.equal(['suspended', 'connected'])
      expect(serverOf(events[1]!)).to.not.equal(first)
      expect(client.session.id).to.equal(id)
    } finally {
      ensemble.resume(first)
    }
  })

  /** The server that has the connection of a session, by its own account. */
  async function serverHolding(id: bigint): Promise<number> {
    for (const server of [1, 2, 3]) {
      if ((await ensemble.fourLetterWord(server, 'cons')).includes(`sid=0x${id.toString(16)}`)) return server
    }
    throw new Error('no server has the session')
  }

  it('B6: a session that has expired is followed by a new one, and nothing of the old is left', async () => {
    const observer = await connect()
    const { proxy, client } = await connectThroughProxy()
    const path = `${root}/ephemeral`
    await client.create(path, null, { mode: 'ephemeral' })
    const lost: WatchEvent[] = []
    await client.get(root, (event) => void lost.push(event))
    const { id } = client.session
    let deletedMs = Infinity
    await observer.exists(path, () => (deletedMs = clock.monotonicMs()))
    proxy.refuses = true
    proxy.cut()
    const waiting = errorOf(client.set(root, null, ANY_VERSION))
    await until(() => deletedMs < Infinity)
    // The client's own reckoning is the more careful one: it must have stepped down before others step up.
    expect(client.session.deadlineMs).to.be.lessThan(deletedMs)
    expect(['NOT_SENT', 'UNKNOWN_OUTCOME']).to.include(await waiting)
    proxy.refuses = false
    await until(() => client.session.state === 'connected')
    expect(client.session.id).to.not.equal(id)
    expect(lost).to.deep.equal(['lost'])
    expect(await client.exists(path)).to.equal(null)
  })

  it('B5: calls that wait are refused when there are too many, and the others settle when the server is back', async () => {
    const { proxy } = await connectThroughProxy()
    const client = await clients.connect(`127.0.0.1:${proxy.port}`, {
      sessionTimeoutMs: LONG_SESSION_MS,
      maxInFlightRequests: 10,
      maxQueuedRequests: 100,
    })
    proxy.hold()
    const calls = Array.from({ length: 150 }, () => errorOf(client.get(root)))
    const first = await Promise.race(calls)
    expect(first).to.equal('OVERLOADED')
    proxy.release()
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter((outcome) => outcome === 'no error')).to.have.lengthOf(100)
    expect(outcomes.filter((outcome) => outcome === 'OVERLOADED')).to.have.lengthOf(50)
  })

  it('B11: 12,000 watches are set again after a reconnect, and hear of what happens', async function () {
    this.timeout(60_000)
    const other = await connect()
    const { proxy, client } = await connectThroughProxy(LONG_SESSION_MS)
    const paths = Array.from({ length: 12_000 }, (_, i) => `${root}/${'a-long-name-'.repeat(8)}${i}`)
    const seen: string[] = []
    await mapPipelined(paths, (path) => client.exists(path, (event) => void seen.push(`${event} ${path}`)))
    const reconnects = proxy.accepted
    const { id } = client.session
    proxy.cut()
    await until(() => proxy.accepted > reconnects && client.session.state === 'connected')
    await client.sync(root)
    await other.create(paths[7]!, null)
    await other.create(paths[11_999]!, null)
    await until(() => seen.length === 2)
    expect(seen).to.deep.equal([`created ${paths[7]}`, `created ${paths[11_999]}`])
    expect(proxy.accepted).to.equal(reconnects + 1)
    expect(client.session.id).to.equal(id)
  })

  it('makes a chroot that is missing, though two begin at once', async () => {
    const chroot = `${root}/deep/er`
    const [one, other] = await Promise.all([
      connect(`${ensemble.connectString}${chroot}`),
      connect(`${ensemble.connectString}${chroot}`),
    ])
    const seen: string[] = []
    await one.exists('/x', (event, path) => void seen.push(`${event} ${path}`))
    expect(await other.create('/x', null)).to.equal('/x')
    expect(await one.create('/s-', null, { mode: 'persistent-sequential' })).to.equal('/s-0000000001')
    await until(() => seen.length === 1)
    expect(seen).to.deep.equal(['created /x'])
    expect(await (await connect()).children(chroot)).to.have.members(['x', 's-0000000001'])
    expect(await one.multi([{ kind: 'create', path: '/m', data: null }])).to.deep.equal([
      { kind: 'create', path: '/m' },
    ])
  })

  it('lets a broker register again, with a new epoch, and its followers see it come back', async () => {
    const chroot = `${root}/cluster`
    const watching = await connect(`${ensemble.connectString}${chroot}`)
    await new ClusterStore({ zooKeeper: watching, clock }).createTopLevelPaths()
    const proxy = await startTcpProxy({ host: '127.0.0.1', port: portOf(ensemble.addressOf(2)) })
    proxies.push(proxy)
    const client = await connect(`127.0.0.1:${proxy.port}${chroot}`)
    const registry = new BrokerRegistry({ zooKeeper: client, clock, logger: clients.logger })
    const info = { endpoints: [], rack: null, features: new Map(), jmxPort: -1, timestampMs: 1 }
    const epochs: number[] = [await registry.register(7 as BrokerId, info)]
    client.session.listen({
      afterNewSession: async () => void epochs.push(await registry.register(7 as BrokerId, info)),
    })
    const lists: string[] = []
    const follower = followChildren({
      zooKeeper: watching,
      clock,
      logger: clients.logger,
      path: '/brokers/ids',
      onValue: (names) => void lists.push(String(names)),
    })
    await follower.ready
    proxy.refuses = true
    proxy.cut()
    await until(() => lists.at(-1) === '')
    proxy.refuses = false
    await until(() => lists.at(-1) === '7')
    expect(epochs).to.have.lengthOf(2)
    expect(epochs[1]).to.be.greaterThan(epochs[0]!)
    await follower.stop()
  })

  it('counts every write once while the leader is killed in the middle', async function () {
    this.timeout(60_000)
    const client = await connect(ensemble.connectString, LONG_SESSION_MS)
    const counters = Array.from({ length: 50 }, (_, i) => `${root}/counter-${i}`)
    await Promise.all(counters.map((path) => client.create(path, Buffer.from('0'))))
    const { id } = client.session
    await client.create(`${root}/ephemeral`, null, { mode: 'ephemeral' })
    let written = 0
    const leader = await ensemble.leader()
    const counting = counters.map((path) => count40(client, path, () => written++))
    await until(() => written > 500)
    await ensemble.kill(leader)
    await Promise.all(counting)
    await client.sync(root)
    const values = await Promise.all(counters.map((path) => client.get(path)))
    expect(new Set(values.map((found) => `${found?.data?.toString()} ${found?.stat.version}`))).to.deep.equal(
      new Set(['40 40']),
    )
    expect(client.session.id).to.equal(id)
    expect(await client.exists(`${root}/ephemeral`)).to.include({ ephemeralOwner: id })
    await ensemble.up(leader)
  })
})

/** Raises a counter to 40, one compare-and-set at a time. */
async function count40(zooKeeper: ZooKeeper, path: string, onWritten: () => void): Promise<void> {
  for (let value = 1; value <= 40; value++) {
    const context = { zooKeeper, clock, deadlineMs: clock.monotonicMs() + 30_000 }
    const stat = await setOnce(context, path, Buffer.from(String(value)), value - 1)
    expect(stat.version).to.equal(value)
    onWritten()
  }
}
