import { expect } from 'chai'
import { KafkaError } from '../../../../src/model/errors.ts'
import type { BrokerId, PartitionIndex } from '../../../../src/model/ids.ts'
import type { Uuid } from '../../../../src/model/uuid.ts'
import { ClusterStore } from '../../../../zk/stores/cluster-store.ts'
import { ControllerElection } from '../../../../zk/stores/controller-election.ts'
import { ControllerMovedError } from '../../../../zk/stores/fence.ts'
import type { ControllerFence } from '../../../../zk/stores/fence.ts'
import { PartitionStateStore } from '../../../../zk/stores/partition-state-store.ts'
import { TopicStore } from '../../../../zk/stores/topic-store.ts'
import type { MalformedZnodeError } from '../../../../zk/znode.ts'
import type { TopicAssignment } from '../../../../zk/znodes/topics.ts'
import { aState } from './builders.ts'
import type { StoreClient } from './store-world.ts'
import { StoreWorld } from './store-world.ts'

function assignmentOf(...replicas: number[][]): TopicAssignment {
  return {
    topicId: '2jomkhObSTuEK_0nx_Ry6Q' as Uuid,
    partitions: new Map(
      replicas.map((brokers, index) => [
        index as PartitionIndex,
        { replicas: brokers as BrokerId[], adding: [], removing: [] },
      ]),
    ),
  }
}

async function prepared(): Promise<{ world: StoreWorld; client: StoreClient; fence: ControllerFence }> {
  const world = new StoreWorld()
  const client = world.connect()
  await world.run(() => new ClusterStore(client).createTopLevelPaths())
  const fence = await world.run(() => new ControllerElection({ ...client, broker: 1 as BrokerId }).claim())
  client.zooKeeper.take()
  return { world, client, fence }
}

