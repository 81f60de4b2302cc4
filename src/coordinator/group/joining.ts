import type { ShardLog } from '../runtime.ts'
import type { GroupEnvironment } from './group-environment.ts'
import { storeGroup } from './group-store.ts'
import type { Group } from './group.ts'
import { newMemberId } from './member-id.ts'
import type { Member, MemberDescription, MemberProtocol } from './member.ts'
import { claimFault } from './membership.ts'
import type { Rebalance } from './rebalance.ts'
import { joinFailure, syncFailure, UNKNOWN_MEMBER, type JoinResult } from './results.ts'

export interface JoinRequest extends MemberDescription {
  readonly groupId: string
  /** Whether a new dynamic member first gets an id and comes back with it (KIP-394): from version 4 on. */
  readonly needsKnownMemberId: boolean
  /** Whether a leader understands that it must not assign: from version 9 on. */
  readonly maySkipAssignment: boolean
  /** Why it joins, for people; or null. */
  readonly reason: string | null
}

type Joined = JoinResult | Promise<JoinResult>

/** Ids that may be handed out in one group and not be used yet. Who asks for more gets GROUP_MAX_SIZE_REACHED. */
const MAX_PENDING_MEMBERS = 10_000

/** Answers JoinGroup for the groups of one partition. Source: GroupCoordinator.handleJoinGroup (3.9). */
export class Joining {
  private readonly log: ShardLog
  private readonly env: GroupEnvironment
  private readonly rebalance: Rebalance

  constructor(log: ShardLog, env: GroupEnvironment, rebalance: Rebalance) {
    this.log = log
    this.env = env
    this.rebalance = rebalance
  }

  join(group: Group, request: JoinRequest): Joined {
    const { memberId } = request
    if (!this.hasRoom(group, memberId)) {
      group.remove(memberId)
      this.rebalance.tryComplete(group)
      return joinFailure('GROUP_MAX_SIZE_REACHED', UNKNOWN_MEMBER)
    }
    const joined = memberId === UNKNOWN_MEMBER ? this.joinNew(group, request) : this.joinKnown(group, request)
    this.rebalance.tryComplete(group)
    return joined
  }

  /**
   * Whether the group takes the member. While it rebalances those count who have joined again: where the limit was
   * lowered, the last ones to come back are out.
   */
  private hasRoom(group: Group, memberId: string): boolean {
    const { maxGroupSize } = this.env.settings
    const member = group.members.get(memberId)
    switch (group.state) {
      case 'Empty':
      case 'Dead':
        return true
      case 'PreparingRebalance':
        return (member !== undefined && member.joining !== null) || group.joiningMembers < maxGroupSize
      case 'CompletingRebalance':
      case 'Stable':
        return member !== undefined || group.size < maxGroupSize
    }
  }

  // --- without a member id ------------------------------------------------------------------------------------------

  private joinNew(group: Group, request: JoinRequest): Joined {
    const { clientId, groupInstanceId, protocolType, protocols } = request
    if (!group.supports(protocolType, protocols)) {
      return joinFailure('INCONSISTENT_GROUP_PROTOCOL', UNKNOWN_MEMBER)
    }
    const memberId = newMemberId(this.env.random, clientId, groupInstanceId)
    if (groupInstanceId !== null) {
      const oldId = group.memberIdOf(groupInstanceId)
      return oldId === null
        ? this.add(group, { ...request, memberId })
        : this.comeBack(group, group.member(oldId), { ...request, memberId })
    }
    if (!request.needsKnownMemberId) return this.add(group, { ...request, memberId })
    if (group.pendingMembers.size >= MAX_PENDING_MEMBERS) {
      return joinFailure('GROUP_MAX_SIZE_REACHED', UNKNOWN_MEMBER)
    }
    this.rebalance.addPending(group, memberId, request.sessionTimeoutMs)
    return joinFailure('MEMBER_ID_REQUIRED', memberId)
  }

  private add(group: Group, request: JoinRequest): Joined {
    return this.rebalance.addMember(group, own(request), reasonOf(request))
  }

  /** A static member is back under another id; its old self, if it still asks for something, is fenced. */
  private comeBack(group: Group, member: Member, request: JoinRequest): Joined {
    const { memberId: oldId } = member
    const { leaderId: oldLeader } = group
    const old = {
      protocols: member.protocols,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
    }
    group.answerJoin(member, joinFailure('FENCED_INSTANCE_ID', oldId))
    group.answerSync(member, syncFailure('FENCED_INSTANCE_ID'))
    group.rename(member, request.memberId)
    group.update(member, own(request))
    this.rebalance.renewSession(member)
    const joined = this.rebalance.join(group, member)
    const reason = `static member ${request.groupInstanceId} is back: ${reasonOf(request)}`
    if (group.state === 'CompletingRebalance') {
      // The leader may be assigning to the old id right now.
      this.rebalance.prepare(group, reason)
    } else if (group.state === 'Stable') {
      if (group.selectProtocol() === group.protocolName) {
        void this.keepPlace(group, member, request.maySkipAssignment, { ...old, oldId, oldLeader })
      } else {
        this.rebalance.maybePrepare(group, `${reason}, with other protocols`)
      }
    }
    return joined
  }

