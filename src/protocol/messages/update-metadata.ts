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
  topicName: string('0-4', 'Topic name.', { default: '', ignorable: true }),
  partitionIndex: int32('0+', 'Partition index.'),
  controllerEpoch: int32('0+', 'Epoch of the controller that decided this.'),
  leader: int32('0+', 'Leader, -1 for none, -2 when the partition is being deleted.'),
  leaderEpoch: int32('0+', 'Leader epoch.'),
  isr: array('0+', 'In-sync replicas.', of(int32)),
  zkVersion: int32('0+', 'Version of the partition state.'),
  replicas: array('0+', 'Replicas, the preferred leader first.', of(int32)),
  offlineReplicas: array('4+', 'Replicas whose broker or disk is down.', of(int32), {
    default: [],
    ignorable: true,
  }),
}

/**
 * The controller tells a broker what to answer Metadata requests with: partitions that changed, and all
 * brokers.
 */
export const UpdateMetadataRequest = message('UpdateMetadataRequest', '0-8', '6+', {
  controllerId: int32('0+', 'Controller that sends this.'),
  isKRaftController: bool('8+', 'Whether the controller is a KRaft one.', { default: false }),
  type: int8('8+', 'KRaft only: 0 not said, 1 what has changed, 2 everything.', { default: 0, tag: 0 }),
  controllerEpoch: int32('0+', 'Its epoch.'),
  brokerEpoch: int64('5+', 'Life of the receiving broker that this is meant for, or -1 for any.', {
    default: -1,
    ignorable: true,
  }),
  ungroupedPartitionStates: array('0-4', 'Partitions, each with its topic.', partitionState, { default: [] }),
  topicStates: array(
    '5+',
    'Partitions by topic.',
    {
      topicName: string('5+', 'Topic name.'),
      topicId: uuid('7+', 'Topic id.', { ignorable: true }),
      partitionStates: array('5+', 'Partitions.', partitionState),
    },
    { default: [] },
  ),
  liveBrokers: array('0+', 'Every broker that lives or is shutting down.', {
    id: int32('0+', 'Broker id.'),
    v0Host: string('0', 'Host name.', { default: '', ignorable: true }),
    v0Port: int32('0', 'Port.', { default: 0, ignorable: true }),
    endpoints: array(
      '1+',
      'Where the broker listens.',
      {
        port: int32('1+', 'Port.'),
        host: string('1+', 'Host name.'),
        listener: string('3+', 'Listener name.', { default: '', ignorable: true }),
        securityProtocol: int16('1+', '0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.'),
      },
      { default: [], ignorable: true },
    ),
    rack: string('2+', 'Rack, or null.', { nullable: '0+', default: null, ignorable: true }),
  }),
})
export interface UpdateMetadataRequest extends TypeOf<typeof UpdateMetadataRequest> {}

export const UpdateMetadataResponse = message('UpdateMetadataResponse', '0-8', '6+', {
  errorCode: int16('0+', 'What went wrong, or 0.'),
})
export type UpdateMetadataResponse = InputOf<typeof UpdateMetadataResponse>
