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

/** Lists reassignments that are under way. */
export const ListPartitionReassignmentsRequest = message('ListPartitionReassignmentsRequest', '0', '0+', {
  timeoutMs: int32('0+', 'How long the request may take.', { default: 60000 }),
  topics: array(
    '0+',
    'Topics to look at, or null for all.',
    {
      name: string('0+', 'Topic name.'),
      partitionIndexes: array('0+', 'Partition indexes.', of(int32)),
    },
    { nullable: '0+', default: null },
  ),
})
export interface ListPartitionReassignmentsRequest extends TypeOf<typeof ListPartitionReassignmentsRequest> {}

export const ListPartitionReassignmentsResponse = message('ListPartitionReassignmentsResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  topics: array('0+', 'Topics with reassignments.', {
    name: string('0+', 'Topic name.'),
    partitions: array('0+', 'Partitions that are being reassigned.', {
      partitionIndex: int32('0+', 'Partition index.'),
      replicas: array('0+', 'Replicas, both old and new.', of(int32)),
      addingReplicas: array('0+', 'Replicas that are being added.', of(int32)),
      removingReplicas: array('0+', 'Replicas that are being removed.', of(int32)),
    }),
  }),
})
export type ListPartitionReassignmentsResponse = InputOf<typeof ListPartitionReassignmentsResponse>
