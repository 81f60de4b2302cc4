import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** The first version in which several members may leave at once (KIP-345). */
const MANY_MEMBERS = 3

/** Takes members out of their group. Source: KafkaApis.handleLeaveGroupRequest (3.9). */
export function leaveGroup(services: { groups: GroupCoordinator }): Handler<'LeaveGroup'> {
  const { groups } = services
  return (request, { version }) => {
    const { groupId, memberId } = request
    const leaving =
      version < MANY_MEMBERS ? [{ memberId, groupInstanceId: null, reason: null }] : request.members
    const { error, members } = groups.leave(groupId, leaving)
    if (version < MANY_MEMBERS) {
      // One member: what it is told is what the answer says.
      return { errorCode: errorCode(error === 'NONE' ? (members[0] ?? 'NONE') : error) }
    }
    return {
      errorCode: errorCode(error),
      members: members.map((error, index) => ({
        memberId: leaving[index]?.memberId ?? '',
        groupInstanceId: leaving[index]?.groupInstanceId ?? null,
        errorCode: errorCode(error),
      })),
    }
  }
}
