import { expect } from 'chai'
import type { BrokerId, PartitionIndex } from '../../../../src/model/ids.ts'
import { AdminStore } from '../../../../zk/stores/admin-store.ts'
import { ClusterStore } from '../../../../zk/stores/cluster-store.ts'
import { ControllerElection } from '../../../../zk/stores/controller-election.ts'
import { ControllerMovedError } from '../../../../zk/stores/fence.ts'
import { FeatureStore } from '../../../../zk/stores/feature-store.ts'
import { ProducerIdStore } from '../../../../zk/stores/producer-id-store.ts'
import { StoreWorld } from './store-world.ts'

const ONE = 1 as BrokerId
const partition = (index: number) => index as PartitionIndex

async function prepared() {
  const world = new StoreWorld()
  const client = world.connect()
  await world.run(() => new ClusterStore(client).createTopLevelPaths())
  const fence = await world.run(() => new ControllerElection({ ...client, broker: ONE }).claim())
  client.zooKeeper.take()
  return { world, client, fence }
}

describe('ProducerIdStore', () => {
  it('gives the first block out as Kafka does', async () => {
    const { world, client } = await prepared()
    const block = await world.run(() => new ProducerIdStore(client).allocate(ONE))
    expect(block).to.deep.equal({ broker: 1, firstId: 0, lastId: 999 })
    expect(client.zooKeeper.take()).to.deep.equal([
      'setData /latest_producer_id_block = {"version":1,"broker":1,"block_start":"0","block_end":"999"}   [now version 1]',
    ])
  })

  it('gives no id out twice, whoever asks at once', async () => {
    const { world } = await prepared()
    const stores = [1, 2, 3, 4].map(() => new ProducerIdStore(world.connect()))
    const blocks = await world.run(() =>
      Promise.all([...stores, ...stores].map((store) => store.allocate(ONE))),
    )
    expect(blocks.map(({ firstId }) => firstId as number).sort((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 8 }, (_, i) => i * 1000),
    )
  })

  it('leaves a block out rather than give it out twice when an answer is lost', async () => {
    const { world, client } = await prepared()
    world.service.loseNextReply(client.fake)
    const block = await world.run(() => new ProducerIdStore(client).allocate(ONE))
    expect(block.firstId).to.equal(1000)
  })

  it('makes the znode when it is missing', async () => {
    const world = new StoreWorld()
    const block = await world.run(() => new ProducerIdStore(world.connect()).allocate(ONE))
    expect(block.firstId).to.equal(0)
  })
})

describe('FeatureStore', () => {
  it('enables versioning as the first controller of a Kafka cluster does', async () => {
    const { world, client } = await prepared()
    expect(await world.run(() => new FeatureStore(client).enable())).to.equal(0)
    expect(client.zooKeeper.take()).to.deep.equal([
      'create /feature = {"features":{},"version":2,"status":1}',
    ])
  })

  it('leaves what is enabled as it is', async () => {
    const { world, client } = await prepared()
    const store = new FeatureStore(client)
    await world.run(() => store.enable())
    client.zooKeeper.take()
    expect(await world.run(() => store.enable())).to.equal(0)
    expect(client.zooKeeper.take()).to.deep.equal([])
  })

  for (const [before, after] of [
    [
      '{"version":1,"status":1,"features":{"f":{"min_version_level":1,"max_version_level":3}}}',
      '{"features":{"f":{"max_version_level":3}},"version":2,"status":1}',
    ],
    [
      '{"version":2,"status":0,"features":{"f":{"max_version_level":3}}}',
      '{"features":{},"version":2,"status":1}',
    ],
  ] as const) {
    it(`rewrites ${before}`, async () => {
      const { world, client } = await prepared()
      await world.run(() => client.zooKeeper.create('/feature', Buffer.from(before)))
      expect(await world.run(() => new FeatureStore(client).enable())).to.equal(1)
      expect(world.text('/feature')).to.equal(after)
    })
  }

  it('reads with the epoch, and watches for the creation', async () => {
    const { world, client } = await prepared()
    const store = new FeatureStore(client)
    const events: string[] = []
    expect(await world.run(() => store.read((event) => void events.push(event)))).to.equal(null)
    await world.run(() => store.enable())
    expect(events).to.deep.equal(['created'])
    const found = await world.run(() => store.read())
    expect(found).to.deep.equal({ content: { version: 2, enabled: true, features: new Map() }, epoch: 0 })
  })
})

