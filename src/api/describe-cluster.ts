import { errorCode } from '../model/errors.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import { ALL_CLUSTER_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

/** The kinds of endpoint that may be asked for (KIP-919): there are no controllers apart from brokers here. */
const BROKERS = 1
const CONTROLLERS = 2

/** Tells who is in the cluster, without its topics. Source: KafkaApis.handleDescribeCluster; KIP-700. */
export function describeCluster(services: {
  cache: MetadataCache
  clusterId: string
}): Handler<'DescribeCluster'> {
  const { cache, clusterId } = services
  return ({ endpointType, includeClusterAuthorizedOperations }, { connection }) => {
    if (endpointType !== BROKERS) {
      const isMismatch = endpointType === CONTROLLERS
      return {
        errorCode: errorCode(isMismatch ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE'),
        errorMessage: isMismatch
          ? 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER'
          : `Unsupported endpoint type ${endpointType}`,
        clusterId: '',
        brokers: [],
      }
    }
    return {
      errorCode: 0,
      clusterId,
      controllerId: cache.controllerId ?? -1,
      brokers: [...cache.brokers.values()].flatMap(({ id, rack }) => {
        const endpoint = cache.endpoint(id, connection.listenerName)
        return endpoint === null ? [] : [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack }]
      }),
      clusterAuthorizedOperations: includeClusterAuthorizedOperations ? ALL_CLUSTER_OPERATIONS : NOT_ASKED,
    }
  }
}
