import { expect } from 'chai'
import type { BrokerId, LeaderEpoch, PartitionEpoch, PartitionIndex } from '../../../../src/model/ids.ts'
import { ClusterStore } from '../../../../zk/stores/cluster-store.ts'
import { ControllerElection } from '../../../../zk/stores/controller-election.ts'
import { ControllerMovedError } from '../../../../zk/stores/fence.ts'
import type { ControllerFence } from '../../../../zk/stores/fence.ts'
import { PartitionStateStore } from '../../../../zk/stores/partition-state-store.ts'
import type { NewState, StateUpdate, StateWrite } from '../../../../zk/stores/partition-state-store.ts'
import { aState } from './builders.ts'
import type { StoreClient } from './store-world.ts'
import { StoreWorld } from './store-world.ts'

const brokers = (...ids: number[]) => ids as BrokerId[]
const partition = (index: number) => index as PartitionIndex
const epoch = (version: number) => version as PartitionEpoch

function newState(topic: string, index: number, ...replicas: number[]): NewState {
  const inSyncReplicas = brokers(...replicas)
  return { topic, partition: partition(index), state: aState({ leader: inSyncReplicas[0]!, inSyncReplicas }) }
}

function update(
  topic: string,
  index: number,
  expected: number,
  changes: Parameters<typeof aState>[0],
): StateUpdate {
  return { topic, partition: partition(index), expected: epoch(expected), state: aState(changes) }
}

/** `written at 3`, `BAD_VERSION`: what became of each. */
function summary(writes: readonly StateWrite[]): string[] {
  return writes.map((write) => (write.isWritten ? `written at ${write.partitionEpoch}` : write.error.error))
}

async function prepared(...topics: string[]) {
  const world = new StoreWorld()
  const client = world.connect()
  await world.run(() => new ClusterStore(client).createTopLevelPaths())
  const fence = await world.run(() => new ControllerElection({ ...client, broker: brokers(1)[0]! }).claim())
  await world.run(() =>
    Promise.all(topics.map((topic) => client.zooKeeper.create(`/brokers/topics/${topic}`, null))),
  )
  client.zooKeeper.take()
  return { world, client, fence }
}

async function depose(world: StoreWorld, client: StoreClient): Promise<void> {
  await world.run(() => client.zooKeeper.set('/controller_epoch', Buffer.from('2'), 1))
}

async function withPartitions(count: number): Promise<{
  world: StoreWorld
  client: StoreClient
  fence: ControllerFence
  store: PartitionStateStore
}> {
  const found = await prepared('t')
  const store = new PartitionStateStore(found.client)
  const states = Array.from({ length: count }, (_, index) => newState('t', index, 1))
  await found.world.run(() => store.create(found.fence, states))
  found.client.zooKeeper.take()
  return { ...found, store }
}

