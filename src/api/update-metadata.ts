import { errorCode } from '../model/errors.ts'
import { securityProtocolOfId, type Endpoint } from '../model/endpoint.ts'
import type {
  BrokerEpoch,
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../model/ids.ts'
import { ZERO_UUID } from '../model/uuid.ts'
import type {
  AliveBroker,
  MetadataCache,
  MetadataChange,
  PartitionMetadata,
} from '../metadata/metadata-cache.ts'
import type { RequestOf } from '../protocol/apis.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { isStaleBrokerEpoch } from './broker-epoch.ts'
import type { Handler } from './handler.ts'

/** The controller says what the cluster looks like. Source: KafkaApis.handleUpdateMetadataRequest. */
export function updateMetadata(services: {
  replicas: ReplicaManager
  cache: MetadataCache
  brokerEpoch: () => BrokerEpoch
  /** Whoever waits for topics to appear or to go looks again. */
  onChange: (
    topics: readonly string[],
    deleted: readonly { topic: string; partition: PartitionIndex }[],
  ) => void
}): Handler<'UpdateMetadata'> {
  const { replicas, cache, brokerEpoch, onChange } = services
  return (request) => {
    if (isStaleBrokerEpoch(request.brokerEpoch, brokerEpoch()))
      return { errorCode: errorCode('STALE_BROKER_EPOCH') }
    if (!replicas.acceptController(request.controllerEpoch as ControllerEpoch)) {
      return { errorCode: errorCode('STALE_CONTROLLER_EPOCH') }
    }
    const change = changeOf(request)
    const deleted = cache.apply(change)
    onChange(
      change.topics.map(({ name }) => name),
      deleted,
    )
    return { errorCode: 0 }
  }
}

type PartitionState = RequestOf<'UpdateMetadata'>['ungroupedPartitionStates'][number]

function changeOf(request: RequestOf<'UpdateMetadata'>): MetadataChange {
  const topics = request.topicStates.map(({ topicName, topicId, partitionStates }) => ({
    name: topicName,
    id: topicId,
    partitions: partitionStates.map(partitionOf),
  }))
  for (const state of request.ungroupedPartitionStates) {
    topics.push({ name: state.topicName, id: ZERO_UUID, partitions: [partitionOf(state)] })
  }
  return {
    controllerId: request.controllerId as BrokerId,
    brokers: request.liveBrokers.map(brokerOf),
    topics,
  }
}

function partitionOf(state: PartitionState): PartitionMetadata {
  return {
    index: state.partitionIndex as PartitionIndex,
    controllerEpoch: state.controllerEpoch as ControllerEpoch,
    leader: state.leader as BrokerId,
    leaderEpoch: state.leaderEpoch as LeaderEpoch,
    inSyncReplicas: state.isr as BrokerId[],
    partitionEpoch: state.zkVersion as PartitionEpoch,
    replicas: state.replicas as BrokerId[],
    offlineReplicas: state.offlineReplicas as BrokerId[],
  }
}

/** Versions before 3 have no listener names: a listener is called after its protocol. Version 0 has one endpoint. */
function brokerOf(broker: RequestOf<'UpdateMetadata'>['liveBrokers'][number]): AliveBroker {
  const { id, v0Host, v0Port, rack } = broker
  const endpoints = broker.endpoints.flatMap(({ host, port, listener, securityProtocol }): Endpoint[] => {
    const protocol = securityProtocolOfId(securityProtocol)
    if (protocol === null) return []
    return [{ listenerName: listener === '' ? protocol : listener, securityProtocol: protocol, host, port }]
  })
  if (endpoints.length === 0 && v0Host !== '') {
    endpoints.push({ listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: v0Host, port: v0Port })
  }
  return { id: id as BrokerId, endpoints, rack }
}
