import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import type { JoinResult } from '../coordinator/group/results.ts'
import { errorCode } from '../model/errors.ts'
import type { ResponseOf } from '../protocol/apis.ts'
import type { Handler } from './handler.ts'
import { javaAddress } from './java-address.ts'

/** The first version without a rebalance timeout of its own is 0: there it is the session timeout. */
const HAS_REBALANCE_TIMEOUT = 1
/** From this version on a new dynamic member is given its id before it joins (KIP-394). */
const NEEDS_KNOWN_MEMBER_ID = 4
const MAY_HAVE_NO_PROTOCOL = 7
/** From this version on a leader may be told not to assign (KIP-814). */
const MAY_SKIP_ASSIGNMENT = 9

/** Takes a member into its group; answered when the rebalance is over. Source: KafkaApis.handleJoinGroupRequest (3.9). */
export function joinGroup(services: { groups: GroupCoordinator }): Handler<'JoinGroup'> {
  const { groups } = services
  return (request, { version, clientId, connection }) => {
    const joined = groups.join({
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      clientId: clientId ?? '',
      clientHost: javaAddress(connection.remoteAddress),
      rebalanceTimeoutMs:
        version < HAS_REBALANCE_TIMEOUT ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
      sessionTimeoutMs: request.sessionTimeoutMs,
      protocolType: request.protocolType,
      protocols: request.protocols,
      needsKnownMemberId: version >= NEEDS_KNOWN_MEMBER_ID && request.groupInstanceId === null,
      maySkipAssignment: version >= MAY_SKIP_ASSIGNMENT,
      reason: request.reason,
    })
    return joined instanceof Promise
      ? joined.then((result) => answerOf(result, version))
      : answerOf(joined, version)
  }
}

function answerOf(result: JoinResult, version: number): ResponseOf<'JoinGroup'> {
  const { error, generationId, protocolType, protocolName, leaderId, skipAssignment, memberId, members } =
    result
  return {
    errorCode: errorCode(error),
    generationId,
    protocolType,
    protocolName: version < MAY_HAVE_NO_PROTOCOL ? (protocolName ?? '') : protocolName,
    leader: leaderId,
    skipAssignment,
    memberId,
    members: [...members],
  }
}
