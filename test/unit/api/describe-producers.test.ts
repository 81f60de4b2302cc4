import { expect } from 'chai'
import { describeProducers } from '../../../src/api/describe-producers.ts'
import { errorName } from '../../../src/model/errors.ts'
import { call } from '../../support/handler-call.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

describe('DescribeProducers', () => {
  let world: ReplicaWorld

  beforeEach(async () => {
    world = await ReplicaWorld.open()
  })

  async function ask(name: string, partitionIndexes = [0]) {
    const { topics } = await call('DescribeProducers', describeProducers(world), {
      topics: [{ name, partitionIndexes }],
    })
    return topics[0]?.partitions ?? []
  }

  it('tells where each producer is, and of its open transaction', async () => {
    const leader = await world.lead('orders')
    await world.append(leader, 1)
    const producer = { producerId: 9, producerEpoch: 2, baseSequence: 0 }
    await world.append(leader, 3, { ...producer, isTransactional: true })
    const [partition] = await ask('orders')
    expect(partition?.activeProducers).to.have.length(1)
    expect(partition?.activeProducers[0]).to.include({
      producerId: 9,
      producerEpoch: 2,
      lastSequence: 2,
      coordinatorEpoch: -1,
      currentTxnStartOffset: 1,
    })
  })

  it('has nobody to tell of where nobody produces idempotently', async () => {
    await world.append(await world.lead('orders'), 1)
    expect(await ask('orders')).to.deep.include({
      partitionIndex: 0,
      errorCode: 0,
      errorMessage: null,
      activeProducers: [],
    })
  })

  it('does not know a topic or a partition that is not there', async () => {
    await world.lead('orders')
    const answers = [...(await ask('orders', [7])), ...(await ask('ghost')), ...(await ask('a b'))]
    expect(answers.map(({ errorCode }) => errorName(errorCode))).to.deep.equal([
      'UNKNOWN_TOPIC_OR_PARTITION',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_TOPIC_EXCEPTION',
    ])
  })
})
