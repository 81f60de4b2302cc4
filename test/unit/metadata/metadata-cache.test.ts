import { expect } from 'chai'
import type {
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../../src/model/ids.ts'
import { LEADER_DURING_DELETE } from '../../../src/model/leader-and-isr.ts'
import { ZERO_UUID, type Uuid } from '../../../src/model/uuid.ts'
import { MetadataCache, type PartitionMetadata } from '../../../src/metadata/metadata-cache.ts'

const ID = '5L6g3nShT-eMCtK--X86sw' as Uuid
const OTHER_ID = 'Rr7lYl1vQ0qZ1nG3jW7O9A' as Uuid

const aPartition = (index: number, leader: number): PartitionMetadata => ({
  index: index as PartitionIndex,
  controllerEpoch: 1 as ControllerEpoch,
  leader: leader as BrokerId,
  leaderEpoch: 0 as LeaderEpoch,
  inSyncReplicas: [1, 2] as BrokerId[],
  partitionEpoch: 0 as PartitionEpoch,
  replicas: [1, 2] as BrokerId[],
  offlineReplicas: [],
})

const aBroker = (id: number) => ({
  id: id as BrokerId,
  rack: null,
  endpoints: [
    { listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: `b${id}`, port: 9092 } as const,
  ],
})

const change = (topics: { name: string; id: Uuid; partitions: PartitionMetadata[] }[], brokers = [1, 2]) => ({
  controllerId: 1 as BrokerId,
  brokers: brokers.map(aBroker),
  topics,
})

describe('MetadataCache', () => {
  it('merges partitions into a topic and replaces the brokers', () => {
    const cache = new MetadataCache()
    cache.apply(change([{ name: 'orders', id: ID, partitions: [aPartition(0, 1)] }]))
    cache.apply(change([{ name: 'orders', id: ID, partitions: [aPartition(1, 2)] }], [2]))
    expect([...cache.topic('orders')!.partitions.keys()]).to.deep.equal([0, 1])
    expect(cache.partitionCount).to.equal(2)
    expect(cache.isAlive(1 as BrokerId)).to.equal(false)
    expect(cache.endpoint(2 as BrokerId, 'PLAINTEXT')?.host).to.equal('b2')
    expect(cache.endpoint(2 as BrokerId, 'SSL')).to.equal(null)
  })

  it('finds topics by id', () => {
    const cache = new MetadataCache()
    cache.apply(change([{ name: 'orders', id: ID, partitions: [aPartition(0, 1)] }]))
    expect(cache.topicName(ID)).to.equal('orders')
    expect(cache.topicId('orders')).to.equal(ID)
    expect(cache.topicId('nope')).to.equal(ZERO_UUID)
  })

  it('forgets a topic whose last partition is being deleted, and says which partitions went', () => {
    const cache = new MetadataCache()
    cache.apply(change([{ name: 'orders', id: ID, partitions: [aPartition(0, 1), aPartition(1, 1)] }]))
    const deleting = { ...aPartition(0, 1), leader: LEADER_DURING_DELETE }
    expect(cache.apply(change([{ name: 'orders', id: ID, partitions: [deleting] }]))).to.deep.equal([
      { topic: 'orders', partition: 0 },
    ])
    expect(cache.topic('orders')!.partitions.size).to.equal(1)
    cache.apply(
      change([{ name: 'orders', id: ID, partitions: [{ ...deleting, index: 1 as PartitionIndex }] }]),
    )
    expect(cache.topic('orders')).to.equal(null)
    expect(cache.topicName(ID)).to.equal(null)
    expect(cache.partitionCount).to.equal(0)
  })

  it('does not mix a topic with a former one of the same name', () => {
    const cache = new MetadataCache()
    cache.apply(change([{ name: 'orders', id: ID, partitions: [aPartition(0, 1), aPartition(1, 1)] }]))
    cache.apply(change([{ name: 'orders', id: OTHER_ID, partitions: [aPartition(0, 2)] }]))
    expect([...cache.topic('orders')!.partitions.keys()]).to.deep.equal([0])
    expect(cache.topicName(ID)).to.equal(null)
    expect(cache.topicName(OTHER_ID)).to.equal('orders')
  })

  it('keeps the partitions of a topic that gets an id later', () => {
    const cache = new MetadataCache()
    cache.apply(change([{ name: 'old', id: ZERO_UUID, partitions: [aPartition(0, 1), aPartition(1, 1)] }]))
    cache.apply(change([{ name: 'old', id: ID, partitions: [aPartition(0, 1)] }]))
    expect(cache.topic('old')!.partitions.size).to.equal(2)
    expect(cache.topicName(ID)).to.equal('old')
  })
})
