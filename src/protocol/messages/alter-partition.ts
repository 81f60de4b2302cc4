import {
  array,
  int16,
  int32,
  int64,
  int8,
  message,
  of,
  string,
  throttleTime,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** A leader proposes a new in-sync replica set to the controller. */
export const AlterPartitionRequest = message('AlterPartitionRequest', '0-3', '0+', {
  brokerId: int32('0+', 'Leader that proposes.'),
  brokerEpoch: int64('0+', 'Its broker epoch.', { default: -1 }),
  topics: array('0+', 'Topics with proposals.', {
    topicName: string('0-1', 'Topic name.', { ignorable: true }),
    topicId: uuid('2+', 'Topic id.', { ignorable: true }),
    partitions: array('0+', 'Partitions with proposals.', {
      partitionIndex: int32('0+', 'Partition index.'),
      leaderEpoch: int32('0+', 'Epoch in which the sender leads.'),
      newIsr: array('0-2', 'Proposed in-sync replicas.', of(int32), { default: [] }),
      newIsrWithEpochs: array(
        '3+',
        'Proposed in-sync replicas, each with the life it was seen in.',
        {
          brokerId: int32('3+', 'Broker id.'),
          brokerEpoch: int64('3+', 'Broker epoch, or -1 where it is not known.', { default: -1 }),
        },
        { default: [] },
      ),
      leaderRecoveryState: int8('1+', '0: the log is whole, 1: still recovering from an unclean election.', {
        default: 0,
      }),
      partitionEpoch: int32('0+', 'Version of the partition state that the proposal starts from.'),
    }),
  }),
})
export interface AlterPartitionRequest extends TypeOf<typeof AlterPartitionRequest> {}

export const AlterPartitionResponse = message('AlterPartitionResponse', '0-3', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What is wrong with the request as a whole, or 0.'),
  topics: array('0+', 'One entry per topic.', {
    topicName: string('0-1', 'Topic name.', { ignorable: true }),
    topicId: uuid('2+', 'Topic id.', { ignorable: true }),
    partitions: array('0+', 'One entry per partition.', {
      partitionIndex: int32('0+', 'Partition index.'),
      errorCode: int16('0+', 'What went wrong, or 0.'),
      leaderId: int32('0+', 'Leader, or -1.'),
      leaderEpoch: int32('0+', 'Leader epoch.'),
      isr: array('0+', 'In-sync replicas that are now in force.', of(int32)),
      leaderRecoveryState: int8('1+', '0: the log is whole, 1: still recovering from an unclean election.', {
        default: 0,
        ignorable: true,
      }),
      partitionEpoch: int32('0+', 'Version of the partition state now in force.'),
    }),
  }),
})
export type AlterPartitionResponse = InputOf<typeof AlterPartitionResponse>
