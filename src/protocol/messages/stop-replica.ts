import {
  array,
  bool,
  int16,
  int32,
  int64,
  message,
  of,
  string,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** The controller tells a broker to stop replicas, and to delete some of them. */
export const StopReplicaRequest = message('StopReplicaRequest', '0-4', '2+', {
  controllerId: int32('0+', 'Controller that sends this.'),
  isKRaftController: bool('4+', 'Whether the controller is a KRaft one.', { default: false }),
  controllerEpoch: int32('0+', 'Its epoch.'),
  brokerEpoch: int64('1+', 'Life of the receiving broker that this is meant for, or -1 for any.', {
    default: -1,
    ignorable: true,
  }),
  deletePartitions: bool('0-2', 'Whether the logs are to be deleted.', { default: false }),
  ungroupedPartitions: array(
    '0',
    'Partitions, each with its topic.',
    {
      topicName: string('0', 'Topic name.'),
      partitionIndex: int32('0', 'Partition index.'),
    },
    { default: [] },
  ),
  topics: array(
    '1-2',
    'Partitions by topic.',
    {
      name: string('1-2', 'Topic name.'),
      partitionIndexes: array('1-2', 'Partition indexes.', of(int32)),
    },
    { default: [] },
  ),
  topicStates: array(
    '3+',
    'Partitions by topic, each with its own orders.',
    {
      topicName: string('3+', 'Topic name.'),
      partitionStates: array('3+', 'Partitions.', {
        partitionIndex: int32('3+', 'Partition index.'),
        leaderEpoch: int32('3+', 'Leader epoch, -1 when not known, -2 when the topic is being deleted.', {
          default: -1,
        }),
        deletePartition: bool('3+', 'Whether the log is to be deleted.'),
      }),
    },
    { default: [] },
  ),
})
export interface StopReplicaRequest extends TypeOf<typeof StopReplicaRequest> {}

export const StopReplicaResponse = message('StopReplicaResponse', '0-4', '2+', {
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  partitionErrors: array('0+', 'One entry per partition.', {
    topicName: string('0+', 'Topic name.'),
    partitionIndex: int32('0+', 'Partition index.'),
    errorCode: int16('0+', 'What went wrong, or 0.'),
  }),
})
export type StopReplicaResponse = InputOf<typeof StopReplicaResponse>
