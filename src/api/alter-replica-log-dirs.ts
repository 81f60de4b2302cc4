import type { LogManager } from '../log/log-manager.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import { topicNameFault } from '../model/topic-name.ts'
import type { Logger } from '../platform/logger.ts'
import type { LogDirMover } from '../replication/log-dir-mover.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { byTopic } from './by-topic.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

interface Moved {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
}

/** Moves replicas of this broker between its log directories. Source: ReplicaManager.alterReplicaLogDirs (3.9). */
export function alterReplicaLogDirs(services: {
  replicas: ReplicaManager
  logs: LogManager
  mover: LogDirMover
  cache: MetadataCache
  logger: Logger
}): Handler<'AlterReplicaLogDirs'> {
  const { replicas, logs, mover, cache, logger } = services

  return async ({ dirs }) => {
    const moved: Moved[] = []
    for (const { path, topics } of dirs) {
      for (const { name: topic, partitions } of topics) {
        for (const partition of partitions) moved.push(await move(topic, partition, path))
      }
    }
    const results = byTopic(moved, ({ partition: partitionIndex, errorCode: code }) => ({
      partitionIndex,
      errorCode: code,
    }))
    return { results: Array.from(results, ([topicName, partitions]) => ({ topicName, partitions })) }
  }

  async function move(topic: string, partition: number, path: string): Promise<Moved> {
    const refused = (error: ErrorName): Moved => ({ topic, partition, errorCode: errorCode(error) })
    if (topicNameFault(topic) !== null) return refused('INVALID_TOPIC_EXCEPTION')
    const topicPartition = { topic, partition: partition as PartitionIndex }
    try {
      logs.futures.directory(path)
      if (replicas.get(topic, partition)?.role.kind === 'offline') return refused('KAFKA_STORAGE_ERROR')
      const log = logs.get(topicPartition)
      if (log === null) {
        if (cache.partition(topic, topicPartition.partition) === null)
          return refused('UNKNOWN_TOPIC_OR_PARTITION')
        // When the controller has it made here, it is made there.
        logs.futures.prefer(topicPartition, path)
        return refused('REPLICA_NOT_AVAILABLE')
      }
      await mover.move(log, path)
      return { topic, partition, errorCode: 0 }
    } catch (error) {
      return {
        topic,
        partition,
        errorCode: entryError(error, logger, `moving ${topic}-${partition}`).errorCode,
      }
    }
  }
}
