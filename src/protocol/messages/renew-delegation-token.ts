import { bytes, int16, int64, message, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Puts off the expiry of a delegation token. */
export const RenewDelegationTokenRequest = message('RenewDelegationTokenRequest', '0-2', '2+', {
  hmac: bytes('0+', "The token's secret."),
  renewPeriodMs: int64('0+', "How long the token may live from now on, or -1 for the broker's default."),
})
export interface RenewDelegationTokenRequest extends TypeOf<typeof RenewDelegationTokenRequest> {}

export const RenewDelegationTokenResponse = message('RenewDelegationTokenResponse', '0-2', '2+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  expiryTimestampMs: int64('0+', 'When the token expires, ms since 1970.'),
  throttleTimeMs: throttleTime('0+'),
})
export type RenewDelegationTokenResponse = InputOf<typeof RenewDelegationTokenResponse>
