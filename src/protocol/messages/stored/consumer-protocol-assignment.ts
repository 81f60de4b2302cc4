import { array, bytes, int32, message, of, string, type TypeOf } from '../../schema.ts'

/** What a consumer is assigned. Behind an int16 version; opaque to the coordinator. */
export const ConsumerProtocolAssignment = message('ConsumerProtocolAssignment', '0-3', 'none', {
  assignedPartitions: array('0+', 'Topics with partitions.', {
    topic: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partition indexes.', of(int32)),
  }),
  userData: bytes('0+', 'What the assignor wants to add, or null.', { nullable: '0+', default: null }),
})
export interface ConsumerProtocolAssignment extends TypeOf<typeof ConsumerProtocolAssignment> {}
