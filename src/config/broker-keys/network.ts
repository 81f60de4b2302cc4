import { key } from '../define.ts'
import { int, long, string } from '../types.ts'
import { NO_EFFECT } from './no-effect.ts'

/** Listeners, sockets and connections. */
export const networkKeys = {
  listeners: key({
    type: string(),
    default: 'PLAINTEXT://:9092',
    update: 'per-broker',
    importance: 'high',
    doc:
      'Where this broker listens: `NAME://host:port` entries with commas between them. An empty host ' +
      'means every address; names other than security protocols need `listener.security.protocol.map`.',
  }),
  'advertised.listeners': key({
    type: string(),
    default: null,
    update: 'per-broker',
    importance: 'high',
    doc:
      'Where clients and other brokers are told to reach this broker, when that differs from ' +
      '`listeners`. May not be 0.0.0.0.',
  }),
  'listener.security.protocol.map': key({
    type: string(),
    default: 'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    update: 'per-broker',
    importance: 'low',
    doc: 'The security protocol of each listener name: `NAME:PROTOCOL` entries with commas between them.',
  }),
  'inter.broker.listener.name': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc:
      'The listener that brokers use among themselves. When it is not set, ' +
      '`security.inter.broker.protocol` names it.',
  }),
  'control.plane.listener.name': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc: 'A listener of its own for requests of the controller, if any.',
  }),
  'early.start.listeners': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc: 'Listeners that accept connections before authorization is ready.',
    noEffect: NO_EFFECT.kraft,
  }),
  'num.network.threads': key({
    type: int({ min: 1 }),
    default: 3,
    update: 'cluster-wide',
    importance: 'high',
    doc: 'How many threads of Kafka read from and write to the sockets of a listener.',
    noEffect: NO_EFFECT.threads,
  }),
  'queued.max.requests': key({
    type: int({ min: 1 }),
    default: 500,
    update: 'read-only',
    importance: 'high',
    doc: "How many requests may wait in Kafka's queue before its network threads stop reading.",
    noEffect: NO_EFFECT.requestQueue,
  }),
  'queued.max.request.bytes': key({
    type: long(),
    default: -1,
    update: 'read-only',
    importance: 'medium',
    doc: "How many bytes of requests may wait in Kafka's queue; -1 for no limit.",
    noEffect: NO_EFFECT.requestQueue,
  }),
  'socket.send.buffer.bytes': key({
    type: int(),
    default: 102_400,
    update: 'read-only',
    importance: 'high',
    doc: "Size of the operating system's send buffer per connection; -1 leaves it to the system.",
    noEffect: NO_EFFECT.socketBuffers,
  }),
  'socket.receive.buffer.bytes': key({
    type: int(),
    default: 102_400,
    update: 'read-only',
    importance: 'high',
    doc: "Size of the operating system's receive buffer per connection; -1 leaves it to the system.",
    noEffect: NO_EFFECT.socketBuffers,
  }),
  'socket.request.max.bytes': key({
    type: int({ min: 1 }),
    default: 104_857_600,
    update: 'read-only',
    importance: 'high',
    doc: 'The longest request accepted, in bytes. A connection that announces more is closed.',
  }),
  'socket.listen.backlog.size': key({
    type: int({ min: 1 }),
    default: 50,
    update: 'read-only',
    importance: 'medium',
    doc: 'How many new connections of a listener may wait to be accepted.',
  }),
  'socket.connection.setup.timeout.ms': key({
    type: long(),
    default: 10_000,
    update: 'read-only',
    importance: 'medium',
    doc:
      'How long the first attempt to connect to another broker may take, in milliseconds. Grows with ' +
      'each failure.',
  }),
  'socket.connection.setup.timeout.max.ms': key({
    type: long(),
    default: 30_000,
    update: 'read-only',
    importance: 'medium',
    doc: 'The longest that an attempt to connect to another broker may take, in milliseconds.',
  }),
  'connections.max.idle.ms': key({
    type: long(),
    default: 600_000,
    update: 'read-only',
    importance: 'medium',
    doc:
      'A connection over which nothing came for this long is closed, in milliseconds. Negative for ' +
      'never.',
  }),
  'connections.max.reauth.ms': key({
    type: long(),
    default: 0,
    update: 'read-only',
    importance: 'medium',
    doc:
      'How long a SASL login lasts, in milliseconds, before the client has to log in again; 0 for ' +
      'ever. May be set per listener and mechanism.',
  }),
  'connection.failed.authentication.delay.ms': key({
    type: int({ min: 0 }),
    default: 100,
    update: 'read-only',
    importance: 'low',
    doc:
      'How long a connection whose login failed is kept before it is closed, in milliseconds, to slow ' +
      'down guessing.',
  }),
  'max.connections': key({
    type: int({ min: 0 }),
    default: 2_147_483_647,
    update: 'cluster-wide',
    importance: 'medium',
    doc:
      'The most connections that this broker, or with the listener prefix one listener, holds at a ' +
      'time.',
  }),
  'max.connections.per.ip': key({
    type: int({ min: 0 }),
    default: 2_147_483_647,
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'The most connections from one address. 0 only together with `max.connections.per.ip.overrides`.',
  }),
  'max.connections.per.ip.overrides': key({
    type: string(),
    default: '',
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'Other limits for some addresses: `address:count` entries with commas between them.',
  }),
  'max.connection.creation.rate': key({
    type: int({ min: 0 }),
    default: 2_147_483_647,
    update: 'cluster-wide',
    importance: 'medium',
    doc:
      'The most new connections per second of this broker or, with the listener prefix, of one ' +
      'listener. More wait.',
  }),
}
