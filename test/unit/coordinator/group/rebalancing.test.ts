import { expect } from 'chai'
import { GroupWorld, INITIAL_DELAY_MS, REBALANCE_MS, SESSION_MS } from '../../../support/group-world.ts'

/** A group of `count` that has a generation and no assignment yet. */
async function completing(count: number) {
  const world = await GroupWorld.ready()
  const joins = Array.from({ length: count }, () => world.join())
  await world.pass(2 * INITIAL_DELAY_MS)
  const joined = await Promise.all(joins)
  return { world, memberIds: joined.map(({ memberId }) => memberId), generationId: 1 }
}

describe('syncing a group', () => {
  it("hands everybody the leader's assignment when it is replicated, and not before", async () => {
    const { world, memberIds, generationId } = await completing(2)
    const [leader = '', follower = ''] = memberIds
    world.log.hold()
    const followed = world.sync({ memberId: follower, generationId })
    const led = world.sync({
      memberId: leader,
      generationId,
      assignments: [
        { memberId: leader, assignment: Buffer.from('mine') },
        { memberId: follower, assignment: Buffer.from('yours') },
      ],
    })
    await world.settle()
    expect(world.state()).to.equal('CompletingRebalance')
    world.log.release()
    const results = await world.clock.until(Promise.all([led, followed]))
    expect(results.map(({ error, assignment }) => [error, assignment.toString()])).to.deep.equal([
      ['NONE', 'mine'],
      ['NONE', 'yours'],
    ])
    expect(world.state()).to.equal('Stable')
    expect(world.metrics.completedRebalances.value).to.equal(1)
  })

  it('gives nothing to members whom the leader has forgotten, and leaves strangers out', async () => {
    const { world, memberIds, generationId } = await completing(2)
    const [leader = '', follower = ''] = memberIds
    const followed = world.sync({ memberId: follower, generationId })
    void world.sync({
      memberId: leader,
      generationId,
      assignments: [{ memberId: 'stranger', assignment: Buffer.from('x') }],
    })
    const { error, assignment } = await world.clock.until(followed)
    expect(error).to.equal('NONE')
    expect(assignment.length).to.equal(0)
  })

  it('answers a member of a stable group with its assignment, at once', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(2)
    const { error, assignment, protocolType, protocolName } = await world.sync({
      memberId: memberIds[1] ?? '',
      generationId,
    })
    expect([error, assignment.toString(), protocolType, protocolName]).to.deep.equal([
      'NONE',
      'a1',
      'consumer',
      'range',
    ])
  })

  for (const [what, request, error] of [
    ['of an old generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
    ['of a stranger', { memberId: 'stranger' }, 'UNKNOWN_MEMBER_ID'],
    ['of a static member that is not there', { groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID'],
    ['for a group that is not there', { groupId: 'other' }, 'UNKNOWN_MEMBER_ID'],
    ['without a group id', { groupId: '' }, 'INVALID_GROUP_ID'],
    ['that believes in another protocol type', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['that believes in another protocol', { protocolName: 'sticky' }, 'INCONSISTENT_GROUP_PROTOCOL'],
  ] as const) {
    it(`refuses a request ${what}`, async () => {
      const { world, memberIds, generationId } = await completing(1)
      const result = await world.sync({ memberId: memberIds[0] ?? '', generationId, ...request })
      expect(result.error).to.equal(error)
    })
  }

  for (const [stored, told] of [
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['REQUEST_TIMED_OUT', 'REBALANCE_IN_PROGRESS'],
    ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ] as const) {
    it(`tells everybody ${told} when the log answers ${stored}, and rebalances`, async () => {
      const { world, memberIds, generationId } = await completing(2)
      world.log.fail(stored)
      const syncs = [...memberIds].reverse().map((memberId) => world.sync({ memberId, generationId }))
      const results = await world.clock.until(Promise.all(syncs))
      expect(results.map(({ error }) => error)).to.deep.equal([told, told])
      expect(world.state()).to.equal('PreparingRebalance')
    })
  }

  it('drops an assignment that is overtaken by a new member', async () => {
    const { world, memberIds, generationId } = await completing(1)
    world.log.hold()
    const synced = world.sync({ memberId: memberIds[0] ?? '', generationId })
    await world.settle()
    void world.join()
    expect((await world.clock.until(synced)).error).to.equal('REBALANCE_IN_PROGRESS')
    world.log.release()
    await world.settle()
    expect(world.state()).to.equal('PreparingRebalance')
  })

  it('stores the assignment once when the leader asks twice', async () => {
    const { world, memberIds, generationId } = await completing(1)
    const [memberId = ''] = memberIds
    world.log.hold()
    const first = world.sync({
      memberId,
      generationId,
      assignments: [{ memberId, assignment: Buffer.from('1') }],
    })
    await world.settle()
    const second = world.sync({
      memberId,
      generationId,
      assignments: [{ memberId, assignment: Buffer.from('2') }],
    })
    await world.settle()
    world.log.release()
    const results = await world.clock.until(Promise.all([first, second]))
    expect(results.map(({ assignment }) => assignment.toString())).to.deep.equal(['1', '1'])
    expect(world.log.appends).to.have.length(1)
  })
})

describe('a rebalance', () => {
  it('sends those who wait for their assignments back to join when somebody comes', async () => {
    const { world, memberIds, generationId } = await completing(2)
    const waiting = world.sync({ memberId: memberIds[1] ?? '', generationId })
    void world.join()
    expect((await world.clock.until(waiting)).error).to.equal('REBALANCE_IN_PROGRESS')
  })

  it('begins anew when the leader is gone between joining and syncing', async () => {
    const { world, memberIds, generationId } = await completing(2)
    const waiting = world.sync({ memberId: memberIds[1] ?? '', generationId })
    await world.pass(SESSION_MS)
    expect((await waiting).error).to.equal('REBALANCE_IN_PROGRESS')
    const again = await world.clock.until(world.join({ memberId: memberIds[1] ?? '' }))
    expect(again).to.include({ error: 'NONE', generationId: generationId + 1, leaderId: memberIds[1] })
  })

  it('removes members that do not sync in time, although they send heartbeats', async () => {
    const { world, memberIds, generationId } = await completing(2)
    const [leader = '', follower = ''] = memberIds
    void world.sync({ memberId: leader, generationId })
    await world.settle()
    expect(world.state()).to.equal('Stable')
    await world.passWithHeartbeats(REBALANCE_MS, memberIds, generationId)
    expect(world.heartbeat({ memberId: leader, generationId })).to.equal('REBALANCE_IN_PROGRESS')
    expect(world.heartbeat({ memberId: follower, generationId })).to.equal('UNKNOWN_MEMBER_ID')
  })

  it('tells members by their heartbeats', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1)
    const [memberId = ''] = memberIds
    expect(world.heartbeat({ memberId, generationId })).to.equal('NONE')
    void world.join()
    expect(world.heartbeat({ memberId, generationId })).to.equal('REBALANCE_IN_PROGRESS')
  })

  it('bumps the generation to empty when the last member has left, and stores that', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(1)
    world.leave(memberIds[0] ?? '')
    await world.settle()
    expect(world.state()).to.equal('Empty')
    await world.moveOn()
    expect(world.coordinator.list([]).groups).to.deep.equal([
      { groupId: 'g', protocolType: 'consumer', state: 'Empty' },
    ])
    const joined = world.join()
    await world.pass(INITIAL_DELAY_MS)
    expect((await joined).generationId).to.equal(3)
  })
})

