import { expect } from 'chai'
import type { BrokerId } from '../../../src/model/ids.ts'
import { type ControllerWorld, fenced, stateWrite, worldOf } from '../../support/controller-harness.ts'

/**
 * What Apache Kafka 3.9.1 was seen to write to ZooKeeper, operation by operation. Where several partitions change at
 * once Kafka's order among them is that of a hash map; ours is by topic and partition. Each write is in a multi of its
 * own, as Kafka has it; in production many share one.
 */
describe('what the controller writes to ZooKeeper: brokers', () => {
  it('in-sync replicas that shrink and expand (36)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('shrink', { 0: { replicas: [1, 2, 3], leader: 1, isr: [1, 2, 3] } })
    })
    await world.proposeIsr('shrink', 0, [1, 3])
    await world.proposeIsr('shrink', 0, [1, 3, 2])
    expect(world.takeWrites()).to.deep.equal([
      stateWrite(1, 'shrink/0', { leader: 1, epoch: 0, isr: [1, 3] }, 1),
      stateWrite(1, 'shrink/0', { leader: 1, epoch: 0, isr: [1, 3, 2] }, 2),
    ])
  })

  /** The topics of the record before broker 2 was stopped. */
  async function plantRecord(world: ControllerWorld): Promise<void> {
    await world.plantTopic('__consumer_offsets', { 0: { replicas: [1], leader: 1, isr: [1] } })
    await world.plantTopic('auto', {
      0: { replicas: [3, 1], leader: 3, isr: [3, 1] },
      1: { replicas: [1, 2], leader: 1, isr: [1, 2] },
      2: { replicas: [2, 3], leader: 2, isr: [2, 3] },
    })
    await world.plantTopic('manual', {
      0: { replicas: [1, 2], leader: 1, isr: [1, 2] },
      1: { replicas: [2, 3], leader: 2, isr: [2, 3] },
    })
    await world.plantTopic('moving', {
      0: { replicas: [1, 2], leader: 1, isr: [2, 1], epoch: 7, version: 9 },
    })
    await world.plantTopic('shrink', { 0: { replicas: [1, 2, 3], leader: 1, isr: [1, 3, 2], version: 2 } })
  }

  it('a controlled shutdown, and the return of the broker (38, 39)', async () => {
    const world = await worldOf(3, plantRecord)
    const left = await world.until(world.active.controlledShutdown(2 as BrokerId, world.broker(2).epoch))
    expect(left).to.deep.equal([])
    await world.kill(2)
    expect(world.takeWrites()).to.deep.equal([
      stateWrite(1, 'auto/2', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(1, 'manual/1', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(1, 'auto/1', { leader: 1, epoch: 1, isr: [1] }, 1),
      stateWrite(1, 'manual/0', { leader: 1, epoch: 1, isr: [1] }, 1),
      stateWrite(1, 'moving/0', { leader: 1, epoch: 8, isr: [1] }, 10),
      stateWrite(1, 'shrink/0', { leader: 1, epoch: 1, isr: [1, 3] }, 3),
    ])
    await world.addBroker(2, { rack: 'r2' })
    expect(world.takeWrites()).to.have.lengthOf(1)
    await world.proposeIsr('auto', 2, [3, 2])
    await world.proposeIsr('shrink', 0, [1, 3, 2])
    expect(world.takeWrites()).to.deep.equal([
      stateWrite(1, 'auto/2', { leader: 3, epoch: 1, isr: [3, 2] }, 2),
      stateWrite(1, 'shrink/0', { leader: 1, epoch: 1, isr: [1, 3, 2] }, 4),
    ])
  })

  it('a broker that dies: one write for each of its partitions', async () => {
    const world = await worldOf(3, plantRecord)
    await world.kill(2)
    expect(world.takeWrites()).to.deep.equal([
      stateWrite(1, 'auto/2', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(1, 'manual/1', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(1, 'auto/1', { leader: 1, epoch: 1, isr: [1] }, 1),
      stateWrite(1, 'manual/0', { leader: 1, epoch: 1, isr: [1] }, 1),
      stateWrite(1, 'moving/0', { leader: 1, epoch: 8, isr: [1] }, 10),
      stateWrite(1, 'shrink/0', { leader: 1, epoch: 1, isr: [1, 3] }, 3),
    ])
  })

  it('the death of the controller, its return, and a clean stop of the next one (40 to 42)', async () => {
    const world = await worldOf(3, plantRecord)
    await world.kill(1)
    const next = world.active
    const winner = next.activeControllerId
    const claim = `multi[ create (ephemeral) /controller = {"version":2,"brokerid":${winner},"timestamp":"<time>","kraftControllerEpoch":-1}; setData /controller_epoch = 2 [now version 2] ]`
    expect(world.takeWrites().filter((line) => !line.includes('error NODEEXISTS'))).to.deep.equal([
      claim,
      // Dead replicas leave the in-sync sets first; where the dead one led, nobody leads.
      stateWrite(2, '__consumer_offsets/0', { leader: -1, epoch: 1, isr: [1] }, 1),
      stateWrite(2, 'auto/0', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(2, 'auto/1', { leader: -1, epoch: 1, isr: [2] }, 1),
      stateWrite(2, 'manual/0', { leader: -1, epoch: 1, isr: [2] }, 1),
      stateWrite(2, 'moving/0', { leader: -1, epoch: 8, isr: [2] }, 10),
      stateWrite(2, 'shrink/0', { leader: -1, epoch: 1, isr: [3, 2] }, 3),
      // Then leaders are elected: a second write and a second epoch.
      stateWrite(2, 'auto/1', { leader: 2, epoch: 2, isr: [2] }, 2),
      stateWrite(2, 'manual/0', { leader: 2, epoch: 2, isr: [2] }, 2),
      stateWrite(2, 'moving/0', { leader: 2, epoch: 9, isr: [2] }, 11),
      stateWrite(2, 'shrink/0', { leader: 2, epoch: 2, isr: [3, 2] }, 4),
      'multi[ check /controller_epoch version 2; error NONODE ]',
    ])
    await world.addBroker(1, { rack: 'r1' })
    expect(world.takeWrites().slice(1)).to.deep.equal([
      stateWrite(2, '__consumer_offsets/0', { leader: 1, epoch: 2, isr: [1] }, 2),
    ])
    await world.proposeIsr('auto', 1, [2, 1])
    await world.proposeIsr('shrink', 0, [3, 2, 1])
    await world.proposeIsr('moving', 0, [2, 1])
    await world.proposeIsr('manual', 0, [2, 1])
    await world.proposeIsr('auto', 0, [3, 1])
    world.takeWrites()

    const stopping = world.broker(2)
    expect(winner).to.equal(2)
    expect(await world.until(next.controlledShutdown(stopping.id, stopping.epoch))).to.deep.equal([])
    await world.until(next.stop())
    await world.until(stopping.zooKeeper.close())
    await world.settle()
    const writes = world.takeWrites().filter((line) => !line.includes('error NODEEXISTS'))
    expect(writes.filter((line) => !line.includes('/controller = '))).to.deep.equal([
      stateWrite(2, 'auto/1', { leader: 1, epoch: 3, isr: [1] }, 4),
      stateWrite(2, 'auto/2', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(2, 'manual/0', { leader: 1, epoch: 3, isr: [1] }, 4),
      stateWrite(2, 'manual/1', { leader: 3, epoch: 1, isr: [3] }, 1),
      stateWrite(2, 'moving/0', { leader: 1, epoch: 10, isr: [1] }, 13),
      stateWrite(2, 'shrink/0', { leader: 1, epoch: 3, isr: [3, 1] }, 6),
      'multi[ check /controller_epoch version 3; error NONODE ]',
    ])
    expect([1, 3]).to.include(world.active.activeControllerId)
    expect(world.data('/controller_epoch')).to.equal('3')
  })

  it('a failed log directory (44)', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('bad1', { 0: { replicas: [2, 1], leader: 2, isr: [2, 1] } })
      await world.plantTopic('manual', {
        1: { replicas: [2, 3], leader: 3, isr: [3, 2], epoch: 2, version: 4 },
      })
      await world.plantTopic('moving', {
        0: { replicas: [1, 2], leader: 1, isr: [1, 2], epoch: 11, version: 16 },
      })
    })
    world.broker(2).failedDisks.add('manual-1').add('moving-0')
    const path = await world.until(
      world.tool.create(
        '/log_dir_event_notification/log_dir_event_',
        Buffer.from('{"version":1,"broker":2,"event":1}'),
        { mode: 'persistent-sequential' },
      ),
    )
    await world.settle()
    expect(world.takeWrites().slice(1)).to.deep.equal([
      fenced(1, `delete ${path}`),
      stateWrite(1, 'manual/1', { leader: 3, epoch: 3, isr: [3] }, 5),
      stateWrite(1, 'moving/0', { leader: 1, epoch: 12, isr: [1] }, 17),
    ])
  })

  it('a restart of a broker between two looks: failure and return', async () => {
    const world = await worldOf(3, async (world) => {
      await world.plantTopic('t', { 0: { replicas: [2, 3], leader: 2, isr: [2, 3] } })
    })
    // Both happen before the controller has read anything.
    const path = '/brokers/ids/2'
    const data = world.data(path)
    const [, created] = await world.until(
      Promise.all([
        world.tool.delete(path, -1),
        world.tool.create(path, Buffer.from(data ?? ''), { mode: 'ephemeral' }),
      ]),
    )
    expect(created).to.equal(path)
    await world.settle()
    expect(world.takeWrites().slice(2)).to.deep.equal([
      stateWrite(1, 't/0', { leader: 3, epoch: 1, isr: [3] }, 1),
    ])
    expect(world.takeRequests().filter((line) => line.startsWith('2 '))).to.deep.equal([
      '2 UpdateMetadata brokers 1,2,3 t-0(3@1 isr 3)',
      '2 LeaderAndIsr t-0(3@1 isr 3 of 2,3)',
      '2 UpdateMetadata brokers 1,2,3 t-0(3@1 isr 3)',
    ])
  })
})
