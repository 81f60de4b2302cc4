import type { GroupState } from './group-states.ts'
import type { Group } from './group.ts'
import { NO_BYTES } from './results.ts'

/** A group in a list. */
export interface GroupOverview {
  readonly groupId: string
  /** Empty for a group that only keeps offsets. */
  readonly protocolType: string
  readonly state: GroupState
}

export interface MemberSummary {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Under the chosen protocol; empty unless the group is stable. */
  readonly metadata: Buffer
  /** Empty unless the group is stable. */
  readonly assignment: Buffer
}

export interface GroupSummary {
  readonly state: GroupState
  readonly protocolType: string
  /** The chosen protocol; empty unless the group is stable. */
  readonly protocol: string
  readonly members: readonly MemberSummary[]
}

/** What a group looks like that nobody has heard of. */
export const DEAD_GROUP: GroupSummary = { state: 'Dead', protocolType: '', protocol: '', members: [] }

export function overviewOf({ id, protocolType, state }: Group): GroupOverview {
  return { groupId: id, protocolType: protocolType ?? '', state }
}

/** Source: GroupMetadata.summary. */
export function summaryOf(group: Group): GroupSummary {
  const { state, protocolType } = group
  const protocol = state === 'Stable' ? group.protocolName : null
  return {
    state,
    protocolType: protocolType ?? '',
    protocol: protocol ?? '',
    members: Array.from(group.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      metadata: protocol === null ? NO_BYTES : member.metadataFor(protocol),
      assignment: protocol === null ? NO_BYTES : member.assignment,
    })),
  }
}
