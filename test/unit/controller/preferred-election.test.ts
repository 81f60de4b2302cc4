import { expect } from 'chai'
import { type ControllerWorld, fenced, tp, worldOf } from '../../support/controller-harness.ts'

const ORDER = '/admin/preferred_replica_election'

const plant = (world: ControllerWorld) =>
  world.plantTopic('t', {
    0: { replicas: [1, 2], leader: 2, isr: [2, 1] },
    1: { replicas: [2, 1], leader: 2, isr: [2, 1] },
    2: { replicas: [3, 2], leader: 2, isr: [2] },
  })

const elect = async (
  world: ControllerWorld,
  kind: 'preferred' | 'unclean',
  partitions: ReturnType<typeof tp>[] | null,
) => {
  const outcomes = await world.until(world.active.electLeaders(kind, partitions))
  await world.settle()
  return outcomes.map(({ topic, partition, error, message, leader }) =>
    [`${topic}-${partition}`, error, message, leader].filter((part) => part !== null).join(' '),
  )
}

describe('PreferredElection', () => {
  describe('by request', () => {
    it('gives leadership back, and tells every replica', async () => {
      const world = await worldOf(3, plant)
      expect(await elect(world, 'preferred', [tp('t', 0)])).to.deep.equal(['t-0 NONE 1'])
      expect(world.state('t', 0)).to.include({ leader: 1, leaderEpoch: 1 })
      expect(world.takeRequests().filter((line) => line.includes('LeaderAndIsr'))).to.deep.equal([
        '1 LeaderAndIsr t-0(1@1 isr 2,1 of 1,2)',
        '2 LeaderAndIsr t-0(1@1 isr 2,1 of 1,2)',
      ])
    })

    it('answers for each partition why there was no election', async () => {
      const world = await worldOf(3, plant)
      const answers = await elect(world, 'preferred', [tp('t', 1), tp('t', 2), tp('t', 9), tp('nope', 0)])
      expect(answers).to.deep.equal([
        't-1 ELECTION_NOT_NEEDED',
        't-9 UNKNOWN_TOPIC_OR_PARTITION The partition does not exist.',
        'nope-0 UNKNOWN_TOPIC_OR_PARTITION The partition does not exist.',
        't-2 PREFERRED_LEADER_NOT_AVAILABLE Failed to elect leader for partition t-2 under strategy preferred',
      ])
    })

    it('says nothing of partitions without need when all were meant', async () => {
      const world = await worldOf(3, plant)
      const answers = await elect(world, 'preferred', null)
      expect(answers.map((answer) => answer.split(' ', 2).join(' '))).to.deep.equal([
        't-0 NONE',
        't-2 PREFERRED_LEADER_NOT_AVAILABLE',
      ])
    })

    it('refuses partitions of a topic that is being deleted', async () => {
      const world = await worldOf(3, plant)
      await world.kill(3)
      await world.until(world.active.deleteTopics(['t']))
      await world.settle()
      expect(await elect(world, 'preferred', [tp('t', 0)])).to.deep.equal([
        't-0 INVALID_TOPIC_EXCEPTION The topic is being deleted',
      ])
    })

    it('takes a replica that lags when asked for an unclean leader, and says that it must recover', async () => {
      const world = await worldOf(3, plant)
      await world.kill(2)
      expect(world.state('t', 2)).to.include({ leader: -1 })
      expect(await elect(world, 'unclean', [tp('t', 2), tp('t', 0)])).to.deep.equal([
        't-0 ELECTION_NOT_NEEDED',
        't-2 NONE 3',
      ])
      expect(world.state('t', 2)).to.include({ leader: 3, leaderRecoveryState: 'RECOVERING' })
      expect(world.state('t', 2).inSyncReplicas).to.deep.equal([3])
      expect(world.data('/brokers/topics/t/partitions/2/state')).to.include('"leader_recovery_state":1')
      expect(
        world
          .takeRequests()
          .filter((line) => line.startsWith('3 LeaderAndIsr'))
          .at(-1),
      ).to.equal('3 LeaderAndIsr t-2(3@2 isr 3 of 3,2 recovering)')
    })

    it('finds no unclean leader where no replica is online', async () => {
      const world = await worldOf(3, plant)
      await world.kill(2)
      await world.kill(3)
      expect(await elect(world, 'unclean', [tp('t', 2)])).to.deep.equal([
        't-2 ELIGIBLE_LEADERS_NOT_AVAILABLE Failed to elect leader for partition t-2 under strategy unclean',
      ])
    })
  })

  describe('by znode', () => {
    it('removes the order also when nothing came of it, and sees the next one', async () => {
      const world = await worldOf(3, plant)
      const order = (partition: number, topic = 't') =>
        world.until(
          world.tool.create(
            ORDER,
            Buffer.from(`{"version":1,"partitions":[{"topic":"${topic}","partition":${partition}}]}`),
          ),
        )
      await order(2)
      await world.settle()
      await order(0, 'nope')
      await world.settle()
      expect(world.takeWrites().filter((line) => line.startsWith('multi'))).to.deep.equal([
        fenced(1, `delete ${ORDER}`),
        fenced(1, `delete ${ORDER}`),
      ])
      await order(0)
      await world.settle()
      expect(world.state('t', 0).leader).to.equal(1)
    })

    for (const garbage of ['', 'no json', '{"version":1}', '{"version":1,"partitions":[{"topic":"t"}]}']) {
      it(`removes a malformed order: ${JSON.stringify(garbage)}`, async () => {
        const world = await worldOf(3, plant)
        await world.until(world.tool.create(ORDER, Buffer.from(garbage)))
        await world.settle()
        expect(world.has(ORDER)).to.equal(false)
        expect(world.state('t', 0).leader).to.equal(2)
      })
    }

    it('is carried out by a new controller', async () => {
      const world = await worldOf(3, async (world) => {
        await plant(world)
        const order =
          '{"version":1,"partitions":[{"topic":"t","partition":0},{"topic":"nope","partition":0}]}'
        await world.until(world.tool.create(ORDER, Buffer.from(order)))
      })
      expect(world.state('t', 0).leader).to.equal(1)
      expect(world.has(ORDER)).to.equal(false)
    })
  })

  describe('from time to time', () => {
    const many = (world: ControllerWorld, strays: number) =>
      world.plantTopic(
        'm',
        Object.fromEntries(
          Array.from({ length: 10 }, (_, index) => [
            index,
            { replicas: [1, 2], leader: index < strays ? 2 : 1, isr: [1, 2] },
          ]),
        ),
      )
    const ledBy1 = (world: ControllerWorld) =>
      Array.from({ length: 10 }, (_, index) => world.state('m', index).leader).filter(
        (leader) => leader === 1,
      ).length

    it('gives leadership back, first five seconds after the controller took office', async () => {
      const world = await worldOf(2, (world) => many(world, 2))
      await world.settle(4000)
      expect(ledBy1(world)).to.equal(8)
      await world.settle(2000)
      expect(ledBy1(world)).to.equal(10)
    })

    it('leaves a share of ten percent alone', async () => {
      const world = await worldOf(2, (world) => many(world, 1))
      await world.settle(6000)
      expect(ledBy1(world)).to.equal(9)
    })

    it('looks again at every interval', async () => {
      const world = await worldOf(2, (world) => many(world, 1), {
        properties: {
          'leader.imbalance.check.interval.seconds': '20',
          'leader.imbalance.per.broker.percentage': '15',
        },
      })
      await world.settle(6000)
      await world.until(world.active.electLeaders('preferred', null))
      expect(ledBy1(world)).to.equal(10)
      // The broker goes and comes back: its partitions are led elsewhere meanwhile.
      await world.kill(2)
      await world.addBroker(2)
      for (const index of [0, 1, 2]) await world.proposeIsr('m', index, [1, 2])
      await world.kill(1)
      await world.addBroker(1)
      for (const index of [0, 1, 2]) await world.proposeIsr('m', index, [2, 1])
      expect(ledBy1(world)).to.equal(7)
      await world.settle(26_000)
      expect(ledBy1(world)).to.equal(10)
    })

    it('does nothing when it is switched off', async () => {
      const world = await worldOf(2, (world) => many(world, 5), {
        properties: { 'auto.leader.rebalance.enable': 'false' },
      })
      await world.settle(20_000)
      expect(ledBy1(world)).to.equal(5)
    })

    it('passes over partitions whose preferred replica is not in sync', async () => {
      const world = await worldOf(2, (world) =>
        world.plantTopic('m', { 0: { replicas: [1, 2], leader: 2, isr: [2] } }),
      )
      await world.settle(6000)
      expect(world.state('m', 0)).to.include({ leader: 2, version: 0 })
    })
  })

  it('elects no leader that is not in sync, though ZooKeeper says that it leads', async () => {
    const world = await worldOf(3, (world) =>
      world.plantTopic('odd', { 0: { replicas: [1, 2, 3], leader: 3, isr: [1, 2] } }),
    )
    await world.kill(3)
    expect(world.state('odd', 0)).to.include({ leader: 1, leaderEpoch: 1 })
    expect(world.state('odd', 0).inSyncReplicas).to.deep.equal([1, 2])
  })
})
