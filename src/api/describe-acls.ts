import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** Lists access rules. Without an authorizer there are none. Source: AclApis.handleDescribeAcls (3.9). */
export function describeAcls(): Handler<'DescribeAcls'> {
  return () => ({
    errorCode: errorCode('SECURITY_DISABLED'),
    errorMessage: 'No Authorizer is configured on the broker',
  })
}
