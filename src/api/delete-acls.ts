import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Removes access rules. Without an authorizer there are none. Source: AclApis.handleDeleteAcls (3.9). */
export function deleteAcls(): Handler<'DeleteAcls'> {
  return ({ filters }) => ({
    filterResults: filters.map(() => ({
      errorCode: errorCode('SECURITY_DISABLED'),
      errorMessage: 'No Authorizer is configured.',
    })),
  })
}
