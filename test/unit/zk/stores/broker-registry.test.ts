import { expect } from 'chai'
import type { BrokerEpoch, BrokerId } from '../../../../src/model/ids.ts'
import {
  BrokerIdInUseError,
  BrokerRegistry,
  endpointConflict,
} from '../../../../zk/stores/broker-registry.ts'
import { ClusterStore } from '../../../../zk/stores/cluster-store.ts'
import type { BrokerInfo } from '../../../../zk/znodes/brokers.ts'
import { SESSION_TIMEOUT_MS, StoreWorld } from './store-world.ts'

const ONE = 1 as BrokerId
const TWO = 2 as BrokerId

function infoOf(port: number, rack: string | null = null): BrokerInfo {
  return {
    endpoints: [{ listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port }],
    rack,
    features: new Map(),
    jmxPort: -1,
    timestampMs: 1795262689519,
  }
}

async function prepared(): Promise<StoreWorld> {
  const world = new StoreWorld()
  await world.run(() => new ClusterStore(world.connect()).createTopLevelPaths())
  return world
}

describe('BrokerRegistry', () => {
  it('registers as Kafka does: empty, then filled, in one step', async () => {
    const world = await prepared()
    const client = world.connect()
    await world.run(() => new BrokerRegistry(client).register(ONE, infoOf(19092)))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ create (ephemeral) /brokers/ids/1 = null; setData /brokers/ids/1 = {"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://127.0.0.1:19092"],"jmx_port":-1,"port":19092,"host":"127.0.0.1","version":5,"timestamp":"1795262689519"}   [now version 1] ]',
    ])
  })

  it('takes the creation zxid for the epoch, which grows with every registration', async () => {
    const world = await prepared()
    const client = world.connect()
    const first = await world.run(() => new BrokerRegistry(client).register(ONE, infoOf(1)))
    expect(first).to.equal(world.service.tree.get('/brokers/ids/1')?.czxid)
    await world.run(() => client.zooKeeper.close())
    const second = await world.run(() => new BrokerRegistry(world.connect()).register(ONE, infoOf(1)))
    expect(second).to.be.greaterThan(first)
  })

  it('refuses an id that another session holds', async () => {
    const world = await prepared()
    const holder = world.connect()
    await world.run(() => new BrokerRegistry(holder).register(ONE, infoOf(1)))
    const error = await world.failure(() => new BrokerRegistry(world.connect()).register(ONE, infoOf(2)))
    expect(error)
      .to.be.instanceOf(BrokerIdInUseError)
      .that.includes({ broker: 1, owner: holder.fake.session.id })
    expect(world.text('/brokers/ids/1')).to.include('"port":1,')
  })

  it('is content with a znode of its own session', async () => {
    const world = await prepared()
    const client = world.connect()
    const registry = new BrokerRegistry(client)
    const first = await world.run(() => registry.register(ONE, infoOf(1)))
    expect(await world.run(() => registry.register(ONE, infoOf(1)))).to.equal(first)
  })

  it('registers once when the answer is lost', async () => {
    const world = await prepared()
    const client = world.connect()
    await world.run(() => client.zooKeeper.sync('/'))
    world.service.loseNextReply(client.fake)
    const epoch = await world.run(() => new BrokerRegistry(client).register(ONE, infoOf(1)))
    expect(client.zooKeeper.take().map((line) => line.slice(0, 50))).to.deep.equal([
      'error UNKNOWNOUTCOME',
      'multi[ error NODEEXISTS; error RUNTIMEINCONSISTENC',
    ])
    expect(epoch).to.equal(world.service.tree.get('/brokers/ids/1')?.czxid)
  })

  it('replaces what an earlier session of its own process left behind', async () => {
    const world = await prepared()
    const client = world.connect()
    const registry = new BrokerRegistry(client)
    const first = await world.run(() => registry.register(ONE, infoOf(1)))
    client.zooKeeper.switchTo(world.connect().fake)
    client.zooKeeper.take()
    const second = await world.run(() => registry.register(ONE, infoOf(2)))
    expect(second).to.be.greaterThan(first)
    const lines = client.zooKeeper.take()
    expect(lines.map((line) => line.slice(0, 47))).to.deep.equal([
      'multi[ error NODEEXISTS; error RUNTIMEINCONSIST',
      'delete /brokers/ids/1',
      'multi[ create (ephemeral) /brokers/ids/1 = null',
    ])
    expect(world.text('/brokers/ids/1')).to.include('"port":2,')
  })

  it('waits until the session of an id that is in use has expired', async () => {
    const world = await prepared()
    const dead = world.connect()
    await world.run(() => new BrokerRegistry(dead).register(ONE, infoOf(1)))
    world.service.partition(dead.fake)
    const registry = new BrokerRegistry(world.connect())
    const startMs = world.clock.monotonicMs()
    expect(await world.run(() => registry.waitForRelease(ONE, startMs + 60_000))).to.equal(true)
    expect(world.clock.monotonicMs() - startMs).to.be.within(
      SESSION_TIMEOUT_MS - 7000,
      SESSION_TIMEOUT_MS + 4000,
    )
    await world.run(() => registry.register(ONE, infoOf(2)))
  })

  it('gives up waiting for an id at the deadline', async () => {
    const world = await prepared()
    await world.run(() => new BrokerRegistry(world.connect()).register(ONE, infoOf(1)))
    const registry = new BrokerRegistry(world.connect())
    const startMs = world.clock.monotonicMs()
    expect(await world.run(() => registry.waitForRelease(ONE, startMs + 500))).to.equal(false)
    expect(world.clock.monotonicMs() - startMs).to.be.within(500, 501)
  })

  it('replaces endpoints without a new epoch', async () => {
    const world = await prepared()
    const registry = new BrokerRegistry(world.connect())
    const epoch = await world.run(() => registry.register(ONE, infoOf(1)))
    await world.run(() => registry.update(ONE, infoOf(2)))
    const broker = await world.run(() => registry.broker(ONE))
    expect(broker?.epoch).to.equal(epoch)
    expect(broker?.info.endpoints[0]?.port).to.equal(2)
  })

  it('passes over a broker whose znode makes no sense', async () => {
    const world = await prepared()
    const client = world.connect()
    const registry = new BrokerRegistry(client)
    await world.run(() => registry.register(ONE, infoOf(1)))
    await world.run(() => client.zooKeeper.create('/brokers/ids/2', Buffer.from('{"version":9}')))
    await world.run(() => client.zooKeeper.create('/brokers/ids/3', null))
    expect((await world.run(() => registry.brokers())).map(({ id }) => id)).to.deep.equal([1])
    expect(world.logger.messages('error')).to.deep.equal(['a broker is passed over'])
  })

  it('lists the living brokers by number, passing over names that are none', async () => {
    const world = await prepared()
    const [one, other] = [world.connect(), world.connect()]
    await world.run(() => new BrokerRegistry(other).register(11 as BrokerId, infoOf(3)))
    await world.run(() => new BrokerRegistry(one).register(TWO, infoOf(2, 'r1')))
    await world.run(() => one.zooKeeper.create('/brokers/ids/not-a-broker', null))
    const brokers = await world.run(() => new BrokerRegistry(one).brokers())
    expect(brokers.map(({ id, info }) => [id, info.rack])).to.deep.equal([
      [2, 'r1'],
      [11, null],
    ])
  })

  it('gives ids out above the reserved ones, each once', async () => {
    const world = await prepared()
    const registries = [new BrokerRegistry(world.connect()), new BrokerRegistry(world.connect())]
    const ids = await world.run(() =>
      Promise.all([...registries, ...registries].map((registry) => registry.generateId(1000))),
    )
    expect(ids.sort()).to.deep.equal([1001, 1002, 1003, 1004])
  })

  it('skips a number rather than give one out twice when an answer is lost', async () => {
    const world = await prepared()
    const client = world.connect()
    await world.run(() => client.zooKeeper.sync('/'))
    world.service.loseNextReply(client.fake)
    expect(await world.run(() => new BrokerRegistry(client).generateId(1000))).to.equal(1002)
  })

  it('makes the row of ids when it is missing', async () => {
    const world = new StoreWorld()
    expect(await world.run(() => new BrokerRegistry(world.connect()).generateId(1000))).to.equal(1001)
  })

  it('finds an address that another broker has', () => {
    const brokers = [
      { id: ONE, epoch: 1 as BrokerEpoch, info: infoOf(9092) },
      { id: TWO, epoch: 2 as BrokerEpoch, info: infoOf(9093) },
    ]
    expect(endpointConflict(TWO, infoOf(9092), brokers)).to.deep.equal({
      address: '127.0.0.1:9092',
      broker: 1,
    })
    expect(endpointConflict(ONE, infoOf(9092), brokers)).to.equal(null)
  })
})
