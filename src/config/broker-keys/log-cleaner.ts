import { key } from '../define.ts'
import { boolean, double, int, long } from '../types.ts'

/** Compaction. */
export const logCleanerKeys = {
  'log.cleaner.enable': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'medium',
    doc:
      'Whether compaction runs. Topics whose cleanup policy contains `compact`, among them the offsets ' +
      'topic, need it.',
  }),
  'log.cleaner.threads': key({
    type: int({ min: 0 }),
    default: 1,
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'How many logs are compacted at a time.',
  }),
  'log.cleaner.io.max.bytes.per.second': key({
    type: double(),
    default: Number.MAX_VALUE,
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'The most bytes per second that compaction reads and writes together.',
  }),
  'log.cleaner.dedupe.buffer.size': key({
    type: long(),
    default: 134_217_728,
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'Memory for the table of keys of all cleaners together, in bytes; at least 1 MiB for each.',
  }),
  'log.cleaner.io.buffer.size': key({
    type: int({ min: 0 }),
    default: 524_288,
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'Memory for reading and writing of all cleaners together, in bytes.',
  }),
  'log.cleaner.io.buffer.load.factor': key({
    type: double(),
    default: 0.9,
    update: 'cluster-wide',
    importance: 'medium',
    doc:
      'How full the table of keys may get, from 0 to 1. Fuller means more keys per round and more ' +
      'collisions.',
  }),
  'log.cleaner.backoff.ms': key({
    type: long({ min: 0 }),
    default: 15_000,
    update: 'cluster-wide',
    importance: 'medium',
    doc: 'Pause when no log needs compaction, in milliseconds.',
  }),
  'log.cleaner.min.cleanable.ratio': key({
    type: double({ min: 0, max: 1 }),
    default: 0.5,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'min.cleanable.dirty.ratio',
    doc: 'The part of a log that must be uncompacted before it is compacted, from 0 to 1.',
  }),
  'log.cleaner.delete.retention.ms': key({
    type: long({ min: 0 }),
    default: 86_400_000,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'delete.retention.ms',
    doc: 'How long deletion markers and transaction markers stay in a compacted log, in milliseconds.',
  }),
  'log.cleaner.min.compaction.lag.ms': key({
    type: long({ min: 0 }),
    default: 0,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'min.compaction.lag.ms',
    doc: 'How long a record stays uncompacted at least, in milliseconds.',
  }),
  'log.cleaner.max.compaction.lag.ms': key({
    type: long({ min: 1 }),
    default: Infinity,
    update: 'cluster-wide',
    importance: 'medium',
    topicKey: 'max.compaction.lag.ms',
    doc: 'How long a record stays uncompacted at most, in milliseconds.',
  }),
}