describe('TopicStore', () => {
  it('creates a topic as Kafka does, without a guard', async () => {
    const { world, client } = await prepared()
    await world.run(() => new TopicStore(client).create('auto', assignmentOf([3, 1], [1, 2])))
    expect(client.zooKeeper.take()).to.deep.equal([
      'create /brokers/topics/auto = {"partitions":{"0":[3,1],"1":[1,2]},"topic_id":"2jomkhObSTuEK_0nx_Ry6Q","adding_replicas":{},"removing_replicas":{},"version":3}',
    ])
  })

  it('refuses a topic that exists', async () => {
    const { world, client } = await prepared()
    const store = new TopicStore(client)
    await world.run(() => store.create('auto', assignmentOf([1])))
    const error = await world.failure(() => store.create('auto', assignmentOf([2])))
    expect(error).to.be.instanceOf(KafkaError).with.property('error', 'TOPIC_ALREADY_EXISTS')
  })

  it('creates a topic once when the answer is lost', async () => {
    const { world, client } = await prepared()
    world.service.loseNextReply(client.fake)
    await world.run(() => new TopicStore(client).create('auto', assignmentOf([1])))
    expect(client.zooKeeper.take()).to.deep.equal(['error UNKNOWNOUTCOME'])
    expect(world.text('/brokers/topics/auto')).to.include('"0":[1]')
  })

  it('adds partitions by replacing the whole, without a guard', async () => {
    const { world, client } = await prepared()
    const store = new TopicStore(client)
    await world.run(() => store.create('auto', assignmentOf([3, 1], [1, 2])))
    client.zooKeeper.take()
    await world.run(() => store.set('auto', assignmentOf([3, 1], [1, 2], [2, 3])))
    expect(client.zooKeeper.take()).to.deep.equal([
      'setData /brokers/topics/auto = {"partitions":{"0":[3,1],"1":[1,2],"2":[2,3]},"topic_id":"2jomkhObSTuEK_0nx_Ry6Q","adding_replicas":{},"removing_replicas":{},"version":3}   [now version 1]',
    ])
  })

  it('guards a reassignment by the epoch of the controller', async () => {
    const { world, client, fence } = await prepared()
    const store = new TopicStore(client)
    await world.run(() => store.create('moving', assignmentOf([1, 2])))
    client.zooKeeper.take()
    const moving: TopicAssignment = {
      topicId: 'xEE0OgWEQt-GIuqggVgZdg' as Uuid,
      partitions: new Map([
        [
          0 as PartitionIndex,
          { replicas: [2, 3, 1] as BrokerId[], adding: [3] as BrokerId[], removing: [1] as BrokerId[] },
        ],
      ]),
    }
    await world.run(() => store.setFenced(fence, 'moving', moving))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; setData /brokers/topics/moving = {"partitions":{"0":[2,3,1]},"topic_id":"xEE0OgWEQt-GIuqggVgZdg","adding_replicas":{"0":[3]},"removing_replicas":{"0":[1]},"version":3}   [now version 1] ]',
    ])
    expect(await world.run(() => store.read('moving'))).to.deep.equal(moving)
  })

  it('refuses what a deposed controller writes', async () => {
    const { world, client, fence } = await prepared()
    const store = new TopicStore(client)
    await world.run(() => store.create('t', assignmentOf([1])))
    await world.run(() => client.zooKeeper.set('/controller_epoch', Buffer.from('2'), 1))
    const error = await world.failure(() => store.setFenced(fence, 't', assignmentOf([2])))
    expect(error).to.be.instanceOf(ControllerMovedError)
    expect(world.text('/brokers/topics/t')).to.include('"0":[1]')
  })

  it('says which topic is unknown', async () => {
    const { world, client, fence } = await prepared()
    const store = new TopicStore(client)
    for (const write of [
      () => store.set('nope', assignmentOf([1])),
      () => store.setFenced(fence, 'nope', assignmentOf([1])),
    ]) {
      const error = await world.failure(write)
      expect(error).to.be.instanceOf(KafkaError).with.property('error', 'UNKNOWN_TOPIC_OR_PARTITION')
    }
    expect(await world.run(() => store.read('nope'))).to.equal(null)
    expect(await world.run(() => store.exists('nope'))).to.equal(false)
  })

  it('reads thousands of topics at once, telling of those that make no sense', async () => {
    const { world, client } = await prepared()
    const store = new TopicStore(client)
    const names = Array.from({ length: 3000 }, (_, i) => `topic-${i}`)
    await world.run(() => Promise.all(names.map((name) => store.create(name, assignmentOf([1])))))
    await world.run(() => client.zooKeeper.set('/brokers/topics/topic-7', Buffer.from('{'), -1))
    const faults: MalformedZnodeError[] = []
    const found = await world.run(() => store.readAll([...names, 'gone'], (error) => faults.push(error)))
    expect(found.size).to.equal(2999)
    expect(faults.map((fault) => fault.path)).to.deep.equal(['/brokers/topics/topic-7'])
    expect((await world.run(() => store.names())).sort()).to.deep.equal(names.sort())
  })

  describe('deletes a topic', () => {
    async function withTopic() {
      const found = await prepared()
      const { world, client, fence } = found
      await world.run(() => new TopicStore(client).create('racks', assignmentOf([1], [2], [3])))
      const states = [0, 1, 2].map((partition) => ({
        topic: 'racks',
        partition: partition as PartitionIndex,
        state: aState({ leader: 1 as BrokerId }),
      }))
      await world.run(() => new PartitionStateStore(client).create(fence, states))
      client.zooKeeper.take()
      return found
    }

    it('leaves first, one guarded multi each, when it writes as Kafka does', async () => {
      const { world, client, fence } = await withTopic()
      await world.run(() => new TopicStore({ ...client, maxOperations: 1 }).deleteTree(fence, 'racks'))
      expect(client.zooKeeper.take()).to.deep.equal([
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions/0/state ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions/0 ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions/1/state ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions/1 ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions/2/state ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions/2 ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks/partitions ]',
        'multi[ check /controller_epoch version 1; delete /brokers/topics/racks ]',
      ])
    })

    it('in one step, as we do', async () => {
      const { world, client, fence } = await withTopic()
      await world.run(() => new TopicStore(client).deleteTree(fence, 'racks'))
      expect(client.zooKeeper.take()).to.have.lengthOf(1)
      expect(world.text('/brokers/topics/racks')).to.equal(undefined)
    })

    it('that somebody has begun to delete', async () => {
      const { world, client, fence } = await withTopic()
      const store = new TopicStore(client)
      const deletion = async () => {
        await Promise.all([
          store.deleteTree(fence, 'racks'),
          new TopicStore({ ...world.connect(), maxOperations: 1 }).deleteTree(fence, 'racks'),
        ])
        await store.deleteTree(fence, 'racks')
      }
      await world.run(deletion)
      expect(world.text('/brokers/topics/racks')).to.equal(undefined)
    })

    it('no more when the controller has changed', async () => {
      const { world, client, fence } = await withTopic()
      await world.run(() => client.zooKeeper.set('/controller_epoch', Buffer.from('2'), 1))
      const error = await world.failure(() => new TopicStore(client).deleteTree(fence, 'racks'))
      expect(error).to.be.instanceOf(ControllerMovedError)
      expect(world.text('/brokers/topics/racks/partitions/2/state')).to.be.a('string')
    })
  })
})
