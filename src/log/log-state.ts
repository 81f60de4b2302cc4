import type { TopicPartition } from '../model/topic-partition.ts'
import { DiskError, type Disk } from '../platform/disk.ts'
import type { Random } from '../platform/random.ts'
import { readInt32 } from '../records/bytes.ts'
import { batchSizeOf, lastOffsetOf, LOG_OVERHEAD_BYTES } from '../records/record-batch.ts'
import type { AppendValidator } from './append-validator.ts'
import { CorruptCheckpointError, checkpointText, parseEpochLine, readCheckpoint } from './checkpoints.ts'
import { LEADER_EPOCH_FILE } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import type { OpenFiles } from './open-files.ts'
import { producersBeforeNow } from './log-recovery.ts'
import { CorruptSnapshotError } from './producer-snapshot.ts'
import { readSnapshot } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import type { LogFolder } from './segment-files.ts'
import { Segment } from './segment.ts'
import type { Segments } from './segments.ts'
import type { Tail } from './tail.ts'

/** What all logs of a broker share. */
export interface LogShared {
  readonly validator: AppendValidator
  readonly random: Random
  /** `producer.id.expiration.ms`, which may change while the broker runs. */
  readonly producerIdExpirationMs: () => number
  readonly onFlushed: (tookMs: number) => void
}

/** Where a log begins and ends, as far as its loader has found out. */
export interface LoadedOffsets {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly recoveryPoint: number
  /** Of the newest producer snapshot, or null when there is none: then no producer is known. */
  readonly snapshotOffset: number | null
}

const HEADER_BYTES = 61
/** Chance counts no further; three hundred years are enough. */
const MAX_JITTER_MS = 2 ** 43

/**
 * The state of one log, for the modules of this folder that act on it: Log appends, log-reader reads, log-truncation
 * cuts. What is not needed of a quiet log — epochs, producers, index entries, memory for the newest bytes — is read or
 * made when somebody asks for it.
 */
export class LogState {
  readonly topicPartition: TopicPartition
  /** `topic-partition`, for messages. */
  readonly name: string
  readonly directory: LogDirectory
  readonly folder: DirectoryFolder
  readonly shared: LogShared
  segments: Segments
  tail: Tail | null = null
  logStartOffset: number
  /** Of the next batch to be appended. */
  nextOffset: number
  /** One past the last batch that is with the operating system: the end for every reader. */
  logEndOffset: number
  highWatermark: number
  /** Everything before is durable. */
  recoveryPoint: number
  snapshotOffset: number | null
  /** Where the last compaction ended; null when there was none. */
  firstDirtyOffset: number | null
  /** Counts cuts and compactions: positions in files from before one are not the log's any more. */
  generation = 0
  private knownEpochs: LeaderEpochs | null = null
  private knownProducers: ProducerState | null = null
  private isEndVerified: boolean

  constructor(options: {
    topicPartition: TopicPartition
    name: string
    directory: LogDirectory
    folder: DirectoryFolder
    shared: LogShared
    segments: Segments
    offsets: LoadedOffsets
    highWatermark: number
    firstDirtyOffset: number | null
    epochs: LeaderEpochs | null
    producers: ProducerState | null
    isEndVerified: boolean
  }) {
    this.topicPartition = options.topicPartition
    this.name = options.name
    this.directory = options.directory
    this.folder = options.folder
    this.shared = options.shared
    this.segments = options.segments
    this.logStartOffset = options.offsets.logStartOffset
    this.nextOffset = options.offsets.logEndOffset
    this.logEndOffset = options.offsets.logEndOffset
    this.recoveryPoint = options.offsets.recoveryPoint
    this.snapshotOffset = options.offsets.snapshotOffset
    this.firstDirtyOffset = options.firstDirtyOffset
    this.highWatermark = Math.min(Math.max(options.highWatermark, this.logStartOffset), this.logEndOffset)
    this.knownEpochs = options.epochs
    this.knownProducers = options.producers
    this.isEndVerified = options.isEndVerified
  }

  get config(): LogConfig {
    return this.folder.config
  }

  nowMs(): number {
    return this.directory.clock.nowMs()
  }

  /** Makes the names in the log's directory durable. One that is being deleted has got another name meanwhile. */
  async syncNames(): Promise<void> {
    const { path } = this.folder
    try {
      await this.directory.disk.syncDirectory(path)
    } catch (error) {
      if (this.folder.path === path) throw error
    }
  }

  /** What was compacted beyond the active segment has been cut off: it is not compacted when it comes again. */
  limitFirstDirtyOffset(): void {
    const { baseOffset } = this.segments.active
    if (this.firstDirtyOffset === null || this.firstDirtyOffset <= baseOffset) return
    this.firstDirtyOffset = baseOffset
    this.directory.hasMovedDirtyOffsets = true
  }

  // --- leader epochs ----------------------------------------------------------------------------------------------

  get epochs(): LeaderEpochs {
    return (this.knownEpochs ??= this.readEpochs())
  }

  private readEpochs(): LeaderEpochs {
    const path = `${this.folder.path}/${LEADER_EPOCH_FILE}`
    try {
      const epochs = readLeaderEpochs(this.directory.disk, this.folder.path)
      // As Kafka does when it loads a log: an epoch in which nothing was written is forgotten.
      epochs.truncateFromEnd(this.nextOffset)
      epochs.truncateFromStart(this.logStartOffset)
      return epochs
    } catch (error) {
      // It was there after a clean stop: what breaks it later is the disk.
      if (error instanceof CorruptCheckpointError)
        throw new DiskError('OTHER', path, error.message, { cause: error })
      throw error
    }
  }

