import {
  array,
  bytes,
  int16,
  int32,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Ends a rebalance: the leader hands in the assignment, every member gets its part. */
export const SyncGroupRequest = message('SyncGroupRequest', '0-5', '4+', {
  groupId: string('0+', 'Group id.'),
  generationId: int32('0+', 'Generation that the member is in.'),
  memberId: string('0+', 'Member id.'),
  groupInstanceId: string('3+', "Static member's own name, or null.", { nullable: '3+', default: null }),
  protocolType: string('5+', 'What the group is for, or null.', {
    nullable: '5+',
    default: null,
    ignorable: true,
  }),
  protocolName: string('5+', 'Protocol that the group follows, or null.', {
    nullable: '5+',
    default: null,
    ignorable: true,
  }),
  assignments: array(
    '0+',
    'What each member gets, from the leader only.',
    {
      memberId: string('0+', 'Member id.'),
      assignment: bytes('0+', 'What it gets.'),
    },
    { default: [] },
  ),
})
export interface SyncGroupRequest extends TypeOf<typeof SyncGroupRequest> {}

export const SyncGroupResponse = message('SyncGroupResponse', '0-5', '4+', {
  throttleTimeMs: throttleTime('1+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  protocolType: string('5+', 'What the group is for.', { nullable: '5+', default: null, ignorable: true }),
  protocolName: string('5+', 'Protocol that the group follows.', {
    nullable: '5+',
    default: null,
    ignorable: true,
  }),
  assignment: bytes('0+', 'What the member gets; empty after an error.', { default: '' }),
})
export type SyncGroupResponse = InputOf<typeof SyncGroupResponse>
