import { array, int16, int32, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Removes offsets that a group has committed. */
export const OffsetDeleteRequest = message('OffsetDeleteRequest', '0', 'none', {
  groupId: string('0+', 'Group id.'),
  topics: array('0+', 'Topics.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions.', {
      partitionIndex: int32('0+', 'Partition index.'),
    }),
  }),
})
export interface OffsetDeleteRequest extends TypeOf<typeof OffsetDeleteRequest> {}

export const OffsetDeleteResponse = message('OffsetDeleteResponse', '0', 'none', {
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  throttleTimeMs: throttleTime('0+', { ignorable: true }),
  topics: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
    }),
  }),
})
export type OffsetDeleteResponse = InputOf<typeof OffsetDeleteResponse>
