import { delegationTokenRefusal } from './delegation-token-refusal.ts'
import type { Handler } from './handler.ts'

/** Source: KafkaApis.handleDescribeTokensRequest (3.9). */
export function describeDelegationToken(): Handler<'DescribeDelegationToken'> {
  return (_request, { connection }) => ({ errorCode: delegationTokenRefusal(connection), tokens: [] })
}
