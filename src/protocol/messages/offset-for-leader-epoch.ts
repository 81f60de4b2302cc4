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

/**
 * Asks a leader where an epoch ends in its log, so that a log that has diverged can be cut back (KIP-101,
 * KIP-320).
 */
export const OffsetForLeaderEpochRequest = message('OffsetForLeaderEpochRequest', '0-4', '4+', {
  replicaId: int32('3+', 'Follower that asks, -1 for a consumer, -2 for debugging.', {
    default: -2,
    ignorable: true,
  }),
  topics: array('0+', 'Topics.', {
    topic: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions.', {
      partition: int32('0+', 'Partition index.'),
      currentLeaderEpoch: int32('2+', 'Leader epoch that the asker knows, or -1.', {
        default: -1,
        ignorable: true,
      }),
      leaderEpoch: int32('0+', 'Leader epoch to look up.'),
    }),
  }),
})
export interface OffsetForLeaderEpochRequest extends TypeOf<typeof OffsetForLeaderEpochRequest> {}

export const OffsetForLeaderEpochResponse = message('OffsetForLeaderEpochResponse', '0-4', '4+', {
  throttleTimeMs: throttleTime('2+'),
  topics: array('0+', 'One entry per topic.', {
    topic: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      errorCode: int16('0+', 'What went wrong, or 0.'),
      partition: int32('0+', 'Partition index.'),
      leaderEpoch: int32('1+', 'Largest epoch in the log that is not above the one asked for, or -1.', {
        default: -1,
        ignorable: true,
      }),
      endOffset: int64('0+', 'One past the last record of that epoch, or -1.', { default: -1 }),
    }),
  }),
})
export type OffsetForLeaderEpochResponse = InputOf<typeof OffsetForLeaderEpochResponse>
