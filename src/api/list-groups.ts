import type { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** The only type of groups that is coordinated here. */
const CLASSIC = 'classic'

/** Lists the groups that this broker coordinates, and no others. Source: KafkaApis.handleListGroupsRequest (3.9). */
export function listGroups(services: { groups: GroupCoordinator }): Handler<'ListGroups'> {
  const { groups } = services
  return ({ statesFilter, typesFilter }) => {
    const { error, groups: found } = groups.list(statesFilter)
    const isWanted = typesFilter.length === 0 || typesFilter.some((type) => type.toLowerCase() === CLASSIC)
    return {
      errorCode: errorCode(error),
      groups: (isWanted ? found : []).map(({ groupId, protocolType, state }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: CLASSIC,
      })),
    }
  }
}
