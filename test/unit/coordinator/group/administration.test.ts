import { expect } from 'chai'
import type { TopicPartition } from '../../../../src/model/topic-partition.ts'
import type { PartitionIndex } from '../../../../src/model/ids.ts'
import { commitOf, GroupWorld, protocol, subscription } from '../../../support/group-world.ts'

const at = (topic: string, partition = 0): TopicPartition => ({
  topic,
  partition: partition as PartitionIndex,
})

describe('describing groups', () => {
  it('shows the members of a stable group with what they said and got', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(1, { clientId: 'c', clientHost: '/10.0.0.1' }, ['i'])
    expect(world.coordinator.describe('g')).to.deep.equal({
      state: 'Stable',
      protocolType: 'consumer',
      protocol: 'range',
      members: [
        {
          memberId: memberIds[0],
          groupInstanceId: 'i',
          clientId: 'c',
          clientHost: '/10.0.0.1',
          metadata: subscription(['t']),
          assignment: Buffer.from('a0'),
        },
      ],
    })
  })

  it('shows neither protocol nor assignments while a group rebalances', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1)
    void world.join()
    const summary = world.coordinator.describe('g')
    if (typeof summary === 'string') throw new Error(summary)
    expect([summary.state, summary.protocol]).to.deep.equal(['PreparingRebalance', ''])
    expect(
      summary.members.map(({ metadata, assignment }) => metadata.length + assignment.length),
    ).to.deep.equal([0, 0])
  })

  it('calls a group that nobody has heard of dead', async () => {
    const world = await GroupWorld.ready()
    expect(world.coordinator.describe('nowhere')).to.include({ state: 'Dead', protocolType: '' })
  })

  it('does not answer for groups that are coordinated elsewhere or not loaded yet', async () => {
    const world = new GroupWorld()
    expect(world.coordinator.describe('g')).to.equal('NOT_COORDINATOR')
    const loaded = world.elect()
    expect(world.coordinator.describe('g')).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
    await loaded
    expect(world.coordinator.describe('g')).to.include({ state: 'Dead' })
  })
})

describe('listing groups', () => {
  it('filters by state, in any case of letters', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1, { groupId: 'busy' })
    await world.commit({ groupId: 'idle' })
    const listed = (states: string[]) => world.coordinator.list(states).groups.map(({ groupId }) => groupId)
    expect(listed([])).to.have.members(['busy', 'idle'])
    expect(listed(['sTaBlE'])).to.deep.equal(['busy'])
    expect(listed(['Empty', 'Stable'])).to.have.members(['busy', 'idle'])
    expect(listed(['nonsense'])).to.deep.equal([])
  })

  it('says that it is incomplete while a partition is being loaded', async () => {
    const world = await GroupWorld.ready({ partitionCount: 2 })
    await world.commit({ groupId: 'a' })
    const other = (1 - world.partitionOf('a')) as PartitionIndex
    world.coordinator.onResigned(other, null)
    world.coordinator.onElected(other, 9 as never)
    const { error, groups } = world.coordinator.list([])
    expect(error).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
    expect(groups.map(({ groupId }) => groupId)).to.deep.equal(['a'])
    await world.settle()
    expect(world.coordinator.list([]).error).to.equal('NONE')
  })
})

describe('deleting groups', () => {
  it('removes an empty group with its offsets, for the next coordinator as well', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(1)
    await world.commit({ memberId: memberIds[0] ?? '', generationId: 1 })
    world.leave(memberIds[0] ?? '')
    await world.settle()
    expect(world.coordinator.deleteGroup('g')).to.equal('NONE')
    expect(world.committed()).to.equal(-1)
    expect(world.metrics.offsetDeletions.value).to.equal(1)
    await world.moveOn()
    expect(world.coordinator.list([]).groups).to.deep.equal([])
  })

  it('refuses groups with members, and groups that are not there', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1)
    expect(world.coordinator.deleteGroup('g')).to.equal('NON_EMPTY_GROUP')
    expect(world.coordinator.deleteGroup('nowhere')).to.equal('GROUP_ID_NOT_FOUND')
  })
})

describe('deleting offsets', () => {
  it('takes all topics of an empty group, and the group with the last one', async () => {
    const world = await GroupWorld.ready()
    await world.commit({ offsets: [commitOf(1), commitOf(2, { topic: 'u' })] })
    expect(world.coordinator.deleteOffsets('g', [at('t'), at('t', 7), at('u')])).to.deep.equal([
      'NONE',
      'NONE',
      'NONE',
    ])
    expect(world.coordinator.deleteOffsets('g', [at('t')])).to.equal('GROUP_ID_NOT_FOUND')
  })

  it('spares the topics that members subscribe to', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1)
    await world.commit({
      memberId: memberIds[0] ?? '',
      generationId,
      offsets: [commitOf(1), commitOf(2, { topic: 'u' })],
    })
    expect(world.coordinator.deleteOffsets('g', [at('t'), at('u')])).to.deep.equal([
      'GROUP_SUBSCRIBED_TO_TOPIC',
      'NONE',
    ])
    expect([world.committed('t'), world.committed('u')]).to.deep.equal([1, -1])
  })

  it('spares everything of consumers whose subscriptions cannot be read', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1, { protocols: [{ name: 'range', metadata: Buffer.from([0, 1, 0xff]) }] })
    expect(world.coordinator.deleteOffsets('g', [at('x')])).to.deep.equal(['GROUP_SUBSCRIBED_TO_TOPIC'])
  })

  it('refuses groups of another kind that have members', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1, { protocolType: 'connect', protocols: [protocol('v1', [])] })
    expect(world.coordinator.deleteOffsets('g', [at('t')])).to.equal('NON_EMPTY_GROUP')
  })

  it('happens to the offsets of topics that are deleted', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1)
    const offsets = [commitOf(1), commitOf(2, { partition: 1 }), commitOf(3, { topic: 'u' })]
    await world.commit({ memberId: memberIds[0] ?? '', generationId, offsets })
    world.coordinator.onPartitionsDeleted([at('t', 0), at('t', 1)])
    await world.settle()
    expect([world.committed('t', 0), world.committed('t', 1), world.committed('u')]).to.deep.equal([
      -1, -1, 3,
    ])
    await world.moveOn()
    expect([world.committed('t', 0), world.committed('u')]).to.deep.equal([-1, 3])
  })
})
