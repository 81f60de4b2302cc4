import type { OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Removes empty groups with their offsets. Source: KafkaApis.handleDeleteGroupsRequest (3.9). */
export function deleteGroups(services: { offsets: OffsetStores }): Handler<'DeleteGroups'> {
  const { offsets } = services
  return async ({ groupsNames }) => ({
    results: await Promise.all(
      [...new Set(groupsNames)].map(async (groupId) => ({
        groupId,
        errorCode: errorCode(await offsets.deleteGroup(groupId)),
      })),
    ),
  })
}
