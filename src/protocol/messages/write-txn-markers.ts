import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  of,
  string,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/**
 * A transaction coordinator ends transactions on the partitions that took part: leaders append a commit or
 * abort marker.
 */
export const WriteTxnMarkersRequest = message('WriteTxnMarkersRequest', '0-1', '1+', {
  markers: array('0+', 'One entry per transaction.', {
    producerId: int64('0+', 'Producer id.'),
    producerEpoch: int16('0+', 'Epoch of the producer id.'),
    transactionResult: bool('0+', 'true to commit, false to abort.'),
    topics: array('0+', 'Topics with partitions that get the marker.', {
      name: string('0+', 'Topic name.'),
      partitionIndexes: array('0+', 'Partition indexes.', of(int32)),
    }),
    coordinatorEpoch: int32(
      '0+',
      "Leader epoch of the coordinator's own partition; fences markers of earlier coordinators.",
    ),
  }),
})
export interface WriteTxnMarkersRequest extends TypeOf<typeof WriteTxnMarkersRequest> {}

export const WriteTxnMarkersResponse = message('WriteTxnMarkersResponse', '0-1', '1+', {
  markers: array('0+', 'One entry per transaction.', {
    producerId: int64('0+', 'Producer id.'),
    topics: array('0+', 'One entry per topic.', {
      name: string('0+', 'Topic name.'),
      partitions: array('0+', 'One entry per partition.', {
        partitionIndex: int32('0+', 'Partition index.'),
        errorCode: int16('0+', 'What went wrong, or 0.'),
      }),
    }),
  }),
})
export type WriteTxnMarkersResponse = InputOf<typeof WriteTxnMarkersResponse>
