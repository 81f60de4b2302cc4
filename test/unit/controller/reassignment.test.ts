import { expect } from 'chai'
import type { ReassignmentRequest } from '../../../src/controller/requests.ts'
import { type ControllerWorld, ids, tp, worldOf } from '../../support/controller-harness.ts'

const ORDER = '/admin/reassign_partitions'

const plant = (world: ControllerWorld) =>
  world.plantTopic('t', {
    0: { replicas: [1, 2], leader: 1, isr: [1, 2] },
    1: { replicas: [2, 1], leader: 2, isr: [2, 1] },
  })

const move = (partition: number, replicas: number[] | null, topic = 't'): ReassignmentRequest => ({
  ...tp(topic, partition),
  replicas: replicas === null ? null : ids(...replicas),
})

async function alter(world: ControllerWorld, ...requests: ReassignmentRequest[]) {
  const outcomes = await world.until(world.active.alterPartitionReassignments(requests))
  await world.settle()
  return outcomes.map(({ error, message }) => (message === null ? error : `${error}: ${message}`))
}

async function order(world: ControllerWorld, partitions: readonly object[]): Promise<void> {
  await world.until(world.tool.create(ORDER, Buffer.from(JSON.stringify({ version: 1, partitions }))))
  await world.settle()
}

/** The replicas, those that come and those that go, as the topic's znode has them. */
function assignment(world: ControllerWorld, partition: number, topic = 't') {
  const content = JSON.parse(world.data(`/brokers/topics/${topic}`) ?? '') as Record<
    string,
    Record<number, number[]>
  >
  return [
    content['partitions']?.[partition],
    content['adding_replicas']?.[partition] ?? [],
    content['removing_replicas']?.[partition] ?? [],
  ]
}

const list = async (world: ControllerWorld) =>
  (await world.until(world.active.listPartitionReassignments(null))).map(
    ({ partition, adding, removing }) => `${partition} +${adding.join()} -${removing.join()}`,
  )

