import type { Controller } from '../controller/controller.ts'
import { KafkaError } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import { byTopic } from './by-topic.ts'
import type { Handler } from './handler.ts'

/** Lists reassignments in progress. Source: KafkaApis.handleListPartitionReassignmentsRequest (3.9); KIP-455. */
export function listPartitionReassignments(services: {
  controller: Pick<Controller, 'listPartitionReassignments'>
}): Handler<'ListPartitionReassignments'> {
  const { controller } = services
  return async ({ topics }) => {
    const asked = topics?.flatMap(({ name, partitionIndexes }) =>
      partitionIndexes.map((partition) => ({ topic: name, partition: partition as PartitionIndex })),
    )
    try {
      const ongoing = await controller.listPartitionReassignments(asked ?? null)
      const entries = byTopic(ongoing, ({ partition, replicas, adding, removing }) => ({
        partitionIndex: partition,
        replicas,
        addingReplicas: adding,
        removingReplicas: removing,
      }))
      return {
        errorCode: 0,
        errorMessage: '',
        topics: Array.from(entries, ([name, partitions]) => ({ name, partitions })),
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { errorCode: error.code, errorMessage: error.message, topics: [] }
    }
  }
}
