import { array, bytes, int32, int64, message, string, type TypeOf } from '../../schema.ts'

/** Key of a group's own record in `__consumer_offsets`. */
export const GroupMetadataKey = message('GroupMetadataKey', '2', 'none', {
  group: string('2', 'Group id.'),
})
export interface GroupMetadataKey extends TypeOf<typeof GroupMetadataKey> {}

const memberMetadata = {
  memberId: string('0+', 'Member id.'),
  groupInstanceId: string('3+', "Static member's own name, or null.", {
    nullable: '3+',
    default: null,
    ignorable: true,
  }),
  clientId: string('0+', 'Client id.'),
  clientHost: string('0+', "Address of the client, in Java's form `/10.0.0.1`."),
  rebalanceTimeout: int32('1+', 'Rebalance timeout in ms, or -1 in records older than version 1.', {
    default: -1,
    ignorable: true,
  }),
  sessionTimeout: int32('0+', 'Session timeout in ms.'),
  subscription: bytes('0+', 'What the member said about itself under the chosen protocol.'),
  assignment: bytes('0+', 'What the leader assigned to it.'),
}

/** A group in one generation. Brokers write version 3; a null value removes the group. */
export const GroupMetadataValue = message('GroupMetadataValue', '0-4', '4+', {
  protocolType: string(
    '0+',
    'What the group is for, such as `consumer`; empty for a group that only keeps offsets.',
  ),
  generation: int32('0+', 'Generation.'),
  protocol: string('0+', 'Protocol that the members agreed on, or null in an empty group.', {
    nullable: '0+',
  }),
  leader: string('0+', 'Member that computes the assignment, or null in an empty group.', { nullable: '0+' }),
  currentStateTimestamp: int64(
    '2+',
    'When the group came into its state, ms since 1970, or -1 when not known.',
    { default: -1, ignorable: true },
  ),
  members: array('0+', 'Members.', memberMetadata),
})
export interface GroupMetadataValue extends TypeOf<typeof GroupMetadataValue> {}
