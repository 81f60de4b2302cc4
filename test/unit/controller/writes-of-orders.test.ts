import { expect } from 'chai'
import { fenced, ids, stateWrite, tp, worldOf } from '../../support/controller-harness.ts'

/**
 * What Apache Kafka 3.9.1 was seen to write to ZooKeeper, operation by operation. Where several partitions change at
 * once Kafka's order among them is that of a hash map; ours is by topic and partition. Each write is in a multi of its
 * own, as Kafka has it; in production many share one.
 */
describe('what the controller writes to ZooKeeper: what is ordered', () => {
  const moving = (replicas: string, adding: string, removing: string, version: number) =>
    fenced(
      1,
      `setData /brokers/topics/moving = {"partitions":{"0":[${replicas}]},"topic_id":"<id>","adding_replicas":{${adding}},"removing_replicas":{${removing}},"version":3} [now version ${version}]`,
    )

  it('a reassignment by API, in progress and done (31, 32)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('moving', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } })
    })
    const outcomes = await world.until(
      world.active.alterPartitionReassignments([{ ...tp('moving', 0), replicas: ids(2, 3) }]),
    )
    expect(outcomes).to.deep.equal([{ ...tp('moving', 0), error: 'NONE', message: null }])
    expect(world.takeWrites()).to.deep.equal([
      moving('2,3,1', '"0":[3]', '"0":[1]', 1),
      stateWrite(1, 'moving/0', { leader: 1, epoch: 1, isr: [1, 2] }, 1),
    ])
    await world.proposeIsr('moving', 0, [1, 2, 3])
    expect(world.takeWrites()).to.deep.equal([
      stateWrite(1, 'moving/0', { leader: 1, epoch: 1, isr: [1, 2, 3] }, 2),
      stateWrite(1, 'moving/0', { leader: 2, epoch: 2, isr: [1, 2, 3] }, 3),
      stateWrite(1, 'moving/0', { leader: 2, epoch: 3, isr: [2, 3] }, 4),
      moving('2,3', '', '', 2),
    ])
  })

  it('a reassignment by znode (33)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('moving', {
        0: { replicas: [2, 3], leader: 2, isr: [2, 3], epoch: 3, version: 4 },
      })
    })
    const order = '{"version":1,"partitions":[{"topic":"moving","partition":0,"replicas":[1,2]}]}'
    await world.until(world.tool.create('/admin/reassign_partitions', Buffer.from(order)))
    await world.settle()
    await world.proposeIsr('moving', 0, [2, 3, 1])
    expect(world.takeWrites()).to.deep.equal([
      `create /admin/reassign_partitions = ${order}`,
      moving('1,2,3', '"0":[1]', '"0":[3]', 1),
      stateWrite(1, 'moving/0', { leader: 2, epoch: 4, isr: [2, 3] }, 5),
      stateWrite(1, 'moving/0', { leader: 2, epoch: 4, isr: [2, 3, 1] }, 6),
      stateWrite(1, 'moving/0', { leader: 2, epoch: 5, isr: [2, 3, 1] }, 7),
      stateWrite(1, 'moving/0', { leader: 2, epoch: 6, isr: [2, 1] }, 8),
      moving('1,2', '', '', 2),
      fenced(1, 'delete /admin/reassign_partitions'),
    ])
  })

  it('nothing for a reassignment with an unknown field (34)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('moving', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } })
    })
    const order =
      '{"version":1,"partitions":[{"topic":"moving","partition":0,"replicas":[2,1],"log_dirs":["any","any"]}]}'
    await world.until(world.tool.create('/admin/reassign_partitions', Buffer.from(order)))
    await world.settle()
    expect(world.takeWrites()).to.deep.equal([`create /admin/reassign_partitions = ${order}`])
    expect(world.has('/admin/reassign_partitions')).to.equal(true)
  })

  it('a preferred election by znode (35)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('auto', { 0: { replicas: [3, 1], leader: 3, isr: [3, 1] } })
      await world.plantTopic('moving', {
        0: { replicas: [1, 2], leader: 2, isr: [2, 1], epoch: 6, version: 8 },
      })
    })
    const order =
      '{"version":1,"partitions":[{"topic":"moving","partition":0},{"topic":"auto","partition":0}]}'
    await world.until(world.tool.create('/admin/preferred_replica_election', Buffer.from(order)))
    await world.settle()
    expect(world.takeWrites()).to.deep.equal([
      `create /admin/preferred_replica_election = ${order}`,
      stateWrite(1, 'moving/0', { leader: 1, epoch: 7, isr: [2, 1] }, 9),
      fenced(1, 'delete /admin/preferred_replica_election'),
    ])
  })
})