describe('the session of a member', () => {
  it('ends without heartbeats, and the others rebalance', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(2)
    const [alive = '', dead = ''] = memberIds
    await world.pass(SESSION_MS - 1)
    expect(world.heartbeat({ memberId: alive, generationId })).to.equal('NONE')
    await world.pass(1)
    expect(world.heartbeat({ memberId: alive, generationId })).to.equal('REBALANCE_IN_PROGRESS')
    expect(world.heartbeat({ memberId: dead, generationId })).to.equal('UNKNOWN_MEMBER_ID')
  })

  it('is renewed by heartbeats, commits and syncs', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1)
    const [memberId = ''] = memberIds
    const signs = [
      () => world.heartbeat({ memberId, generationId }),
      () => world.commit({ memberId, generationId }),
      () => world.sync({ memberId, generationId }),
    ]
    for (const sign of signs) {
      await world.pass(SESSION_MS - 1)
      await sign()
    }
    await world.pass(SESSION_MS - 1)
    expect(world.state()).to.equal('Stable')
    await world.pass(1)
    expect(world.state()).to.equal('Empty')
  })

  it('does not end while its request to join is held', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(2)
    const [first = '', second = ''] = memberIds
    const waiting = world.join({ memberId: first })
    await world.passWithHeartbeats(3 * SESSION_MS, [second], 1)
    void world.join({ memberId: second })
    expect((await world.clock.until(waiting)).error).to.equal('NONE')
  })

  it('of a new member ends after five minutes of waiting: it may be gone', async () => {
    const world = await GroupWorld.ready({ settings: { maxSessionTimeoutMs: 3_600_000 } })
    const { memberIds, generationId } = await world.stable(1, { rebalanceTimeoutMs: 3_600_000 })
    const newcomer = world.join({ rebalanceTimeoutMs: 3_600_000 })
    await world.passWithHeartbeats(300_000, memberIds, generationId)
    await world.settle()
    expect((await newcomer).error).to.equal('UNKNOWN_MEMBER_ID')
  })

  for (const [what, request, error] of [
    ['of an old generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
    ['of a stranger', { memberId: 'stranger' }, 'UNKNOWN_MEMBER_ID'],
    ['in a group that is not there', { groupId: 'other' }, 'UNKNOWN_MEMBER_ID'],
    ['without a group id', { groupId: '' }, 'INVALID_GROUP_ID'],
  ] as const) {
    it(`is not renewed by a heartbeat ${what}`, async () => {
      const world = await GroupWorld.ready()
      const { memberIds, generationId } = await world.stable(1)
      await world.pass(SESSION_MS - 1)
      expect(world.heartbeat({ memberId: memberIds[0] ?? '', generationId, ...request })).to.equal(error)
      await world.pass(1)
      expect(world.state()).to.equal('Empty')
    })
  }

  it('leaves no timer behind when everybody is gone', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(3)
    await world.join({ needsKnownMemberId: true })
    for (const memberId of memberIds) world.leave(memberId)
    world.coordinator.stop()
    expect(world.clock.pendingTimers).to.equal(0)
  })
})

