import { array, int16, int32, int64, int8, message, of, string, type TypeOf } from '../../schema.ts'

/** Key of a transactional id in `__transaction_state`. */
export const TransactionLogKey = message('TransactionLogKey', '0', 'none', {
  transactionalId: string('0', 'Transactional id.'),
})
export interface TransactionLogKey extends TypeOf<typeof TransactionLogKey> {}

/** State of a transactional id. Brokers write version 0; a null value removes it. */
export const TransactionLogValue = message('TransactionLogValue', '0-1', '1+', {
  producerId: int64('0+', 'Producer id.'),
  producerEpoch: int16('0+', 'Epoch of the producer id.'),
  transactionTimeoutMs: int32('0+', 'How long a transaction may stay open.'),
  transactionStatus: int8(
    '0+',
    '0 Empty, 1 Ongoing, 2 PrepareCommit, 3 PrepareAbort, 4 CompleteCommit, 5 CompleteAbort, 6 Dead.',
  ),
  transactionPartitions: array(
    '0+',
    'Partitions that are part of the transaction; null exactly in state Empty.',
    {
      topic: string('0+', 'Topic name.'),
      partitionIds: array('0+', 'Partition indexes.', of(int32)),
    },
    { nullable: '0+' },
  ),
  transactionLastUpdateTimestampMs: int64('0+', 'When the state was written, ms since 1970.'),
  transactionStartTimestampMs: int64('0+', 'When the transaction began, ms since 1970, or -1.'),
})
export interface TransactionLogValue extends TypeOf<typeof TransactionLogValue> {}
