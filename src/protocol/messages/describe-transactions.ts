import {
  array,
  int16,
  int32,
  int64,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Describes the transactions of this coordinator. */
export const DescribeTransactionsRequest = message('DescribeTransactionsRequest', '0', '0+', {
  transactionalIds: array('0+', 'Transactional ids to describe.', of(string)),
})
export interface DescribeTransactionsRequest extends TypeOf<typeof DescribeTransactionsRequest> {}

export const DescribeTransactionsResponse = message('DescribeTransactionsResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  transactionStates: array('0+', 'One entry per transactional id.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    transactionalId: string('0+', 'Transactional id.'),
    transactionState: string('0+', 'State name.', { default: '' }),
    transactionTimeoutMs: int32('0+', 'How long a transaction may stay open.', { default: 0 }),
    transactionStartTimeMs: int64('0+', 'When the open transaction began, ms since 1970, or -1.', {
      default: 0,
    }),
    producerId: int64('0+', 'Producer id.', { default: 0 }),
    producerEpoch: int16('0+', 'Epoch of the producer id.', { default: 0 }),
    topics: array(
      '0+',
      'Topics with partitions that are part of the transaction.',
      {
        topic: string('0+', 'Topic name.'),
        partitions: array('0+', 'Partition indexes.', of(int32)),
      },
      { default: [] },
    ),
  }),
})
export type DescribeTransactionsResponse = InputOf<typeof DescribeTransactionsResponse>
