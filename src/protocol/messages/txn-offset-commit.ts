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

/** Commits offsets of a group as part of a transaction; they count once it commits. */
export const TxnOffsetCommitRequest = message('TxnOffsetCommitRequest', '0-4', '3+', {
  transactionalId: string('0+', 'Transactional id.'),
  groupId: string('0+', 'Group id.'),
  producerId: int64('0+', 'Producer id.'),
  producerEpoch: int16('0+', 'Epoch of the producer id.'),
  generationId: int32('3+', 'Generation that the member is in, or -1.', { default: -1 }),
  memberId: string('3+', 'Member id, or empty.', { default: '' }),
  groupInstanceId: string('3+', "Static member's own name, or null.", { nullable: '3+', default: null }),
  topics: array('0+', 'Topics.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions.', {
      partitionIndex: int32('0+', 'Partition index.'),
      committedOffset: int64('0+', 'Offset of the next record to read.'),
      committedLeaderEpoch: int32('2+', 'Leader epoch of the last record read, or -1.', {
        default: -1,
        ignorable: true,
      }),
      committedMetadata: string('0+', 'Note of the client, or null.', { nullable: '0+' }),
    }),
  }),
})
export interface TxnOffsetCommitRequest extends TypeOf<typeof TxnOffsetCommitRequest> {}

export const TxnOffsetCommitResponse = message('TxnOffsetCommitResponse', '0-4', '3+', {
  throttleTimeMs: throttleTime('0+'),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
    }),
  }),
})
export type TxnOffsetCommitResponse = InputOf<typeof TxnOffsetCommitResponse>
