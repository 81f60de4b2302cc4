import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { GroupSummary } from '../coordinator/group/group-summary.ts'
import { errorCode } from '../model/errors.ts'
import type { ResponseOf } from '../protocol/apis.ts'
import { ALL_GROUP_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

type Entry = ResponseOf<'DescribeGroups'>['groups'][number]

/** Tells members and assignments of groups that are coordinated here. Source: KafkaApis.handleDescribeGroupsRequest (3.9). */
export function describeGroups(services: { groups: GroupCoordinator }): Handler<'DescribeGroups'> {
  const { groups } = services
  return (request) => ({
    groups: request.groups.map((groupId): Entry => {
      const summary = groups.describe(groupId)
      if (typeof summary === 'string') return { groupId, errorCode: errorCode(summary) }
      const operations = request.includeAuthorizedOperations ? ALL_GROUP_OPERATIONS : NOT_ASKED
      return { ...entryOf(groupId, summary), authorizedOperations: operations }
    }),
  })
}

function entryOf(groupId: string, { state, protocolType, protocol, members }: GroupSummary): Entry {
  return {
    errorCode: 0,
    groupId,
    groupState: state,
    protocolType,
    protocolData: protocol,
    members: members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: member.metadata,
      memberAssignment: member.assignment,
    })),
  }
}
