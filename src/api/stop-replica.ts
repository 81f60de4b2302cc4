import { errorCode } from '../model/errors.ts'
import { NO_LEADER_EPOCH, type BrokerEpoch, type ControllerEpoch, type PartitionIndex } from '../model/ids.ts'
import type { RequestOf } from '../protocol/apis.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { isStaleBrokerEpoch } from './broker-epoch.ts'
import type { Handler } from './handler.ts'

/** The controller has replicas given up, and deleted where it says so. Source: KafkaApis.handleStopReplicaRequest. */
export function stopReplica(services: {
  replicas: ReplicaManager
  brokerEpoch: () => BrokerEpoch
}): Handler<'StopReplica'> {
  const { replicas, brokerEpoch } = services
  return async (request) => {
    if (isStaleBrokerEpoch(request.brokerEpoch, brokerEpoch())) {
      return { errorCode: errorCode('STALE_BROKER_EPOCH'), partitionErrors: [] }
    }
    const results = await replicas.stopReplicas(request.controllerEpoch as ControllerEpoch, stopsOf(request))
    if (results === null) return { errorCode: errorCode('STALE_CONTROLLER_EPOCH'), partitionErrors: [] }
    return {
      errorCode: 0,
      partitionErrors: results.map(({ topic, partition, error }) => ({
        topicName: topic,
        partitionIndex: partition,
        errorCode: errorCode(error),
      })),
    }
  }
}

/** Versions before 3 name no epochs, and delete all or nothing. */
function stopsOf(request: RequestOf<'StopReplica'>) {
  const { deletePartitions: deletes, ungroupedPartitions, topics, topicStates } = request
  const leaderEpoch: number = NO_LEADER_EPOCH
  const stops = topicStates.flatMap(({ topicName, partitionStates }) =>
    partitionStates.map((state) => ({
      topic: topicName,
      partition: state.partitionIndex as PartitionIndex,
      leaderEpoch: state.leaderEpoch,
      deletes: state.deletePartition,
    })),
  )
  for (const { name, partitionIndexes } of topics) {
    for (const index of partitionIndexes) {
      stops.push({ topic: name, partition: index as PartitionIndex, leaderEpoch, deletes })
    }
  }
  for (const { topicName, partitionIndex } of ungroupedPartitions) {
    stops.push({ topic: topicName, partition: partitionIndex as PartitionIndex, leaderEpoch, deletes })
  }
  return stops
}
