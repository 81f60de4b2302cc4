import type { Controller } from '../controller/controller.ts'
import type { AlterPartitionProposal } from '../controller/requests.ts'
import { KafkaError, errorCode } from '../model/errors.ts'
import {
  type BrokerEpoch,
  type BrokerId,
  type LeaderEpoch,
  type PartitionEpoch,
  type PartitionIndex,
} from '../model/ids.ts'
import type { RequestOf } from '../protocol/apis.ts'
import type { Handler } from './handler.ts'

/** From these versions on topics go by id, and members come with their epochs. */
const BY_ID = 2
const WITH_EPOCHS = 3

/** A leader proposes who is in sync. Source: KafkaApis.handleAlterPartitionRequest; KIP-497. */
export function alterPartition(services: { controller: Controller }): Handler<'AlterPartition'> {
  const { controller } = services
  return async (request, { version }) => {
    try {
      const { topics } = await controller.alterPartition(proposalOf(request, version))
      return {
        errorCode: 0,
        topics: topics.map(({ id, name, partitions }) => ({
          topicId: id,
          topicName: name,
          partitions: partitions.map(({ partition, error, state }) => ({
            partitionIndex: partition,
            errorCode: errorCode(error),
            leaderId: state?.leader ?? 0,
            leaderEpoch: state?.leaderEpoch ?? 0,
            isr: [...(state?.inSyncReplicas ?? [])],
            leaderRecoveryState: state?.leaderRecoveryState === 'RECOVERING' ? 1 : 0,
            partitionEpoch: state?.partitionEpoch ?? 0,
          })),
        })),
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { errorCode: error.code, topics: [] }
    }
  }
}

function proposalOf(request: RequestOf<'AlterPartition'>, version: number): AlterPartitionProposal {
  return {
    broker: request.brokerId as BrokerId,
    brokerEpoch: request.brokerEpoch as BrokerEpoch,
    usesTopicIds: version >= BY_ID,
    topics: request.topics.map(({ topicId, topicName, partitions }) => ({
      id: topicId,
      name: topicName,
      partitions: partitions.map((one) => ({
        partition: one.partitionIndex as PartitionIndex,
        leaderEpoch: one.leaderEpoch as LeaderEpoch,
        partitionEpoch: one.partitionEpoch as PartitionEpoch,
        inSyncReplicas: (version >= WITH_EPOCHS
          ? one.newIsrWithEpochs.map(({ brokerId }) => brokerId)
          : one.newIsr) as BrokerId[],
        leaderRecoveryState: one.leaderRecoveryState === 1 ? 'RECOVERING' : 'RECOVERED',
      })),
    })),
  }
}
