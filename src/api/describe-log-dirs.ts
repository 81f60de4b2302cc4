import type { Log } from '../log/log.ts'
import type { DirectoryStatus, LogManager } from '../log/log-manager.ts'
import { errorCode } from '../model/errors.ts'
import { partitionKey } from '../model/topic-partition.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import { byTopic } from './by-topic.ts'
import { entryError } from './entry-error.ts'
import type { Handler } from './handler.ts'

type Result = ResponseOf<'DescribeLogDirs'>['results'][number]

/** There is no current replica to compare with. Source: DescribeLogDirsResponse.INVALID_OFFSET_LAG. */
const LAG_UNKNOWN = -1

/** Tells what lies in this broker's log directories. Source: ReplicaManager.describeLogDirs (3.9). */
export function describeLogDirs(services: {
  logs: LogManager
  disk: Disk
  logger: Logger
}): Handler<'DescribeLogDirs'> {
  const { logs, disk, logger } = services

  return ({ topics }) => {
    const wanted = topics === null ? null : keysOf(topics)
    const isWanted = (log: Log): boolean => wanted === null || wanted.has(log.name)
    return { errorCode: 0, results: logs.describeDirectories().map((each) => resultOf(each, isWanted)) }
  }

  function resultOf(directory: DirectoryStatus, isWanted: (log: Log) => boolean): Result {
    const { path: logDir } = directory
    if (directory.error !== null) {
      return { errorCode: errorCode('KAFKA_STORAGE_ERROR'), logDir, topics: [] }
    }
    try {
      const entries = byTopic(directory.logs.filter(isWanted).map(located), partitionEntry)
      return {
        errorCode: 0,
        logDir,
        topics: Array.from(entries, ([name, partitions]) => ({ name, partitions })),
        ...disk.space(logDir),
      }
    } catch (error) {
      return { errorCode: entryError(error, logger, `describing ${logDir}`).errorCode, logDir, topics: [] }
    }
  }

  function partitionEntry({ log }: { log: Log }) {
    const current = logs.get(log.topicPartition)
    return {
      partitionIndex: log.topicPartition.partition,
      partitionSize: log.sizeBytes,
      offsetLag: lagOf(log, current),
      isFutureKey: current !== log,
    }
  }
}

function lagOf(log: Log, current: Log | null): number {
  if (current === null) return LAG_UNKNOWN
  return current === log
    ? Math.max(log.highWatermark - log.logEndOffset, 0)
    : current.logEndOffset - log.logEndOffset
}

function located(log: Log): { readonly topic: string; readonly log: Log } {
  return { topic: log.topicPartition.topic, log }
}

function keysOf(topics: NonNullable<RequestOf<'DescribeLogDirs'>['topics']>): Set<string> {
  return new Set(
    topics.flatMap(({ topic, partitions }) => partitions.map((partition) => partitionKey(topic, partition))),
  )
}
