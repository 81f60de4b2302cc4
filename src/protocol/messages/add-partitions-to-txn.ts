import {
  array,
  bool,
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

const topic = {
  name: string('0+', 'Topic name.'),
  partitions: array('0+', 'Partition indexes.', of(int32)),
}

/**
 * Makes partitions part of a transaction before records are appended to them. Clients speak versions up to
 * 3; versions 4 and 5 carry several transactions and come from partition leaders, which mostly just ask
 * whether a partition is part of one (KIP-890).
 */
export const AddPartitionsToTxnRequest = message('AddPartitionsToTxnRequest', '0-5', '3+', {
  transactions: array(
    '4+',
    'One entry per transaction.',
    {
      transactionalId: string('4+', 'Transactional id.'),
      producerId: int64('4+', 'Producer id.'),
      producerEpoch: int16('4+', 'Epoch of the producer id.'),
      verifyOnly: bool('4+', 'Only ask whether the partitions are part of the transaction.', {
        default: false,
      }),
      topics: array('4+', 'Topics with the partitions to add.', topic),
    },
    { default: [] },
  ),
  v3AndBelowTransactionalId: string('0-3', 'Transactional id.', { default: '' }),
  v3AndBelowProducerId: int64('0-3', 'Producer id.', { default: 0 }),
  v3AndBelowProducerEpoch: int16('0-3', 'Epoch of the producer id.', { default: 0 }),
  v3AndBelowTopics: array('0-3', 'Topics with the partitions to add.', topic, { default: [] }),
})
export interface AddPartitionsToTxnRequest extends TypeOf<typeof AddPartitionsToTxnRequest> {}

const partitionResult = {
  partitionIndex: int32('0+', 'Partition index.'),
  partitionErrorCode: int16('0+', 'What went wrong, or 0.'),
}

const topicResult = {
  name: string('0+', 'Topic name.'),
  resultsByPartition: array('0+', 'One entry per partition.', partitionResult),
}

export const AddPartitionsToTxnResponse = message('AddPartitionsToTxnResponse', '0-5', '3+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('4+', 'What is wrong with the request as a whole, or 0.', { default: 0, ignorable: true }),
  resultsByTransaction: array(
    '4+',
    'One entry per transaction.',
    {
      transactionalId: string('4+', 'Transactional id.'),
      topicResults: array('4+', 'One entry per topic.', topicResult),
    },
    { default: [] },
  ),
  resultsByTopicV3AndBelow: array('0-3', 'One entry per topic.', topicResult, { default: [] }),
})
export type AddPartitionsToTxnResponse = InputOf<typeof AddPartitionsToTxnResponse>