describe('PartitionStateStore', () => {
  it('creates level by level, one guarded multi per node, when it writes as Kafka does', async () => {
    const { world, client, fence } = await prepared('auto')
    const store = new PartitionStateStore({ ...client, maxOperations: 1 })
    const writes = await world.run(() =>
      store.create(fence, [newState('auto', 0, 3, 1), newState('auto', 1, 1, 2)]),
    )
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; create /brokers/topics/auto/partitions = null ]',
      'multi[ check /controller_epoch version 1; create /brokers/topics/auto/partitions/0 = null ]',
      'multi[ check /controller_epoch version 1; create /brokers/topics/auto/partitions/1 = null ]',
      'multi[ check /controller_epoch version 1; create /brokers/topics/auto/partitions/0/state = {"controller_epoch":1,"leader":3,"version":1,"leader_epoch":0,"isr":[3,1]} ]',
      'multi[ check /controller_epoch version 1; create /brokers/topics/auto/partitions/1/state = {"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1,2]} ]',
    ])
    expect(summary(writes)).to.deep.equal(['written at 0', 'written at 0'])
  })

  it('adds a partition beside others as Kafka does', async () => {
    const { world, client, fence } = await withPartitions(2)
    const store = new PartitionStateStore({ ...client, maxOperations: 1 })
    await world.run(() => store.create(fence, [newState('t', 2, 2, 3)]))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; error NODEEXISTS ]',
      'multi[ check /controller_epoch version 1; create /brokers/topics/t/partitions/2 = null ]',
      'multi[ check /controller_epoch version 1; create /brokers/topics/t/partitions/2/state = {"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2,3]} ]',
    ])
  })

  it('changes a state as Kafka does', async () => {
    const { world, client, fence, store } = await withPartitions(1)
    const writes = await world.run(() =>
      store.compareAndSet(fence, [
        update('t', 0, 0, {
          leader: brokers(-1)[0]!,
          leaderEpoch: 2 as LeaderEpoch,
          inSyncReplicas: brokers(2),
        }),
      ]),
    )
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; setData /brokers/topics/t/partitions/0/state = {"controller_epoch":1,"leader":-1,"version":1,"leader_epoch":2,"isr":[2]}   [now version 1] ]',
    ])
    expect(summary(writes)).to.deep.equal(['written at 1'])
  })

  it('writes many partitions in few multis', async () => {
    const { world, client, fence, store } = await withPartitions(1000)
    const updates = Array.from({ length: 1000 }, (_, index) =>
      update('t', index, 0, { inSyncReplicas: brokers(2) }),
    )
    const writes = await world.run(() => store.compareAndSet(fence, updates))
    expect(new Set(summary(writes))).to.deep.equal(new Set(['written at 1']))
    expect(client.zooKeeper.take()).to.have.lengthOf(5)
  })

  it('cuts multis by bytes as well', async () => {
    const { world, client, fence } = await prepared('t')
    const store = new PartitionStateStore({ ...client, maxOperations: 1000 })
    const replicas = Array.from({ length: 3000 }, (_, i) => 100_000 + i)
    const states = Array.from({ length: 40 }, (_, index) => newState('t', index, ...replicas))
    expect(new Set(summary(await world.run(() => store.create(fence, states))))).to.deep.equal(
      new Set(['written at 0']),
    )
    // 21 kB each: two multis of states beside one for each level above.
    expect(client.zooKeeper.take()).to.have.lengthOf(4)
  })

  it('answers BAD_VERSION for the one partition that has changed, and writes the others', async () => {
    const { world, client, fence, store } = await withPartitions(10)
    await world.run(() => store.compareAndSet(fence, [update('t', 4, 0, { inSyncReplicas: brokers(9) })]))
    client.zooKeeper.take()
    const updates = Array.from({ length: 10 }, (_, index) =>
      update('t', index, 0, { inSyncReplicas: brokers(2) }),
    )
    const writes = await world.run(() => store.compareAndSet(fence, updates))
    expect(summary(writes)).to.deep.equal(
      Array.from({ length: 10 }, (_, index) => (index === 4 ? 'BAD_VERSION' : 'written at 1')),
    )
    expect(client.zooKeeper.take()).to.have.lengthOf(2)
    expect(world.text('/brokers/topics/t/partitions/4/state')).to.include('"isr":[9]')
  })

  it('answers for each of many partitions that have changed', async () => {
    const { world, fence, store } = await withPartitions(20)
    const odd = Array.from({ length: 10 }, (_, i) =>
      update('t', 2 * i + 1, 0, { inSyncReplicas: brokers(9) }),
    )
    await world.run(() => store.compareAndSet(fence, odd))
    const updates = Array.from({ length: 20 }, (_, index) =>
      update('t', index, 0, { inSyncReplicas: brokers(2) }),
    )
    const writes = await world.run(() => store.compareAndSet(fence, updates))
    expect(summary(writes)).to.deep.equal(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 1 ? 'BAD_VERSION' : 'written at 1')),
    )
  })

  it('answers NO_NODE for a partition that is not there, and NODE_EXISTS for one that is', async () => {
    const { world, fence, store } = await withPartitions(2)
    const updates = [update('t', 0, 0, {}), update('t', 7, 0, {})]
    expect(summary(await world.run(() => store.compareAndSet(fence, updates)))).to.deep.equal([
      'written at 1',
      'NO_NODE',
    ])
    const states = [newState('t', 1, 1), newState('t', 2, 1)]
    expect(summary(await world.run(() => store.create(fence, states)))).to.deep.equal([
      'NODE_EXISTS',
      'written at 0',
    ])
  })

  it('answers NO_NODE for partitions of a topic that is gone, and creates the others', async () => {
    const { world, client, fence } = await prepared('t')
    const store = new PartitionStateStore(client)
    const states = [newState('gone', 0, 1), newState('t', 0, 1)]
    expect(summary(await world.run(() => store.create(fence, states)))).to.deep.equal([
      'NO_NODE',
      'written at 0',
    ])
  })

  it('rejects whatever a deposed controller writes', async () => {
    const { world, client, fence, store } = await withPartitions(3)
    await depose(world, client)
    for (const write of [
      () => store.compareAndSet(fence, [update('t', 0, 0, {})]),
      () => store.create(fence, [newState('t', 9, 1)]),
    ]) {
      expect(await world.failure(write)).to.be.instanceOf(ControllerMovedError)
    }
    expect(world.text('/brokers/topics/t/partitions/9')).to.equal(undefined)
  })

  it('guards the very first epoch, whose version is 0', async () => {
    const { world, client, store } = await withPartitions(1)
    const fence: ControllerFence = { epoch: 0 as ControllerFence['epoch'], epochVersion: 0 }
    const error = await world.failure(() => store.compareAndSet(fence, [update('t', 0, 0, {})]))
    expect(error).to.be.instanceOf(ControllerMovedError)
    expect(client.zooKeeper.take()).to.deep.equal(['multi[ error BADVERSION; error RUNTIMEINCONSISTENCY ]'])
  })

  it('knows that a batch was written whose answer is lost', async () => {
    const { world, client, fence, store } = await withPartitions(3)
    world.service.loseNextReply(client.fake)
    const updates = [0, 1, 2].map((index) => update('t', index, 0, { inSyncReplicas: brokers(2) }))
    const writes = await world.run(() => store.compareAndSet(fence, updates))
    expect(summary(writes)).to.deep.equal(['written at 1', 'written at 1', 'written at 1'])
    expect(client.zooKeeper.take()).to.deep.equal(['error UNKNOWNOUTCOME'])
    expect(world.service.tree.get('/brokers/topics/t/partitions/1/state')?.version).to.equal(1)
  })

  it('creates partitions whose answer is lost once', async () => {
    const { world, client, fence } = await prepared('t')
    const store = new PartitionStateStore(client)
    world.service.loseNextReply(client.fake)
    const writes = await world.run(() => store.create(fence, [newState('t', 0, 1), newState('t', 1, 1)]))
    expect(summary(writes)).to.deep.equal(['written at 0', 'written at 0'])
  })

  it('finds out that the controller has changed while an answer was lost', async () => {
    const { world, client, fence, store } = await withPartitions(1)
    const other = world.connect()
    await world.run(() => other.zooKeeper.sync('/'))
    world.service.loseNextReply(client.fake)
    const error = await world.failure(async () => {
      // A stale version: it was not done, and the second attempt comes too late.
      const writing = store.compareAndSet(fence, [update('t', 0, 7, {})])
      await Promise.all([writing, other.zooKeeper.set('/controller_epoch', Buffer.from('2'), 1)])
    })
    expect(error).to.be.instanceOf(ControllerMovedError)
  })

  it('reads states with their versions, and says which cannot be read', async () => {
    const { world, client, fence, store } = await withPartitions(3)
    await world.run(() => store.compareAndSet(fence, [update('t', 1, 0, { leader: brokers(2)[0]! })]))
    await world.run(() => client.zooKeeper.set('/brokers/topics/t/partitions/2/state', Buffer.from('?'), -1))
    const readings = await world.run(() =>
      store.read([0, 1, 2, 3].map((index) => ({ topic: 't', partition: partition(index) }))),
    )
    expect(readings.map(({ state }) => state?.partitionEpoch ?? null)).to.deep.equal([0, 1, null, null])
    expect(readings.map(({ state }) => state?.leader ?? null)).to.deep.equal([1, 2, null, null])
    expect(readings.map(({ fault }) => fault?.path ?? null)).to.deep.equal([
      null,
      null,
      '/brokers/topics/t/partitions/2/state',
      null,
    ])
  })
})
