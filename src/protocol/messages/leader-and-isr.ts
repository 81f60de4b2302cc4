import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  message,
  of,
  string,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

const partitionState = {
  topicName: string('0-1', 'Topic name.', { default: '', ignorable: true }),
  partitionIndex: int32('0+', 'Partition index.'),
  controllerEpoch: int32('0+', 'Epoch of the controller that decided this.'),
  leader: int32('0+', 'Leader, or -1.'),
  leaderEpoch: int32('0+', 'Leader epoch.'),
  isr: array('0+', 'In-sync replicas.', of(int32)),
  partitionEpoch: int32('0+', 'Version of the partition state.'),
  replicas: array('0+', 'Replicas, the preferred leader first.', of(int32)),
  addingReplicas: array('3+', 'Replicas that a reassignment adds.', of(int32), {
    default: [],
    ignorable: true,
  }),
  removingReplicas: array('3+', 'Replicas that a reassignment removes.', of(int32), {
    default: [],
    ignorable: true,
  }),
  isNew: bool('1+', 'Whether the partition has just been created, so that no log is expected.', {
    default: false,
    ignorable: true,
  }),
  leaderRecoveryState: int8('6+', '0: the log is whole, 1: the leader was elected uncleanly.', {
    default: 0,
  }),
}

/**
 * The controller tells a broker which partitions it hosts, who leads them and who is in sync. A partition
 * obeys only what has a newer leader epoch than it knows.
 */
export const LeaderAndIsrRequest = message('LeaderAndIsrRequest', '0-7', '4+', {
  controllerId: int32('0+', 'Controller that sends this.'),
  isKRaftController: bool('7+', 'Whether the controller is a KRaft one.', { default: false }),
  controllerEpoch: int32('0+', 'Its epoch.'),
  brokerEpoch: int64('2+', 'Life of the receiving broker that this is meant for, or -1 for any.', {
    default: -1,
    ignorable: true,
  }),
  type: int8('5+', '0 not said, 1 what has changed, 2 all that the broker is to host.', { default: 0 }),
  ungroupedPartitionStates: array('0-1', 'Partitions, each with its topic.', partitionState, { default: [] }),
  topicStates: array(
    '2+',
    'Partitions by topic.',
    {
      topicName: string('2+', 'Topic name.'),
      topicId: uuid('5+', 'Topic id.', { ignorable: true }),
      partitionStates: array('2+', 'Partitions.', partitionState),
    },
    { default: [] },
  ),
  liveLeaders: array('0+', 'Where the leaders named above listen.', {
    brokerId: int32('0+', 'Broker id.'),
    hostName: string('0+', 'Host name.'),
    port: int32('0+', 'Port.'),
  }),
})
export interface LeaderAndIsrRequest extends TypeOf<typeof LeaderAndIsrRequest> {}

const partitionError = {
  topicName: string('0-4', 'Topic name.', { default: '', ignorable: true }),
  partitionIndex: int32('0+', 'Partition index.'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
}

export const LeaderAndIsrResponse = message('LeaderAndIsrResponse', '0-7', '4+', {
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  partitionErrors: array('0-4', 'One entry per partition.', partitionError, { default: [] }),
  topics: array(
    '5+',
    'One entry per topic.',
    {
      topicId: uuid('5+', 'Topic id.'),
      partitionErrors: array('5+', 'One entry per partition.', partitionError),
    },
    { default: [] },
  ),
})
export type LeaderAndIsrResponse = InputOf<typeof LeaderAndIsrResponse>
