import { expect } from 'chai'
import { ALL_GROUP_OPERATIONS, NOT_ASKED } from '../../../src/api/authorized-operations.ts'
import { describeGroups } from '../../../src/api/describe-groups.ts'
import { heartbeat } from '../../../src/api/heartbeat.ts'
import { joinGroup } from '../../../src/api/join-group.ts'
import { leaveGroup } from '../../../src/api/leave-group.ts'
import { listGroups } from '../../../src/api/list-groups.ts'
import { syncGroup } from '../../../src/api/sync-group.ts'
import type { Handler } from '../../../src/api/handler.ts'
import { errorCode } from '../../../src/model/errors.ts'
import type { ApiName, RequestInput, ResponseRead } from '../../../src/protocol/apis.ts'
import { GroupWorld, INITIAL_DELAY_MS, protocol, subscription } from '../../support/group-world.ts'
import { call } from '../../support/handler-call.ts'

function ask<N extends ApiName>(
  api: N,
  handler: Handler<N>,
  version: number,
  request: RequestInput<N>,
  options: { readonly clientId?: string } = {},
): Promise<ResponseRead<N>> {
  return call(api, handler, request, { version, ...options })
}

const versions = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

const aJoin = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [protocol('range', ['t'])],
}

describe('JoinGroup', () => {
  for (const version of versions(0, 9)) {
    it(`version ${version} takes a member in`, async () => {
      const world = await GroupWorld.ready()
      const join = joinGroup({ groups: world.coordinator })
      let memberId = ''
      if (version >= 4) {
        const first = await ask('JoinGroup', join, version, aJoin)
        expect(first).to.include({ errorCode: errorCode('MEMBER_ID_REQUIRED'), generationId: -1, leader: '' })
        expect(first.protocolName).to.equal(version >= 7 ? null : '')
        memberId = first.memberId
      }
      const answered = ask('JoinGroup', join, version, { ...aJoin, memberId })
      await world.pass(INITIAL_DELAY_MS)
      const answer = await answered
      expect(answer).to.include({
        errorCode: 0,
        generationId: 1,
        protocolName: 'range',
        leader: answer.memberId,
      })
      expect(answer.memberId).to.match(/^test-/)
      expect(answer.protocolType).to.equal(version >= 7 ? 'consumer' : null)
      expect(answer.members).to.have.length(1)
      expect(answer.members[0]?.metadata.equals(subscription(['t']))).to.equal(true)
    })
  }

  it('version 0 may take as long to rejoin as its session lasts', async () => {
    const world = await GroupWorld.ready()
    const joined = ask('JoinGroup', joinGroup({ groups: world.coordinator }), 0, aJoin)
    await world.pass(INITIAL_DELAY_MS)
    await joined
    const [shard] = world.coordinator.shards()
    expect(shard?.groups.get('g')?.rebalanceTimeoutMs).to.equal(10_000)
  })

  it('notes where the client comes from as Java prints it, and a client without a name', async () => {
    const world = await GroupWorld.ready()
    const joined = ask(
      'JoinGroup',
      joinGroup({ groups: world.coordinator }),
      3,
      { ...aJoin, rebalanceTimeoutMs: 60_000 },
      { clientId: 'c' },
    )
    await world.pass(INITIAL_DELAY_MS)
    expect((await joined).memberId).to.match(/^c-[0-9a-f]{8}/)
    const summary = world.coordinator.describe('g')
    if (typeof summary === 'string') throw new Error(summary)
    expect(summary.members[0]).to.include({ clientHost: '/127.0.0.1', clientId: 'c' })
  })
})

describe('SyncGroup', () => {
  for (const version of versions(0, 5)) {
    it(`version ${version} hands the assignment in and out`, async () => {
      const world = await GroupWorld.ready()
      const joined = world.join()
      await world.pass(INITIAL_DELAY_MS)
      const { memberId } = await joined
      const answered = ask('SyncGroup', syncGroup({ groups: world.coordinator }), version, {
        groupId: 'g',
        generationId: 1,
        memberId,
        ...(version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}),
        assignments: [{ memberId, assignment: Buffer.from('mine') }],
      })
      const answer = await world.clock.until(answered)
      expect([answer.errorCode, answer.assignment.toString()]).to.deep.equal([0, 'mine'])
      expect(answer.protocolName).to.equal(version >= 5 ? 'range' : null)
    })
  }

  it('version 5 must name the protocol', async () => {
    const world = await GroupWorld.ready()
    const answer = await ask('SyncGroup', syncGroup({ groups: world.coordinator }), 5, {
      groupId: 'g',
      generationId: 1,
      memberId: 'm',
      assignments: [],
    })
    expect(answer.errorCode).to.equal(errorCode('INCONSISTENT_GROUP_PROTOCOL'))
  })
})

