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

/** Lists the delegation tokens that the client may see. */
export const DescribeDelegationTokenRequest = message('DescribeDelegationTokenRequest', '0-3', '2+', {
  owners: array(
    '0+',
    'Owners whose tokens to list, or null for all.',
    {
      principalType: string('0+', 'Type of the principal, `User`.'),
      principalName: string('0+', 'Name of the principal.'),
    },
    { nullable: '0+' },
  ),
})
export interface DescribeDelegationTokenRequest extends TypeOf<typeof DescribeDelegationTokenRequest> {}

export const DescribeDelegationTokenResponse = message('DescribeDelegationTokenResponse', '0-3', '2+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
  tokens: array('0+', 'Tokens.', {
    principalType: string('0+', 'Type of the owner, `User`.'),
    principalName: string('0+', 'Name of the owner.'),
    tokenRequesterPrincipalType: string('3+', 'Type of the principal that asked for it.'),
    tokenRequesterPrincipalName: string('3+', 'Name of the principal that asked for it.'),
    issueTimestamp: int64('0+', 'When the token was issued, ms since 1970.'),
    expiryTimestamp: int64('0+', 'When it expires unless it is renewed, ms since 1970.'),
    maxTimestamp: int64('0+', 'When it expires in any case, ms since 1970.'),
    tokenId: string('0+', 'Token id, the user name of a login with it.'),
    hmac: bytes('0+', 'The secret, the password of a login with it.'),
    renewers: array('0+', 'Who may renew the token, besides its owner.', {
      principalType: string('0+', 'Type of the principal, `User`.'),
      principalName: string('0+', 'Name of the principal.'),
    }),
  }),
  throttleTimeMs: throttleTime('0+'),
})
export type DescribeDelegationTokenResponse = InputOf<typeof DescribeDelegationTokenResponse>
