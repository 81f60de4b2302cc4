import { KafkaError } from '../model/errors.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import { DiskError, type Disk, type DiskLock } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { RECOVERY_POINT_FILE } from './checkpoints.ts'
import { FlushQueue } from './flush-queue.ts'
import type { OpenFiles } from './open-files.ts'
import { SegmentWriter, type WritableLog } from './segment-writer.ts'
import { SmallFileWriter } from './small-file-writer.ts'
import type { TailMemory } from './tail-memory.ts'

const LOCK_FILE = '.lock'
/** Only there after a clean stop: then no log needs recovery. */
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown'
/** What Kafka 3.9 writes into it in ZooKeeper mode. */
export const CLEAN_SHUTDOWN_TEXT = '{"version":0,"brokerEpoch":-1}'

/** Bytes that may wait for a directory's device: more are refused, so that a stuck disk does not eat the memory. */
const MAX_UNWRITTEN_BYTES = 512 * 1024 * 1024
const DEFAULT_MAX_DIRTY_BYTES = 128 * 1024 * 1024

/** A directory that another process uses. */
export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError'
}

export interface DirectoryOptions {
  readonly path: string
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly files: OpenFiles
  readonly tailMemory: TailMemory
  /** Bytes of a log can be read now. */
  readonly onWritten: (log: WritableLog) => void
  /** The directory has failed; its logs can be used no more. */
  readonly onOffline: (directory: LogDirectory, error: Error) => void
  /** What the recovery point checkpoint shall say now. */
  readonly recoveryPoints: (directory: LogDirectory) => string
  readonly maxDirtyBytes?: number | undefined
}

/**
 * One of `log.dirs`: everything its logs share. When the device fails, the directory goes offline as a whole and the
 * broker lives on with the others (KIP-112): nothing is written to it, read from it or acknowledged for it any more.
 */
export class LogDirectory {
  readonly path: string
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly files: OpenFiles
  readonly tailMemory: TailMemory
  readonly writer: SegmentWriter
  readonly flushes: FlushQueue
  readonly smallFiles: SmallFileWriter
  /** Bytes that logs have taken in and not yet handed to the operating system. */
  unwrittenBytes = 0
  /** Whether a high watermark has moved since the last checkpoint. */
  hasMovedHighWatermarks = false
  /** Whether the end of a compaction was taken back since the last checkpoint. */
  hasMovedDirtyOffsets = false
  private readonly onOffline: (directory: LogDirectory, error: Error) => void
  private readonly recoveryPoints: (directory: LogDirectory) => string
  private failure: Error | null = null
  private lock: DiskLock | null = null
  private isNew = false
  private readonly removals = new Set<Timer>()

  constructor(options: DirectoryOptions) {
    this.path = options.path
    this.disk = options.disk
    this.clock = options.clock
    this.logger = options.logger
    this.files = options.files
    this.tailMemory = options.tailMemory
    this.onOffline = options.onOffline
    this.recoveryPoints = options.recoveryPoints
    const onFailure = (error: unknown): void => {
      if (this.failure === null) this.fail(error)
    }
    this.writer = new SegmentWriter({
      clock: options.clock,
      files: options.files,
      onWritten: options.onWritten,
      onFailure: (_log, error) => this.fail(error),
    })
    this.flushes = new FlushQueue({
      maxDirtyBytes: options.maxDirtyBytes ?? DEFAULT_MAX_DIRTY_BYTES,
      onFailure,
    })
    this.smallFiles = new SmallFileWriter({ disk: options.disk, onFailure })
  }

  get isOnline(): boolean {
    return this.failure === null
  }

  /** Why the directory is offline, or null. */
  get offlineReason(): Error | null {
    return this.failure
  }

  /** KafkaError KAFKA_STORAGE_ERROR when the directory is offline, or null. */
  get refusal(): KafkaError | null {
    return this.failure === null ? null : this.offlineError(this.failure)
  }

  /** Throws KafkaError KAFKA_STORAGE_ERROR when the directory is offline. */
  checkOnline(): void {
    if (this.failure !== null) throw this.offlineError(this.failure)
  }

  /** Throws KafkaError when the device is so far behind that nothing more may be taken in. */
  checkRoom(sizeBytes: number): void {
    if (this.unwrittenBytes + sizeBytes <= MAX_UNWRITTEN_BYTES) return
    throw new KafkaError(
      'REQUEST_TIMED_OUT',
      `${this.unwrittenBytes} bytes are waiting to be written to ${this.path}: its device does not keep up`,
    )
  }

  /**
   * The one place where a failed disk call is judged: any DiskError takes the directory offline. What is no DiskError
   * is a mistake of ours and is thrown on.
   */
  fail(error: unknown): void {
    if (!(error instanceof DiskError)) throw error
    if (this.failure !== null) return
    this.failure = error
    this.logger.error(`log directory ${this.path} is offline`, { error, directory: this.path })
    this.writer.stop()
    for (const timer of this.removals) timer.cancel()
    this.removals.clear()
    this.onOffline(this, error)
  }

  /** What to throw for something caught around disk calls: after a DiskError the directory is offline. */
  thrown(error: unknown): Error {
    if (!(error instanceof DiskError)) return error instanceof Error ? error : new Error(String(error))
    this.fail(error)
    return this.offlineError(error)
  }

  private offlineError(cause: Error): KafkaError {
    return new KafkaError('KAFKA_STORAGE_ERROR', `The log dir ${this.path} is offline: ${cause.message}`, {
      cause,
    })
  }

  /** Makes the directory if need be and keeps other processes out. Throws DiskError, DirectoryLockedError. */
  acquire(): void {
    this.isNew = this.disk.status(this.path) === null
    this.disk.makeDirectory(this.path)
    const lock = this.disk.lock(`${this.path}/${LOCK_FILE}`)
    if ('heldBy' in lock) {
      throw new DirectoryLockedError(
        `Failed to acquire lock on file ${LOCK_FILE} in ${this.path}: held by ${lock.heldBy}. ` +
          'A Kafka instance in another process may be using this directory.',
      )
    }
    this.lock = lock
  }

  /** Makes a directory that `acquire` has made durable, with all that it lies in. */
  async syncName(): Promise<void> {
    if (!this.isNew) return
    for (let path = this.path; path.includes('/'); path = path.slice(0, path.lastIndexOf('/'))) {
      await this.disk.syncDirectory(path)
    }
    if (this.path.startsWith('/')) await this.disk.syncDirectory('/')
  }

  release(): void {
    for (const timer of this.removals) timer.cancel()
    this.removals.clear()
    this.lock?.release()
    this.lock = null
  }

  /** Writes the recovery points; resolves when they are durable, or the directory is offline. */
  async checkpointRecoveryPoints(): Promise<void> {
    this.smallFiles.save(this, RECOVERY_POINT_FILE, () => this.recoveryPoints(this))
    await this.smallFiles.settle(this)
  }

  /** Removes files or a directory tree after `delayMs`: until then slow readers may be using them. */
  removeLater(paths: readonly string[], delayMs: number): void {
    if (paths.length === 0 || !this.isOnline) return
    const timer = this.clock.after(delayMs, () => {
      this.removals.delete(timer)
      this.removeNow(paths)
    })
    this.removals.add(timer)
  }

  private removeNow(paths: readonly string[]): void {
    try {
      for (const path of paths) {
        if (this.disk.status(path)?.kind === 'directory') this.disk.removeTree(path)
        else this.disk.remove(path)
      }
    } catch (error) {
      this.fail(error)
    }
  }
}
