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

/** Tells which producers are active on partitions, and which of them have a transaction open. */
export const DescribeProducersRequest = message('DescribeProducersRequest', '0', '0+', {
  topics: array('0+', 'Topics.', {
    name: string('0+', 'Topic name.'),
    partitionIndexes: array('0+', 'Partition indexes.', of(int32)),
  }),
})
export interface DescribeProducersRequest extends TypeOf<typeof DescribeProducersRequest> {}

export const DescribeProducersResponse = message('DescribeProducersResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
      activeProducers: array(
        '0+',
        'Producers that the log remembers.',
        {
          producerId: int64('0+', 'Producer id.'),
          producerEpoch: int32('0+', 'Epoch of the producer id.'),
          lastSequence: int32('0+', 'Sequence number of the last record, or -1.', { default: -1 }),
          lastTimestamp: int64('0+', 'Timestamp of the last batch, ms since 1970, or -1.', { default: -1 }),
          coordinatorEpoch: int32('0+', 'Epoch of the coordinator that wrote the last marker.'),
          currentTxnStartOffset: int64('0+', 'Where the open transaction begins, or -1 when none is.', {
            default: -1,
          }),
        },
        { default: [] },
      ),
    }),
  }),
})
export type DescribeProducersResponse = InputOf<typeof DescribeProducersResponse>
