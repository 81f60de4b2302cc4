import { key } from '../define.ts'
import { int, long, short } from '../types.ts'

/** Consumer groups and their offsets. */
export const groupKeys = {
  'group.min.session.timeout.ms': key({
    type: int(),
    default: 6000,
    update: 'read-only',
    importance: 'medium',
    doc: 'The shortest session timeout that a member may ask for, in milliseconds.',
  }),
  'group.max.session.timeout.ms': key({
    type: int(),
    default: 1_800_000,
    update: 'read-only',
    importance: 'medium',
    doc: 'The longest session timeout that a member may ask for, in milliseconds.',
  }),
  'group.initial.rebalance.delay.ms': key({
    type: int(),
    default: 3000,
    update: 'read-only',
    importance: 'medium',
    doc: 'How long an empty group waits for more members before its first rebalance, in milliseconds.',
  }),
  'group.max.size': key({
    type: int({ min: 1 }),
    default: 2_147_483_647,
    update: 'read-only',
    importance: 'medium',
    doc: 'The most members of a group.',
  }),
  'offset.metadata.max.bytes': key({
    type: int(),
    default: 4096,
    update: 'read-only',
    importance: 'high',
    doc: 'The longest metadata of a committed offset, in bytes.',
  }),
  'offsets.load.buffer.size': key({
    type: int({ min: 1 }),
    default: 5_242_880,
    update: 'read-only',
    importance: 'high',
    doc: 'How many bytes are read at a time when committed offsets are loaded.',
  }),
  'offsets.topic.replication.factor': key({
    type: short({ min: 1 }),
    default: 3,
    update: 'read-only',
    importance: 'high',
    doc: 'Replicas of the offsets topic. It is not created before so many brokers are there.',
  }),
  'offsets.topic.num.partitions': key({
    type: int({ min: 1 }),
    default: 50,
    update: 'read-only',
    importance: 'high',
    doc:
      'Partitions of the offsets topic. Never change it once the topic exists: groups would lose their ' +
      'coordinators.',
  }),
  'offsets.topic.segment.bytes': key({
    type: int({ min: 1 }),
    default: 104_857_600,
    update: 'read-only',
    importance: 'high',
    doc: 'Segment size of the offsets topic, in bytes.',
  }),
  'offsets.topic.compression.codec': key({
    type: int(),
    default: 0,
    update: 'read-only',
    importance: 'high',
    doc: 'Compression of the offsets topic: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  }),
  'offsets.retention.minutes': key({
    type: int({ min: 1 }),
    default: 10_080,
    update: 'read-only',
    importance: 'high',
    doc:
      'How long the offsets of an empty group, or of a topic the group no longer reads, are kept, in ' +
      'minutes.',
  }),
  'offsets.retention.check.interval.ms': key({
    type: long({ min: 1 }),
    default: 600_000,
    update: 'read-only',
    importance: 'high',
    doc: 'How often expired offsets are looked for, in milliseconds.',
  }),
  'offsets.commit.timeout.ms': key({
    type: int({ min: 1 }),
    default: 5000,
    update: 'read-only',
    importance: 'high',
    doc: 'How long a commit waits for the replicas of the offsets topic, in milliseconds.',
  }),
  'offsets.commit.required.acks': key({
    type: short(),
    default: -1,
    update: 'read-only',
    importance: 'high',
    doc: 'Which acknowledgements a commit waits for; -1, all in-sync replicas, is the only safe one.',
  }),
}
