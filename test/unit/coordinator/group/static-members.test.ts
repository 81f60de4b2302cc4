import { expect } from 'chai'
import {
  GroupWorld,
  INITIAL_DELAY_MS,
  protocol,
  REBALANCE_MS,
  SESSION_MS,
} from '../../../support/group-world.ts'

describe('a static member', () => {
  it('comes back under another id without a rebalance, and keeps its assignment', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(2, {}, ['i0', 'i1'])
    const back = await world.clock.until(world.join({ groupInstanceId: 'i1' }))
    expect(back).to.include({ error: 'NONE', generationId, leaderId: memberIds[0], skipAssignment: false })
    expect(back.memberId).to.match(/^i1-/).and.not.equal(memberIds[1])
    expect(world.state()).to.equal('Stable')
    const { assignment } = await world.sync({ memberId: back.memberId, groupInstanceId: 'i1', generationId })
    expect(assignment.toString()).to.equal('a1')
  })

  it('that leads is told of everybody and not to assign', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(2, {}, ['i0', 'i1'])
    const back = await world.clock.until(world.join({ groupInstanceId: 'i0' }))
    expect(back).to.include({ generationId, leaderId: back.memberId, skipAssignment: true })
    expect(back.members.map(({ memberId }) => memberId)).to.have.members([back.memberId, memberIds[1]])
  })

  it('that leads and speaks an old version is named a leader that it is not, so that it does not assign', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(1, {}, ['i0'])
    const back = await world.clock.until(world.join({ groupInstanceId: 'i0', maySkipAssignment: false }))
    expect(back).to.include({ leaderId: memberIds[0], skipAssignment: false })
    expect(back.members).to.deep.equal([])
  })

  it('fences its old self everywhere', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1, {}, ['i'])
    const old = { memberId: memberIds[0] ?? '', groupInstanceId: 'i', generationId }
    await world.clock.until(world.join({ groupInstanceId: 'i' }))
    expect(world.heartbeat(old)).to.equal('FENCED_INSTANCE_ID')
    expect((await world.sync(old)).error).to.equal('FENCED_INSTANCE_ID')
    expect((await world.join(old)).error).to.equal('FENCED_INSTANCE_ID')
    expect(await world.commit(old)).to.deep.equal(['FENCED_INSTANCE_ID'])
    expect(world.leave(old.memberId, 'i')).to.equal('FENCED_INSTANCE_ID')
  })

  it('answers its old self that still waits with FENCED_INSTANCE_ID', async () => {
    const world = await GroupWorld.ready()
    const waiting = world.join({ groupInstanceId: 'i' })
    void world.join({ groupInstanceId: 'i' })
    expect((await world.clock.until(waiting)).error).to.equal('FENCED_INSTANCE_ID')
  })

  it('keeps its place when it does not rejoin in time, until its session ends', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(2, { sessionTimeoutMs: 2 * REBALANCE_MS }, [
      'i0',
      'i1',
    ])
    const [leader = '', absent = ''] = memberIds
    const rejoined = world.join({
      memberId: leader,
      groupInstanceId: 'i0',
      sessionTimeoutMs: 2 * REBALANCE_MS,
    })
    await world.pass(REBALANCE_MS)
    const { members, generationId: next } = await rejoined
    expect(next).to.equal(generationId + 1)
    expect(members.map(({ memberId }) => memberId)).to.have.members([leader, absent])
  })

  it('rebalances nobody when it comes back while everybody is rejoining anyway', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(2, {}, ['i0', 'i1'])
    const joins = [
      world.join({ memberId: memberIds[0] ?? '', groupInstanceId: 'i0' }),
      world.join({ groupInstanceId: 'i1' }),
    ]
    const [leader, other] = await world.clock.until(Promise.all(joins))
    expect(leader?.generationId).to.equal(2)
    expect(other?.generationId).to.equal(2)
    expect(leader?.members).to.have.length(2)
  })

  it('rebalances the group when it comes back between joining and syncing', async () => {
    const world = await GroupWorld.ready()
    const joins = [world.join({ groupInstanceId: 'i0' }), world.join({ groupInstanceId: 'i1' })]
    await world.pass(2 * INITIAL_DELAY_MS)
    const [leader] = await Promise.all(joins)
    const synced = world.sync({ memberId: leader?.memberId ?? '', groupInstanceId: 'i0', generationId: 9 })
    expect((await synced).error).to.equal('ILLEGAL_GENERATION')
    void world.join({ groupInstanceId: 'i1' })
    expect(world.state()).to.equal('PreparingRebalance')
  })

  it('rebalances the group when its new protocols would change the choice', async () => {
    const world = await GroupWorld.ready()
    const range = protocol('range', ['t'])
    const sticky = protocol('sticky', ['t'])
    const joins = [
      world.join({ groupInstanceId: 'i0', protocols: [range, sticky] }),
      world.join({ groupInstanceId: 'i1', protocols: [range, sticky] }),
      world.join({ groupInstanceId: 'i2', protocols: [sticky, range] }),
    ]
    await world.pass(2 * INITIAL_DELAY_MS)
    await world.assign(await Promise.all(joins))
    void world.join({ groupInstanceId: 'i1', protocols: [sticky, range] })
    expect(world.state()).to.equal('PreparingRebalance')
  })

  it('is refused with protocols that its own old self does not share', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1, {}, ['i'])
    const back = await world.join({ groupInstanceId: 'i', protocols: [protocol('sticky', ['t'])] })
    expect(back.error).to.equal('INCONSISTENT_GROUP_PROTOCOL')
  })

  it('stays who it was when its new id cannot be stored', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1, {}, ['i'])
    world.log.fail('NOT_ENOUGH_REPLICAS')
    const back = await world.clock.until(world.join({ groupInstanceId: 'i' }))
    expect(back).to.include({ error: 'COORDINATOR_NOT_AVAILABLE', memberId: '' })
    const old = { memberId: memberIds[0] ?? '', groupInstanceId: 'i', generationId }
    expect(world.heartbeat(old)).to.equal('NONE')
    await world.pass(SESSION_MS)
    expect(world.state()).to.equal('Empty')
  })

  it('is known by its new id to the next coordinator', async () => {
    const world = await GroupWorld.ready()
    const { generationId } = await world.stable(1, {}, ['i'])
    const { memberId } = await world.clock.until(world.join({ groupInstanceId: 'i' }))
    await world.moveOn()
    expect(world.heartbeat({ memberId, groupInstanceId: 'i', generationId })).to.equal('NONE')
  })

  it('that is new joins without being handed an id first', async () => {
    const world = await GroupWorld.ready()
    const joined = world.join({ groupInstanceId: 'i', needsKnownMemberId: true })
    await world.pass(INITIAL_DELAY_MS)
    expect((await joined).error).to.equal('NONE')
  })
})
