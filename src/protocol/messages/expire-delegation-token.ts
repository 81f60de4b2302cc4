import { bytes, int16, int64, message, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Changes when a delegation token expires, or removes it. */
export const ExpireDelegationTokenRequest = message('ExpireDelegationTokenRequest', '0-2', '2+', {
  hmac: bytes('0+', "The token's secret."),
  expiryTimePeriodMs: int64('0+', 'How long the token may live from now on; negative to remove it at once.'),
})
export interface ExpireDelegationTokenRequest extends TypeOf<typeof ExpireDelegationTokenRequest> {}

export const ExpireDelegationTokenResponse = message('ExpireDelegationTokenResponse', '0-2', '2+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  expiryTimestampMs: int64('0+', 'When the token expires, ms since 1970.'),
  throttleTimeMs: throttleTime('0+'),
})
export type ExpireDelegationTokenResponse = InputOf<typeof ExpireDelegationTokenResponse>
