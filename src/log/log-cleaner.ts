import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import { deferred, type Deferred } from '../std/deferred.ts'
import { KafkaError } from '../model/errors.ts'
import { cleanableRatio, isDue, type CompactionPlan } from './compaction-plan.ts'
import { IoThrottle } from './io-throttle.ts'
import type { Log } from './log.ts'
import { CompactionAborted, type CompactionMeans, type CompactionResult } from './log-compaction.ts'
import { isCompacted } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import { forEachSliced } from './turn-slicer.ts'

/** Kafka's own keys; each is read anew for every round, so that changes take effect while the broker runs. */
export interface CleanerConfig {
  readonly 'log.cleaner.enable': boolean
  readonly 'log.cleaner.threads': number
  readonly 'log.cleaner.io.max.bytes.per.second': number
  readonly 'log.cleaner.dedupe.buffer.size': number
  readonly 'log.cleaner.io.buffer.size': number
  readonly 'log.cleaner.io.buffer.load.factor': number
  readonly 'log.cleaner.backoff.ms': number
}

export interface LogCleanerOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly random: Random
  readonly config: CleanerConfig
  /** All logs there are, future replicas not among them. */
  readonly logs: () => Iterable<Log>
  /** Whether the log is to be left alone for now: it is being copied to another directory. */
  readonly isPaused: (log: Log) => boolean
  /** Writes down how far the logs of the directory are compacted. */
  readonly saveOffsets: (directory: LogDirectory) => void
}

interface Candidate {
  readonly log: Log
  readonly plan: CompactionPlan
}

/** What the cleaners have to say of themselves: the numbers of Kafka's metrics. */
export interface CleanerStatus {
  /** Of the last round of each cleaner, the largest: bytes written again by bytes read, 0 to 1. */
  readonly recopyRatio: number
  /** How full the map of keys was, 0 to 1. */
  readonly mapUtilization: number
  readonly roundSeconds: number
  /** By how much `max.compaction.lag.ms` had been passed when the round began. */
  readonly delaySeconds: number
  readonly deadCleaners: number
  /** The dirtiest log when a cleaner looked last, 0 to 1. */
  readonly maxDirtyRatio: number
  readonly msSinceLastRun: number
}

/** The last round of one cleaner. */
class Cleaner {
  isDead = false
  recopyRatio = 0
  mapUtilization = 0
  roundSeconds = 0
  delaySeconds = 0
  ended: Promise<void> = Promise.resolve()
}

/** No map is larger: Kafka's is one array of the JVM. */
const MAX_MAP_BYTES = 2 ** 31 - 1
const MIN_BUFFER_BYTES = 1024
const SECRET_BYTES = 16

/**
 * Compacts the logs of compacted topics, the dirtiest first, and deletes their old segments. Each of
 * `log.cleaner.threads` cleaners works on one log at a time, in pieces between which everybody else gets a turn.
 *
 * A log whose batches cannot be read is left alone until the broker starts again; the cleaner goes on with the others.
 * Source: LogCleaner, LogCleanerManager (Kafka 3.9).
 */
export class LogCleaner {
  private readonly options: LogCleanerOptions
  private readonly throttle: IoThrottle
  private readonly cleaners: Cleaner[] = []
  /** Logs that a cleaner is at work on. */
  private readonly inProgress = new Set<Log>()
  private readonly uncleanable = new Set<Log>()
  private readonly pauses = new Map<Deferred<void>, Timer>()
  private isStopped = false
  private lastRunMs: number
  private maxDirtyRatio = 0

  constructor(options: LogCleanerOptions) {
    this.options = options
    const { clock, config } = options
    this.lastRunMs = clock.nowMs()
    this.throttle = new IoThrottle({
      clock,
      bytesPerSecond: () => config['log.cleaner.io.max.bytes.per.second'],
    })
  }

  start(): void {
    if (this.options.config['log.cleaner.enable']) this.startMissing()
  }

