import {
  array,
  bool,
  bytes,
  int16,
  int32,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Joins or rejoins a group. The answer waits until the rebalance has seen every member. */
export const JoinGroupRequest = message('JoinGroupRequest', '0-9', '6+', {
  groupId: string('0+', 'Group id.'),
  sessionTimeoutMs: int32('0+', 'How long the member may be silent before it is taken for dead.'),
  rebalanceTimeoutMs: int32(
    '1+',
    'How long the member may take to rejoin in a rebalance, or -1 for the session timeout.',
    { default: -1, ignorable: true },
  ),
  memberId: string('0+', 'Member id, or empty for a new member.'),
  groupInstanceId: string('5+', "Static member's own name, or null.", { nullable: '5+', default: null }),
  protocolType: string('0+', 'What the group is for, such as `consumer`.'),
  protocols: array('0+', 'Protocols that the member can follow, best first.', {
    name: string('0+', 'Protocol, such as `range`.'),
    metadata: bytes('0+', 'What the member says about itself under this protocol.'),
  }),
  reason: string('8+', 'Why the member joins, for people.', {
    nullable: '8+',
    default: null,
    ignorable: true,
  }),
})
export interface JoinGroupRequest extends TypeOf<typeof JoinGroupRequest> {}

export const JoinGroupResponse = message('JoinGroupResponse', '0-9', '6+', {
  throttleTimeMs: throttleTime('2+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  generationId: int32('0+', 'Generation that the member is in, or -1 after an error.', { default: -1 }),
  protocolType: string('7+', 'What the group is for.', { nullable: '7+', default: null, ignorable: true }),
  protocolName: string('0+', 'Protocol that the group follows; null or empty after an error.', {
    nullable: '7+',
  }),
  leader: string('0+', 'Member that computes the assignment.', { default: '' }),
  skipAssignment: bool('9+', 'Whether the leader must not compute an assignment.', { default: false }),
  memberId: string('0+', 'Member id of the receiver.'),
  members: array(
    '0+',
    'All members, for the leader only.',
    {
      memberId: string('0+', 'Member id.'),
      groupInstanceId: string('5+', "Static member's own name, or null.", {
        nullable: '5+',
        default: null,
        ignorable: true,
      }),
      metadata: bytes('0+', 'What the member said about itself under the chosen protocol.'),
    },
    { default: [] },
  ),
})
export type JoinGroupResponse = InputOf<typeof JoinGroupResponse>
