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

/** Asks for offsets that groups have committed. Version 0 reads ZooKeeper, later ones the coordinator. */
export const OffsetFetchRequest = message('OffsetFetchRequest', '0-9', '6+', {
  groupId: string('0-7', 'Group id.', { default: '' }),
  topics: array(
    '0-7',
    'Topics, or null for all.',
    {
      name: string('0-7', 'Topic name.'),
      partitionIndexes: array('0-7', 'Partition indexes.', of(int32)),
    },
    { nullable: '2-7', default: [] },
  ),
  groups: array(
    '8+',
    'One entry per group.',
    {
      groupId: string('8+', 'Group id.'),
      memberId: string('9+', 'Member id, or null for a client that is no member.', {
        nullable: '9+',
        default: null,
        ignorable: true,
      }),
      memberEpoch: int32('9+', 'Epoch that the member has reached, or -1.', { default: -1, ignorable: true }),
      topics: array(
        '8+',
        'Topics, or null for all.',
        {
          name: string('8+', 'Topic name.'),
          partitionIndexes: array('8+', 'Partition indexes.', of(int32)),
        },
        { nullable: '8+' },
      ),
    },
    { default: [] },
  ),
  requireStable: bool('7+', 'Rather fail than tell an offset that an open transaction may replace.', {
    default: false,
  }),
})
export interface OffsetFetchRequest extends TypeOf<typeof OffsetFetchRequest> {}

export const OffsetFetchResponse = message('OffsetFetchResponse', '0-9', '6+', {
  throttleTimeMs: throttleTime('3+'),
  topics: array(
    '0-7',
    'One entry per topic.',
    {
      name: string('0-7', 'Topic name.'),
      partitions: array('0-7', 'One entry per partition.', {
        partitionIndex: int32('0-7', 'Partition index.'),
        committedOffset: int64('0-7', 'Offset of the next record to read, or -1 when nothing is committed.'),
        committedLeaderEpoch: int32('5-7', 'Leader epoch of the last record read, or -1.', {
          default: -1,
          ignorable: true,
        }),
        metadata: string('0-7', 'Note of the client, or null.', { nullable: '0-7' }),
        errorCode: int16('0-7', 'What went wrong, or 0.'),
      }),
    },
    { default: [] },
  ),
  errorCode: int16('2-7', 'What is wrong with the request as a whole, or 0.', {
    default: 0,
    ignorable: true,
  }),
  groups: array(
    '8+',
    'One entry per group.',
    {
      groupId: string('8+', 'Group id.'),
      topics: array('8+', 'One entry per topic.', {
        name: string('8+', 'Topic name.'),
        partitions: array('8+', 'One entry per partition.', {
          partitionIndex: int32('8+', 'Partition index.'),
          committedOffset: int64('8+', 'Offset of the next record to read, or -1 when nothing is committed.'),
          committedLeaderEpoch: int32('8+', 'Leader epoch of the last record read, or -1.', {
            default: -1,
            ignorable: true,
          }),
          metadata: string('8+', 'Note of the client, or null.', { nullable: '8+' }),
          errorCode: int16('8+', 'What went wrong, or 0.'),
        }),
      }),
      errorCode: int16('8+', 'What is wrong with the group, or 0.', { default: 0 }),
    },
    { default: [] },
  ),
})
export type OffsetFetchResponse = InputOf<typeof OffsetFetchResponse>