  /** Gives up what is under way; resolves when no log is touched any more. */
  async stop(): Promise<void> {
    this.isStopped = true
    for (const log of this.inProgress) log.abortCompaction()
    for (const [pause, timer] of this.pauses) {
      timer.cancel()
      pause.resolve()
    }
    await Promise.all(this.cleaners.map(({ ended }) => ended))
  }

  get status(): CleanerStatus {
    const { cleaners } = this
    const most = (numberOf: (cleaner: Cleaner) => number): number => Math.max(0, ...cleaners.map(numberOf))
    return {
      recopyRatio: most(({ recopyRatio }) => recopyRatio),
      mapUtilization: most(({ mapUtilization }) => mapUtilization),
      roundSeconds: most(({ roundSeconds }) => roundSeconds),
      delaySeconds: most(({ delaySeconds }) => delaySeconds),
      deadCleaners: cleaners.filter(({ isDead }) => isDead).length,
      maxDirtyRatio: this.maxDirtyRatio,
      msSinceLastRun: this.options.clock.nowMs() - this.lastRunMs,
    }
  }

  /** The logs in `directory` that are left alone because they could not be read. */
  uncleanableIn(directory: LogDirectory): Log[] {
    return [...this.uncleanable].filter((log) => log.directory === directory && !log.isClosed)
  }

  // --- the loops --------------------------------------------------------------------------------------------------

  private startMissing(): void {
    while (!this.isStopped && this.cleaners.length < this.options.config['log.cleaner.threads']) {
      const cleaner = new Cleaner()
      const index = this.cleaners.push(cleaner) - 1
      cleaner.ended = this.run(cleaner, index).catch((error: unknown) => {
        cleaner.isDead = true
        this.options.logger.error(`log cleaner ${index} has ended: what it did is left to the others`, {
          error,
        })
      })
    }
  }

  private async run(cleaner: Cleaner, index: number): Promise<void> {
    const { config } = this.options
    while (!this.isStopped) {
      const hasCleaned = await this.cleanDirtiest(cleaner)
      await this.deleteOldSegments()
      for (const log of this.uncleanable) if (log.isClosed) this.uncleanable.delete(log)
      if (!hasCleaned) await this.pause(config['log.cleaner.backoff.ms'])
      this.startMissing()
      if (index < config['log.cleaner.threads'] || index < this.cleaners.length - 1) continue
      // The last one goes when fewer are wanted, and then the one before it.
      this.cleaners.pop()
      return
    }
  }

  private async pause(delayMs: number): Promise<void> {
    if (this.isStopped) return
    const over = deferred<void>()
    this.pauses.set(
      over,
      this.options.clock.after(delayMs, () => over.resolve()),
    )
    await over.promise
    this.pauses.delete(over)
  }

  // --- a round ----------------------------------------------------------------------------------------------------

  /** Compacts the log that needs it most, if any does. */
  async cleanDirtiest(cleaner: Cleaner = new Cleaner()): Promise<boolean> {
    const candidates = await this.candidates()
    // Meanwhile another cleaner may have taken the best, or the log be gone.
    for (const { log } of candidates) {
      if (!this.isFree(log)) continue
      const plan = this.planOf(log)
      if (plan === null || !isDue(plan, log.config)) continue
      this.inProgress.add(log)
      try {
        return await this.clean(log, plan, cleaner)
      } finally {
        this.inProgress.delete(log)
      }
    }
    return false
  }

  /** The logs to be compacted, the dirtiest first. */
  private async candidates(): Promise<Candidate[]> {
    const { clock, logs } = this.options
    this.lastRunMs = clock.nowMs()
    const candidates: Candidate[] = []
    let maxDirtyRatio = 0
    await forEachSliced(clock, [...logs()], (log) => {
      if (!isCompacted(log.config) || !this.isFree(log)) return
      const plan = this.planOf(log)
      if (plan === null) return
      maxDirtyRatio = Math.max(maxDirtyRatio, cleanableRatio(plan))
      if (isDue(plan, log.config)) candidates.push({ log, plan })
    })
    this.maxDirtyRatio = maxDirtyRatio
    return candidates.sort((a, b) => cleanableRatio(b.plan) - cleanableRatio(a.plan))
  }

