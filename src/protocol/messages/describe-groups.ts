import {
  array,
  bool,
  bytes,
  int16,
  int32,
  message,
  of,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Describes groups with their members. */
export const DescribeGroupsRequest = message('DescribeGroupsRequest', '0-5', '5+', {
  groups: array('0+', 'Groups to describe.', of(string)),
  includeAuthorizedOperations: bool('3+', 'Also tell what the client may do with each group.', {
    default: false,
  }),
})
export interface DescribeGroupsRequest extends TypeOf<typeof DescribeGroupsRequest> {}

export const DescribeGroupsResponse = message('DescribeGroupsResponse', '0-5', '5+', {
  throttleTimeMs: throttleTime('1+'),
  groups: array('0+', 'One entry per group.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    groupId: string('0+', 'Group id.'),
    groupState: string('0+', 'State name.', { default: '' }),
    protocolType: string('0+', 'What the group is for, such as `consumer`.', { default: '' }),
    protocolData: string('0+', 'Protocol that the members agreed on, such as `range`.', { default: '' }),
    members: array(
      '0+',
      'Members.',
      {
        memberId: string('0+', 'Member id.'),
        groupInstanceId: string('4+', "Static member's own name, or null.", {
          nullable: '4+',
          default: null,
          ignorable: true,
        }),
        clientId: string('0+', 'Client id.'),
        clientHost: string('0+', 'Address of the client.'),
        memberMetadata: bytes('0+', 'What the member said about itself for the chosen protocol.'),
        memberAssignment: bytes('0+', 'What the leader assigned to the member.'),
      },
      { default: [] },
    ),
    authorizedOperations: int32(
      '3+',
      'Bit set of operations that the client may do, or -2147483648 when not asked for.',
      { default: -2147483648 },
    ),
  }),
})
export type DescribeGroupsResponse = InputOf<typeof DescribeGroupsResponse>
