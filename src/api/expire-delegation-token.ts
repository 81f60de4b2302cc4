import { delegationTokenRefusal } from './delegation-token-refusal.ts'
import type { Handler } from './handler.ts'

/** Source: KafkaApis.handleExpireTokenRequest (3.9). */
export function expireDelegationToken(): Handler<'ExpireDelegationToken'> {
  return (_request, { connection }) => ({
    errorCode: delegationTokenRefusal(connection),
    expiryTimestampMs: -1,
  })
}
