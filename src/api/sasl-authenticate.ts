import { errorCode } from '../model/errors.ts'
import type { Handler } from './handler.ts'

/** A login on a connection that has nobody to log in. Source: KafkaApis.handleSaslAuthenticateRequest (3.9). */
export function saslAuthenticate(): Handler<'SaslAuthenticate'> {
  return () => ({
    errorCode: errorCode('ILLEGAL_SASL_STATE'),
    errorMessage: 'SaslAuthenticate request received after successful authentication',
  })
}