describe('Heartbeat', () => {
  for (const version of versions(0, 4)) {
    it(`version ${version} is answered`, async () => {
      const world = await GroupWorld.ready()
      const { memberIds, generationId } = await world.stable(1)
      const beat = (generation: number) =>
        ask('Heartbeat', heartbeat({ groups: world.coordinator }), version, {
          groupId: 'g',
          generationId: generation,
          memberId: memberIds[0] ?? '',
        })
      expect((await beat(generationId)).errorCode).to.equal(0)
      expect((await beat(7)).errorCode).to.equal(errorCode('ILLEGAL_GENERATION'))
    })
  }
})

describe('LeaveGroup', () => {
  for (const version of versions(0, 2)) {
    it(`version ${version} says of its one member in the answer what became of it`, async () => {
      const world = await GroupWorld.ready()
      const { memberIds } = await world.stable(1)
      const leave = leaveGroup({ groups: world.coordinator })
      const [memberId = ''] = memberIds
      expect((await ask('LeaveGroup', leave, version, { groupId: 'g', memberId })).errorCode).to.equal(0)
      expect((await ask('LeaveGroup', leave, version, { groupId: 'g', memberId })).errorCode).to.equal(
        errorCode('UNKNOWN_MEMBER_ID'),
      )
    })
  }

  for (const version of versions(3, 5)) {
    it(`version ${version} says of each member what became of it`, async () => {
      const world = await GroupWorld.ready()
      const { memberIds } = await world.stable(2, {}, [null, 'i'])
      const answer = await ask('LeaveGroup', leaveGroup({ groups: world.coordinator }), version, {
        groupId: 'g',
        members: [
          { memberId: memberIds[0] ?? '' },
          { memberId: '', groupInstanceId: 'i' },
          { memberId: 'ghost' },
        ],
      })
      expect(answer.errorCode).to.equal(0)
      expect(answer.members.map((member) => [member.groupInstanceId, member.errorCode])).to.deep.equal([
        [null, 0],
        ['i', 0],
        [null, errorCode('UNKNOWN_MEMBER_ID')],
      ])
    })
  }
})

describe('DescribeGroups', () => {
  for (const version of versions(0, 5)) {
    it(`version ${version} shows groups that are here, dead ones and those that are elsewhere`, async () => {
      const world = await GroupWorld.ready({ partitionCount: 2 })
      await world.stable(1, {}, ['i'])
      const elsewhere =
        ['a', 'b', 'c', 'd'].find((group) => world.partitionOf(group) !== world.partitionOf('g')) ?? ''
      world.coordinator.onResigned(world.partitionOf(elsewhere), null)
      const gone =
        ['e', 'f', 'h', 'i'].find((group) => world.partitionOf(group) === world.partitionOf('g')) ?? ''
      const { groups } = await ask('DescribeGroups', describeGroups({ groups: world.coordinator }), version, {
        groups: ['g', gone, elsewhere],
        ...(version >= 3 ? { includeAuthorizedOperations: true } : {}),
      })
      expect(groups.map((group) => [group.errorCode, group.groupState, group.protocolType])).to.deep.equal([
        [0, 'Stable', 'consumer'],
        [0, 'Dead', ''],
        [errorCode('NOT_COORDINATOR'), '', ''],
      ])
      expect(groups[0]?.members[0]?.memberAssignment.toString()).to.equal('a0')
      expect(groups[0]?.members[0]?.groupInstanceId).to.equal(version >= 4 ? 'i' : null)
      expect(groups[0]?.authorizedOperations).to.equal(version >= 3 ? ALL_GROUP_OPERATIONS : NOT_ASKED)
    })
  }
})

describe('ListGroups', () => {
  for (const version of versions(0, 5)) {
    it(`version ${version} lists the groups that are here`, async () => {
      const world = await GroupWorld.ready()
      await world.stable(1)
      const { groups } = await ask('ListGroups', listGroups({ groups: world.coordinator }), version, {})
      expect(groups).to.have.length(1)
      expect(groups[0]).to.include({ groupId: 'g', protocolType: 'consumer' })
      expect(groups[0]?.groupState).to.equal(version >= 4 ? 'Stable' : '')
      expect(groups[0]?.groupType).to.equal(version >= 5 ? 'classic' : '')
    })
  }

  it('filters by state and by type', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1)
    const list = listGroups({ groups: world.coordinator })
    const count = async (statesFilter: string[], typesFilter: string[]) =>
      (await ask('ListGroups', list, 5, { statesFilter, typesFilter })).groups.length
    expect(await count(['stable'], ['Classic'])).to.equal(1)
    expect(await count(['Empty'], [])).to.equal(0)
    expect(await count([], ['consumer'])).to.equal(0)
  })
})
