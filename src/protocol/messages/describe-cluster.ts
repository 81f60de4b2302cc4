import {
  array,
  bool,
  int16,
  int32,
  int8,
  message,
  string,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../schema.ts'

/** Tells which brokers there are and which is the controller. */
export const DescribeClusterRequest = message('DescribeClusterRequest', '0-1', '0+', {
  includeClusterAuthorizedOperations: bool('0+', 'Also tell what the client may do with the cluster.'),
  endpointType: int8('1+', 'Whom to list: 1 brokers, 2 controllers.', { default: 1 }),
})
export interface DescribeClusterRequest extends TypeOf<typeof DescribeClusterRequest> {}

export const DescribeClusterResponse = message('DescribeClusterResponse', '0-1', '0+', {
  throttleTimeMs: throttleTime('0+'),
  errorCode: int16('0+', 'What went wrong, or 0.'),
  errorMessage: string('0+', 'What went wrong, in words for people.', { nullable: '0+', default: null }),
  endpointType: int8('1+', 'What is listed: 1 brokers, 2 controllers.', { default: 1 }),
  clusterId: string('0+', 'Cluster id.', { default: '' }),
  controllerId: int32('0+', 'Controller, or -1.', { default: -1 }),
  brokers: array(
    '0+',
    'Brokers that listen where the request came in.',
    {
      brokerId: int32('0+', 'Broker id.'),
      host: string('0+', 'Host name.'),
      port: int32('0+', 'Port.'),
      rack: string('0+', 'Rack, or null.', { nullable: '0+', default: null }),
    },
    { default: [] },
  ),
  clusterAuthorizedOperations: int32(
    '0+',
    'Bit set of operations that the client may do, or -2147483648 when not asked for.',
    { default: -2147483648 },
  ),
})
export type DescribeClusterResponse = InputOf<typeof DescribeClusterResponse>
