import { key } from '../define.ts'
import { boolean, className, classNameText, int, long, oneOf, password, string } from '../types.ts'

/** Authorization, principals, delegation tokens and stored passwords. */
export const securityKeys = {
  'security.inter.broker.protocol': key({
    type: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    default: 'PLAINTEXT',
    update: 'read-only',
    importance: 'medium',
    doc:
      'The security protocol, and with it the listener, that brokers use among themselves. Not ' +
      'together with `inter.broker.listener.name`.',
  }),
  'authorizer.class.name': key({
    type: classNameText('', 'kafka.security.authorizer.AclAuthorizer'),
    default: '',
    update: 'read-only',
    importance: 'low',
    doc:
      'What decides who may do what: `kafka.security.authorizer.AclAuthorizer` for ACLs in ZooKeeper, ' +
      'empty for everyone everything.',
  }),
  'super.users': key({
    type: string(),
    default: '',
    update: 'read-only',
    importance: 'high',
    doc: 'Principals that may do everything, with semicolons between them: `User:admin;User:ops`.',
    listed: false,
  }),
  'allow.everyone.if.no.acl.found': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'medium',
    doc: 'Whether a resource for which no ACL exists is open to everyone.',
    listed: false,
  }),
  'principal.builder.class': key({
    type: className('org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder'),
    default: 'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    update: 'per-broker',
    importance: 'medium',
    doc:
      "What makes a principal of a connection. Kafka's default is the only one known here; others are " +
      'refused.',
  }),
  'delegation.token.secret.key': key({
    type: password(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc:
      'The secret with which delegation tokens are signed, the same on every broker. Without it there ' +
      'are no tokens.',
  }),
  'delegation.token.master.key': key({
    type: password(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'The old name of `delegation.token.secret.key`, which wins when both are set.',
  }),
  'delegation.token.max.lifetime.ms': key({
    type: long({ min: 1 }),
    default: 604_800_000,
    update: 'read-only',
    importance: 'medium',
    doc: 'The longest life of a token, in milliseconds, however often it is renewed.',
  }),
  'delegation.token.expiry.time.ms': key({
    type: long({ min: 1 }),
    default: 86_400_000,
    update: 'read-only',
    importance: 'medium',
    doc: 'How long a token lives without renewal, in milliseconds.',
  }),
  'delegation.token.expiry.check.interval.ms': key({
    type: long({ min: 1 }),
    default: 3_600_000,
    update: 'read-only',
    importance: 'low',
    doc: 'How often expired tokens are looked for, in milliseconds.',
  }),
  'password.encoder.secret': key({
    type: password(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc:
      'The secret with which passwords in dynamic configuration are encrypted before they go to ' +
      'ZooKeeper.',
  }),
  'password.encoder.old.secret': key({
    type: password(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc:
      'The previous secret, while a new one is introduced: stored passwords are read with it and ' +
      'written with the new one.',
  }),
  'password.encoder.keyfactory.algorithm': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc: 'How the encryption key is derived from the secret; by default PBKDF2WithHmacSHA512.',
  }),
  'password.encoder.cipher.algorithm': key({
    type: string(),
    default: 'AES/CBC/PKCS5Padding',
    update: 'read-only',
    importance: 'low',
    doc: 'The cipher that encrypts stored passwords.',
  }),
  'password.encoder.key.length': key({
    type: int({ min: 8 }),
    default: 128,
    update: 'read-only',
    importance: 'low',
    doc: "Length of that cipher's key, in bits.",
  }),
  'password.encoder.iterations': key({
    type: int({ min: 1024 }),
    default: 4096,
    update: 'read-only',
    importance: 'low',
    doc: 'Rounds of key derivation.',
  }),
}
