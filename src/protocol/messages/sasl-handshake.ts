import { array, int16, message, of, string, type InputOf, type TypeOf } from '../schema.ts'

/**
 * Chooses a SASL mechanism. After version 0 the exchange goes on in bare frames, after version 1 in
 * SaslAuthenticate.
 */
export const SaslHandshakeRequest = message('SaslHandshakeRequest', '0-1', 'none', {
  mechanism: string('0+', 'Mechanism, such as `SCRAM-SHA-512`.'),
})
export interface SaslHandshakeRequest extends TypeOf<typeof SaslHandshakeRequest> {}

export const SaslHandshakeResponse = message('SaslHandshakeResponse', '0-1', 'none', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  mechanisms: array('0+', 'Mechanisms that the broker offers.', of(string)),
})
export type SaslHandshakeResponse = InputOf<typeof SaslHandshakeResponse>
