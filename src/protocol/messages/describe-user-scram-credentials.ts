import {
  array,
  int16,
  int32,
  int8,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Tells which SCRAM credentials users have, without the secrets. */
export const DescribeUserScramCredentialsRequest = message('DescribeUserScramCredentialsRequest', '0', '0+', {
  users: array(
    '0+',
    'Users to describe, or null for all.',
    {
      name: string('0+', 'User.'),
    },
    { nullable: '0+' },
  ),
})
export interface DescribeUserScramCredentialsRequest extends TypeOf<
  typeof DescribeUserScramCredentialsRequest
> {}

export const DescribeUserScramCredentialsResponse = message(
  'DescribeUserScramCredentialsResponse',
  '0',
  '0+',
  {
    throttleTimeMs: throttleTime('0+'),
    errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    results: array(
      '0+',
      'One entry per user.',
      {
        user: string('0+', 'User.'),
        errorCode: int16('0+', 'What went wrong, or 0.'),
        errorMessage: string('0+', 'What went wrong, in words for people.', {
          nullable: '0+',
          default: null,
        }),
        credentialInfos: array(
          '0+',
          'Credentials of the user.',
          {
            mechanism: int8('0+', '1 SCRAM-SHA-256, 2 SCRAM-SHA-512.'),
            iterations: int32('0+', 'How often the password was hashed.'),
          },
          { default: [] },
        ),
      },
      { default: [] },
    ),
  },
)
export type DescribeUserScramCredentialsResponse = InputOf<typeof DescribeUserScramCredentialsResponse>
