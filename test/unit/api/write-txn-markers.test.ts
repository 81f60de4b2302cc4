import { expect } from 'chai'
import { writeTxnMarkers } from '../../../src/api/write-txn-markers.ts'
import { LiveBrokerConfig } from '../../../src/config/live-config.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { call } from '../../support/handler-call.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

const producer = { producerId: 9, producerEpoch: 2 }

describe('WriteTxnMarkers', () => {
  let world: ReplicaWorld
  let completed: [producerId: number, partitions: number[], isCommitted: boolean][]

  beforeEach(async () => {
    world = await ReplicaWorld.open()
    completed = []
  })

  async function ask(
    topic: string,
    changes: { result?: boolean; coordinatorEpoch?: number; epoch?: number } = {},
  ) {
    const handler = writeTxnMarkers({
      cache: world.cache,
      replicas: world.replicas,
      clock: world.clock,
      config: new LiveBrokerConfig(
        new Map([
          ['broker.id', '1'],
          ['zookeeper.connect', 'z:1'],
        ]),
      ),
      offsets: {
        onTransactionCompleted: (producerId, partitions, isCommitted) => {
          completed.push([producerId, [...partitions], isCommitted])
          return []
        },
      },
    })
    const { markers } = await call('WriteTxnMarkers', handler, {
      markers: [
        {
          producerId: producer.producerId,
          producerEpoch: changes.epoch ?? producer.producerEpoch,
          transactionResult: changes.result ?? true,
          coordinatorEpoch: changes.coordinatorEpoch ?? 0,
          topics: [{ name: topic, partitionIndexes: [0, 0] }],
        },
      ],
    })
    return markers.flatMap(({ topics }) =>
      topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorName(errorCode))),
    )
  }

  /** Asks, and lets the disk do its part. */
  async function asked(...given: Parameters<typeof ask>) {
    const answer = ask(...given)
    await world.written(world.replicas.leader(given[0], 0, -1))
    return world.run(answer)
  }

  it('ends a producer’s transaction, once for a partition that is named twice', async () => {
    const leader = await world.lead('orders')
    await world.append(leader, 2, { ...producer, baseSequence: 0, isTransactional: true })
    expect(leader.log.lastStableOffset).to.equal(0)
    expect(await asked('orders')).to.deep.equal(['NONE'])
    expect(leader.log.logEndOffset).to.equal(3)
    expect(leader.log.lastStableOffset).to.equal(3)
  })

  it('answers when the marker is on every in-sync replica', async () => {
    const leader = await world.lead('orders', [1, 2])
    const answer = ask('orders')
    let isAnswered = false
    void answer.then(() => (isAnswered = true))
    await world.written(leader)
    await world.clock.advance(10)
    expect(isAnswered, 'answered before the follower has it').to.equal(false)
    leader.onFollowerFetch(2 as BrokerId, { offset: 1, logStartOffset: 0, leaderEndOffset: 1 })
    expect(await world.run(answer)).to.deep.equal(['NONE'])
  })

  it('refuses the marker of a coordinator that was deposed, and of an older epoch of the producer', async () => {
    await world.lead('orders')
    expect(await asked('orders', { coordinatorEpoch: 5 })).to.deep.equal(['NONE'])
    expect(await asked('orders', { coordinatorEpoch: 3 })).to.deep.equal(['TRANSACTION_COORDINATOR_FENCED'])
    expect(await asked('orders', { coordinatorEpoch: 5, epoch: 1 })).to.deep.equal(['INVALID_PRODUCER_EPOCH'])
  })

  it('tells the group coordinator when offsets were committed within the transaction', async () => {
    await world.lead('__consumer_offsets')
    await asked('__consumer_offsets', { result: false })
    expect(completed).to.deep.equal([[producer.producerId, [0], false]])
  })

  it('tells nobody of other partitions', async () => {
    await world.lead('orders')
    await asked('orders')
    expect(completed).to.deep.equal([])
  })

  it('does not know a partition that is not there', async () => {
    expect(await world.run(ask('ghost'))).to.deep.equal(['UNKNOWN_TOPIC_OR_PARTITION'])
  })
})
