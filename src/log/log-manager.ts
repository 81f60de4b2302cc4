import { KafkaError } from '../model/errors.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import type { Uuid } from '../model/uuid.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { assert } from '../std/assert.ts'
import { AppendValidator } from './append-validator.ts'
import { loadDirectory } from './directory-loader.ts'
import { deletedDirectoryName } from './file-names.ts'
import { FutureLogs } from './future-logs.ts'
import { Log } from './log.ts'
import { LogCleaner, type CleanerConfig } from './log-cleaner.ts'
import type { LogConfig } from './log-config.ts'
import { CLEAN_SHUTDOWN_FILE, CLEAN_SHUTDOWN_TEXT, LogDirectory } from './log-directory.ts'
import { createLog } from './log-loader.ts'
import type { LogShared } from './log-state.ts'
import { LogUpkeep, type UpkeepConfig } from './log-upkeep.ts'
import {
  agreedMetaProperties,
  checkOwner,
  META_PROPERTIES_FILE,
  metaPropertiesText,
  readMetaProperties,
  type MetaProperties,
} from './meta-properties.ts'
import { OpenFiles } from './open-files.ts'
import { TailMemory } from './tail-memory.ts'
import { forEachConcurrently } from './turn-slicer.ts'

/** The broker's settings that concern its logs as a whole: Kafka's own keys. */
export interface LogManagerConfig extends UpkeepConfig, CleanerConfig {
  readonly 'num.recovery.threads.per.data.dir': number
  readonly 'producer.id.expiration.ms': number
}

export interface LogManagerOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** `log.dirs`, absolute. */
  readonly directories: readonly string[]
  readonly config: LogManagerConfig
  /** The config of a topic's logs; the same object for as long as nothing changes. */
  readonly configOf: (topic: string) => LogConfig
  /** Bytes of a log have become readable: `logEndOffset` has moved. */
  readonly onWritten: (log: Log) => void
  /** A directory has failed. Its logs are gone from the manager; whoever holds one gets KAFKA_STORAGE_ERROR from it. */
  readonly onDirectoryOffline: (path: string, logs: readonly Log[], error: Error) => void
  /** A log has been made durable, which took so long. */
  readonly onFlushed?: (tookMs: number) => void
  /** Memory for the newest bytes of all logs. Default 64 MB. */
  readonly tailBytes?: number
  readonly maxOpenFiles?: number
  readonly maxDirtyBytesPerDirectory?: number
}

/** One of `log.dirs`, for DescribeLogDirs. */
export interface DirectoryStatus {
  readonly path: string
  readonly error: Error | null
  readonly logs: readonly Log[]
}

/** Logs that are closed at the same time: most of it is waiting for the device, which serves several together. */
const CLOSING_AT_ONCE = 16

/**
 * All logs of a broker: finds them at the start, makes and deletes them, and does for all what has to be done from
 * time to time. Source: kafka.log.LogManager (Kafka 3.9).
 */
export class LogManager {
  private readonly options: LogManagerOptions
  private readonly directories: readonly LogDirectory[]
  private readonly logsByKey = new Map<string, Log>()
  /** Copies that are being made in other directories. */
  readonly futures: FutureLogs
  private readonly tailMemory: TailMemory
  private readonly shared: LogShared
  /** Retention, flushes and checkpoints; their single runs can be asked for. */
  readonly upkeep: LogUpkeep
  readonly cleaner: LogCleaner
  /** Directories whose logs were all found: only these may be said to be stopped cleanly. */
  private readonly loaded = new Set<LogDirectory>()
  private readonly topicNames = new Map<string, string>()

