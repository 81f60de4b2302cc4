import {
  array,
  bytes,
  int16,
  int32,
  int8,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/**
 * Sets and removes SCRAM credentials of users (KIP-554). The password itself never travels, only what the
 * client derived from it.
 */
export const AlterUserScramCredentialsRequest = message('AlterUserScramCredentialsRequest', '0', '0+', {
  deletions: array('0+', 'Credentials to remove.', {
    name: string('0+', 'User.'),
    mechanism: int8('0+', '1 SCRAM-SHA-256, 2 SCRAM-SHA-512.'),
  }),
  upsertions: array('0+', 'Credentials to set.', {
    name: string('0+', 'User.'),
    mechanism: int8('0+', '1 SCRAM-SHA-256, 2 SCRAM-SHA-512.'),
    iterations: int32('0+', 'How often the password was hashed.'),
    salt: bytes('0+', 'Random salt.'),
    saltedPassword: bytes('0+', 'Salted and hashed password.'),
  }),
})
export interface AlterUserScramCredentialsRequest extends TypeOf<typeof AlterUserScramCredentialsRequest> {}

export const AlterUserScramCredentialsResponse = message('AlterUserScramCredentialsResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  results: array('0+', 'One entry per user.', {
    user: string('0+', 'User.'),
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  }),
})
export type AlterUserScramCredentialsResponse = InputOf<typeof AlterUserScramCredentialsResponse>
