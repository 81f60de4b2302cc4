import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { CLEANER_OFFSET_FILE, HIGH_WATERMARK_FILE, LOG_START_FILE, offsetsText } from './checkpoints.ts'
import type { Log } from './log.ts'
import type { LogDirectory } from './log-directory.ts'
import { isCompacted } from './log-config.ts'
import { PeriodicTasks } from './periodic-tasks.ts'
import type { TailMemory } from './tail-memory.ts'
import { forEachSliced } from './turn-slicer.ts'

/** How often things are done: Kafka's own keys. */
export interface UpkeepConfig {
  readonly 'log.initial.task.delay.ms': number
  readonly 'log.retention.check.interval.ms': number
  readonly 'log.flush.scheduler.interval.ms': number
  readonly 'log.flush.offset.checkpoint.interval.ms': number
  readonly 'log.flush.start.offset.checkpoint.interval.ms': number
  readonly 'replica.high.watermark.checkpoint.interval.ms': number
  readonly 'producer.id.expiration.check.interval.ms': number
}

export interface UpkeepOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: UpkeepConfig
  readonly tailMemory: TailMemory
  /** All logs there are, future replicas not among them. */
  readonly logs: () => Iterable<Log>
  readonly onlineDirectories: () => readonly LogDirectory[]
}

/** No timer of ours needs more than the clock can count. */
const MAX_PERIOD_MS = 2 ** 31 - 1
/** Idle memory is given back after so long. */
const IDLE_MS = 30_000
const IDLE_CHECK_MS = 10_000

/**
 * What is done for all logs from time to time: retention, flushes, checkpoints, forgetting. There is one timer for
 * each, not one per log, and whatever goes through all logs lets others have their turn.
 */
export class LogUpkeep {
  private readonly options: UpkeepOptions
  private readonly tasks: PeriodicTasks
  /** Logs that may hold memory which a quiet log does not need. */
  private readonly busy = new Set<Log>()

  constructor(options: UpkeepOptions) {
    this.options = options
    this.tasks = new PeriodicTasks({ clock: options.clock, logger: options.logger })
  }

  /** Begins what is done from time to time. */
  start(): void {
    const { config } = this.options
    const initialDelayMs = config['log.initial.task.delay.ms']
    const task = (
      name: string,
      period: number,
      run: () => void | Promise<void>,
      delay = initialDelayMs,
    ): void => {
      this.tasks.start({ name, initialDelayMs: delay, periodMs: Math.min(period, MAX_PERIOD_MS), run })
    }
    task('log retention', config['log.retention.check.interval.ms'], () => this.applyRetention())
    if (config['log.flush.scheduler.interval.ms'] < MAX_PERIOD_MS) {
      task('log flusher', config['log.flush.scheduler.interval.ms'], () => this.flushDue())
    }
    task('recovery point checkpoint', config['log.flush.offset.checkpoint.interval.ms'], () =>
      this.checkpointRecoveryPoints(),
    )
    task('log start checkpoint', config['log.flush.start.offset.checkpoint.interval.ms'], () =>
      this.checkpointLogStarts(),
    )
    const highWatermarkMs = config['replica.high.watermark.checkpoint.interval.ms']
    task('high watermark checkpoint', highWatermarkMs, () => this.checkpointHighWatermarks(), highWatermarkMs)
    const producersMs = config['producer.id.expiration.check.interval.ms']
    task('producer expiration', producersMs, () => this.expireProducers(), producersMs)
    task('idle memory', IDLE_CHECK_MS, () => this.restIdle(), IDLE_CHECK_MS)
  }

  /** No more runs begin; resolves when those under way are done. */
  stop(): Promise<void> {
    return this.tasks.stop()
  }

  /** The log has been written to. */
  noteBusy(log: Log): void {
    this.busy.add(log)
  }

  /** The log is gone. */
  forget(log: Log): void {
    this.busy.delete(log)
  }

  /** Deletes what the topics' retention lets go. Of compacted logs the cleaner does that. */
  async applyRetention(): Promise<void> {
    await this.forEachLog((log) => {
      if (!isCompacted(log.config)) this.guarded(log, () => void log.applyRetention())
    })
  }