  constructor(options: LogManagerOptions) {
    this.options = options
    const { disk, clock, random, logger, config } = options
    this.tailMemory = new TailMemory({ maxBytes: options.tailBytes ?? 64 * 1024 * 1024 })
    this.shared = {
      validator: new AppendValidator(),
      random,
      producerIdExpirationMs: () => config['producer.id.expiration.ms'],
      onFlushed: options.onFlushed ?? (() => undefined),
    }
    this.upkeep = new LogUpkeep({
      clock,
      logger,
      config,
      tailMemory: this.tailMemory,
      logs: () => this.logsByKey.values(),
      onlineDirectories: () => this.onlineDirectories,
    })
    this.cleaner = new LogCleaner({
      clock,
      logger: logger.child('LogCleaner'),
      random,
      config,
      logs: () => this.logsByKey.values(),
      isPaused: (log) => this.futures.all.has(log.name),
      saveOffsets: (directory) => this.upkeep.saveFirstDirtyOffsets(directory),
    })
    const files = new OpenFiles({ disk, limit: options.maxOpenFiles ?? 2000 })
    this.directories = options.directories.map(
      (path) =>
        new LogDirectory({
          path,
          disk,
          clock,
          logger,
          files,
          tailMemory: this.tailMemory,
          maxDirtyBytes: options.maxDirtyBytesPerDirectory,
          onWritten: this.onWritten,
          onOffline: this.onOffline,
          recoveryPoints: (directory) => this.upkeep.recoveryPointsText(directory),
        }),
    )
    this.futures = new FutureLogs({
      logs: this.logsByKey,
      directories: this.directories,
      uniqueHex: this.uniqueHex,
      create: (topicPartition, directory, folderName) => this.create(topicPartition, directory, folderName),
      forget: (log) => this.upkeep.forget(log),
      checkpoint: (directory) => this.upkeep.checkpoint(directory),
    })
  }

  // --- starting ---------------------------------------------------------------------------------------------------

  /**
   * Takes the directories: makes them, locks them. One that fails is offline from the start. Throws
   * DirectoryLockedError, and the last DiskError when none is left.
   */
  acquire(): void {
    for (const directory of this.directories) {
      try {
        directory.acquire()
      } catch (error) {
        directory.fail(error)
      }
    }
    const lost = this.directories.at(-1)?.offlineReason
    if (this.onlineDirectories.length === 0 && lost) throw lost
  }

  /** What the directories say about whose they are. Throws InconsistentMetadataError. */
  metaProperties(): MetaProperties {
    const found = new Map<string, MetaProperties | null>()
    for (const directory of this.onlineDirectories) {
      try {
        found.set(directory.path, readMetaProperties(directory.disk, directory.path))
      } catch (error) {
        directory.fail(error)
      }
    }
    return agreedMetaProperties(found)
  }

  /** Refuses directories of another broker or cluster, and signs those that belong to nobody. */
  async claim(owner: { readonly clusterId: string; readonly brokerId: number }): Promise<void> {
    checkOwner(this.metaProperties(), { clusterId: owner.clusterId, configuredBrokerId: owner.brokerId })
    for (const directory of this.onlineDirectories) {
      if (readMetaProperties(directory.disk, directory.path) !== null) continue
      const text = metaPropertiesText(owner, this.options.clock.nowMs())
      directory.smallFiles.save(directory, META_PROPERTIES_FILE, () => text)
      await directory.smallFiles.idle()
    }
  }

  /** Finds and opens every log, recovering those that a crash has left. */
  async load(): Promise<void> {
    await Promise.all(this.onlineDirectories.map((directory) => this.loadDirectory(directory)))
  }

  private async loadDirectory(directory: LogDirectory): Promise<void> {
    try {
      await loadDirectory({
        directory,
        shared: this.shared,
        configOf: this.options.configOf,
        interned: (topicPartition) => this.interned(topicPartition),
        concurrency: this.options.config['num.recovery.threads.per.data.dir'],
        onLog: (log, kind) => this.add(log, kind === 'log' ? this.logsByKey : this.futures.all),
      })
      this.loaded.add(directory)
    } catch (error) {
      directory.fail(error)
    }
  }

