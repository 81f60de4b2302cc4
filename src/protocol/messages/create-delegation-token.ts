import {
  array,
  bytes,
  int16,
  int64,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Issues a delegation token (KIP-48), a shared secret with which others may log in as its owner. */
export const CreateDelegationTokenRequest = message('CreateDelegationTokenRequest', '0-3', '2+', {
  ownerPrincipalType: string(
    '3+',
    'Type of the principal that will own the token; null or empty for the requester.',
    { nullable: '3+', default: null },
  ),
  ownerPrincipalName: string('3+', 'Name of that principal; null or empty for the requester.', {
    nullable: '3+',
    default: null,
  }),
  renewers: array('0+', 'Who may renew the token, besides its owner.', {
    principalType: string('0+', 'Type of the principal, `User`.'),
    principalName: string('0+', 'Name of the principal.'),
  }),
  maxLifetimeMs: int64('0+', "How long the token may live with renewals, or -1 for the broker's maximum."),
})
export interface CreateDelegationTokenRequest extends TypeOf<typeof CreateDelegationTokenRequest> {}

export const CreateDelegationTokenResponse = message('CreateDelegationTokenResponse', '0-3', '2+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  principalType: string('0+', 'Type of the owner, `User`.'),
  principalName: string('0+', 'Name of the owner.'),
  tokenRequesterPrincipalType: string('3+', 'Type of the principal that asked.'),
  tokenRequesterPrincipalName: string('3+', 'Name of the principal that asked.'),
  issueTimestampMs: int64('0+', 'When the token was issued, ms since 1970.'),
  expiryTimestampMs: int64('0+', 'When it expires unless it is renewed, ms since 1970.'),
  maxTimestampMs: int64('0+', 'When it expires in any case, ms since 1970.'),
  tokenId: string('0+', 'Token id, the user name of a login with it.'),
  hmac: bytes('0+', 'The secret, the password of a login with it.'),
  throttleTimeMs: throttleTime('0+'),
})
export type CreateDelegationTokenResponse = InputOf<typeof CreateDelegationTokenResponse>