describe('AdminStore', () => {
  it('asks for the deletion of a topic, once', async () => {
    const { world, client } = await prepared()
    const store = new AdminStore(client)
    expect(await world.run(() => store.requestDeletion('racks'))).to.equal(true)
    expect(await world.run(() => store.requestDeletion('racks'))).to.equal(false)
    expect(client.zooKeeper.take()).to.deep.equal([
      'create /admin/delete_topics/racks = null',
      'error NODEEXISTS',
    ])
    expect(await world.run(() => store.deletionRequests())).to.deep.equal(['racks'])
    expect(await world.run(() => store.isDeletionRequested('racks'))).to.equal(true)
    expect(await world.run(() => store.isDeletionRequested('other'))).to.equal(false)
  })

  it('takes requests away in the name of the controller', async () => {
    const { world, client, fence } = await prepared()
    const store = new AdminStore({ ...client, maxOperations: 1 })
    await world.run(() => store.requestDeletion('racks'))
    client.zooKeeper.take()
    await world.run(() => store.clearDeletionRequests(fence, ['racks', 'gone']))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; delete /admin/delete_topics/racks ]',
      'multi[ check /controller_epoch version 1; error NONODE ]',
    ])
  })

  it('deletes an election that is not there as every new controller of Kafka does', async () => {
    const { world, client, fence } = await prepared()
    await world.run(() => new AdminStore(client).clearPreferredElection(fence))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; error NONODE ]',
    ])
  })

  it('reads orders, whole or not at all', async () => {
    const { world, client } = await prepared()
    const store = new AdminStore(client)
    expect(await world.run(() => store.reassignment())).to.deep.equal({ kind: 'none' })
    const order = (extra: string) =>
      Buffer.from(`{"version":1,"partitions":[{"topic":"moving","partition":0,"replicas":[1,2]${extra}}]}`)
    await world.run(() => client.zooKeeper.create('/admin/reassign_partitions', order('')))
    expect(await world.run(() => store.reassignment())).to.deep.equal({
      kind: 'given',
      value: [{ topic: 'moving', partition: 0, replicas: [1, 2] }],
    })
    await world.run(() =>
      client.zooKeeper.set('/admin/reassign_partitions', order(',"log_dirs":["any"]'), -1),
    )
    const found = await world.run(() => store.reassignment())
    expect(found.kind).to.equal('malformed')
  })

  it('watches for an order that is not there yet', async () => {
    const { world, client } = await prepared()
    const events: string[] = []
    await world.run(() =>
      new AdminStore(client).preferredElection((event, path) => void events.push(`${event} ${path}`)),
    )
    const order = Buffer.from('{"version":1,"partitions":[{"topic":"auto","partition":0}]}')
    await world.run(() => client.zooKeeper.create('/admin/preferred_replica_election', order))
    expect(events).to.deep.equal(['created /admin/preferred_replica_election'])
    expect(await world.run(() => new AdminStore(client).preferredElection())).to.deep.equal({
      kind: 'given',
      value: [{ topic: 'auto', partition: 0 }],
    })
  })

  it('rewrites what is left of a reassignment, and removes it at the end', async () => {
    const { world, client, fence } = await prepared()
    const store = new AdminStore(client)
    const target = { topic: 'moving', partition: partition(0), replicas: [ONE] }
    await world.run(() => store.writeReassignment(fence, [target]))
    await world.run(() => store.writeReassignment(fence, [{ ...target, partition: partition(1) }]))
    await world.run(() => store.writeReassignment(fence, []))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; error NONODE ]',
      'multi[ check /controller_epoch version 1; create /admin/reassign_partitions = {"version":1,"partitions":[{"topic":"moving","partition":0,"replicas":[1]}]} ]',
      'multi[ check /controller_epoch version 1; setData /admin/reassign_partitions = {"version":1,"partitions":[{"topic":"moving","partition":1,"replicas":[1]}]}   [now version 1] ]',
      'multi[ check /controller_epoch version 1; delete /admin/reassign_partitions ]',
    ])
  })

  it('brings the news of a failed log directory to the controller, who clears it', async () => {
    const { world, client, fence } = await prepared()
    const store = new AdminStore(client)
    await world.run(() => store.announceLogDirFailure(2 as BrokerId))
    await world.run(() =>
      client.zooKeeper.create('/log_dir_event_notification/log_dir_event_', Buffer.from('?'), {
        mode: 'persistent-sequential',
      }),
    )
    const news = await world.run(() => store.logDirFailures())
    expect(news.values).to.deep.equal([{ broker: 2 }])
    client.zooKeeper.take()
    await world.run(() => store.clearLogDirFailures(fence, news.paths))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; delete /log_dir_event_notification/log_dir_event_0000000000; delete /log_dir_event_notification/log_dir_event_0000000001 ]',
    ])
  })

  it('brings changes of in-sync replicas to the controller, oldest first', async () => {
    const { world, client, fence } = await prepared()
    const store = new AdminStore(client)
    for (const topic of ['a', 'b']) {
      await world.run(() => store.announceIsrChange([{ topic, partition: partition(0) }]))
    }
    expect(client.zooKeeper.take()[0]).to.equal(
      'create /isr_change_notification/isr_change_0000000000 = {"version":1,"partitions":[{"topic":"a","partition":0}]}',
    )
    const news = await world.run(() => store.isrChanges())
    expect(news.values.flat().map(({ topic }) => topic)).to.deep.equal(['a', 'b'])
    await world.run(() => store.clearIsrChanges(fence, news.paths))
    expect((await world.run(() => store.isrChanges())).paths).to.deep.equal([])
  })

  it('clears nothing for a controller that is deposed', async () => {
    const { world, client, fence } = await prepared()
    const store = new AdminStore(client)
    await world.run(() => store.requestDeletion('t'))
    await world.run(() => client.zooKeeper.set('/controller_epoch', Buffer.from('2'), 1))
    for (const write of [
      () => store.clearDeletionRequests(fence, ['t']),
      () => store.clearPreferredElection(fence),
      () => store.writeReassignment(fence, []),
    ]) {
      expect(await world.failure(write)).to.be.instanceOf(ControllerMovedError)
    }
    expect(world.text('/admin/delete_topics/t')).to.equal(null)
  })
})
