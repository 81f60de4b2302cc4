import { bytes, int16, message, type InputOf, type TypeOf } from '../schema.ts'

/**
 * Carries a client's request from a broker to the controller (KIP-590). Advertised, but of no use without a
 * migration to KRaft.
 */
export const EnvelopeRequest = message('EnvelopeRequest', '0', '0+', {
  requestData: bytes('0+', "The client's request with its header."),
  requestPrincipal: bytes('0+', 'Who sent it, as DefaultPrincipalData, or null.', { nullable: '0+' }),
  clientHostAddress: bytes('0+', 'Address that it came from.'),
})
export interface EnvelopeRequest extends TypeOf<typeof EnvelopeRequest> {}

export const EnvelopeResponse = message('EnvelopeResponse', '0', '0+', {
  responseData: bytes('0+', 'The answer with its header, or null after an error.', {
    nullable: '0+',
    default: null,
  }),
  errorCode: int16('0+', 'What went wrong, or 0.'),
})
export type EnvelopeResponse = InputOf<typeof EnvelopeResponse>
