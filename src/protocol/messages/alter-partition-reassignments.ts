import {
  array,
  int16,
  int32,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Starts, changes and cancels reassignments of replicas (KIP-455). */
export const AlterPartitionReassignmentsRequest = message('AlterPartitionReassignmentsRequest', '0', '0+', {
  timeoutMs: int32('0+', 'How long the request may take.', { default: 60000 }),
  topics: array('0+', 'Topics to reassign.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions to reassign.', {
      partitionIndex: int32('0+', 'Partition index.'),
      replicas: array(
        '0+',
        'Replicas to have in the end, the preferred leader first; null to cancel what is under way.',
        of(int32),
        { nullable: '0+', default: null },
      ),
    }),
  }),
})
export interface AlterPartitionReassignmentsRequest extends TypeOf<
  typeof AlterPartitionReassignmentsRequest
> {}

export const AlterPartitionReassignmentsResponse = message('AlterPartitionReassignmentsResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  responses: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    }),
  }),
})
export type AlterPartitionReassignmentsResponse = InputOf<typeof AlterPartitionReassignmentsResponse>
