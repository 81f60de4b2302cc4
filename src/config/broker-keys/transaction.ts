import { key } from '../define.ts'
import { boolean, int, short } from '../types.ts'

/** Transactions and idempotent producers. */
export const transactionKeys = {
  'transactional.id.expiration.ms': key({
    type: int({ min: 1 }),
    default: 604_800_000,
    update: 'read-only',
    importance: 'high',
    doc: 'How long a transactional id without a transaction is remembered, in milliseconds.',
  }),
  'transaction.max.timeout.ms': key({
    type: int({ min: 1 }),
    default: 900_000,
    update: 'read-only',
    importance: 'high',
    doc: 'The longest transaction timeout that a producer may ask for, in milliseconds.',
  }),
  'transaction.state.log.replication.factor': key({
    type: short({ min: 1 }),
    default: 3,
    update: 'read-only',
    importance: 'high',
    doc: 'Replicas of the transaction topic. It is not created before so many brokers are there.',
  }),
  'transaction.state.log.num.partitions': key({
    type: int({ min: 1 }),
    default: 50,
    update: 'read-only',
    importance: 'high',
    doc: 'Partitions of the transaction topic. Never change it once the topic exists.',
  }),
  'transaction.state.log.segment.bytes': key({
    type: int({ min: 1 }),
    default: 104_857_600,
    update: 'read-only',
    importance: 'high',
    doc: 'Segment size of the transaction topic, in bytes.',
  }),
  'transaction.state.log.min.isr': key({
    type: int({ min: 1 }),
    default: 2,
    update: 'read-only',
    importance: 'high',
    doc: 'How many replicas of the transaction topic must be in sync for a transaction to go on.',
  }),
  'transaction.state.log.load.buffer.size': key({
    type: int({ min: 1 }),
    default: 5_242_880,
    update: 'read-only',
    importance: 'high',
    doc: 'How many bytes are read at a time when transactions are loaded.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': key({
    type: int({ min: 1 }),
    default: 10_000,
    update: 'read-only',
    importance: 'low',
    doc: 'How often transactions that took too long are looked for and aborted, in milliseconds.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': key({
    type: int({ min: 1 }),
    default: 3_600_000,
    update: 'read-only',
    importance: 'low',
    doc: 'How often expired transactional ids are looked for, in milliseconds.',
  }),
  'transaction.partition.verification.enable': key({
    type: boolean(),
    default: true,
    update: 'cluster-wide',
    importance: 'low',
    doc:
      "Whether a partition's leader asks the coordinator, before the first write of a transaction, " +
      'whether the partition belongs to it.',
  }),
  'producer.id.expiration.ms': key({
    type: int({ min: 1 }),
    default: 86_400_000,
    update: 'cluster-wide',
    importance: 'low',
    doc: 'How long a partition remembers a producer that writes nothing, in milliseconds.',
  }),
  'producer.id.expiration.check.interval.ms': key({
    type: int({ min: 1 }),
    default: 600_000,
    update: 'read-only',
    importance: 'low',
    doc: 'How often forgotten producers are looked for, in milliseconds.',
    listed: false,
  }),
}
