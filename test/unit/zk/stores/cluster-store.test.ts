import { expect } from 'chai'
import { ClusterStore } from '../../../../zk/stores/cluster-store.ts'
import { MalformedZnodeError } from '../../../../zk/znode.ts'
import { securedAcls } from '../../../../zk/znodes/acl-policy.ts'
import type { Uuid } from '../../../../src/model/uuid.ts'
import { FakeRandom } from '../../../fakes/random.ts'
import { StoreWorld } from './store-world.ts'

const id = 'HxTGL67GQg6rOKnJ-OHDGg' as Uuid

describe('ClusterStore', () => {
  it('makes the top-level paths in the order of the first broker of a Kafka cluster', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => new ClusterStore(client).createTopLevelPaths())
    expect(client.zooKeeper.take()).to.deep.equal([
      'create /consumers = null',
      'error NONODE',
      'create /brokers = null',
      'create /brokers/ids = null',
      'create /brokers/topics = null',
      'error NONODE',
      'create /config = null',
      'create /config/changes = null',
      'error NONODE',
      'create /admin = null',
      'create /admin/delete_topics = null',
      'create /brokers/seqid = null',
      'create /isr_change_notification = null',
      'create /latest_producer_id_block = null',
      'create /log_dir_event_notification = null',
      'create /config/topics = null',
      'create /config/clients = null',
      'create /config/users = null',
      'create /config/brokers = null',
      'create /config/ips = null',
    ])
  })

  it('writes nothing where everything is there', async () => {
    const world = new StoreWorld()
    await world.run(() => new ClusterStore(world.connect()).createTopLevelPaths())
    const second = world.connect()
    await world.run(() => new ClusterStore(second).createTopLevelPaths())
    expect(second.zooKeeper.take()).to.deep.equal([])
  })

  it('lets two first brokers make the same paths at once', async () => {
    const world = new StoreWorld()
    const [one, other] = [world.connect(), world.connect()]
    await world.run(() =>
      Promise.all([
        new ClusterStore(one).createTopLevelPaths(),
        new ClusterStore(other).createTopLevelPaths(),
      ]),
    )
    expect(world.text('/config/ips')).to.equal(null)
  })

  it('gives the cluster an id as Kafka does', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    expect(await world.run(() => new ClusterStore(client).getOrCreateClusterId(() => id))).to.equal(id)
    expect(client.zooKeeper.take()).to.deep.equal([
      'error NONODE',
      'create /cluster = null',
      'create /cluster/id = {"version":"1","id":"HxTGL67GQg6rOKnJ-OHDGg"}',
    ])
  })

  it('keeps the id that the cluster has', async () => {
    const world = new StoreWorld()
    const store = new ClusterStore(world.connect())
    await world.run(() => store.getOrCreateClusterId(() => id))
    const again = await world.run(() => store.getOrCreateClusterId(() => 'otherIdOtherIdOtherId0' as Uuid))
    expect(again).to.equal(id)
  })

  it('makes one id when two brokers start at once', async () => {
    const world = new StoreWorld()
    const stores = [new ClusterStore(world.connect()), new ClusterStore(world.connect())]
    const ids = await world.run(() =>
      Promise.all(stores.map((store, i) => store.getOrCreateClusterId(() => `id-of-broker-${i}` as Uuid))),
    )
    expect(new Set(ids).size).to.equal(1)
  })

  it('sees a migration to KRaft', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    const store = new ClusterStore(client)
    expect(await world.run(() => store.migration())).to.equal(null)
    const content = Buffer.from('{"version":0,"kraft_controller_id":3000,"kraft_controller_epoch":5}')
    await world.run(() => client.zooKeeper.create('/migration', content))
    expect(await world.run(() => store.migration())).to.deep.equal({
      kraftControllerId: 3000,
      kraftControllerEpoch: 5,
    })
  })

  it('names the znode of an id that cannot be read', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => client.zooKeeper.create('/cluster', null))
    await world.run(() => client.zooKeeper.create('/cluster/id', Buffer.from('nonsense')))
    const error = await world.failure(() => new ClusterStore(client).clusterId())
    expect(error).to.be.instanceOf(MalformedZnodeError).with.property('path', '/cluster/id')
  })

  it('gives each path its ACL when znodes are secured', async () => {
    const world = new StoreWorld()
    const { clock, logger } = world
    const zooKeeper = world.service.connect({
      clock,
      random: new FakeRandom('secured'),
      logger,
      sessionTimeoutMs: 18_000,
      credentials: 'broker:secret',
    })
    await world.run(() => new ClusterStore({ zooKeeper, clock, acls: securedAcls }).createTopLevelPaths())
    const schemes = (path: string) =>
      world.service.tree.get(path)?.acl.map(({ scheme, permissions }) => [scheme, permissions])
    expect(schemes('/consumers')).to.deep.equal([['world', 31]])
    expect(schemes('/brokers/ids')).to.deep.equal([
      ['digest', 31],
      ['world', 1],
    ])
    expect(schemes('/config/users')).to.deep.equal([['digest', 31]])
    await world.run(() => zooKeeper.close())
  })
})
