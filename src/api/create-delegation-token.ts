import { delegationTokenRefusal } from './delegation-token-refusal.ts'
import type { Handler } from './handler.ts'

/** Whoever has not said who they are. Source: KafkaPrincipal.ANONYMOUS. */
const ANONYMOUS = { type: 'User', name: 'ANONYMOUS' }

/** Source: KafkaApis.handleCreateTokenRequest (3.9). */
export function createDelegationToken(): Handler<'CreateDelegationToken'> {
  return ({ ownerPrincipalType, ownerPrincipalName }, { connection }) => ({
    errorCode: delegationTokenRefusal(connection),
    principalType: ownerPrincipalType || ANONYMOUS.type,
    principalName: ownerPrincipalName || ANONYMOUS.name,
    tokenRequesterPrincipalType: ANONYMOUS.type,
    tokenRequesterPrincipalName: ANONYMOUS.name,
    issueTimestampMs: -1,
    expiryTimestampMs: -1,
    maxTimestampMs: -1,
    tokenId: '',
    hmac: Buffer.alloc(0),
  })
}
