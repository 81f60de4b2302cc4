import { ZERO_UUID } from '../../model/uuid.ts'
import {
  array,
  int16,
  int32,
  message,
  of,
  string,
  throttleTime,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Deletes topics and waits until they are gone from this broker's metadata. */
export const DeleteTopicsRequest = message('DeleteTopicsRequest', '0-6', '4+', {
  topics: array(
    '6+',
    'Topics, each by name or by id.',
    {
      name: string('6+', 'Topic name, or null when the id says which.', { nullable: '6+', default: null }),
      topicId: uuid('6+', 'Topic id, or zero when the name says which.', { default: ZERO_UUID }),
    },
    { default: [] },
  ),
  topicNames: array('0-5', 'Topics by name.', of(string), { default: [], ignorable: true }),
  timeoutMs: int32('0+', 'How long to wait until the topics are gone.'),
})
export interface DeleteTopicsRequest extends TypeOf<typeof DeleteTopicsRequest> {}

export const DeleteTopicsResponse = message('DeleteTopicsResponse', '0-6', '4+', {
  throttleTimeMs: throttleTime('1+'),
  responses: array('0+', 'One entry per topic.', {
    name: string('0+', 'Topic name; null where the client knew only the id and may not learn the name.', {
      nullable: '6+',
    }),
    topicId: uuid('6+', 'Topic id.', { default: ZERO_UUID, ignorable: true }),
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('5+', 'What went wrong, in words for people.', {
      nullable: '5+',
      default: null,
      ignorable: true,
    }),
  }),
})
export type DeleteTopicsResponse = InputOf<typeof DeleteTopicsResponse>
