import { expect } from 'chai'
import { type ControllerWorld, fenced, ids, tp, worldOf } from '../../support/controller-harness.ts'

const plant = (world: ControllerWorld) =>
  world.plantTopic('t', {
    0: { replicas: [1, 2], leader: 1, isr: [1, 2] },
    1: { replicas: [2, 1], leader: 2, isr: [2, 1] },
  })

const announce = async (world: ControllerWorld, row: string, data: string) => {
  const path = await world.until(
    world.tool.create(
      `/${row}_notification/${row === 'log_dir_event' ? row : 'isr_change'}_`,
      Buffer.from(data),
      {
        mode: 'persistent-sequential',
      },
    ),
  )
  await world.settle()
  return path
}

describe('LogDirFailures', () => {
  it('asks the broker about all of its replicas, and does without those on the failed disk', async () => {
    const world = await worldOf(2, plant)
    world.broker(2).failedDisks.add('t-1')
    await announce(world, 'log_dir_event', '{"version":1,"broker":2,"event":1}')
    expect(world.state('t', 1)).to.include({ leader: 1, leaderEpoch: 1 })
    expect(world.state('t', 1).inSyncReplicas).to.deep.equal([1])
    expect(world.state('t', 0).version).to.equal(0)
    const requests = world.takeRequests().filter((line) => line.startsWith('2 LeaderAndIsr'))
    expect(requests[0]).to.equal('2 LeaderAndIsr t-0(1@0 isr 1,2 of 1,2) t-1(2@0 isr 2,1 of 2,1)')
    expect(world.broker(1).metadata.partition('t', 1 as never)?.offlineReplicas).to.deep.equal([2])
  })

  it('has the replica back when the broker returns with a working disk', async () => {
    const world = await worldOf(2, plant)
    world.broker(2).failedDisks.add('t-1')
    await announce(world, 'log_dir_event', '{"version":1,"broker":2,"event":1}')
    await world.kill(2)
    await world.addBroker(2)
    await world.proposeIsr('t', 1, [1, 2])
    const [outcome] = await world.until(world.active.electLeaders('preferred', [tp('t', 1)]))
    expect(outcome).to.include({ error: 'NONE', leader: 2 })
  })

  it('learns of a failed disk from any answer, and of its repair', async () => {
    const world = await worldOf(2, plant)
    world.broker(2).failedDisks.add('t-0')
    await world.until(world.active.electLeaders('preferred', null))
    await world.until(world.active.alterPartitionReassignments([{ ...tp('t', 0), replicas: ids(2, 1) }]))
    await world.settle()
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([1])
    world.broker(2).failedDisks.clear()
    await announce(world, 'log_dir_event', '{"version":1,"broker":2,"event":1}')
    await world.proposeIsr('t', 0, [1, 2])
    const [outcome] = await world.until(world.active.electLeaders('preferred', [tp('t', 0)]))
    expect(outcome).to.include({ error: 'NONE', leader: 2 })
  })

  it('clears notifications that cannot be read, and those that were there before its term', async () => {
    const world = await worldOf(2, async (world) => {
      await plant(world)
      await announce(world, 'log_dir_event', '{"version":1,"broker":2,"event":1}')
    })
    expect(world.has('/log_dir_event_notification/log_dir_event_0000000000')).to.equal(false)
    const path = await announce(world, 'log_dir_event', 'garbage')
    expect(world.takeWrites().slice(1)).to.deep.equal([fenced(1, `delete ${path}`)])
    expect(world.takeRequests()).to.deep.equal([])
  })
})

describe('IsrNotifications', () => {
  it('takes over what a leader of an old broker has written, and tells everybody', async () => {
    const world = await worldOf(2, plant)
    const state = '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1]}'
    await world.until(world.tool.set('/brokers/topics/t/partitions/0/state', Buffer.from(state), 0))
    const path = await announce(
      world,
      'isr_change',
      '{"version":1,"partitions":[{"topic":"t","partition":0},{"topic":"nope","partition":3}]}',
    )
    expect(world.takeRequests()).to.deep.equal([
      '1 UpdateMetadata brokers 1,2 t-0(1@0 isr 1)',
      '2 UpdateMetadata brokers 1,2 t-0(1@0 isr 1)',
    ])
    expect(world.has(path)).to.equal(false)
  })

  it('finishes a reassignment that waited for it', async () => {
    const world = await worldOf(3, plant)
    await world.until(world.active.alterPartitionReassignments([{ ...tp('t', 0), replicas: ids(1, 3) }]))
    const state = '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":1,"isr":[1,2,3]}'
    await world.until(world.tool.set('/brokers/topics/t/partitions/0/state', Buffer.from(state), 1))
    await announce(world, 'isr_change', '{"version":1,"partitions":[{"topic":"t","partition":0}]}')
    expect(await world.until(world.active.listPartitionReassignments(null))).to.deep.equal([])
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([1, 3])
  })

  it('elects by what ZooKeeper says when a leader wrote and nobody was told yet', async () => {
    const world = await worldOf(3, (world) =>
      world.plantTopic('t', { 0: { replicas: [1, 2, 3], leader: 2, isr: [2, 1] } }),
    )
    const state = '{"controller_epoch":1,"leader":2,"version":1,"leader_epoch":0,"isr":[2,3]}'
    await world.until(world.tool.set('/brokers/topics/t/partitions/0/state', Buffer.from(state), 0))
    await world.kill(2)
    expect(world.state('t', 0)).to.include({ leader: 3, leaderEpoch: 1 })
    expect(world.state('t', 0).inSyncReplicas).to.deep.equal([3])
  })
})