  /** From `startOffset` on batches are of `epoch`. */
  assignEpoch(epoch: number, startOffset: number): void {
    if (this.epochs.assign(epoch, startOffset)) this.saveEpochs()
  }

  saveEpochs(): void {
    this.directory.smallFiles.save(this.folder, LEADER_EPOCH_FILE, () =>
      checkpointText(this.epochs.all.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)),
    )
  }

  // --- producers --------------------------------------------------------------------------------------------------

  get producers(): ProducerState {
    return (this.knownProducers ??= this.readProducers())
  }

  /** Null as long as nobody has asked. */
  get producersIfKnown(): ProducerState | null {
    return this.knownProducers
  }

  set producers(producers: ProducerState) {
    this.knownProducers = producers
  }

  /** The loader has made sure that nothing behind the snapshot concerns producers. */
  private readProducers(): ProducerState {
    const producers = new ProducerState(this.name)
    if (this.snapshotOffset === null) return producers
    const expiry = { nowMs: this.nowMs(), expirationMs: this.shared.producerIdExpirationMs() }
    try {
      for (const entry of readSnapshot(this.directory.disk, this.folder, this.snapshotOffset, expiry)) {
        producers.restore(entry)
      }
    } catch (error) {
      if (!(error instanceof CorruptSnapshotError)) throw error
      return this.rebuildProducers()
    }
    producers.onHighWatermark(this.highWatermark)
    return producers
  }

  /** The snapshot of a clean stop is damaged: an older one, and the batches behind it, say the same. */
  private rebuildProducers(): ProducerState {
    const { directory, folder, name, shared } = this
    const { producers, offset } = producersBeforeNow(
      {
        partition: name,
        folder,
        directory,
        logger: directory.logger,
        producerIdExpirationMs: shared.producerIdExpirationMs(),
      },
      this.segments.all,
      this.logStartOffset,
      this.logEndOffset,
    )
    this.snapshotOffset = offset
    producers.onHighWatermark(this.highWatermark)
    return producers
  }

  // --- segments ---------------------------------------------------------------------------------------------------

  newSegment(baseOffset: number): Segment {
    return makeSegment(this.folder, this.shared.random, baseOffset, {
      isActive: true,
      isNew: true,
      nowMs: this.nowMs(),
    })
  }

  /**
   * After a clean stop the log's end is taken from the checkpoint. Before the end of the last file matters, it is
   * compared: a file that somebody has cut or extended meanwhile is not written to. Throws DiskError.
   */
  verifyEnd(): void {
    if (this.isEndVerified) return
    const segment = this.segments.active
    const found = endOf(segment)
    if (found !== this.logEndOffset) {
      throw new DiskError(
        'OTHER',
        segment.fileRef.path,
        `${segment.fileRef.path} ends at offset ${found}, but the log was closed at ${this.logEndOffset}`,
      )
    }
    this.isEndVerified = true
  }
}

/** The epochs in a partition's directory; none when there is no file. Throws CorruptCheckpointError. */
export function readLeaderEpochs(disk: Disk, directory: string): LeaderEpochs {
  const path = `${directory}/${LEADER_EPOCH_FILE}`
  return new LeaderEpochs(readCheckpoint(disk, path).map((line) => parseEpochLine(line, path)))
}

/** Where a log's files lie: in a directory of its own below the log directory. */
export class DirectoryFolder implements LogFolder {
  private readonly directory: LogDirectory
  name: string
  config: LogConfig

  constructor(directory: LogDirectory, name: string, config: LogConfig) {
    this.directory = directory
    this.name = name
    this.config = config
  }

  get path(): string {
    return `${this.directory.path}/${this.name}`
  }

  get disk(): Disk {
    return this.directory.disk
  }

  get files(): OpenFiles {
    return this.directory.files
  }

  onCloseFailure(error: DiskError): void {
    this.directory.fail(error)
  }
}

/** A segment with its share of jitter, so that logs made together do not all roll together. */
export function makeSegment(
  folder: LogFolder,
  random: Random,
  baseOffset: number,
  options: { isActive: boolean; isNew: boolean; nowMs: number },
): Segment {
  const { config } = folder
  const maxJitterMs = Math.min(config['segment.jitter.ms'], config['segment.ms'], MAX_JITTER_MS)
  const jitterMs = maxJitterMs > 0 ? random.below(maxJitterMs) : 0
  return new Segment({ folder, baseOffset, jitterMs, ...options })
}

/** One past the last offset of a segment that ends with a whole batch, or -1 when it does not. */
function endOf(segment: Segment): number {
  const size = segment.sizeBytes
  if (size === 0) return segment.baseOffset
  const header = Buffer.alloc(HEADER_BYTES)
  let position = segment.positionBefore(Infinity)
  let end = -1
  while (position < size) {
    if (segment.file.read(header, 0, HEADER_BYTES, position) < LOG_OVERHEAD_BYTES) return -1
    if (readInt32(header, 8) <= 0) return -1
    end = lastOffsetOf(header, 0) + 1
    position += batchSizeOf(header, 0)
  }
  return position === size ? end : -1
}
