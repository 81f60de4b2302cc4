import { errorCode } from '../model/errors.ts'
import type { ConnectionInfo } from '../network/request.ts'

/**
 * Why a client gets no delegation token (KIP-48): over a listener that does not say who it is none is given, and
 * without a secret of the cluster there are none at all. In this order, which clients can see.
 * Source: KafkaApis.allowTokenRequests, DelegationTokenManager (3.9).
 */
export function delegationTokenRefusal({ securityProtocol }: ConnectionInfo): number {
  const isAnonymous = securityProtocol === 'PLAINTEXT'
  return errorCode(isAnonymous ? 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED' : 'DELEGATION_TOKEN_AUTH_DISABLED')
}