  /** The member keeps its assignment: its new id is stored, and nobody else hears of it. */
  private async keepPlace(
    group: Group,
    member: Member,
    maySkipAssignment: boolean,
    old: {
      readonly protocols: readonly MemberProtocol[]
      readonly rebalanceTimeoutMs: number
      readonly sessionTimeoutMs: number
      readonly oldId: string
      readonly oldLeader: string | null
    },
  ): Promise<void> {
    const { generation } = group
    const { memberId } = member
    const assignments = new Map(
      Array.from(group.members.values(), ({ memberId, assignment }) => [memberId, assignment]),
    )
    const error = await storeGroup(this.log, this.env.settings.storedVersions, group, assignments)
    // Gone, or back once more under yet another id.
    if (group.members.get(memberId) !== member) return
    // A rebalance has begun: the member takes part in it.
    if (group.state !== 'Stable' || group.generation !== generation) return
    const { protocolType, protocolName } = group
    const result: JoinResult = {
      error,
      memberId,
      generationId: generation,
      protocolType,
      protocolName,
      leaderId: old.oldLeader ?? '',
      skipAssignment: false,
      members: [],
    }
    if (error !== 'NONE') {
      this.env.logger.warn(`static member ${memberId} of group ${group.id} could not be stored`, { error })
      group.answerJoin(member, { ...result, memberId: UNKNOWN_MEMBER })
      group.update(member, old)
      group.rename(member, old.oldId)
      this.rebalance.renewSession(member)
      return
    }
    if (!maySkipAssignment) {
      // An old leader's id keeps the client, which does not find its own there, from assigning in vain.
      group.answerJoin(member, result)
      return
    }
    const isLeader = group.isLeader(memberId)
    group.answerJoin(member, {
      ...result,
      leaderId: group.leaderId ?? '',
      skipAssignment: isLeader,
      members: isLeader ? group.joinedMembers() : [],
    })
  }

  // --- with a member id ---------------------------------------------------------------------------------------------

  private joinKnown(group: Group, request: JoinRequest): Joined {
    const { memberId, groupInstanceId, protocolType, protocols } = request
    if (!group.supports(protocolType, protocols)) return joinFailure('INCONSISTENT_GROUP_PROTOCOL', memberId)
    if (groupInstanceId === null && group.pendingMembers.has(memberId)) return this.add(group, request)
    const fault = claimFault(group, request)
    if (fault !== null) return joinFailure(fault, memberId)
    const member = group.member(memberId)
    switch (group.state) {
      case 'PreparingRebalance':
        return this.again(group, member, request)
      case 'CompletingRebalance':
        // It may not have had the answer of this generation.
        return member.says(protocols) ? current(group, memberId) : this.again(group, member, request)
      case 'Stable':
        // A leader that joins knows of something that members' protocols do not show, such as new partitions.
        return !group.isLeader(memberId) && member.says(protocols)
          ? current(group, memberId)
          : this.again(group, member, request)
      case 'Empty':
      case 'Dead':
        return joinFailure('UNKNOWN_MEMBER_ID', memberId)
    }
  }

  private again(group: Group, member: Member, request: JoinRequest): Joined {
    return this.rebalance.updateMember(group, member, own(request), reasonOf(request))
  }
}

/** The generation as it is. */
function current(group: Group, memberId: string): JoinResult {
  const { generation, protocolType, protocolName, leaderId } = group
  const isLeader = group.state === 'CompletingRebalance' && group.isLeader(memberId)
  return {
    error: 'NONE',
    memberId,
    generationId: generation,
    protocolType,
    protocolName,
    leaderId: leaderId ?? '',
    skipAssignment: false,
    members: isLeader ? group.joinedMembers() : [],
  }
}

function reasonOf({ reason }: JoinRequest): string {
  return reason ?? 'not provided'
}

/** The request with metadata in memory of its own: what it came in must not live as long as the member. */
function own(request: JoinRequest): JoinRequest {
  const protocols = request.protocols.map(({ name, metadata }) => ({ name, metadata: ownBytes(metadata) }))
  return { ...request, protocols }
}

/** A copy outside of the pool for small buffers, which lives as long as any part of it. */
export function ownBytes(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