  private isFree(log: Log): boolean {
    return (
      !this.isStopped &&
      !this.inProgress.has(log) &&
      !this.uncleanable.has(log) &&
      !log.isClosed &&
      !this.options.isPaused(log)
    )
  }

  private planOf(log: Log): CompactionPlan | null {
    try {
      const plan = log.compactionPlan()
      if (plan?.isReset === true) {
        this.options.logger.warn(
          `The cleaner checkpoint of ${log.name}, ${log.firstDirtyOffset}, lies outside of the log: compaction begins at ${plan.firstDirtyOffset}`,
        )
        log.firstDirtyOffset = plan.firstDirtyOffset
        this.options.saveOffsets(log.directory)
      }
      return plan
    } catch (error) {
      this.judge(log, error)
      return null
    }
  }

  private async clean(log: Log, plan: CompactionPlan, cleaner: Cleaner): Promise<boolean> {
    const { clock } = this.options
    const startedMs = clock.monotonicMs()
    cleaner.delaySeconds = plan.delayMs / 1000
    try {
      const result = await log.compact(plan, this.means())
      log.firstDirtyOffset = result.endOffset
      this.options.saveOffsets(log.directory)
      const seconds = (clock.monotonicMs() - startedMs) / 1000
      cleaner.roundSeconds = seconds
      cleaner.mapUtilization = result.mapUtilization
      cleaner.recopyRatio = result.bytesWritten / Math.max(1, result.bytesRead)
      this.report(log, plan, result, seconds)
      return true
    } catch (error) {
      this.judge(log, error)
      return error instanceof CompactionAborted
    }
  }

  private means(): CompactionMeans {
    const { config, random } = this.options
    const threads = Math.max(1, config['log.cleaner.threads'])
    return {
      memoryBytes: Math.min(MAX_MAP_BYTES, Math.floor(config['log.cleaner.dedupe.buffer.size'] / threads)),
      loadFactor: Math.min(1, Math.max(0, config['log.cleaner.io.buffer.load.factor'])),
      bufferBytes: Math.max(MIN_BUFFER_BYTES, Math.floor(config['log.cleaner.io.buffer.size'] / threads / 2)),
      throttle: this.throttle,
      secret: random.bytes(SECRET_BYTES),
    }
  }

  /** Deletes what retention lets go of the compacted logs; of the others that is somebody else's task. */
  private async deleteOldSegments(): Promise<void> {
    const { clock, logs } = this.options
    await forEachSliced(clock, [...logs()], (log) => {
      if (!isCompacted(log.config) || !this.isFree(log)) return
      try {
        log.applyRetention()
      } catch (error) {
        this.judge(log, error)
      }
    })
  }

  /** Whatever goes wrong with one log is that log's alone. */
  private judge(log: Log, error: unknown): void {
    if (error instanceof CompactionAborted) return
    if (!log.directory.isOnline || (error instanceof KafkaError && error.error === 'KAFKA_STORAGE_ERROR'))
      return
    this.uncleanable.add(log)
    this.options.logger.warn(
      `Unexpected failure when cleaning log ${log.name}. Marking its partition as uncleanable`,
      { error, directory: log.directory.path },
    )
  }

  private report(log: Log, plan: CompactionPlan, result: CompactionResult, seconds: number): void {
    this.options.logger.info(
      `compacted ${log.name} from offset ${plan.firstDirtyOffset} to ${result.endOffset}`,
      {
        seconds: Math.round(seconds * 1000) / 1000,
        bytesRead: result.mapBytes + result.bytesRead,
        bytesWritten: result.bytesWritten,
        recordsRead: result.recordsRead,
        recordsKept: result.recordsKept,
        mapUtilization: Math.round(result.mapUtilization * 1000) / 1000,
      },
    )
  }
}
