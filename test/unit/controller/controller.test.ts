import { expect } from 'chai'
import type { Controller } from '../../../src/controller/controller.ts'
import { KafkaError, type ErrorName } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { ZooKeeperError } from '../../../zk/zookeeper.ts'
import { type ControllerWorld, ids, topicIdOf, tp, worldOf } from '../../support/controller-harness.ts'

/** The error of what must fail. */
async function errorOf(work: Promise<unknown>): Promise<ErrorName> {
  try {
    await work
  } catch (error) {
    if (error instanceof KafkaError) return error.error
    throw error
  }
  throw new Error('it did not fail')
}

const actives = (world: ControllerWorld) =>
  [...world.brokers.values()].filter(({ controller }) => controller.isActive).map(({ id }) => id)

/** Another controller has been elected, and this one does not know: only the epoch tells. */
const bumpEpoch = (world: ControllerWorld, epoch: number) =>
  world.tool.set('/controller_epoch', Buffer.from(String(epoch)), -1)

describe('Controller', () => {
  describe('elections', () => {
    it('has one winner when several stand at once', async () => {
      const world = await worldOf(0)
      for (const id of [1, 2, 3]) await world.addBroker(id, { isCandidate: false })
      for (const { controller } of world.brokers.values()) controller.start()
      await world.settle()
      expect(actives(world)).to.have.lengthOf(1)
      expect(world.data('/controller_epoch')).to.equal('1')
      const [winner] = actives(world)
      for (const { controller } of world.brokers.values())
        expect(controller.activeControllerId).to.equal(winner)
    })

    it('makes the next one when the controller dies', async () => {
      const world = await worldOf(3)
      await world.kill(1)
      expect(actives(world)).to.deep.equal([2])
      expect(world.active.epoch).to.equal(2)
      expect(world.broker(3).controller.activeControllerId).to.equal(2)
    })

    it('begins a new term when /controller is deleted by hand', async () => {
      const world = await worldOf(2)
      await world.until(world.tool.delete('/controller', -1))
      await world.settle()
      expect(actives(world)).to.have.lengthOf(1)
      expect(world.active.epoch).to.equal(2)
      expect(await world.until(world.active.listPartitionReassignments(null))).to.deep.equal([])
    })

    it('leaves the office to a controller of KRaft', async () => {
      const world = await worldOf(0)
      const claim = '{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":7}'
      await world.until(world.tool.create('/controller', Buffer.from(claim)))
      const { controller } = await world.addBroker(1)
      expect(controller.isActive).to.equal(false)
      expect(controller.activeControllerId).to.equal(null)
    })

    it('waits for an earlier life of its broker to be forgotten', async () => {
      const world = await worldOf(0)
      const claim = '{"version":2,"brokerid":1,"timestamp":"1","kraftControllerEpoch":-1}'
      await world.until(world.tool.create('/controller', Buffer.from(claim), { mode: 'ephemeral' }))
      const { controller } = await world.addBroker(1)
      expect(controller.isActive).to.equal(false)
      await world.until(world.tool.close())
      await world.settle()
      expect(controller.isActive).to.equal(true)
    })
  })

  describe('a broker that is not the controller', () => {
    const requests: [
      name: string,
      error: ErrorName,
      request: (controller: Controller) => Promise<unknown>,
    ][] = [
      ['CreateTopics', 'NOT_CONTROLLER', (it) => it.createTopics([], { validateOnly: false })],
      ['DeleteTopics', 'NOT_CONTROLLER', (it) => it.deleteTopics(['t'])],
      ['CreatePartitions', 'NOT_CONTROLLER', (it) => it.createPartitions([], { validateOnly: false })],
      ['ElectLeaders', 'NOT_CONTROLLER', (it) => it.electLeaders('preferred', null)],
      ['AlterPartitionReassignments', 'NOT_CONTROLLER', (it) => it.alterPartitionReassignments([])],
      ['ListPartitionReassignments', 'NOT_CONTROLLER', (it) => it.listPartitionReassignments(null)],
      ['AllocateProducerIds', 'NOT_CONTROLLER', (it) => it.allocateProducerIds(1 as BrokerId, 1 as never)],
      ['UpdateFeatures', 'NOT_CONTROLLER', (it) => it.updateFeatures([])],
      ['ControlledShutdown', 'STALE_CONTROLLER_EPOCH', (it) => it.controlledShutdown(1 as BrokerId, null)],
      [
        'AlterPartition',
        'NOT_CONTROLLER',
        (it) =>
          it.alterPartition({
            broker: 1 as BrokerId,
            brokerEpoch: 1 as never,
            usesTopicIds: true,
            topics: [],
          }),
      ],
    ]
    for (const [name, error, request] of requests) {
      it(`refuses ${name} with ${error}`, async () => {
        const world = await worldOf(2)
        expect(await errorOf(world.until(request(world.broker(2).controller)))).to.equal(error)
      })
    }
  })

  describe('the end of a session', () => {
    it('ends the term at once, registers the broker anew and stands again', async () => {
      const world = await worldOf(2)
      const { controller, zooKeeper, epoch } = world.broker(1)
      world.zooKeeper.expire(zooKeeper)
      await world.settle(200)
      expect(actives(world)).to.deep.equal([2])
      await world.settle(5000)
      expect(actives(world)).to.deep.equal([2])
      expect(controller.activeControllerId).to.equal(2)
      expect(world.broker(1).epoch).to.be.greaterThan(epoch)
      expect(world.has('/brokers/ids/1')).to.equal(true)
      await world.kill(2)
      expect(actives(world)).to.deep.equal([1])
    })

    it('answers the requests that wait with NOT_CONTROLLER', async () => {
      const world = await worldOf(2)
      const { controller, zooKeeper, id, epoch } = world.broker(1)
      const waiting = Promise.all([
        errorOf(controller.allocateProducerIds(id, epoch)),
        errorOf(controller.electLeaders('preferred', null)),
        errorOf(controller.listPartitionReassignments(null)),
        errorOf(controller.controlledShutdown(id, epoch)),
      ])
      world.zooKeeper.expire(zooKeeper)
      expect(await world.until(waiting)).to.deep.equal([
        'NOT_CONTROLLER',
        'NOT_CONTROLLER',
        'NOT_CONTROLLER',
        'STALE_CONTROLLER_EPOCH',
      ])
    })

    it('keeps trying to register', async () => {
      const world = await worldOf(1)
      const { zooKeeper, controller } = world.broker(1)
      const registry = world.broker(1).registerFailures
      registry.push(new Error('the id is in use'), new Error('the id is in use'))
      world.zooKeeper.expire(zooKeeper)
      await world.settle(500)
      expect(controller.isActive).to.equal(false)
      await world.settle(10_000)
      expect(controller.isActive).to.equal(true)
      expect(registry).to.deep.equal([])
    })
  })

  describe('silence of ZooKeeper', () => {
    it('stops acting when the session may have ended, before anybody says so', async () => {
      const world = await worldOf(2, (world) =>
        world.plantTopic('t', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } }),
      )
      const { controller, zooKeeper } = world.broker(1)
      // Session timeout 6 s.
      world.zooKeeper.partition(zooKeeper)
      await world.settle(5000)
      expect(controller.isActive).to.equal(true)
      await world.settle(1000)
      expect(controller.isActive).to.equal(false)
      expect(await errorOf(world.until(controller.electLeaders('preferred', null)))).to.equal(
        'NOT_CONTROLLER',
      )
      world.zooKeeper.heal(zooKeeper)
      await world.settle(30_000)
      expect(actives(world)).to.have.lengthOf(1)
    })

    it('takes office anew when its session has survived after all', async () => {
      const world = await worldOf(1)
      const { controller, zooKeeper } = world.broker(1)
      // Nobody's session ends without a quorum, but how should a controller know that?
      world.zooKeeper.loseQuorum()
      await world.settle(20_000)
      expect(controller.isActive).to.equal(false)
      world.zooKeeper.restoreQuorum()
      await world.settle(20_000)
      expect(controller.isActive).to.equal(true)
      expect(controller.epoch).to.equal(2)
      expect(zooKeeper.session.state).to.equal('connected')
    })

    it('goes on after a short interruption', async () => {
      const world = await worldOf(1)
      const { controller, zooKeeper } = world.broker(1)
      world.zooKeeper.disconnect(zooKeeper)
      await world.settle(3000)
      expect(controller.isActive).to.equal(true)
      expect(controller.epoch).to.equal(1)
    })
  })

  describe('a controller that is deposed and does not know it', () => {
    const plant = (world: ControllerWorld) =>
      world.plantTopic('t', {
        0: { replicas: [1, 2], leader: 2, isr: [2, 1] },
        1: { replicas: [2, 1], leader: 2, isr: [2, 1] },
      })
    const proposal = (world: ControllerWorld) => ({
      broker: 2 as BrokerId,
      brokerEpoch: world.broker(2).epoch,
      usesTopicIds: true,
      topics: [
        {
          id: topicIdOf('t'),
          name: '',
          partitions: [
            {
              ...tp('t', 0),
              leaderEpoch: 0 as never,
              partitionEpoch: 0 as never,
              inSyncReplicas: ids(2),
              leaderRecoveryState: 'RECOVERED' as const,
            },
          ],
        },
      ],
    })
    const operations: [
      name: string,
      error: ErrorName,
      run: (controller: Controller, world: ControllerWorld) => Promise<unknown>,
    ][] = [
      ['an ISR change', 'NOT_CONTROLLER', (it, world) => it.alterPartition(proposal(world))],
      ['a preferred election', 'NOT_CONTROLLER', (it) => it.electLeaders('preferred', [tp('t', 0)])],
      [
        'a reassignment',
        'NOT_CONTROLLER',
        (it) => it.alterPartitionReassignments([{ ...tp('t', 0), replicas: ids(2) }]),
      ],
      [
        'a controlled shutdown',
        'STALE_CONTROLLER_EPOCH',
        (it, world) => it.controlledShutdown(2 as BrokerId, world.broker(2).epoch),
      ],
    ]
    for (const [name, error, run] of operations) {
      it(`writes nothing of ${name}, and says ${error}`, async () => {
        const world = await worldOf(2, plant)
        const [one, other] = [world.state('t', 0), world.state('t', 1)]
        const topic = world.data('/brokers/topics/t')
        const { controller, recorded } = world.broker(1)
        world.takeRequests()
        recorded.beforeMulti = async () => {
          recorded.beforeMulti = null
          await bumpEpoch(world, 7)
        }
        expect(await errorOf(world.until(run(controller, world)))).to.equal(error)
        expect([world.state('t', 0), world.state('t', 1)]).to.deep.equal([one, other])
        expect(world.data('/brokers/topics/t')).to.equal(topic)
        expect(world.takeRequests()).to.deep.equal([])
      })
    }

    it('begins a new term, of an epoch that nobody had, when its claim still stands', async () => {
      const world = await worldOf(2, plant)
      await world.until(bumpEpoch(world, 7))
      expect(
        await errorOf(world.until(world.broker(1).controller.electLeaders('preferred', [tp('t', 0)]))),
      ).to.equal('NOT_CONTROLLER')
      await world.settle(3000)
      expect(actives(world)).to.have.lengthOf(1)
      expect(world.active.epoch).to.equal(8)
      const [outcome] = await world.until(world.active.electLeaders('preferred', [tp('t', 0)]))
      expect(outcome).to.include({ error: 'NONE', leader: 1 })
    })

    it('resigns when another holds /controller', async () => {
      const world = await worldOf(2, plant)
      const { controller, zooKeeper } = world.broker(1)
      // Cut off and expired: the other one is elected, and this one cannot hear of it.
      world.zooKeeper.partition(zooKeeper)
      world.zooKeeper.expire(zooKeeper)
      await world.settle(100)
      expect(actives(world)).to.deep.equal([1, 2])
      world.zooKeeper.heal(zooKeeper)
      await world.settle(2000)
      expect(actives(world)).to.deep.equal([2])
      expect(controller.activeControllerId).to.equal(2)
    })

    it('gives up a new topic half way, and the next controller finishes it', async () => {
      const world = await worldOf(2)
      const { recorded } = world.broker(1)
      let multis = 0
      recorded.beforeMulti = async (operations) => {
        // After the topic's partitions, before their states.
        if (!operations.some(({ path }) => path.endsWith('/state')) || multis++ > 0) return
        recorded.beforeMulti = null
        await world.tool.delete('/controller', -1)
        await bumpEpoch(world, 4)
      }
      const created = await world.until(
        world.active.createTopics(
          [{ name: 'half', partitionCount: 1, replicationFactor: 2, assignments: [], configs: [] }],
          { validateOnly: false },
        ),
      )
      expect(created[0]?.error).to.equal('NONE')
      await world.settle(3000)
      expect(world.active.epoch).to.equal(5)
      expect(world.state('half', 0)).to.include({ controllerEpoch: 5, leaderEpoch: 0 })
    })
  })

  describe('doubt about what was written', () => {
    it('begins a new term when nobody knows the outcome', async () => {
      const world = await worldOf(2, (world) =>
        world.plantTopic('t', { 0: { replicas: [1, 2], leader: 2, isr: [2, 1] } }),
      )
      const { controller, recorded } = world.broker(1)
      // The store asks again and finds out; it is the controller's matter only if that does not work for long.
      recorded.beforeMulti = () => Promise.reject(new ZooKeeperError('UNKNOWN_OUTCOME', '/x'))
      const asked = errorOf(controller.electLeaders('preferred', [tp('t', 0)]))
      await world.settle(8000)
      recorded.beforeMulti = null
      expect(await world.until(asked)).to.equal('NOT_CONTROLLER')
      await world.settle(10_000)
      expect(actives(world)).to.have.lengthOf(1)
      expect(world.active.epoch).to.equal(2)
    })
  })

  describe('stop', () => {
    it('resigns, refuses what comes later, and leaves /controller to the session', async () => {
      const world = await worldOf(2)
      const { controller } = world.broker(1)
      const waiting = errorOf(controller.listPartitionReassignments(null))
      await world.until(controller.stop())
      expect(await waiting).to.equal('NOT_CONTROLLER')
      expect(controller.isActive).to.equal(false)
      expect(world.has('/controller')).to.equal(true)
      expect(await errorOf(controller.listPartitionReassignments(null))).to.equal('NOT_CONTROLLER')
      await world.settle(20_000)
      expect(actives(world)).to.deep.equal([])
    })
  })
})
