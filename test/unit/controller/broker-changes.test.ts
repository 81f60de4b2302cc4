import { expect } from 'chai'
import { compareBrokers } from '../../../src/controller/broker-changes.ts'
import type { BrokerEpoch, BrokerId } from '../../../src/model/ids.ts'
import { type ControllerWorld, worldOf } from '../../support/controller-harness.ts'

const registered = (id: number, epoch: number) => ({
  id: id as BrokerId,
  epoch: epoch as BrokerEpoch,
  info: { endpoints: [], rack: null, features: new Map(), jmxPort: -1, timestampMs: 0 },
})

const plant = (world: ControllerWorld) =>
  world.plantTopic('t', {
    0: { replicas: [2, 3], leader: 2, isr: [2, 3] },
    1: { replicas: [3, 2], leader: 3, isr: [3, 2] },
  })

describe('BrokerChanges', () => {
  it('tells brokers that are new, restarted and gone apart', () => {
    const known = new Map([1, 2, 3].map((id) => [id as BrokerId, registered(id, 10 * id)]))
    const now = [registered(9, 90), registered(3, 30), registered(2, 25), registered(4, 1)]
    const { added, restarted, removed } = compareBrokers(known, now)
    expect(added.map(({ id }) => id)).to.deep.equal([4, 9])
    expect(restarted.map(({ id, epoch }) => [id, epoch])).to.deep.equal([[2, 25]])
    expect(removed).to.deep.equal([1])
  })

  it('does not take an older epoch for a restart', () => {
    const known = new Map([[1 as BrokerId, registered(1, 10)]])
    expect(compareBrokers(known, [registered(1, 9)])).to.deep.equal({ added: [], restarted: [], removed: [] })
  })

  it('introduces a new broker: others hear of it, it hears of all leaders, then of its own replicas', async () => {
    const world = await worldOf(3, plant)
    await world.kill(3)
    world.takeRequests()
    await world.addBroker(3)
    expect(world.takeRequests()).to.deep.equal([
      '1 UpdateMetadata brokers 1,2,3',
      '1 UpdateMetadata brokers 1,2,3 t-0(2@1 isr 2) t-1(2@1 isr 2)',
      '2 UpdateMetadata brokers 1,2,3',
      '2 UpdateMetadata brokers 1,2,3 t-0(2@1 isr 2) t-1(2@1 isr 2)',
      '3 UpdateMetadata brokers 1,2,3 t-0(2@1 isr 2) t-1(2@1 isr 2)',
      '3 LeaderAndIsr t-0(2@1 isr 2 of 2,3) t-1(2@1 isr 2 of 3,2)',
      '3 UpdateMetadata brokers 1,2,3 t-0(2@1 isr 2) t-1(2@1 isr 2)',
    ])
  })

  it('makes a broker that returns the leader of what nobody else could lead', async () => {
    const world = await worldOf(2, (world) =>
      world.plantTopic('t', { 0: { replicas: [2, 1], leader: 2, isr: [2] } }),
    )
    await world.kill(2)
    expect(world.state('t', 0)).to.include({ leader: -1, leaderEpoch: 1 })
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([2])
    await world.addBroker(2)
    expect(world.state('t', 0)).to.include({ leader: 2, leaderEpoch: 2 })
  })

  it('tells the living of a death also when no partition has changed', async () => {
    const world = await worldOf(3)
    await world.kill(3)
    expect(world.takeRequests()).to.deep.equal([
      '1 UpdateMetadata brokers 1,2',
      '2 UpdateMetadata brokers 1,2',
    ])
    expect([...world.broker(1).metadata.brokers.keys()]).to.deep.equal([1, 2])
  })

  it('handles the deaths of several brokers at once', async () => {
    const world = await worldOf(4, (world) =>
      world.plantTopic('t', { 0: { replicas: [2, 3, 4], leader: 2, isr: [2, 3, 4] } }),
    )
    await world.until(Promise.all([world.broker(2).die(), world.broker(3).die()]))
    await world.settle()
    expect(world.state('t', 0)).to.include({ leader: 4 })
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([4])
  })

  it('says in the metadata which replicas are offline', async () => {
    const world = await worldOf(3, plant)
    await world.kill(3)
    expect(world.broker(1).metadata.partition('t', 0 as never)?.offlineReplicas).to.deep.equal([3])
  })

  describe('a broker that changes its znode', () => {
    const change = async (world: ControllerWorld, edit: (data: string) => string) => {
      const path = '/brokers/ids/2'
      await world.until(world.tool.set(path, Buffer.from(edit(world.data(path) ?? '')), -1))
      await world.settle()
    }

    it('is announced with its new endpoints', async () => {
      const world = await worldOf(2)
      await change(world, (data) => data.replace('PLAINTEXT://b2:', 'PLAINTEXT://elsewhere:'))
      expect(world.takeRequests()).to.deep.equal([
        '1 UpdateMetadata brokers 1,2',
        '2 UpdateMetadata brokers 1,2',
      ])
    })

    it('is no news when only its rack is another', async () => {
      const world = await worldOf(2)
      await change(world, (data) => data.replace('"rack":"r2"', '"rack":"r9"'))
      expect(world.takeRequests()).to.deep.equal([])
    })

    it('stays as it was when nobody can read what it says', async () => {
      const world = await worldOf(2)
      await change(world, () => 'no json')
      expect(world.takeRequests()).to.deep.equal([])
      expect(world.logger.messages('error')).to.have.lengthOf(1)
    })
  })

  it('does not count a broker as alive whose znode is malformed', async () => {
    const world = await worldOf(2)
    await world.until(
      world.tool.create('/brokers/ids/7', Buffer.from('{"version":5}'), { mode: 'ephemeral' }),
    )
    await world.settle()
    expect([...world.broker(1).metadata.brokers.keys()]).to.deep.equal([1, 2])
    expect(world.active.isActive).to.equal(true)
  })

  it('tells a broker everything anew when its queue ran full while it did not answer', async () => {
    const world = await worldOf(
      3,
      async (world) => {
        await plant(world)
      },
      { maxQueuedRequests: 5 },
    )
    world.broker(3).mood = 'silent'
    for (let version = 0; version < 8; version++) {
      await world.proposeIsr('t', 0, version % 2 === 0 ? [2] : [2, 3])
    }
    world.takeRequests()
    world.broker(3).breakConnections()
    world.broker(3).mood = 'answers'
    await world.settle(500)
    const requests = world.takeRequests().filter((line) => line.startsWith('3 '))
    expect(requests.slice(-3)).to.deep.equal([
      '3 UpdateMetadata brokers 1,2,3 t-0(2@0 isr 2,3) t-1(3@0 isr 3,2)',
      '3 LeaderAndIsr t-0(2@0 isr 2,3 of 2,3) t-1(3@0 isr 3,2 of 3,2)',
      '3 UpdateMetadata brokers 1,2,3 t-0(2@0 isr 2,3) t-1(3@0 isr 3,2)',
    ])
    expect(requests.length).to.be.lessThan(8)
  })
})
