import { array, int16, message, string, throttleTime, type InputOf, type TypeOf } from '../schema.ts'

/** Takes members out of a group at once, so that nobody waits for their session to end. */
export const LeaveGroupRequest = message('LeaveGroupRequest', '0-5', '4+', {
  groupId: string('0+', 'Group id.'),
  memberId: string('0-2', 'Member that leaves.', { default: '' }),
  members: array(
    '3+',
    'Members that leave.',
    {
      memberId: string('3+', 'Member id; empty to remove whoever has the group instance id.'),
      groupInstanceId: string('3+', "Static member's own name, or null.", { nullable: '3+', default: null }),
      reason: string('5+', 'Why the member leaves, for people.', {
        nullable: '5+',
        default: null,
        ignorable: true,
      }),
    },
    { default: [] },
  ),
})
export interface LeaveGroupRequest extends TypeOf<typeof LeaveGroupRequest> {}

export const LeaveGroupResponse = message('LeaveGroupResponse', '0-5', '4+', {
  throttleTimeMs: throttleTime('1+'),
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  members: array(
    '3+',
    'One entry per member.',
    {
      memberId: string('3+', 'Member id.'),
      groupInstanceId: string('3+', "Static member's own name, or null.", { nullable: '3+', default: null }),
      errorCode: int16('3+', 'What went wrong, or 0.'),
    },
    { default: [] },
  ),
})
export type LeaveGroupResponse = InputOf<typeof LeaveGroupResponse>
