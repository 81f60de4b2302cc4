import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Finds offsets by time, and the ends of logs. */
export const ListOffsetsRequest = message('ListOffsetsRequest', '0-9', '6+', {
  replicaId: int32('0+', 'Follower that asks, -1 for a consumer, -2 for debugging.'),
  isolationLevel: int8('2+', '0 read_uncommitted, 1 read_committed.', { default: 0 }),
  topics: array('0+', 'Topics.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions.', {
      partitionIndex: int32('0+', 'Partition index.'),
      currentLeaderEpoch: int32('4+', 'Leader epoch that the client knows, or -1.', {
        default: -1,
        ignorable: true,
      }),
      timestamp: int64(
        '0+',
        "Time in ms since 1970 to look for; -1 the end, -2 the start, -3 the record with the largest timestamp, -4 the start on this broker's disk, -5 the last offset in remote storage.",
      ),
      maxNumOffsets: int32('0', 'How many offsets to tell.', { default: 1 }),
    }),
  }),
})
export interface ListOffsetsRequest extends TypeOf<typeof ListOffsetsRequest> {}

export const ListOffsetsResponse = message('ListOffsetsResponse', '0-9', '6+', {
  throttleTimeMs: throttleTime('2+'),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      oldStyleOffsets: array('0', 'Offsets, largest first.', of(int64), { default: [] }),
      timestamp: int64('1+', 'Timestamp of the record found, or -1.', { default: -1 }),
      offset: int64('1+', 'Its offset, or -1 when there is none.', { default: -1 }),
      leaderEpoch: int32('4+', 'Leader epoch of the record, or -1.', { default: -1 }),
    }),
  }),
})
export type ListOffsetsResponse = InputOf<typeof ListOffsetsResponse>