describe('Reassignment', () => {
  describe('what is asked by API', () => {
    const refusals: [request: ReassignmentRequest, answer: string][] = [
      [move(0, []), 'INVALID_REPLICA_ASSIGNMENT: Empty replica list specified in partition reassignment.'],
      [
        move(0, [1, 1]),
        'INVALID_REPLICA_ASSIGNMENT: Duplicate replica ids in partition reassignment replica list: 1, 1',
      ],
      [move(0, [-1]), 'INVALID_REPLICA_ASSIGNMENT: Invalid broker id in replica list: -1'],
      [
        move(0, [1, 5]),
        'INVALID_REPLICA_ASSIGNMENT: Replica assignment has brokers that are not alive. ' +
          'Replica list: 5, live broker list: 1, 2, 3',
      ],
      [move(9, [1]), 'UNKNOWN_TOPIC_OR_PARTITION: The partition does not exist.'],
      [move(0, [1], 'nope'), 'UNKNOWN_TOPIC_OR_PARTITION: The partition does not exist.'],
      [move(0, null), 'NO_REASSIGNMENT_IN_PROGRESS'],
      [move(0, null, 'nope'), 'NO_REASSIGNMENT_IN_PROGRESS'],
    ]
    for (const [request, answer] of refusals) {
      it(`${request.topic}-${request.partition} to [${request.replicas?.join() ?? 'null'}]: ${answer}`, async () => {
        const world = await worldOf(3, plant)
        expect(await alter(world, request)).to.deep.equal([answer])
        expect(world.takeWrites()).to.deep.equal([])
      })
    }

    it('refuses partitions of a topic that is being deleted', async () => {
      const world = await worldOf(3, plant)
      await world.kill(2)
      await world.until(world.active.deleteTopics(['t']))
      await world.settle()
      expect(await alter(world, move(0, [3]))).to.deep.equal([
        'UNKNOWN_TOPIC_OR_PARTITION: The partition does not exist.',
      ])
    })

    it('answers each partition of a request for itself, in order', async () => {
      const world = await worldOf(3, plant)
      expect(await alter(world, move(7, [1]), move(0, [1, 3]), move(1, []))).to.deep.equal([
        'UNKNOWN_TOPIC_OR_PARTITION: The partition does not exist.',
        'NONE',
        'INVALID_REPLICA_ASSIGNMENT: Empty replica list specified in partition reassignment.',
      ])
      expect(await list(world)).to.deep.equal(['0 +3 -2'])
    })
  })

  it('tells the leader of the new replicas, then the new replicas to start', async () => {
    const world = await worldOf(3, plant)
    await alter(world, move(0, [2, 3]))
    expect(world.takeRequests().filter((line) => line.includes('LeaderAndIsr'))).to.deep.equal([
      '1 LeaderAndIsr t-0(1@1 isr 1,2 of 2,3,1 +3 -1)',
      '2 LeaderAndIsr t-0(1@1 isr 1,2 of 2,3,1 +3 -1)',
      '3 LeaderAndIsr t-0(1@1 isr 1,2 of 2,3,1 +3 -1 new)',
      '3 LeaderAndIsr t-0(1@1 isr 1,2 of 2,3,1 +3 -1 new)',
    ])
  })

  it('moves leadership, deletes the old replica, and tells everybody when the new one is in sync', async () => {
    const world = await worldOf(3, plant)
    await alter(world, move(0, [2, 3]))
    world.takeRequests()
    await world.proposeIsr('t', 0, [1, 2, 3])
    const requests = world.takeRequests()
    expect(
      requests.filter((line) => line.includes('LeaderAndIsr') || line.includes('StopReplica')),
    ).to.deep.equal([
      '1 StopReplica t-0(epoch 3)',
      '1 StopReplica t-0(epoch 3 delete)',
      '2 LeaderAndIsr t-0(2@2 isr 1,2,3 of 2,3)',
      '2 LeaderAndIsr t-0(2@3 isr 2,3 of 2,3)',
      '3 LeaderAndIsr t-0(2@2 isr 1,2,3 of 2,3)',
      '3 LeaderAndIsr t-0(2@3 isr 2,3 of 2,3)',
    ])
    expect(requests.filter((line) => line.startsWith('1 UpdateMetadata')).at(-1)).to.equal(
      '1 UpdateMetadata brokers 1,2,3 t-0(2@3 isr 2,3)',
    )
    expect(await list(world)).to.deep.equal([])
  })

  it('only writes the new order, and keeps the leader, when the replicas are the same', async () => {
    const world = await worldOf(3, plant)
    expect(await alter(world, move(0, [2, 1]))).to.deep.equal(['NONE'])
    expect(assignment(world, 0)).to.deep.equal([[2, 1], [], []])
    expect(world.state('t', 0)).to.include({ leader: 1, leaderEpoch: 1 })
    expect(await list(world)).to.deep.equal([])
  })

  it('shrinks at once, for nobody has to catch up', async () => {
    const world = await worldOf(3, plant)
    await alter(world, move(0, [2]))
    expect(assignment(world, 0)).to.deep.equal([[2], [], []])
    expect(world.state('t', 0)).to.include({ leader: 2 })
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([2])
  })

  it('cancels: what was begun is stopped and deleted, the origin stays', async () => {
    const world = await worldOf(3, plant)
    await alter(world, move(0, [2, 3]))
    world.takeRequests()
    expect(await alter(world, move(0, null))).to.deep.equal(['NONE'])
    // The old order is not remembered, in Kafka neither.
    expect(assignment(world, 0)).to.deep.equal([[2, 1], [], []])
    expect(world.state('t', 0).leader).to.equal(1)
    expect(world.takeRequests().filter((line) => line.includes('StopReplica'))).to.deep.equal([
      '3 StopReplica t-0(epoch 1)',
      '3 StopReplica t-0(epoch 1 delete)',
    ])
    expect(await list(world)).to.deep.equal([])
    expect(await alter(world, move(0, null))).to.deep.equal(['NO_REASSIGNMENT_IN_PROGRESS'])
  })

  it('replaces one that is in progress, starting from where that one started', async () => {
    const world = await worldOf(4, plant)
    await alter(world, move(0, [2, 3]))
    await alter(world, move(0, [2, 4]))
    expect(assignment(world, 0)).to.deep.equal([[2, 4, 1], [4], [1]])
    expect(await list(world)).to.deep.equal(['0 +4 -1'])
  })

  it('lists those that are asked for', async () => {
    const world = await worldOf(3, plant)
    await alter(world, move(0, [2, 3]))
    const listed = await world.until(
      world.active.listPartitionReassignments([tp('t', 0), tp('t', 1), tp('nope', 0)]),
    )
    expect(listed).to.deep.equal([{ ...tp('t', 0), replicas: [2, 3, 1], adding: [3], removing: [1] }])
  })

  it('takes many partitions through the same steps together, one write per topic and step', async () => {
    const world = await worldOf(3, (world) =>
      world.plantTopic(
        'wide',
        Object.fromEntries(
          Array.from({ length: 40 }, (_, index) => [index, { replicas: [1, 2], leader: 1, isr: [1, 2] }]),
        ),
      ),
    )
    const answers = await alter(
      world,
      ...Array.from({ length: 40 }, (_, index) => move(index, [1, 3], 'wide')),
    )
    expect(new Set(answers)).to.deep.equal(new Set(['NONE']))
    const writes = world.takeWrites()
    expect(writes.filter((line) => line.includes('setData /brokers/topics/wide ='))).to.have.lengthOf(1)
    expect(writes).to.have.lengthOf(41)
    expect(await list(world)).to.have.lengthOf(40)
  })

  describe('brokers that fail', () => {
    it('waits for a target that dies, and goes on when it is back', async () => {
      const world = await worldOf(3, plant)
      await alter(world, move(0, [2, 3]))
      await world.kill(3)
      expect(await list(world)).to.deep.equal(['0 +3 -1'])
      await world.addBroker(3)
      expect(world.takeRequests().filter((line) => line.startsWith('3 LeaderAndIsr'))).to.not.deep.equal([])
      await world.proposeIsr('t', 0, [1, 2, 3])
      expect(assignment(world, 0)).to.deep.equal([[2, 3], [], []])
    })

    it('elects a target when the leader that was to stay is dead', async () => {
      const world = await worldOf(3, (world) =>
        world.plantTopic('t', { 0: { replicas: [1, 2, 3], leader: 1, isr: [1, 2, 3] } }),
      )
      await world.kill(1)
      await world.settle(10_000)
      expect(world.state('t', 0)).to.include({ leader: 2, leaderEpoch: 2 })
      expect(await alter(world, move(0, [3]))).to.deep.equal(['NONE'])
      expect(world.state('t', 0)).to.include({ leader: 3 })
      expect(assignment(world, 0)).to.deep.equal([[3], [], []])
    })

    it('does not take the last step while no target is online: the partition keeps its leader', async () => {
      const world = await worldOf(3, (world) =>
        world.plantTopic('t', { 0: { replicas: [1, 3], leader: 1, isr: [1, 3] } }),
      )
      const { id, epoch } = world.broker(3)
      // Shutting down: registered, but not live; in sync, for it is the only one that can tell what happened.
      await world.until(world.active.controlledShutdown(id, epoch))
      await order(world, [{ topic: 't', partition: 0, replicas: [3] }])
      expect(world.state('t', 0).leader).to.equal(1)
      expect(await list(world)).to.deep.equal(['0 + -1'])
    })

    it('is gone on with by the next controller', async () => {
      const world = await worldOf(3, plant)
      await alter(world, move(1, [2, 3]))
      await world.kill(1)
      expect(await list(world)).to.deep.equal(['1 +3 -1'])
      await world.proposeIsr('t', 1, [2, 3])
      expect(assignment(world, 1)).to.deep.equal([[2, 3], [], []])
      expect(world.state('t', 1).inSyncReplicas).to.deep.equal([2, 3])
    })
  })

  describe('what is ordered in ZooKeeper', () => {
    it('is not checked: a broker that is not there is waited for', async () => {
      const world = await worldOf(3, plant)
      await order(world, [{ topic: 't', partition: 0, replicas: [1, 9] }])
      expect(await list(world)).to.deep.equal(['0 +9 -2'])
      expect(world.has(ORDER)).to.equal(true)
      await world.addBroker(9)
      await world.proposeIsr('t', 0, [1, 2, 9])
      expect(assignment(world, 0)).to.deep.equal([[1, 9], [], []])
      expect(world.has(ORDER)).to.equal(false)
    })

    it('loses the entries that cannot be: unknown partitions, topics being deleted', async () => {
      const world = await worldOf(3, async (world) => {
        await plant(world)
        await world.plantTopic('going', { 0: { replicas: [3, 2], leader: 3, isr: [3] } })
      })
      await world.kill(2)
      await world.until(world.active.deleteTopics(['going']))
      await world.settle()
      await order(world, [
        { topic: 'nope', partition: 0, replicas: [1] },
        { topic: 't', partition: 0, replicas: [1, 3] },
        { topic: 'going', partition: 0, replicas: [1] },
      ])
      expect(JSON.parse(world.data(ORDER) ?? '')).to.deep.equal({
        version: 1,
        partitions: [{ topic: 't', partition: 0, replicas: [1, 3] }],
      })
      expect(await list(world)).to.deep.equal(['0 +3 -2'])
    })

    it('is shortened as partitions arrive, and removed with the last', async () => {
      const world = await worldOf(3, plant)
      await order(world, [
        { topic: 't', partition: 0, replicas: [1, 3] },
        { topic: 't', partition: 1, replicas: [2, 3] },
      ])
      await world.proposeIsr('t', 1, [2, 1, 3])
      expect(world.data(ORDER)).to.equal(
        '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,3]}]}',
      )
      const { leaderEpoch } = world.state('t', 0)
      await world.proposeIsr('t', 0, [1, 2, 3])
      expect(world.has(ORDER)).to.equal(false)
      // The shortened order was not taken for a new one: one epoch for the leader, one for the replica that goes.
      expect(world.state('t', 0).leaderEpoch).to.equal(leaderEpoch + 2)
    })

    it('gives way to a request by API', async () => {
      const world = await worldOf(4, plant)
      await order(world, [{ topic: 't', partition: 0, replicas: [1, 3] }])
      await alter(world, move(0, [1, 4]))
      expect(world.has(ORDER)).to.equal(false)
      expect(await list(world)).to.deep.equal(['0 +4 -2'])
    })

    it('is seen again after the last one was removed, by us or by hand', async () => {
      const world = await worldOf(3, plant)
      await order(world, [{ topic: 't', partition: 0, replicas: [2, 1] }])
      expect(world.has(ORDER)).to.equal(false)
      await order(world, [{ topic: 't', partition: 0, replicas: [9] }])
      await world.until(world.tool.delete(ORDER, -1))
      await world.settle()
      await order(world, [{ topic: 't', partition: 1, replicas: [1, 2] }])
      expect(assignment(world, 1)).to.deep.equal([[1, 2], [], []])
    })

    for (const garbage of [
      '',
      'no json',
      '{"version":1}',
      '{"version":1,"partitions":[{"topic":"t"}]}',
      '[]',
    ]) {
      it(`is ignored when it is malformed: ${JSON.stringify(garbage)}`, async () => {
        const world = await worldOf(3, plant)
        await world.until(world.tool.create(ORDER, Buffer.from(garbage)))
        await world.settle()
        expect(await list(world)).to.deep.equal([])
        expect(world.data(ORDER)).to.equal(garbage)
        expect(world.logger.messages('warn')).to.include('Ignored an order to reassign partitions')
        // As in Kafka, it goes when there is other work.
        await alter(world, move(0, [2, 1]))
        expect(world.has(ORDER)).to.equal(false)
      })
    }

    it('is found by a new controller', async () => {
      const world = await worldOf(3, async (world) => {
        await plant(world)
        await order(world, [{ topic: 't', partition: 0, replicas: [2, 1] }])
      })
      expect(assignment(world, 0)).to.deep.equal([[2, 1], [], []])
      expect(world.has(ORDER)).to.equal(false)
    })
  })

  it('fails a partition whose topic has vanished, and no other', async () => {
    const world = await worldOf(3, async (world) => {
      await plant(world)
      await world.plantTopic('u', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } })
    })
    const { recorded } = world.broker(1)
    recorded.beforeMulti = async () => {
      recorded.beforeMulti = null
      for (const path of ['/partitions/0/state', '/partitions/0', '/partitions', '']) {
        await world.tool.delete(`/brokers/topics/u${path}`, -1)
      }
    }
    expect(await alter(world, move(0, [1, 3], 'u'), move(0, [1, 3]))).to.deep.equal([
      'UNKNOWN_SERVER_ERROR',
      'NONE',
    ])
  })
})
