import { key } from '../define.ts'
import { gzipLevel, kafkaVersion } from '../special-types.ts'
import { boolean, int, listOf, long, oneOf, string } from '../types.ts'
import { NO_EFFECT } from './no-effect.ts'

/** Logs on disk: segments, retention, flushing. */
export const logKeys = {
  'log.dir': key({
    type: string(),
    default: '/tmp/kafka-logs',
    update: 'read-only',
    importance: 'high',
    doc: 'The directory for logs when `log.dirs` is not set.',
  }),
  'log.dirs': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc: 'The directories for logs, with commas between them. New partitions go where the fewest are.',
  }),
  'log.segment.bytes': key({
    type: int({ min: 14 }),
    default: 1_073_741_824,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'segment.bytes',
    doc: 'Size at which the active segment is closed and a new one started, in bytes.',
  }),
  'log.roll.ms': key({
    type: long(),
    default: null,
    update: 'cluster-wide',
    importance: 'high',
    doc:
      'Age at which the active segment is closed, in milliseconds. When not set, `log.roll.hours` ' +
      'counts.',
  }),
  'log.roll.hours': key({
    type: int({ min: 1 }),
    default: 168,
    update: 'read-only',
    importance: 'high',
    doc: 'Age at which the active segment is closed, in hours, unless `log.roll.ms` is set.',
  }),
  'log.roll.jitter.ms': key({
    type: long(),
    default: null,
    update: 'cluster-wide',
    importance: 'high',
    doc:
      'The most by which that age is shortened at random, in milliseconds, so that segments do not all ' +
      'roll together. When not set, `log.roll.jitter.hours` counts.',
  }),
  'log.roll.jitter.hours': key({
    type: int({ min: 0 }),
    default: 0,
    update: 'read-only',
    importance: 'high',
    doc: 'The same in hours, unless `log.roll.jitter.ms` is set.',
  }),
  'log.retention.ms': key({
    type: long(),
    default: null,
    update: 'cluster-wide',
    importance: 'high',
    doc:
      'How long records are kept, in milliseconds; -1 for ever. When not set, `log.retention.minutes` ' +
      'counts, then `log.retention.hours`.',
  }),
  'log.retention.minutes': key({
    type: int(),
    default: null,
    update: 'read-only',
    importance: 'high',
    doc: 'How long records are kept, in minutes, unless `log.retention.ms` is set.',
  }),
  'log.retention.hours': key({
    type: int(),
    default: 168,
    update: 'read-only',
    importance: 'high',
    doc:
      'How long records are kept, in hours, unless `log.retention.ms` or `log.retention.minutes` is ' +
      'set.',
  }),
  'log.retention.bytes': key({
    type: long(),
    default: -1,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'retention.bytes',
    doc: 'How large a partition may grow before its oldest segments go, in bytes; -1 for no limit.',
  }),
  'log.retention.check.interval.ms': key({
    type: long({ min: 1 }),
    default: 300_000,
    update: 'read-only',
    importance: 'medium',
    doc: 'How often segments that may go are looked for, in milliseconds.',
  }),
  'log.cleanup.policy': key({
    type: listOf('compact', 'delete'),
    default: ['delete'],
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'cleanup.policy',
    doc:
      'What happens to old records: `delete` drops whole segments by age and size, `compact` keeps the ' +
      'newest record of each key; both may be given.',
  }),
  'log.index.size.max.bytes': key({
    type: int({ min: 4 }),
    default: 10_485_760,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'segment.index.bytes',
    doc: "The largest size of a segment's offset index, in bytes. A full index closes the segment.",
  }),
  'log.index.interval.bytes': key({
    type: int({ min: 0 }),
    default: 4096,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'index.interval.bytes',
    doc: 'How many bytes of records there are between two entries of an index.',
  }),
  'log.flush.interval.messages': key({
    type: long({ min: 1 }),
    default: Infinity,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'flush.messages',
    doc: 'After how many records a log is forced to disk. By default the operating system decides.',
  }),
  'log.flush.interval.ms': key({
    type: long(),
    default: null,
    update: 'cluster-wide',
    importance: 'high',
    doc:
      'The longest that a record waits before its log is forced to disk, in milliseconds. When not ' +
      'set, `log.flush.scheduler.interval.ms` counts.',
  }),
  'log.flush.scheduler.interval.ms': key({
    type: long(),
    default: Infinity,
    update: 'read-only',
    importance: 'high',
    doc: 'How often logs that are due to be forced to disk are looked for, in milliseconds.',
  }),
  'log.flush.offset.checkpoint.interval.ms': key({
    type: int({ min: 0 }),
    default: 60_000,
    update: 'read-only',
    importance: 'high',
    doc: 'How often the offsets up to which logs are safe on disk are written down, in milliseconds.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': key({
    type: int({ min: 0 }),
    default: 60_000,
    update: 'read-only',
    importance: 'high',
    doc: 'How often the first offsets of the logs are written down, in milliseconds.',
  }),
  'log.segment.delete.delay.ms': key({
    type: long({ min: 0 }),
    default: 60_000,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'file.delete.delay.ms',
    doc: "How long a dropped segment's files stay before they are removed, in milliseconds.",
  }),
  'log.preallocate': key({
    type: boolean(),
    default: false,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'preallocate',
    doc: 'Whether the file of a new segment gets its full size at once.',
  }),
  'log.initial.task.delay.ms': key({
    type: long({ min: 0 }),
    default: 30_000,
    update: 'read-only',
    importance: 'low',
    doc: 'How long after the start the periodic work on logs begins, in milliseconds.',
    listed: false,
  }),
  'num.recovery.threads.per.data.dir': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'cluster-wide',
    importance: 'high',
    doc: 'How many logs of one directory are recovered at a time after an unclean stop.',
  }),
  'message.max.bytes': key({
    type: int({ min: 0 }),
    default: 1_048_588,
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'max.message.bytes',
    doc: 'The largest record batch accepted, in bytes, after compression.',
  }),
  'compression.type': key({
    type: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    default: 'producer',
    update: 'cluster-wide',
    importance: 'high',
    topicKey: 'compression.type',
    doc:
      'How batches are stored: compressed in one of the named ways, `uncompressed`, or `producer`, as ' +
      'they came.',
  }),
  'compression.gzip.level': key({
    type: gzipLevel(),
    default: -1,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'compression.gzip.level',
    doc: "The level of gzip where the broker compresses; -1 for gzip's default.",
  }),
  'compression.lz4.level': key({
    type: int({ min: 1, max: 17 }),
    default: 9,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'compression.lz4.level',
    doc: 'The level of lz4 where the broker compresses.',
  }),
  'compression.zstd.level': key({
    type: int({ min: -131_072, max: 22 }),
    default: 3,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'compression.zstd.level',
    doc: 'The level of zstd where the broker compresses.',
  }),
  'log.message.format.version': key({
    type: kafkaVersion(),
    default: '3.0-IV1',
    update: 'read-only',
    importance: 'medium',
    topicKey: 'message.format.version',
    doc: 'The version of the record format. Checked, and otherwise ignored.',
    noEffect: NO_EFFECT.recordFormat,
  }),
  'log.message.timestamp.type': key({
    type: oneOf('CreateTime', 'LogAppendTime'),
    default: 'CreateTime',
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'message.timestamp.type',
    doc: "Which time a record carries: `CreateTime`, the producer's, or `LogAppendTime`, the broker's.",
  }),
  'log.message.timestamp.difference.max.ms': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'message.timestamp.difference.max.ms',
    doc:
      "How far a producer's timestamp may be from the broker's clock, in milliseconds. The two keys " +
      'below replace it; it counts where they are not set.',
  }),
  'log.message.timestamp.before.max.ms': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'message.timestamp.before.max.ms',
    doc: "How far a producer's timestamp may be behind the broker's clock, in milliseconds.",
  }),
  'log.message.timestamp.after.max.ms': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'message.timestamp.after.max.ms',
    doc: "How far a producer's timestamp may be ahead of the broker's clock, in milliseconds.",
  }),
  'log.message.downconversion.enable': key({
    type: boolean(),
    default: true,
    update: 'cluster-wide',
    importance: 'low',
    topicKey: 'message.downconversion.enable',
    doc:
      'Whether batches are converted for consumers that only know older formats. When false, they get ' +
      'an error.',
  }),
  'log.dir.failure.timeout.ms': key({
    type: long({ min: 1 }),
    default: 30_000,
    update: 'read-only',
    importance: 'low',
    doc:
      'How long a broker of a KRaft cluster may fail to report a lost directory before it stops, in ' +
      'milliseconds.',
    noEffect: NO_EFFECT.kraft,
  }),
}
