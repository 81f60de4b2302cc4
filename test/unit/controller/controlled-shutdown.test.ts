import { expect } from 'chai'
import { KafkaError } from '../../../src/model/errors.ts'
import type { BrokerEpoch, BrokerId } from '../../../src/model/ids.ts'
import { type ControllerWorld, tp, worldOf } from '../../support/controller-harness.ts'

const plant = async (world: ControllerWorld) => {
  await world.plantTopic('led', { 0: { replicas: [2, 3], leader: 2, isr: [2, 3] } })
  await world.plantTopic('followed', { 0: { replicas: [1, 2], leader: 1, isr: [1, 2] } })
  await world.plantTopic('alone', { 0: { replicas: [2], leader: 2, isr: [2] } })
  await world.plantTopic('behind', { 0: { replicas: [2, 3], leader: 2, isr: [2] } })
}
const shutDown = (world: ControllerWorld, id = 2, epoch: BrokerEpoch | null = world.broker(2).epoch) =>
  world.until(world.active.controlledShutdown(id as BrokerId, epoch))

describe('ControlledShutdown', () => {
  it('moves leaders, stops followers, and names what the broker still leads and others replicate', async () => {
    const world = await worldOf(3, plant)
    expect(await shutDown(world)).to.deep.equal([tp('behind', 0)])
    expect(world.state('led', 0)).to.include({ leader: 3, leaderEpoch: 1 })
    expect(world.state('followed', 0).inSyncReplicas).to.deep.equal([1])
    expect(world.state('alone', 0)).to.include({ leader: 2, version: 0 })
    expect(world.state('behind', 0)).to.include({ leader: 2, version: 0 })
    await world.settle()
    expect(world.takeRequests().filter((line) => !line.includes('UpdateMetadata'))).to.deep.equal([
      '1 LeaderAndIsr followed-0(1@1 isr 1 of 1,2)',
      '2 LeaderAndIsr led-0(3@1 isr 3 of 2,3)',
      '2 StopReplica followed-0(epoch 0)',
      '2 StopReplica followed-0(epoch 1)',
      '3 LeaderAndIsr led-0(3@1 isr 3 of 2,3)',
    ])
  })

  it('can be asked again, and is done when the follower has caught up', async () => {
    const world = await worldOf(3, plant)
    await shutDown(world)
    await world.proposeIsr('behind', 0, [2, 3]).catch(() => undefined)
    // The leader is not live any more, so its proposal was refused; the follower cannot take over.
    expect(await shutDown(world)).to.deep.equal([tp('behind', 0)])
  })

  it('keeps the broker out of elections until it comes back in a new life', async () => {
    const world = await worldOf(3, plant)
    await shutDown(world)
    const [outcome] = await world.until(world.active.electLeaders('preferred', [tp('led', 0)]))
    expect(outcome?.error).to.equal('PREFERRED_LEADER_NOT_AVAILABLE')
    await world.kill(2)
    await world.addBroker(2)
    await world.proposeIsr('led', 0, [3, 2])
    const [again] = await world.until(world.active.electLeaders('preferred', [tp('led', 0)]))
    expect(again).to.include({ error: 'NONE', leader: 2 })
  })

  it('tells the broker everything until it is gone', async () => {
    const world = await worldOf(3, plant)
    await shutDown(world)
    await world.settle()
    world.takeRequests()
    await world.addBroker(4)
    expect(world.takeRequests().filter((line) => line.startsWith('2 '))).to.deep.equal([
      '2 UpdateMetadata brokers 1,2,3,4',
    ])
  })

  it('takes a broker that does not know its epoch', async () => {
    const world = await worldOf(3, plant)
    expect(await shutDown(world, 2, null)).to.have.lengthOf(1)
  })

  for (const [name, id, epoch, error] of [
    ['a broker that is not there', 9, null, 'BROKER_NOT_AVAILABLE'],
    ['a former life', 2, 1 as BrokerEpoch, 'STALE_BROKER_EPOCH'],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const world = await worldOf(3, plant)
      const refusal = await shutDown(world, id, epoch).catch((thrown: unknown) => thrown)
      expect(refusal).to.be.instanceOf(KafkaError).with.property('error', error)
      expect(world.takeWrites()).to.deep.equal([])
    })
  }
})
