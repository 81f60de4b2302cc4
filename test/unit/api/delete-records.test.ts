import { expect } from 'chai'
import { deleteRecords } from '../../../src/api/delete-records.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { call } from '../../support/handler-call.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

const FOLLOWER = 2 as BrokerId

describe('DeleteRecords', () => {
  let world: ReplicaWorld

  beforeEach(async () => {
    world = await ReplicaWorld.open()
  })

  async function ask(wanted: readonly (readonly [topic: string, offset: number])[], timeoutMs = 1000) {
    const topics = wanted.map(([name, offset]) => ({ name, partitions: [{ partitionIndex: 0, offset }] }))
    const answer = await call('DeleteRecords', deleteRecords(world), { topics, timeoutMs })
    return answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ lowWatermark, errorCode }) => `${name}: ${lowWatermark} ${errorName(errorCode)}`),
    )
  }

  it('raises the start of the log', async () => {
    const leader = await world.lead('orders')
    await world.append(leader, 5)
    expect(await world.run(ask([['orders', 3]]))).to.deep.equal(['orders: 3 NONE'])
    expect(leader.log.logStartOffset).to.equal(3)
  })

  it('deletes up to the high watermark for -1', async () => {
    const leader = await world.lead('orders')
    await world.append(leader, 5)
    expect(await world.run(ask([['orders', -1]]))).to.deep.equal(['orders: 5 NONE'])
  })

  it('waits until every live replica has followed', async () => {
    const leader = await world.lead('orders', [1, 2])
    await world.append(leader, 5)
    leader.onFollowerFetch(FOLLOWER, { offset: 5, logStartOffset: 0, leaderEndOffset: 5 })
    const answer = ask([['orders', 3]])
    let isAnswered = false
    void answer.then(() => (isAnswered = true))
    await world.clock.advance(100)
    expect(isAnswered, 'answered before the follower has deleted').to.equal(false)
    leader.onFollowerFetch(FOLLOWER, { offset: 5, logStartOffset: 3, leaderEndOffset: 5 })
    expect(await world.run(answer)).to.deep.equal(['orders: 3 NONE'])
  })

  it('says when time is up that replicas have not followed, though the leader has', async () => {
    const leader = await world.lead('orders', [1, 2])
    await world.append(leader, 5)
    leader.onFollowerFetch(FOLLOWER, { offset: 5, logStartOffset: 0, leaderEndOffset: 5 })
    expect(await world.run(ask([['orders', 3]], 50))).to.deep.equal(['orders: 0 REQUEST_TIMED_OUT'])
    expect(leader.log.logStartOffset).to.equal(3)
  })

  it('does not wait for a replica that is not alive', async () => {
    const leader = await world.lead('orders', [1, 2])
    await world.append(leader, 5)
    leader.onFollowerFetch(FOLLOWER, { offset: 5, logStartOffset: 0, leaderEndOffset: 5 })
    const [self] = [...world.cache.brokers.values()].filter(({ id }) => id === 1)
    world.cache.apply({ controllerId: null, brokers: self === undefined ? [] : [self], topics: [] })
    expect(await world.run(ask([['orders', 3]], 50))).to.deep.equal(['orders: 3 NONE'])
  })

  it('refuses what lies behind the high watermark, and deletes the rest of the request', async () => {
    const orders = await world.lead('orders')
    await world.append(orders, 5)
    const payments = await world.lead('payments')
    await world.append(payments, 5)
    expect(
      await world.run(
        ask([
          ['orders', 6],
          ['payments', 1],
        ]),
      ),
    ).to.have.members(['orders: -1 OFFSET_OUT_OF_RANGE', 'payments: 1 NONE'])
  })

  it('does not know a partition that is not there', async () => {
    expect(await world.run(ask([['ghost', 0]]))).to.deep.equal(['ghost: -1 UNKNOWN_TOPIC_OR_PARTITION'])
  })

  it('leaves topics alone that keep everything, and internal ones', async () => {
    const offsets = await world.lead('__consumer_offsets')
    await world.append(offsets, 1)
    world.logs.config = { ...world.logs.config, 'cleanup.policy': ['compact'] }
    const compacted = await world.lead('compacted')
    expect(compacted.log.config['cleanup.policy']).to.deep.equal(['compact'])
    expect(
      await world.run(
        ask([
          ['__consumer_offsets', 0],
          ['compacted', 0],
        ]),
      ),
    ).to.have.members(['__consumer_offsets: -1 INVALID_TOPIC_EXCEPTION', 'compacted: -1 POLICY_VIOLATION'])
  })
})