describe('leaving a group', () => {
  it('makes the others rebalance at once', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(2)
    expect(world.leave(memberIds[0] ?? '')).to.equal('NONE')
    const again = await world.clock.until(world.join({ memberId: memberIds[1] ?? '' }))
    expect(again).to.include({ generationId: generationId + 1, leaderId: memberIds[1] })
  })

  it('answers whoever leaves while its request to join is held', async () => {
    const world = await GroupWorld.ready()
    const waiting = world.join()
    await world.pass(INITIAL_DELAY_MS - 1)
    const joined = world.coordinator.describe('g')
    if (typeof joined === 'string') throw new Error(joined)
    expect(world.leave(joined.members[0]?.memberId ?? '')).to.equal('NONE')
    expect((await waiting).error).to.equal('UNKNOWN_MEMBER_ID')
  })

  it('answers for each member on its own', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(2, {}, [null, 'i'])
    const [dynamic = '', fixed = ''] = memberIds
    const { error, members } = world.coordinator.leave('g', [
      { memberId: 'stranger', groupInstanceId: null, reason: null },
      { memberId: 'stranger', groupInstanceId: 'i', reason: null },
      { memberId: '', groupInstanceId: 'nobody', reason: null },
      { memberId: '', groupInstanceId: null, reason: null },
      { memberId: dynamic, groupInstanceId: null, reason: 'bye' },
      { memberId: fixed, groupInstanceId: 'i', reason: null },
    ])
    expect(error).to.equal('NONE')
    expect(members).to.deep.equal([
      'UNKNOWN_MEMBER_ID',
      'FENCED_INSTANCE_ID',
      'UNKNOWN_MEMBER_ID',
      'UNKNOWN_MEMBER_ID',
      'NONE',
      'NONE',
    ])
  })

  it('says of a group that is not there that nobody is in it', async () => {
    const world = await GroupWorld.ready()
    expect(world.leave('m', null, 'nowhere')).to.equal('UNKNOWN_MEMBER_ID')
    expect(world.leave('m', null, '')).to.equal('INVALID_GROUP_ID')
  })

  it('lets an administrator remove a static member by its name', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1, {}, ['i'])
    expect(world.leave('', 'i')).to.equal('NONE')
    expect(world.heartbeat({ memberId: memberIds[0] ?? '', groupInstanceId: 'i', generationId })).to.equal(
      'UNKNOWN_MEMBER_ID',
    )
  })
})
