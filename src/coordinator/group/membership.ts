import type { ErrorName } from '../../model/errors.ts'
import type { Group } from './group.ts'

/** Who says to be a member of a group. */
export interface MemberClaim {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/**
 * Whether the claim is true: null, or what is wrong with it. A static member whose name has gone over to another member
 * id is fenced. Source: GroupCoordinator.validateCurrentMember.
 */
export function claimFault(group: Group, { memberId, groupInstanceId }: MemberClaim): ErrorName | null {
  if (groupInstanceId !== null) {
    const current = group.memberIdOf(groupInstanceId)
    if (current === null) return 'UNKNOWN_MEMBER_ID'
    if (current !== memberId) return 'FENCED_INSTANCE_ID'
  }
  return group.members.has(memberId) ? null : 'UNKNOWN_MEMBER_ID'
}

/** As `claimFault`, for a member that also says in which generation it is. */
export function generationFault(
  group: Group,
  claim: MemberClaim & { readonly generationId: number },
): ErrorName | null {
  return claimFault(group, claim) ?? (claim.generationId === group.generation ? null : 'ILLEGAL_GENERATION')
}
