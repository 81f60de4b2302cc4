import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Adds access rules. Without an authorizer there are none. Source: AclApis.handleCreateAcls (3.9). */
export function createAcls(): Handler<'CreateAcls'> {
  return ({ creations }) => ({
    results: creations.map(() => ({
      errorCode: errorCode('SECURITY_DISABLED'),
      errorMessage: 'No Authorizer is configured.',
    })),
  })
}
