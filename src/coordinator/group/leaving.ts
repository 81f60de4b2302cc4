import type { ErrorName } from '../../model/errors.ts'
import type { Group } from './group.ts'
import { claimFault, type MemberClaim } from './membership.ts'
import type { Rebalance } from './rebalance.ts'
import { UNKNOWN_MEMBER } from './results.ts'

export interface LeavingMember extends MemberClaim {
  /** For people; or null. */
  readonly reason: string | null
}

/**
 * Takes a member out; returns what it is told. Without a member id an administrator removes whoever goes by a static
 * member's name. Source: GroupCoordinator.handleLeaveGroup (3.9).
 */
export function leaveGroup(group: Group, leaving: LeavingMember, rebalance: Rebalance): ErrorName {
  const { memberId, groupInstanceId } = leaving
  if (memberId === UNKNOWN_MEMBER) {
    const current = groupInstanceId === null ? null : group.memberIdOf(groupInstanceId)
    if (current === null) return 'UNKNOWN_MEMBER_ID'
    return remove(group, current, leaving, rebalance)
  }
  if (group.pendingMembers.has(memberId)) {
    rebalance.removePending(group, memberId)
    return 'NONE'
  }
  return claimFault(group, leaving) ?? remove(group, memberId, leaving, rebalance)
}

function remove(group: Group, memberId: string, { reason }: LeavingMember, rebalance: Rebalance): ErrorName {
  rebalance.removeMember(
    group,
    group.member(memberId),
    `member ${memberId} leaves: ${reason ?? 'not provided'}`,
  )
  return 'NONE'
}
