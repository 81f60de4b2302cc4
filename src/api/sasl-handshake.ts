import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** A handshake on a connection that has nobody to log in. Source: KafkaApis.handleSaslHandshakeRequest (3.9). */
export function saslHandshake(): Handler<'SaslHandshake'> {
  return () => ({ errorCode: errorCode('ILLEGAL_SASL_STATE'), mechanisms: [] })
}
