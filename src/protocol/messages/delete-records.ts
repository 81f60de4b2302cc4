import {
  array,
  int16,
  int32,
  int64,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Raises the start of logs; what lies before is gone for every reader. */
export const DeleteRecordsRequest = message('DeleteRecordsRequest', '0-2', '2+', {
  topics: array('0+', 'Topics.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions.', {
      partitionIndex: int32('0+', 'Partition index.'),
      offset: int64('0+', 'First offset to keep, or -1 for the high watermark.'),
    }),
  }),
  timeoutMs: int32('0+', 'How long to wait until every replica has followed.'),
})
export interface DeleteRecordsRequest extends TypeOf<typeof DeleteRecordsRequest> {}

export const DeleteRecordsResponse = message('DeleteRecordsResponse', '0-2', '2+', {
  throttleTimeMs: throttleTime('0+'),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      lowWatermark: int64('0+', 'Lowest log start among the replicas, or -1 after an error.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
    }),
  }),
})
export type DeleteRecordsResponse = InputOf<typeof DeleteRecordsResponse>
