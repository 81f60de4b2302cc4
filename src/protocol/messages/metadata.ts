import { ZERO_UUID } from '../../model/uuid.ts'
import {
  array,
  bool,
  int16,
  int32,
  message,
  of,
  string,
  throttleTime,
  uuid,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Asks for brokers, topics, partitions and leaders. The request from which clients learn the cluster. */
export const MetadataRequest = message('MetadataRequest', '0-12', '9+', {
  topics: array(
    '0+',
    'Topics to tell about; null (before version 1: none) for all.',
    {
      topicId: uuid('10+', 'Topic id, or zero when the name says which.', {
        default: ZERO_UUID,
        ignorable: true,
      }),
      name: string('0+', 'Topic name, or null when the id says which.', { nullable: '10+' }),
    },
    { nullable: '1+' },
  ),
  allowAutoTopicCreation: bool('4+', 'Whether a topic that does not exist may be created.', {
    default: true,
  }),
  includeClusterAuthorizedOperations: bool('8-10', 'Also tell what the client may do with the cluster.', {
    default: false,
  }),
  includeTopicAuthorizedOperations: bool('8+', 'Also tell what the client may do with each topic.', {
    default: false,
  }),
})
export interface MetadataRequest extends TypeOf<typeof MetadataRequest> {}

export const MetadataResponse = message('MetadataResponse', '0-12', '9+', {
  throttleTimeMs: throttleTime('3+'),
  brokers: array('0+', 'Brokers that listen where the request came in.', {
    nodeId: int32('0+', 'Broker id.'),
    host: string('0+', 'Host name.'),
    port: int32('0+', 'Port.'),
    rack: string('1+', 'Rack, or null.', { nullable: '1+', default: null, ignorable: true }),
  }),
  clusterId: string('2+', 'Cluster id.', { nullable: '2+', default: null, ignorable: true }),
  controllerId: int32('1+', 'Controller, or -1.', { default: -1, ignorable: true }),
  topics: array('0+', 'One entry per topic.', {
    errorCode: int16('0+', 'What went wrong, or 0.'),
    name: string('0+', 'Topic name; null where only the id was given and is not known.', { nullable: '12+' }),
    topicId: uuid('10+', 'Topic id, or zero.', { ignorable: true }),
    isInternal: bool('1+', 'Whether brokers use the topic for themselves.', {
      default: false,
      ignorable: true,
    }),
    partitions: array('0+', 'Partitions.', {
      errorCode: int16('0+', 'What went wrong, or 0.'),
      partitionIndex: int32('0+', 'Partition index.'),
      leaderId: int32('0+', 'Leader, or -1.'),
      leaderEpoch: int32('7+', 'Leader epoch, or -1.', { default: -1, ignorable: true }),
      replicaNodes: array('0+', 'Replicas, the preferred leader first.', of(int32)),
      isrNodes: array('0+', 'In-sync replicas.', of(int32)),
      offlineReplicas: array('5+', 'Replicas whose broker or disk is down.', of(int32), { ignorable: true }),
    }),
    topicAuthorizedOperations: int32(
      '8+',
      'Bit set of operations that the client may do, or -2147483648 when not asked for.',
      { default: -2147483648 },
    ),
  }),
  clusterAuthorizedOperations: int32(
    '8-10',
    'Bit set of operations that the client may do, or -2147483648 when not asked for.',
    { default: -2147483648 },
  ),
})
export type MetadataResponse = InputOf<typeof MetadataResponse>