  private add(log: Log, logs: Map<string, Log>): void {
    const other = logs.get(log.name)
    if (other !== undefined) {
      throw new Error(
        `Duplicate log directories found for ${log.name}: ${log.directory.path} and ${other.directory.path}`,
      )
    }
    logs.set(log.name, log)
  }

  /** Begins what is done from time to time. */
  startTasks(): void {
    this.upkeep.start()
    this.cleaner.start()
  }

  // --- logs -------------------------------------------------------------------------------------------------------

  get(topicPartition: TopicPartition): Log | null {
    return this.logsByKey.get(partitionKey(topicPartition.topic, topicPartition.partition)) ?? null
  }

  /** All logs, in no order, future replicas not among them. */
  logs(): Iterable<Log> {
    return this.logsByKey.values()
  }

  get logCount(): number {
    return this.logsByKey.size
  }

  /** Every one of `log.dirs`, online or not. */
  get allDirectories(): readonly LogDirectory[] {
    return this.directories
  }

  get onlineDirectories(): readonly LogDirectory[] {
    return this.directories.filter((directory) => directory.isOnline)
  }

  /** Every one of `log.dirs` with what lies in it. */
  describeDirectories(): readonly DirectoryStatus[] {
    return this.directories.map((directory) => ({
      path: directory.path,
      error: directory.offlineReason,
      logs: [...this.logsByKey.values(), ...this.futures.all.values()].filter(
        (log) => log.directory === directory,
      ),
    }))
  }

