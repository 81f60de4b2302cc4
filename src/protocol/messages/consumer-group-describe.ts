import {
  array,
  bool,
  int16,
  int32,
  message,
  of,
  string,
  struct,
  throttleTime,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/**
 * Describes groups of the next-generation protocol (KIP-848). Advertised, but refused: a cluster with
 * ZooKeeper has classic groups only.
 */
export const ConsumerGroupDescribeRequest = message('ConsumerGroupDescribeRequest', '0', '0+', {
  groupIds: array('0+', 'Groups to describe.', of(string)),
  includeAuthorizedOperations: bool('0+', 'Also tell what the client may do with each group.'),
})
export interface ConsumerGroupDescribeRequest extends TypeOf<typeof ConsumerGroupDescribeRequest> {}

const topicPartitions = {
  topicId: uuid('0+', 'Topic id.'),
  topicName: string('0+', 'Topic name.'),
  partitions: array('0+', 'Partition indexes.', of(int32)),
}

const assignment = {
  topicPartitions: array('0+', 'Topics with partitions.', topicPartitions),
}

export const ConsumerGroupDescribeResponse = message('ConsumerGroupDescribeResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  groups: array('0+', 'One entry per group.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
    groupId: string('0+', 'Group id.'),
    groupState: string('0+', 'State name.', { default: '' }),
    groupEpoch: int32('0+', 'Epoch of the group.', { default: 0 }),
    assignmentEpoch: int32('0+', 'Epoch of the target assignment.', { default: 0 }),
    assignorName: string('0+', 'Assignor in use.', { default: '' }),
    members: array(
      '0+',
      'Members.',
      {
        memberId: string('0+', 'Member id.'),
        instanceId: string('0+', "Static member's own name, or null.", { nullable: '0+', default: null }),
        rackId: string('0+', 'Rack, or null.', { nullable: '0+', default: null }),
        memberEpoch: int32('0+', 'Epoch that the member has reached.'),
        clientId: string('0+', 'Client id.'),
        clientHost: string('0+', 'Address of the client.'),
        subscribedTopicNames: array('0+', 'Topics subscribed to by name.', of(string)),
        subscribedTopicRegex: string('0+', 'Pattern of topics subscribed to, or null.', {
          nullable: '0+',
          default: null,
        }),
        assignment: struct('0+', 'What the member has now.', assignment),
        targetAssignment: struct('0+', 'What the member is meant to have.', assignment),
      },
      { default: [] },
    ),
    authorizedOperations: int32(
      '0+',
      'Bit set of operations that the client may do, or -2147483648 when not asked for.',
      { default: -2147483648 },
    ),
  }),
})
export type ConsumerGroupDescribeResponse = InputOf<typeof ConsumerGroupDescribeResponse>
