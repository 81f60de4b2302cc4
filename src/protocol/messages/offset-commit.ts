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

/** Commits offsets of a group. Version 0 keeps them in ZooKeeper, later ones in `__consumer_offsets`. */
export const OffsetCommitRequest = message('OffsetCommitRequest', '0-9', '8+', {
  groupId: string('0+', 'Group id.'),
  generationIdOrMemberEpoch: int32(
    '1+',
    'Generation that the member is in, or -1 for a client that is no member.',
    { default: -1, ignorable: true },
  ),
  memberId: string('1+', 'Member id, or empty for a client that is no member.', {
    default: '',
    ignorable: true,
  }),
  groupInstanceId: string('7+', "Static member's own name, or null.", { nullable: '7+', default: null }),
  retentionTimeMs: int64('2-4', "How long to keep the offsets, or -1 for the broker's default.", {
    default: -1,
    ignorable: true,
  }),
  topics: array('0+', 'Topics.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions.', {
      partitionIndex: int32('0+', 'Partition index.'),
      committedOffset: int64('0+', 'Offset of the next record to read.'),
      committedLeaderEpoch: int32('6+', 'Leader epoch of the last record read, or -1.', {
        default: -1,
        ignorable: true,
      }),
      commitTimestamp: int64('1', 'When the offset was committed, ms since 1970, or -1 for now.', {
        default: -1,
      }),
      committedMetadata: string('0+', 'Note of the client, or null.', { nullable: '0+' }),
    }),
  }),
})
export interface OffsetCommitRequest extends TypeOf<typeof OffsetCommitRequest> {}

export const OffsetCommitResponse = message('OffsetCommitResponse', '0-9', '8+', {
  throttleTimeMs: throttleTime('3+'),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
    }),
  }),
})
export type OffsetCommitResponse = InputOf<typeof OffsetCommitResponse>
