import { expect } from 'chai'
import {
  GroupWorld,
  INITIAL_DELAY_MS,
  protocol,
  REBALANCE_MS,
  SESSION_MS,
} from '../../../support/group-world.ts'

describe('joining a group', () => {
  describe('with an impossible request', () => {
    for (const [what, request, error] of [
      ['an empty group id', { groupId: '' }, 'INVALID_GROUP_ID'],
      ['a session shorter than the broker allows', { sessionTimeoutMs: 5999 }, 'INVALID_SESSION_TIMEOUT'],
      ['a session longer than the broker allows', { sessionTimeoutMs: 1_800_001 }, 'INVALID_SESSION_TIMEOUT'],
      ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
      ['no protocol type', { protocolType: '' }, 'INCONSISTENT_GROUP_PROTOCOL'],
      ['a member id that nobody has heard of', { memberId: 'ghost' }, 'UNKNOWN_MEMBER_ID'],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const world = await GroupWorld.ready()
        const result = await world.join(request)
        expect(result.error).to.equal(error)
        expect(result.generationId).to.equal(-1)
      })
    }

    it('takes group ids of any characters and of ten kilobytes', async () => {
      const world = await GroupWorld.ready()
      for (const groupId of ['with/slash', 'with\0nul', 'группа', 'x'.repeat(10_000)]) {
        const joined = world.join({ groupId })
        await world.pass(INITIAL_DELAY_MS)
        expect((await joined).error).to.equal('NONE')
      }
    })
  })

  describe('when a dynamic member must know its id first', () => {
    it('hands out an id, and takes the member in that comes back with it', async () => {
      const world = await GroupWorld.ready()
      const asked = await world.join({ needsKnownMemberId: true })
      expect(asked.error).to.equal('MEMBER_ID_REQUIRED')
      expect(asked.memberId).to.match(
        /^client-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      )
      const joined = world.join({ needsKnownMemberId: true, memberId: asked.memberId })
      await world.pass(INITIAL_DELAY_MS)
      expect(await joined).to.include({ error: 'NONE', memberId: asked.memberId, generationId: 1 })
    })

    it('forgets an id that is not used within the session timeout', async () => {
      const world = await GroupWorld.ready()
      const { memberId } = await world.join({ needsKnownMemberId: true })
      await world.pass(SESSION_MS)
      expect((await world.join({ memberId })).error).to.equal('UNKNOWN_MEMBER_ID')
    })

    it('lets nobody complete a rebalance while an id is outstanding', async () => {
      const world = await GroupWorld.ready()
      const { memberIds, generationId } = await world.stable(1)
      const [leader = ''] = memberIds
      const { memberId: pending } = await world.join({ needsKnownMemberId: true })
      let isAnswered = false
      const rejoined = world.join({ memberId: leader }).then((result) => {
        isAnswered = true
        return result
      })
      await world.settle()
      expect(isAnswered).to.equal(false)
      const other = world.join({ memberId: pending })
      await world.settle()
      expect((await rejoined).generationId).to.equal(generationId + 1)
      expect((await other).generationId).to.equal(generationId + 1)
    })

    it('goes on without an id that was handed out and left again', async () => {
      const world = await GroupWorld.ready()
      const { memberIds } = await world.stable(1)
      const { memberId: pending } = await world.join({ needsKnownMemberId: true })
      const rejoined = world.join({ memberId: memberIds[0] ?? '' })
      expect(world.leave(pending)).to.equal('NONE')
      expect((await world.clock.until(rejoined)).error).to.equal('NONE')
    })
  })

  describe('in the initial delay', () => {
    it('answers a lone member after one delay', async () => {
      const world = await GroupWorld.ready()
      let isAnswered = false
      const joined = world.join().then((result) => {
        isAnswered = true
        return result
      })
      await world.pass(INITIAL_DELAY_MS - 1)
      expect(isAnswered).to.equal(false)
      await world.pass(1)
      const result = await joined
      expect(result).to.include({
        error: 'NONE',
        generationId: 1,
        protocolName: 'range',
        leaderId: result.memberId,
      })
      expect(result.members.map(({ memberId }) => memberId)).to.deep.equal([result.memberId])
    })

    it('waits another delay for each time that somebody came', async () => {
      const world = await GroupWorld.ready()
      const answeredAt: number[] = []
      const note = () => void answeredAt.push(world.clock.monotonicMs())
      void world.join().then(note)
      await world.pass(INITIAL_DELAY_MS - 1000)
      void world.join().then(note)
      await world.pass(INITIAL_DELAY_MS)
      expect(answeredAt).to.deep.equal([])
      await world.pass(INITIAL_DELAY_MS)
      expect(answeredAt).to.deep.equal([2 * INITIAL_DELAY_MS, 2 * INITIAL_DELAY_MS])
    })

    it('does not wait longer than the members may take to rejoin', async () => {
      const world = await GroupWorld.ready()
      const answeredAt: number[] = []
      const join = () =>
        void world.join({ rebalanceTimeoutMs: 7000 }).then(() => answeredAt.push(world.clock.monotonicMs()))
      join()
      for (let second = 1; second <= 9; second++) {
        await world.pass(1000)
        if (second < 9) join()
      }
      expect(new Set(answeredAt)).to.deep.equal(new Set([7000]))
    })

    it('waits one delay, not more, in a group that had members before', async () => {
      const world = await GroupWorld.ready()
      const { memberIds } = await world.stable(1)
      world.leave(memberIds[0] ?? '')
      await world.settle()
      expect(world.state()).to.equal('Empty')
      const first = world.join()
      await world.pass(INITIAL_DELAY_MS - 1)
      const second = world.join()
      await world.pass(1)
      expect((await first).generationId).to.equal((await second).generationId)
    })
  })

  describe('with protocols', () => {
    it('chooses the protocol with the most votes among those that all support', async () => {
      const world = await GroupWorld.ready()
      const range = protocol('range', ['t'])
      const sticky = protocol('sticky', ['t'])
      const own = protocol('own', ['t'])
      const joins = [
        world.join({ protocols: [own, range, sticky] }),
        world.join({ protocols: [sticky, range] }),
        world.join({ protocols: [sticky, range, own] }),
      ]
      await world.pass(2 * INITIAL_DELAY_MS)
      for (const { protocolName } of await Promise.all(joins)) expect(protocolName).to.equal('sticky')
    })

    it('refuses a member that shares no protocol with all others', async () => {
      const world = await GroupWorld.ready()
      await world.stable(1)
      const result = await world.join({ protocols: [protocol('sticky', ['t'])] })
      expect(result).to.include({ error: 'INCONSISTENT_GROUP_PROTOCOL', memberId: '' })
    })

    it('refuses a member of another protocol type', async () => {
      const world = await GroupWorld.ready()
      await world.stable(1)
      expect((await world.join({ protocolType: 'connect' })).error).to.equal('INCONSISTENT_GROUP_PROTOCOL')
    })

    it('tells the leader alone what the members said', async () => {
      const world = await GroupWorld.ready()
      const joins = [world.join(), world.join()]
      await world.pass(2 * INITIAL_DELAY_MS)
      const [leader, follower] = await Promise.all(joins)
      expect(leader?.members).to.have.length(2)
      expect(leader?.members[1]?.metadata.equals(protocol('range', ['t']).metadata)).to.equal(true)
      expect(follower?.members).to.deep.equal([])
      expect(follower?.leaderId).to.equal(leader?.memberId)
    })

    it('keeps its own copy of what a member said', async () => {
      const world = await GroupWorld.ready()
      const said = protocol('range', ['t'])
      const joined = world.join({ protocols: [said] })
      said.metadata.fill(0)
      await world.pass(INITIAL_DELAY_MS)
      expect((await joined).members[0]?.metadata.equals(protocol('range', ['t']).metadata)).to.equal(true)
    })
  })

  describe('again', () => {
    it('answers a follower that says the same at once, in the same generation', async () => {
      const world = await GroupWorld.ready()
      const { memberIds, generationId } = await world.stable(2)
      const again = await world.join({ memberId: memberIds[1] ?? '' })
      expect(again).to.include({ error: 'NONE', generationId, leaderId: memberIds[0] })
      expect(again.members).to.deep.equal([])
      expect(world.state()).to.equal('Stable')
    })

    it('rebalances when a follower subscribes to something else', async () => {
      const world = await GroupWorld.ready()
      const { memberIds } = await world.stable(2)
      void world.join({ memberId: memberIds[1] ?? '', protocols: [protocol('range', ['u'])] })
      expect(world.state()).to.equal('PreparingRebalance')
    })

    it('rebalances when the leader joins, whatever it says', async () => {
      const world = await GroupWorld.ready()
      const { memberIds, generationId } = await world.stable(2)
      const joins = memberIds.map((memberId) => world.join({ memberId }))
      const [leader, follower] = await world.clock.until(Promise.all(joins))
      expect(leader?.generationId).to.equal(generationId + 1)
      expect(follower?.generationId).to.equal(generationId + 1)
    })

    it('repeats the answer of a generation that was not assigned yet', async () => {
      const world = await GroupWorld.ready()
      const joins = [world.join(), world.join()]
      await world.pass(2 * INITIAL_DELAY_MS)
      const [leader] = await Promise.all(joins)
      const again = await world.join({ memberId: leader?.memberId ?? '' })
      expect(again).to.deep.equal(leader)
      expect(world.state()).to.equal('CompletingRebalance')
    })
  })

  describe('in a full group', () => {
    it('refuses who comes too late, and says so without an id', async () => {
      const world = await GroupWorld.ready({ settings: { maxGroupSize: 2 } })
      const joins = [world.join(), world.join(), world.join()]
      await world.pass(2 * INITIAL_DELAY_MS)
      const results = await Promise.all(joins)
      expect(results.map(({ error }) => error)).to.deep.equal(['NONE', 'NONE', 'GROUP_MAX_SIZE_REACHED'])
      expect(results[2]?.memberId).to.equal('')
    })

    it('lets members of it join again', async () => {
      const world = await GroupWorld.ready({ settings: { maxGroupSize: 2 } })
      const { memberIds } = await world.stable(2)
      const joins = memberIds.map((memberId) => world.join({ memberId }))
      for (const { error } of await world.clock.until(Promise.all(joins))) expect(error).to.equal('NONE')
    })

    it('bounds the ids that were handed out and not used', async () => {
      const world = await GroupWorld.ready()
      for (let i = 0; i < 10_000; i++) await world.join({ needsKnownMemberId: true })
      expect((await world.join({ needsKnownMemberId: true })).error).to.equal('GROUP_MAX_SIZE_REACHED')
    })
  })

  it('removes members who do not rejoin in time, and goes on with the others', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(2)
    const [leader = '', other = ''] = memberIds
    const newcomer = world.join()
    const rejoined = world.join({ memberId: other })
    // The lost leader keeps its session by heartbeats; that does not help.
    await world.passWithHeartbeats(REBALANCE_MS, [leader], 1)
    const result = await rejoined
    expect(result.error).to.equal('NONE')
    expect(result.leaderId).to.equal(other)
    expect(result.members.map(({ memberId }) => memberId)).to.have.members([other, (await newcomer).memberId])
  })
})
