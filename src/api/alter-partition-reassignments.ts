import type { Controller } from '../controller/controller.ts'
import type { PartitionOutcome, ReassignmentRequest } from '../controller/requests.ts'
import { defaultErrorMessage, errorCode, KafkaError } from '../model/errors.ts'
import type { BrokerId, PartitionIndex } from '../model/ids.ts'
import { partitionKey } from '../model/topic-partition.ts'
import type { RequestOf } from '../protocol/apis.ts'
import { byTopic } from './by-topic.ts'
import type { Handler } from './handler.ts'

/**
 * Starts, changes and cancels reassignments; does not wait for their end.
 * Source: KafkaApis.handleAlterPartitionReassignmentsRequest (3.9); KIP-455.
 */
export function alterPartitionReassignments(services: {
  controller: Pick<Controller, 'alterPartitionReassignments'>
}): Handler<'AlterPartitionReassignments'> {
  const { controller } = services
  return async (request) => {
    try {
      const outcomes = await controller.alterPartitionReassignments(requestsOf(request))
      const entries = byTopic(outcomes, entryOf)
      return {
        errorCode: 0,
        errorMessage: '',
        responses: Array.from(entries, ([name, partitions]) => ({ name, partitions })),
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { errorCode: error.code, errorMessage: error.message, responses: [] }
    }
  }
}

/** One for each partition: when it is named twice, the last word counts. */
function requestsOf({ topics }: RequestOf<'AlterPartitionReassignments'>): ReassignmentRequest[] {
  const requests = new Map<string, ReassignmentRequest>()
  for (const { name: topic, partitions } of topics) {
    for (const { partitionIndex, replicas } of partitions) {
      const partition = partitionIndex as PartitionIndex
      requests.set(partitionKey(topic, partition), {
        topic,
        partition,
        replicas: replicas as BrokerId[] | null,
      })
    }
  }
  return [...requests.values()]
}

function entryOf({ partition, error, message }: PartitionOutcome) {
  return {
    partitionIndex: partition,
    errorCode: errorCode(error),
    errorMessage: error === 'NONE' ? null : (message ?? defaultErrorMessage(error)),
  }
}
