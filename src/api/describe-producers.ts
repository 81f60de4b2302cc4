import type { ProducerEntry } from '../log/producer-state.ts'
import { KafkaError } from '../model/errors.ts'
import { topicNameFault } from '../model/topic-name.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Logger } from '../platform/logger.ts'
import type { ResponseOf } from '../protocol/apis.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

type Entry = ResponseOf<'DescribeProducers'>['topics'][number]['partitions'][number]

/**
 * Tells who produces to partitions, from the log of whatever replica this broker has.
 * Source: KafkaApis.handleDescribeProducersRequest, Partition.activeProducerState (3.9); KIP-664.
 */
export function describeProducers(services: {
  cache: MetadataCache
  replicas: ReplicaManager
  logger: Logger
}): Handler<'DescribeProducers'> {
  const { cache, replicas, logger } = services

  return ({ topics }) => ({
    topics: topics.map(({ name, partitionIndexes }) => {
      const fault = faultOf(name)
      return {
        name,
        partitions: partitionIndexes.map((partition) =>
          fault === null ? entryOf(name, partition) : failed(partition, fault),
        ),
      }
    }),
  })

  function faultOf(topic: string): KafkaError | null {
    const fault = topicNameFault(topic)
    if (fault !== null) return new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${fault}`)
    return cache.topic(topic) === null ? new KafkaError('UNKNOWN_TOPIC_OR_PARTITION') : null
  }

  function entryOf(topic: string, partition: number): Entry {
    try {
      const producers = replicas.hosted(topic, partition).logFor(-1).activeProducers()
      return { partitionIndex: partition, errorCode: 0, activeProducers: producers.map(producerEntry) }
    } catch (error) {
      // Only the topic's errors come with words.
      return { ...failed(partition, error), errorMessage: null }
    }
  }

  function failed(partition: number, error: unknown): Entry {
    return { partitionIndex: partition, ...entryError(error, logger, 'describing producers') }
  }
}

function producerEntry(producer: ProducerEntry) {
  return {
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: producer.lastTimestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTransactionFirstOffset,
  }
}
