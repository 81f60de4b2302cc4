import {
  array,
  int16,
  int32,
  int8,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Elects leaders of partitions: the preferred replica, or any that lives. */
export const ElectLeadersRequest = message('ElectLeadersRequest', '0-2', '2+', {
  electionType: int8('1+', '0: the preferred replica, 1: any that lives, even when records are lost.', {
    default: 0,
  }),
  topicPartitions: array(
    '0+',
    'Topics with partitions, or null for all partitions.',
    {
      topic: string('0+', 'Topic name.'),
      partitions: array('0+', 'Partition indexes.', of(int32)),
    },
    { nullable: '0+' },
  ),
  timeoutMs: int32('0+', 'How long to wait until the leaders are elected.', { default: 60000 }),
})
export interface ElectLeadersRequest extends TypeOf<typeof ElectLeadersRequest> {}

export const ElectLeadersResponse = message('ElectLeadersResponse', '0-2', '2+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('1+', 'What is wrong with the request as a whole, or 0.'),
  replicaElectionResults: array('0+', 'One entry per topic.', {
    topic: string('0+', 'Topic name.'),
    partitionResult: array('0+', 'One entry per partition.', {
      partitionId: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    }),
  }),
})
export type ElectLeadersResponse = InputOf<typeof ElectLeadersResponse>
