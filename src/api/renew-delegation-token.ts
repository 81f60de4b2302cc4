import { delegationTokenRefusal } from './delegation-token-refusal.ts'
import type { Handler } from './handler.ts'

/** Source: KafkaApis.handleRenewTokenRequest (3.9). */
export function renewDelegationToken(): Handler<'RenewDelegationToken'> {
  return (_request, { connection }) => ({
    errorCode: delegationTokenRefusal(connection),
    expiryTimestampMs: -1,
  })
}
