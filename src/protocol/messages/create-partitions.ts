import {
  array,
  bool,
  int16,
  int32,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Adds partitions to topics. */
export const CreatePartitionsRequest = message('CreatePartitionsRequest', '0-3', '2+', {
  topics: array('0+', 'Topics to grow.', {
    name: string('0+', 'Topic name.'),
    count: int32('0+', 'How many partitions the topic is to have in all.'),
    assignments: array(
      '0+',
      'Replicas of the new partitions in order, or null to let the broker choose.',
      {
        brokerIds: array('0+', 'Replicas, the preferred leader first.', of(int32)),
      },
      { nullable: '0+', default: null },
    ),
  }),
  timeoutMs: int32('0+', 'How long to wait until the partitions have leaders.'),
  validateOnly: bool('0+', 'Check the request and change nothing.'),
})
export interface CreatePartitionsRequest extends TypeOf<typeof CreatePartitionsRequest> {}

export const CreatePartitionsResponse = message('CreatePartitionsResponse', '0-3', '2+', {
  throttleTimeMs: throttleTime('0+'),
  results: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name.'),
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  }),
})
export type CreatePartitionsResponse = InputOf<typeof CreatePartitionsResponse>
