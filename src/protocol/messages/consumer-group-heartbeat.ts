import {
  array,
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

const topicPartitions = {
  topicId: uuid('0+', 'Topic id.'),
  partitions: array('0+', 'Partition indexes.', of(int32)),
}

/**
 * Joins, keeps and leaves a group of the next-generation protocol (KIP-848). Advertised, but refused: a
 * cluster with ZooKeeper has classic groups only.
 */
export const ConsumerGroupHeartbeatRequest = message('ConsumerGroupHeartbeatRequest', '0', '0+', {
  groupId: string('0+', 'Group id.'),
  memberId: string('0+', 'Member id.'),
  memberEpoch: int32(
    '0+',
    'Epoch that the member has reached; 0 to join, -1 to leave, -2 to leave as a static member.',
  ),
  instanceId: string('0+', "Static member's own name, or null.", { nullable: '0+', default: null }),
  rackId: string('0+', 'Rack, or null when unchanged.', { nullable: '0+', default: null }),
  rebalanceTimeoutMs: int32(
    '0+',
    'How long the member may take to give up partitions, or -1 when unchanged.',
    { default: -1 },
  ),
  subscribedTopicNames: array('0+', 'Topics subscribed to, or null when unchanged.', of(string), {
    nullable: '0+',
    default: null,
  }),
  serverAssignor: string('0+', 'Assignor that the member wants, or null when unchanged.', {
    nullable: '0+',
    default: null,
  }),
  topicPartitions: array('0+', 'What the member has, or null when unchanged.', topicPartitions, {
    nullable: '0+',
    default: null,
  }),
})
export interface ConsumerGroupHeartbeatRequest extends TypeOf<typeof ConsumerGroupHeartbeatRequest> {}

export const ConsumerGroupHeartbeatResponse = message('ConsumerGroupHeartbeatResponse', '0', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  memberId: string('0+', 'Member id, where the coordinator made one up.', { nullable: '0+', default: null }),
  memberEpoch: int32('0+', 'Epoch that the member has reached.', { default: 0 }),
  heartbeatIntervalMs: int32('0+', 'How soon the next heartbeat should come.', { default: 0 }),
  assignment: struct(
    '0+',
    'What the member is meant to have, or null when unchanged.',
    {
      topicPartitions: array('0+', 'Topics with partitions.', topicPartitions),
    },
    { nullable: '0+', default: null },
  ),
})
export type ConsumerGroupHeartbeatResponse = InputOf<typeof ConsumerGroupHeartbeatResponse>
