import { errorCode } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import { partitionKey } from '../model/topic-partition.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Logger } from '../platform/logger.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import {
  deleteRecords as deleteFromLogs,
  type RecordDeletion,
  type RecordDeletionResult,
} from '../replication/delayed-delete-records.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { byTopic } from './by-topic.ts'
import type { Handler } from './handler.ts'

/** Raises the start of logs. Source: KafkaApis.handleDeleteRecordsRequest (3.9); KIP-107. */
export function deleteRecords(services: {
  cache: MetadataCache
  replicas: ReplicaManager
  /** Where requests wait for partitions, keyed by partition. */
  fetches: Purgatory
  logger: Logger
}): Handler<'DeleteRecords'> {
  const { cache, replicas, fetches: waiting, logger } = services

  return async ({ topics, timeoutMs }) => {
    // Of a partition that is named twice, the last word counts.
    const wanted = new Map<string, RecordDeletion>()
    for (const { name: topic, partitions } of topics) {
      for (const { partitionIndex: partition, offset } of partitions) {
        wanted.set(partitionKey(topic, partition), { topic, partition, offset })
      }
    }
    const isKnown = ({ topic, partition }: RecordDeletion): boolean =>
      cache.partition(topic, partition as PartitionIndex) !== null
    const deletions = [...wanted.values()]
    const results = await deleteFromLogs(deletions.filter(isKnown), timeoutMs, { replicas, waiting, logger })
    const unknown = deletions.filter((deletion) => !isKnown(deletion)).map(unknownPartition)
    const entries = byTopic([...results, ...unknown], entryOf)
    return { topics: Array.from(entries, ([name, partitions]) => ({ name, partitions })) }
  }
}

function unknownPartition({ topic, partition }: RecordDeletion): RecordDeletionResult {
  return { topic, partition, error: 'UNKNOWN_TOPIC_OR_PARTITION', lowWatermark: -1 }
}

function entryOf({ partition, lowWatermark, error }: RecordDeletionResult) {
  return { partitionIndex: partition, lowWatermark, errorCode: errorCode(error) }
}
