import { key } from '../define.ts'
import { boolean, int, list, password, string } from '../types.ts'
import { NO_EFFECT } from './no-effect.ts'

/** The ensemble that holds the cluster's metadata. */
export const zookeeperKeys = {
  'zookeeper.connect': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc:
      'The ensemble: `host:port` entries with commas between them, and after the last one the path ' +
      'under which this cluster lives, if any.',
  }),
  'zookeeper.session.timeout.ms': key({
    type: int(),
    default: 18_000,
    update: 'read-only',
    importance: 'high',
    doc:
      'How long the ensemble keeps the session of a silent broker, in milliseconds. After that the ' +
      'broker counts as gone.',
  }),
  'zookeeper.connection.timeout.ms': key({
    type: int(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc:
      'How long the first connection may take before the start fails, in milliseconds; by default the ' +
      'session timeout.',
  }),
  'zookeeper.max.in.flight.requests': key({
    type: int({ min: 1 }),
    default: 10,
    update: 'read-only',
    importance: 'high',
    doc: 'How many requests may be on their way to the ensemble at a time.',
  }),
  'zookeeper.set.acl': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'high',
    doc:
      "Whether new znodes can be changed by this cluster's brokers only. Needs a login to the " + 'ensemble.',
  }),
  'zookeeper.metadata.migration.enable': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'high',
    doc: 'Whether the cluster is being moved to KRaft. Not possible here: true is refused.',
    noEffect: NO_EFFECT.kraft,
  }),
  'zookeeper.metadata.migration.min.batch.size': key({
    type: int({ min: 1 }),
    default: 200,
    update: 'read-only',
    importance: 'medium',
    doc: 'How many records a move to KRaft writes at a time at least.',
    listed: false,
    noEffect: NO_EFFECT.kraft,
  }),
  'zookeeper.clientCnxnSocket': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: "The Java class of ZooKeeper's client for its sockets.",
    noEffect: NO_EFFECT.jvm,
  }),
  'zookeeper.ssl.client.enable': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'medium',
    doc: 'Whether the connection to the ensemble uses TLS.',
  }),
  'zookeeper.ssl.keystore.location': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'File with the key and certificate shown to the ensemble.',
  }),
  'zookeeper.ssl.keystore.password': key({
    type: password(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'Password of that file.',
  }),
  'zookeeper.ssl.keystore.type': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'Format of that file: JKS, PKCS12 or PEM; by default told by its name.',
  }),
  'zookeeper.ssl.truststore.location': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'File with the certificates that the ensemble is checked against.',
  }),
  'zookeeper.ssl.truststore.password': key({
    type: password(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'Password of that file.',
  }),
  'zookeeper.ssl.truststore.type': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc: 'Format of that file: JKS, PKCS12 or PEM; by default told by its name.',
  }),
  'zookeeper.ssl.protocol': key({
    type: string(),
    default: 'TLSv1.2',
    update: 'read-only',
    importance: 'low',
    doc: 'The TLS version of the connection to the ensemble.',
  }),
  'zookeeper.ssl.enabled.protocols': key({
    type: list(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc: 'The TLS versions that may be used; by default the one of `zookeeper.ssl.protocol`.',
  }),
  'zookeeper.ssl.cipher.suites': key({
    type: list(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc: 'The cipher suites that may be used.',
  }),
  'zookeeper.ssl.endpoint.identification.algorithm': key({
    type: string(),
    default: 'HTTPS',
    update: 'read-only',
    importance: 'low',
    doc:
      "With `HTTPS`, the name in a server's certificate must match its host; empty turns that check " +
      'off.',
  }),
  'zookeeper.ssl.crl.enable': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'low',
    doc: 'Whether revocation lists are consulted.',
    noEffect: NO_EFFECT.revocation,
  }),
  'zookeeper.ssl.ocsp.enable': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'low',
    doc: 'Whether revocation is asked for online.',
    noEffect: NO_EFFECT.revocation,
  }),
}
