import { key } from '../define.ts'
import { boolean, classNameText, int, long } from '../types.ts'
import { NO_EFFECT } from './no-effect.ts'

/** Replicas, in-sync replicas and their leaders. */
export const replicationKeys = {
  'min.insync.replicas': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'min.insync.replicas',
    doc: 'How many replicas must be in sync for a write with acks=all to be accepted.',
  }),
  'unclean.leader.election.enable': key({
    type: boolean(),
    default: false,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'unclean.leader.election.enable',
    doc:
      'Whether a replica that is not in sync may lead when no other is left. Acknowledged records may ' +
      'be lost then.',
  }),
  'unclean.leader.election.interval.ms': key({
    type: long({ min: 1 }),
    default: 300_000,
    update: 'read-only',
    importance: 'medium',
    doc: 'How often KRaft controllers look for partitions that need an unclean election, in milliseconds.',
    listed: false,
    noEffect: NO_EFFECT.kraft,
  }),
  'replica.lag.time.max.ms': key({
    type: long(),
    default: 30_000,
    update: 'read-only',
    importance: 'high',
    doc: 'A follower that has not caught up for this long leaves the in-sync replicas, in milliseconds.',
  }),
  'num.replica.fetchers': key({
    type: int(),
    default: 1,
    update: 'cluster-wide',
    importance: 'high',
    doc: 'How many fetch loops a follower keeps to each source broker.',
  }),
  'replica.fetch.max.bytes': key({
    type: int({ min: 0 }),
    default: 1_048_576,
    update: 'read-only',
    importance: 'medium',
    doc:
      'How many bytes of one partition a follower asks for. Not an absolute limit: one batch always ' +
      'fits.',
  }),
  'replica.fetch.min.bytes': key({
    type: int(),
    default: 1,
    update: 'read-only',
    importance: 'high',
    doc: 'How many bytes a follower waits for before its fetch is answered.',
  }),
  'replica.fetch.wait.max.ms': key({
    type: int(),
    default: 500,
    update: 'read-only',
    importance: 'high',
    doc: "The longest that a follower's fetch waits for these bytes, in milliseconds.",
  }),
  'replica.fetch.response.max.bytes': key({
    type: int({ min: 0 }),
    default: 10_485_760,
    update: 'read-only',
    importance: 'medium',
    doc: 'How many bytes of all partitions together a follower asks for.',
  }),
  'replica.fetch.backoff.ms': key({
    type: int({ min: 0 }),
    default: 1000,
    update: 'read-only',
    importance: 'medium',
    doc: 'Pause of a follower after a failed fetch of a partition, in milliseconds.',
  }),
  'replica.socket.timeout.ms': key({
    type: int(),
    default: 30_000,
    update: 'read-only',
    importance: 'high',
    doc: 'How long a follower waits for the answer to a fetch, in milliseconds.',
  }),
  'replica.socket.receive.buffer.bytes': key({
    type: int(),
    default: 65_536,
    update: 'read-only',
    importance: 'high',
    doc: "Size of the operating system's receive buffer for fetches of followers.",
    noEffect: NO_EFFECT.socketBuffers,
  }),
  'replica.high.watermark.checkpoint.interval.ms': key({
    type: long(),
    default: 5000,
    update: 'read-only',
    importance: 'high',
    doc: 'How often high watermarks are written down, in milliseconds.',
  }),
  'replica.selector.class': key({
    type: classNameText(
      'org.apache.kafka.common.replica.LeaderSelector',
      'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    ),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc:
      'Which replica a consumer is sent to: the leader by default, or with ' +
      '`org.apache.kafka.common.replica.RackAwareReplicaSelector` one in its own rack.',
  }),
  'num.replica.alter.log.dirs.threads': key({
    type: int(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc:
      'How many replicas move between log directories at a time; by default as many as there are ' +
      'directories.',
  }),
  'fetch.max.bytes': key({
    type: int({ min: 1024 }),
    default: 57_671_680,
    update: 'read-only',
    importance: 'medium',
    doc: 'The most bytes in one answer to a fetch, of consumers and followers.',
  }),
  'max.incremental.fetch.session.cache.slots': key({
    type: int({ min: 0 }),
    default: 1000,
    update: 'read-only',
    importance: 'medium',
    doc: 'How many incremental fetch sessions are remembered.',
  }),
  'fetch.purgatory.purge.interval.requests': key({
    type: int(),
    default: 1000,
    update: 'read-only',
    importance: 'medium',
    doc: 'After how many completed operations the waiting list of fetches is swept.',
  }),
  'producer.purgatory.purge.interval.requests': key({
    type: int(),
    default: 1000,
    update: 'read-only',
    importance: 'medium',
    doc: 'After how many completed operations the waiting list of produce requests is swept.',
  }),
  'auto.leader.rebalance.enable': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'high',
    doc: 'Whether the controller gives leadership back to preferred replicas from time to time.',
  }),
  'leader.imbalance.check.interval.seconds': key({
    type: long({ min: 1 }),
    default: 300,
    update: 'read-only',
    importance: 'high',
    doc: 'How often the controller looks whether that is due, in seconds.',
  }),
  'leader.imbalance.per.broker.percentage': key({
    type: int(),
    default: 10,
    update: 'read-only',
    importance: 'high',
    doc:
      "The share of a broker's preferred partitions led elsewhere, in percent, above which leadership " +
      'is given back.',
  }),
  'controller.socket.timeout.ms': key({
    type: int(),
    default: 30_000,
    update: 'read-only',
    importance: 'medium',
    doc: "How long the controller waits for a broker's answer, in milliseconds.",
  }),
}
