import { KafkaError } from '../model/errors.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import { assert, present } from '../std/assert.ts'
import { deletedDirectoryName, futureDirectoryName } from './file-names.ts'
import type { Log } from './log.ts'
import type { LogDirectory } from './log-directory.ts'

/** What the log manager does for logs in general. */
export interface FutureLogSurroundings {
  /** The logs in use, by partition key. */
  readonly logs: Map<string, Log>
  readonly directories: readonly LogDirectory[]
  readonly uniqueHex: () => string
  /** Makes a log in a directory of this name. */
  readonly create: (topicPartition: TopicPartition, directory: LogDirectory, folderName: string) => Log
  /** The log is not used any more. */
  readonly forget: (log: Log) => void
  /** Writes down all offsets of a directory's logs; resolves when they are durable. */
  readonly checkpoint: (directory: LogDirectory) => Promise<void>
}

/**
 * Copies of logs that are being made in other log directories (KIP-113): each lies beside the log in use, under a name
 * that says so, until it has caught up and takes its place. Source: kafka.log.LogManager (Kafka 3.9).
 */
export class FutureLogs {
  readonly all = new Map<string, Log>()
  private readonly surroundings: FutureLogSurroundings
  /** Where partitions are to be made that are not here yet. */
  private readonly preferred = new Map<string, string>()

  constructor(surroundings: FutureLogSurroundings) {
    this.surroundings = surroundings
  }

  get(topicPartition: TopicPartition): Log | null {
    return this.all.get(keyOf(topicPartition)) ?? null
  }

  /** The directory with this path. Throws KafkaError LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR when it is offline. */
  directory(path: string): LogDirectory {
    const directory = this.surroundings.directories.find((one) => one.path === path)
    if (directory === undefined) {
      throw new KafkaError('LOG_DIR_NOT_FOUND', `The log dir ${path} is not found in the broker config`)
    }
    directory.checkOnline()
    return directory
  }

  /** Should the partition ever be made here, it is made there. */
  prefer(topicPartition: TopicPartition, path: string): void {
    this.preferred.set(keyOf(topicPartition), path)
  }

  /** Where a partition that is being made is wanted, or null. */
  takePreferred(key: string): string | null {
    const path = this.preferred.get(key) ?? null
    this.preferred.delete(key)
    return path
  }

  /** An empty copy of a log in use. Compaction of the log pauses from now on. Throws KafkaError. */
  create(log: Log, directory: LogDirectory): Log {
    const { topic, partition } = log.topicPartition
    assert(
      !this.all.has(log.name) && log.directory !== directory,
      `${log.name} can be copied to ${directory.path}`,
    )
    log.abortCompaction()
    const { create, uniqueHex } = this.surroundings
    const future = create(log.topicPartition, directory, futureDirectoryName(topic, partition, uniqueHex()))
    if (log.topicId !== null) future.assignTopicId(log.topicId)
    this.all.set(log.name, future)
    return future
  }

  /** Gives a copy up: gone at once, from the disk after `file.delete.delay.ms`. */
  async drop(topicPartition: TopicPartition): Promise<void> {
    const future = this.get(topicPartition)
    if (future === null) return
    this.all.delete(future.name)
    await this.retire(future)
  }

  /**
   * Puts the copy, which holds what the log holds, in the log's place, in one turn; the promise resolves when that
   * survives a power cut. The log's directory is deleted after `file.delete.delay.ms`.
   *
   * The copy gets its final name first: were it the other way round, a crash in between would leave nothing that is
   * known to be whole. Source: LogManager.replaceCurrentWithFutureLog.
   */
  promote(log: Log): Promise<void> {
    const { logs, forget, checkpoint } = this.surroundings
    const future = present(this.all.get(log.name), 'a copy of the log')
    assert(logs.get(log.name) === log && hasCaughtUp(log, future), `the copy of ${log.name} is complete`)
    future.rename(log.name)
    future.advanceLogStart(log.logStartOffset)
    future.setHighWatermark(log.highWatermark)
    future.firstDirtyOffset = log.firstDirtyOffset
    this.all.delete(log.name)
    logs.set(log.name, future)
    forget(log)
    return this.settle(log, future, checkpoint)
  }

  private async settle(
    log: Log,
    future: Log,
    checkpoint: (directory: LogDirectory) => Promise<void>,
  ): Promise<void> {
    await future.flush()
    await future.directory.disk.syncDirectory(future.directory.path)
    await this.retire(log)
    await Promise.all([checkpoint(log.directory), checkpoint(future.directory)])
  }

  private async retire(log: Log): Promise<void> {
    const { topic, partition } = log.topicPartition
    const path = await log.retire(deletedDirectoryName(topic, partition, this.surroundings.uniqueHex()))
    log.directory.removeLater([path], log.config['file.delete.delay.ms'])
  }
}

/** Whether the copy ends where the log ends, in the same epoch, with nothing on its way to either. */
export function hasCaughtUp(log: Log, future: Log): boolean {
  return (
    log.nextOffset === log.logEndOffset &&
    future.nextOffset === future.logEndOffset &&
    future.logEndOffset === log.logEndOffset &&
    future.latestEpoch === log.latestEpoch &&
    !future.hasPendingFiles &&
    !log.isClosed &&
    !future.isClosed
  )
}

function keyOf({ topic, partition }: TopicPartition): string {
  return partitionKey(topic, partition)
}