  private async flushDue(): Promise<void> {
    const now = this.options.clock.nowMs()
    await this.forEachLog((log) => {
      if (now - log.lastFlushTimeMs >= log.config['flush.ms']) log.directory.flushes.flushSoon(log)
    })
  }

  private async expireProducers(): Promise<void> {
    await this.forEachLog((log) => log.expireProducers())
  }

  private async restIdle(): Promise<void> {
    const { clock, tailMemory } = this.options
    tailMemory.dropIdle(clock.nowMs() - IDLE_MS)
    await forEachSliced(clock, [...this.busy], (log) => {
      this.guarded(log, () => {
        if (log.rest()) this.busy.delete(log)
      })
    })
  }

  private forEachLog(action: (log: Log) => void): Promise<void> {
    return forEachSliced(this.options.clock, [...this.options.logs()], action)
  }

  /** A directory that fails on the way must not keep the others from their turn. */
  private guarded(log: Log, action: () => void): void {
    try {
      action()
    } catch (error) {
      if (log.directory.isOnline) throw error
    }
  }

  // --- checkpoints ------------------------------------------------------------------------------------------------

  /** Resolves when they are durable. */
  async checkpointRecoveryPoints(): Promise<void> {
    await Promise.all(
      this.options.onlineDirectories().map((directory) => directory.checkpointRecoveryPoints()),
    )
  }

  /** Writes down all offsets of a directory's logs; resolves when the recovery points are durable. */
  async checkpoint(directory: LogDirectory): Promise<void> {
    if (!directory.isOnline) return
    this.saveLogStarts(directory)
    this.saveHighWatermarks(directory)
    if (directory.hasMovedDirtyOffsets || this.hasFirstDirtyOffsets(directory))
      this.saveFirstDirtyOffsets(directory)
    await directory.checkpointRecoveryPoints()
  }

  private hasFirstDirtyOffsets(directory: LogDirectory): boolean {
    for (const log of this.options.logs())
      if (log.directory === directory && log.firstDirtyOffset !== null) return true
    return false
  }

  checkpointLogStarts(): void {
    for (const directory of this.options.onlineDirectories()) this.saveLogStarts(directory)
  }

  /** Writes the high watermarks of directories in which one has moved. */
  checkpointHighWatermarks(): void {
    for (const directory of this.options.onlineDirectories()) {
      if (directory.hasMovedHighWatermarks) this.saveHighWatermarks(directory)
      if (directory.hasMovedDirtyOffsets) this.saveFirstDirtyOffsets(directory)
    }
  }

  saveLogStarts(directory: LogDirectory): void {
    this.save(directory, LOG_START_FILE, (log) => (log.hasMovedStart ? log.logStartOffset : null))
  }

  saveHighWatermarks(directory: LogDirectory): void {
    directory.hasMovedHighWatermarks = false
    this.save(directory, HIGH_WATERMARK_FILE, (log) => log.highWatermark)
  }

  /** How far each log is compacted. */
  saveFirstDirtyOffsets(directory: LogDirectory): void {
    directory.hasMovedDirtyOffsets = false
    this.save(directory, CLEANER_OFFSET_FILE, (log) => log.firstDirtyOffset)
  }

  /** What the recovery point checkpoint of a directory shall say. */
  recoveryPointsText(directory: LogDirectory): string {
    return offsetsText(this.offsetsIn(directory, (log) => log.recoveryPoint))
  }

  private save(directory: LogDirectory, file: string, offsetOf: (log: Log) => number | null): void {
    directory.smallFiles.save(directory, file, () => offsetsText(this.offsetsIn(directory, offsetOf)))
  }

  private *offsetsIn(
    directory: LogDirectory,
    offsetOf: (log: Log) => number | null,
  ): Generator<{ topic: string; partition: number; offset: number }, void, void> {
    for (const log of this.options.logs()) {
      const offset = log.directory === directory ? offsetOf(log) : null
      if (offset !== null) yield { ...log.topicPartition, offset }
    }
  }
}
