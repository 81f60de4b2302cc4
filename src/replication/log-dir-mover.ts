import { hasCaughtUp } from '../log/future-logs.ts'
import { IoThrottle } from '../log/io-throttle.ts'
import type { Log } from '../log/log.ts'
import type { LogManager } from '../log/log-manager.ts'
import { KafkaError } from '../model/errors.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import { sleep, type Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { truncationFor } from './truncation.ts'

export interface LogDirMoverOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly logs: LogManager
  /** `replica.alter.log.dirs.io.max.bytes.per.second` */
  readonly bytesPerSecond: () => number
  /** `num.replica.alter.log.dirs.threads` */
  readonly movesAtOnce: () => number
  /**
   * Runs `swap` when nobody changes the partition's role and no fetcher touches its log; then has everybody use the
   * log that the manager has for it.
   */
  readonly exchange: (topicPartition: TopicPartition, swap: () => boolean) => Promise<boolean>
}

const READ_BYTES = 1024 * 1024
const RETRY_MS = 1000
/** While the log is written to all the time, its copy is compared so often. */
const CATCH_UP_MS = 1

/**
 * Moves replicas between log directories (KIP-113): copies the log as a follower would, from this broker itself, under
 * a throttle, and puts the copy in its place as soon as it holds everything. A move goes on after a restart: the copy
 * is recognised by its name. Source: kafka.server.ReplicaAlterLogDirsThread (3.9).
 */
export class LogDirMover {
  private readonly options: LogDirMoverOptions
  private readonly throttle: IoThrottle
  private readonly moving = new Set<string>()
  private readonly waiting = new Map<string, TopicPartition>()
  private readonly running = new Set<Promise<void>>()
  private isStopped = false

  constructor(options: LogDirMoverOptions) {
    this.options = options
    const { clock, bytesPerSecond } = options
    this.throttle = new IoThrottle({ clock, bytesPerSecond })
  }

  /** Goes on with the moves that the last process did not finish. */
  resume(): void {
    for (const { topicPartition } of this.options.logs.futures.all.values()) this.add(topicPartition)
  }

  async stop(): Promise<void> {
    this.isStopped = true
    this.waiting.clear()
    await Promise.all(this.running)
  }

  /**
   * Has the partition move to the directory `path`: to where it is already, or is on its way, changes nothing but ends
   * a move to elsewhere. Throws KafkaError LOG_DIR_NOT_FOUND, KAFKA_STORAGE_ERROR.
   */
  async move(log: Log, path: string): Promise<void> {
    const { futures } = this.options.logs
    const directory = futures.directory(path)
    const under = futures.get(log.topicPartition)
    if (under?.directory === directory) return
    await futures.drop(log.topicPartition)
    if (log.directory === directory || log.isClosed) return
    futures.create(log, directory)
    this.add(log.topicPartition)
  }

  private add(topicPartition: TopicPartition): void {
    this.waiting.set(`${topicPartition.topic}-${topicPartition.partition}`, topicPartition)
    this.startMore()
  }

  private startMore(): void {
    for (const [key, topicPartition] of this.waiting) {
      if (this.isStopped || this.moving.size >= Math.max(1, this.options.movesAtOnce())) return
      if (this.moving.has(key)) continue
      this.waiting.delete(key)
      this.moving.add(key)
      const run = this.run(topicPartition).finally(() => {
        this.moving.delete(key)
        this.running.delete(run)
        this.startMore()
      })
      this.running.add(run)
    }
  }

  private async run(topicPartition: TopicPartition): Promise<void> {
    const { clock, logger, logs } = this.options
    for (;;) {
      const future = logs.futures.get(topicPartition)
      const log = logs.get(topicPartition)
      if (this.isStopped || future === null || log === null || future.isClosed) return
      try {
        if (await this.copySome(log, future)) return
      } catch (error) {
        if (!future.directory.isOnline || !log.directory.isOnline) return
        logger.warn(`${log.name} is copied to ${future.directory.path} again later`, { error })
        await sleep(clock, RETRY_MS)
      }
    }
  }

  /** One step; true when the copy has taken the log's place. */
  private async copySome(log: Log, future: Log): Promise<boolean> {
    await this.align(log, future)
    if (future.logEndOffset < log.logEndOffset) {
      await this.copyBatches(log, future)
      return false
    }
    for (const { epoch, startOffset } of log.leaderEpochs) {
      if (epoch > future.latestEpoch) future.assignLeaderEpoch(epoch, startOffset)
    }
    await future.flush()
    if (!hasCaughtUp(log, future)) {
      await sleep(this.options.clock, CATCH_UP_MS)
      await log.whenWritten()
      return false
    }
    return this.exchangeLogs(log, future)
  }

  /** The log may have been cut, or have begun further on, since the last step. */
  private async align(log: Log, future: Log): Promise<void> {
    if (future.logEndOffset < log.logStartOffset) {
      await future.truncateFullyAndStartAt(log.logStartOffset)
      return
    }
    const epoch = future.latestEpoch
    const end = epoch < 0 ? { epoch, endOffset: log.logEndOffset } : log.endOffsetForEpoch(epoch)
    if (end.epoch === epoch && end.endOffset >= future.logEndOffset) return
    const offset =
      end.endOffset < 0 ? log.logStartOffset : Math.min(truncationFor(future, end), log.logEndOffset)
    if (offset < future.logStartOffset) await future.truncateFullyAndStartAt(offset)
    else await future.truncateTo(offset)
  }

  private async copyBatches(log: Log, future: Log): Promise<void> {
    const check = (): void => {
      if (this.isStopped || future.isClosed || log.isClosed) {
        throw new KafkaError('KAFKA_STORAGE_ERROR', `${log.name} is not copied any more`)
      }
    }
    const slice = await log.read({
      offset: future.logEndOffset,
      maxBytes: READ_BYTES,
      upperBoundOffset: log.logEndOffset,
      atLeastOneBatch: true,
    })
    check()
    for (const records of slice.records) {
      // The first batch may begin before the offset when the log begins inside it.
      if (future.logStartOffset === future.logEndOffset) await this.beginAt(records, future)
      future.appendAsFollower(records)
      await future.whenWritten()
    }
    await this.throttle.pay(slice.sizeBytes, check)
  }

  private async beginAt(records: Buffer, future: Log): Promise<void> {
    const firstOffset = Number(records.readBigInt64BE(0))
    if (firstOffset < future.logEndOffset) await future.truncateFullyAndStartAt(firstOffset)
  }

  private async exchangeLogs(log: Log, future: Log): Promise<boolean> {
    const { exchange, logger, logs } = this.options
    let durable: Promise<void> = Promise.resolve()
    const hasMoved = await exchange(log.topicPartition, () => {
      const isStill = logs.get(log.topicPartition) === log && logs.futures.get(log.topicPartition) === future
      if (!isStill || !hasCaughtUp(log, future)) return false
      durable = logs.futures.promote(log)
      return true
    })
    if (!hasMoved) return false
    await durable
    logger.info(`${log.name} has moved from ${log.directory.path} to ${future.directory.path}`)
    return true
  }
}