  /**
   * The partition's log, made where fewest logs are if there is none. `isNew`: nobody has ever had it on this broker;
   * otherwise it may lie in a directory that is offline now, and is not made again elsewhere.
   *
   * Throws KafkaError KAFKA_STORAGE_ERROR; INCONSISTENT_TOPIC_ID when the log is another topic's of this name.
   */
  getOrCreate(
    topicPartition: TopicPartition,
    options: { readonly isNew: boolean; readonly topicId: Uuid | null; readonly directory?: string },
  ): Log {
    const existing = this.get(topicPartition)
    if (existing !== null) {
      checkTopicId(existing, options.topicId)
      return existing
    }
    const name = partitionKey(topicPartition.topic, topicPartition.partition)
    const offline = this.directories.filter((directory) => !directory.isOnline)
    if (!options.isNew && offline.length > 0) {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `Can not create log for ${name} because log directories ${offline.map(({ path }) => path).join(',')} are offline`,
      )
    }
    const preferred = this.futures.takePreferred(name)
    const directory = this.placeFor(options.directory ?? preferred, name)
    const log = this.create(this.interned(topicPartition), directory, name)
    this.logsByKey.set(name, log)
    if (options.topicId !== null) log.assignTopicId(options.topicId)
    return log
  }

  private create(topicPartition: TopicPartition, directory: LogDirectory, folderName: string): Log {
    try {
      const state = createLog({
        topicPartition,
        name: partitionKey(topicPartition.topic, topicPartition.partition),
        directory,
        folderName,
        config: this.options.configOf(topicPartition.topic),
        shared: this.shared,
      })
      return new Log(state, { hasNewNames: true })
    } catch (error) {
      throw directory.thrown(error)
    }
  }

  /** The wanted directory, or the one with the fewest logs. Source: LogManager.nextLogDirs. */
  private placeFor(wanted: string | null, name: string): LogDirectory {
    const online = this.onlineDirectories
    if (wanted !== null) {
      const directory = online.find(({ path }) => path === wanted)
      if (directory !== undefined) return directory
      throw new KafkaError('LOG_DIR_NOT_FOUND', `${wanted} is not one of log.dirs, or offline`)
    }
    const counts = new Map<LogDirectory, number>(online.map((directory) => [directory, 0]))
    for (const { directory } of this.logsByKey.values())
      counts.set(directory, (counts.get(directory) ?? 0) + 1)
    let best: LogDirectory | null = null
    for (const directory of online) {
      if (best === null || (counts.get(directory) ?? 0) < (counts.get(best) ?? 0)) best = directory
    }
    if (best !== null) return best
    throw new KafkaError('KAFKA_STORAGE_ERROR', `No log directory is online for ${name}`)
  }

  /** Takes the log away: gone for everybody at once, from the disk after `file.delete.delay.ms`. */
  async delete(topicPartition: TopicPartition): Promise<void> {
    const { topic, partition } = topicPartition
    const dropped = this.futures.drop(topicPartition)
    const log = this.get(topicPartition)
    if (log === null) return dropped
    this.logsByKey.delete(log.name)
    this.upkeep.forget(log)
    const { directory } = log
    const path = await log.retire(deletedDirectoryName(topic, partition, this.uniqueHex()))
    directory.removeLater([path], log.config['file.delete.delay.ms'])
    await dropped
    await this.upkeep.checkpoint(directory)
  }

  private readonly uniqueHex = (): string => this.options.random.bytes(16).toString('hex')

  /** The topic's config has changed. */
  updateConfig(topic: string, config: LogConfig): void {
    for (const logs of [this.logsByKey, this.futures.all]) {
      for (const log of logs.values()) if (log.topicPartition.topic === topic) log.config = config
    }
  }

  /** One string per topic, however many partitions it has. */
  private interned(topicPartition: TopicPartition): TopicPartition {
    const { topic, partition } = topicPartition
    const known = this.topicNames.get(topic)
    if (known === undefined) this.topicNames.set(topic, topic)
    return { topic: known ?? topic, partition }
  }

  // --- the end ----------------------------------------------------------------------------------------------------

  /** Writes everything out, closes all logs and says so on disk, so that the next start need not look. */
  async close(): Promise<void> {
    await Promise.all([this.upkeep.stop(), this.cleaner.stop()])
    await Promise.all(this.onlineDirectories.map((directory) => this.closeDirectory(directory)))
    for (const directory of this.directories) directory.release()
  }

  private async closeDirectory(directory: LogDirectory): Promise<void> {
    const mine = [...this.logsByKey.values(), ...this.futures.all.values()].filter(
      (log) => log.directory === directory,
    )
    await directory.flushes.close()
    try {
      await forEachConcurrently(mine, CLOSING_AT_ONCE, (log) => log.close())
      await this.upkeep.checkpoint(directory)
      await directory.smallFiles.idle()
      directory.checkOnline()
      if (!this.loaded.has(directory)) return
      directory.smallFiles.save(directory, CLEAN_SHUTDOWN_FILE, () => CLEAN_SHUTDOWN_TEXT)
      await directory.smallFiles.idle()
    } catch (error) {
      if (directory.isOnline) throw error
    }
  }

  private readonly onWritten = (log: unknown): void => {
    assert(log instanceof Log, 'only logs are written')
    if (log.isClosed) return
    this.upkeep.noteBusy(log)
    this.options.onWritten(log)
  }

  private readonly onOffline = (directory: LogDirectory, error: Error): void => {
    const lost: Log[] = []
    for (const logs of [this.logsByKey, this.futures.all]) {
      for (const [key, log] of logs) {
        if (log.directory !== directory) continue
        logs.delete(key)
        this.upkeep.forget(log)
        lost.push(log)
        void log.abandon()
      }
    }
    this.loaded.delete(directory)
    this.options.onDirectoryOffline(directory.path, lost, error)
  }
}

function checkTopicId(log: Log, topicId: Uuid | null): void {
  if (topicId === null) return
  const known = log.topicId
  if (known === null) log.assignTopicId(topicId)
  else if (known !== topicId) {
    throw new KafkaError(
      'INCONSISTENT_TOPIC_ID',
      `The log of ${log.name} belongs to topic ${known}, not ${topicId}`,
    )
  }
}
