import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { syncFailure, type SyncResult } from '../coordinator/group/results.ts'
import { errorCode } from '../model/errors.ts'
import type { ResponseOf } from '../protocol/apis.ts'
import type { Handler } from './handler.ts'

/** From this version on a member must say what it believes the group to follow (KIP-559). */
const NAMES_PROTOCOL = 5

/** Hands the assignment in, or out. Source: KafkaApis.handleSyncGroupRequest (3.9). */
export function syncGroup(services: { groups: GroupCoordinator }): Handler<'SyncGroup'> {
  const { groups } = services
  return (request, { version }) => {
    const { protocolType, protocolName } = request
    if (version >= NAMES_PROTOCOL && (protocolType === null || protocolName === null)) {
      return answerOf(syncFailure('INCONSISTENT_GROUP_PROTOCOL'))
    }
    const synced = groups.sync(request)
    return synced instanceof Promise ? synced.then(answerOf) : answerOf(synced)
  }
}

function answerOf({ error, ...result }: SyncResult): ResponseOf<'SyncGroup'> {
  return { errorCode: errorCode(error), ...result }
}
