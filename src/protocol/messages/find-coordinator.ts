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

/** Asks which broker coordinates a group or a transactional id. */
export const FindCoordinatorRequest = message('FindCoordinatorRequest', '0-6', '3+', {
  key: string('0-3', 'Group id or transactional id.', { default: '' }),
  keyType: int8('1+', 'What the keys are: 0 group ids, 1 transactional ids, 2 share group partitions.', {
    default: 0,
  }),
  coordinatorKeys: array('4+', 'Group ids or transactional ids.', of(string), { default: [] }),
})
export interface FindCoordinatorRequest extends TypeOf<typeof FindCoordinatorRequest> {}

export const FindCoordinatorResponse = message('FindCoordinatorResponse', '0-6', '3+', {
  throttleTimeMs: throttleTime('1+'),
  errorCode: int16('0-3', 'What went wrong, or 0.', { default: 0 }),
  errorMessage: string('1-3', 'What went wrong, in words for people.', {
    nullable: '1-3',
    default: '',
    ignorable: true,
  }),
  nodeId: int32('0-3', 'Coordinator, or -1.', { default: 0 }),
  host: string('0-3', 'Its host name.', { default: '' }),
  port: int32('0-3', 'Its port, or -1.', { default: 0 }),
  coordinators: array(
    '4+',
    'One entry per key.',
    {
      key: string('4+', 'Key, as in the request.'),
      nodeId: int32('4+', 'Coordinator, or -1.'),
      host: string('4+', 'Its host name.'),
      port: int32('4+', 'Its port, or -1.'),
      errorCode: int16('4+', 'What went wrong, or 0.'),
      errorMessage: string('4+', 'What went wrong, in words for people.', {
        nullable: '4+',
        default: '',
        ignorable: true,
      }),
    },
    { default: [] },
  ),
})
export type FindCoordinatorResponse = InputOf<typeof FindCoordinatorResponse>
