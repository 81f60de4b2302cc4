import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Keeps a member in its group. Source: KafkaApis.handleHeartbeatRequest (3.9). */
export function heartbeat(services: { groups: GroupCoordinator }): Handler<'Heartbeat'> {
  const { groups } = services
  return (request) => ({ errorCode: errorCode(groups.heartbeat(request)) })
}
