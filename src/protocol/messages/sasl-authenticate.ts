import { bytes, int16, int64, message, string, type InputOf, type TypeOf } from '../schema.ts'

/** Carries one step of a SASL exchange; follows SaslHandshake version 1. */
export const SaslAuthenticateRequest = message('SaslAuthenticateRequest', '0-2', '2+', {
  authBytes: bytes('0+', 'What the mechanism sends.'),
})
export interface SaslAuthenticateRequest extends TypeOf<typeof SaslAuthenticateRequest> {}

export const SaslAuthenticateResponse = message('SaslAuthenticateResponse', '0-2', '2+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  authBytes: bytes('0+', 'What the mechanism answers.', { default: '' }),
  sessionLifetimeMs: int64(
    '1+',
    'How long the session may last before the client must authenticate anew, or 0 without limit.',
    { default: 0, ignorable: true },
  ),
})
export type SaslAuthenticateResponse = InputOf<typeof SaslAuthenticateResponse>
