import { int32, int64, message, string, type TypeOf } from '../../schema.ts'

/** Key of a committed offset in `__consumer_offsets`. Brokers write version 1. */
export const OffsetCommitKey = message('OffsetCommitKey', '0-1', 'none', {
  group: string('0-1', 'Group id.'),
  topic: string('0-1', 'Topic name.'),
  partition: int32('0-1', 'Partition index.'),
})
export interface OffsetCommitKey extends TypeOf<typeof OffsetCommitKey> {}

/**
 * A committed offset. Brokers write version 3, and version 1 when the offset has an expiry of its own; a
 * null value removes it.
 */
export const OffsetCommitValue = message('OffsetCommitValue', '0-4', '4+', {
  offset: int64('0+', 'Offset of the next record to read.'),
  leaderEpoch: int32('3+', 'Leader epoch of the last record read, or -1.', { default: -1, ignorable: true }),
  metadata: string('0+', 'Note of the client.'),
  commitTimestamp: int64('0+', 'When it was committed, ms since 1970.'),
  expireTimestamp: int64('1', "When it expires, ms since 1970, or -1 for the broker's retention.", {
    default: -1,
    ignorable: true,
  }),
})
export interface OffsetCommitValue extends TypeOf<typeof OffsetCommitValue> {}
