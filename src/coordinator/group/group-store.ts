import { errorOf, type ErrorName } from '../../model/errors.ts'
import { present } from '../../std/assert.ts'
import type { ShardLog } from '../runtime.ts'
import { groupKey, groupValue, type StoredVersions } from './group-records.ts'
import type { Group } from './group.ts'

/**
 * Appends what a group is in this generation, its members with the assignments given. Resolves when it is replicated,
 * with NONE, or with what a member is told.
 * Source: GroupMetadataManager.storeGroup.
 */
export async function storeGroup(
  log: ShardLog,
  versions: StoredVersions,
  group: Group,
  assignments: ReadonlyMap<string, Buffer>,
): Promise<ErrorName> {
  const { protocolName } = group
  const value = groupValue(
    {
      protocolType: group.protocolType ?? '',
      generation: group.generation,
      protocol: protocolName,
      leader: group.leaderId,
      currentStateTimestamp: group.sinceMs,
      members: Array.from(group.members.values(), (member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: member.metadataFor(present(protocolName, `the protocol of group ${group.id}`)),
        assignment: present(assignments.get(member.memberId), `an assignment for ${member.memberId}`),
      })),
    },
    versions,
  )
  try {
    await log.append([{ key: groupKey(group.id), value }])
    return 'NONE'
  } catch (error) {
    return answerFor(errorOf(error))
  }
}

function answerFor(error: ErrorName): ErrorName {
  switch (error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
      return 'COORDINATOR_NOT_AVAILABLE'
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR'
    case 'REQUEST_TIMED_OUT':
      return 'REBALANCE_IN_PROGRESS'
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return 'UNKNOWN_SERVER_ERROR'
    default:
      return error
  }
}
