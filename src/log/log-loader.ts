import type { TopicPartition } from '../model/topic-partition.ts'
import { lastOffsetOf } from '../records/record-batch.ts'
import { CorruptCheckpointError } from './checkpoints.ts'
import { fileNameOf, LEADER_EPOCH_FILE, offsetOfFile } from './file-names.ts'
import { FolderListing } from './folder-listing.ts'
import { settleNames } from './interrupted-compaction.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { isCompacted, type LogConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import {
  findEnd,
  producersBefore,
  rebuildAborted,
  rebuildIndexes,
  recoverSegment,
  type RecoveryContext,
} from './log-recovery.ts'
import { DirectoryFolder, LogState, makeSegment, readLeaderEpochs, type LogShared } from './log-state.ts'
import {
  removeSnapshot,
  removeSnapshotsOutside,
  snapshotOffsets,
  writeSnapshot,
} from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { scanBatches } from './segment-scanner.ts'
import { Segments } from './segments.ts'

export interface LoadOptions {
  readonly topicPartition: TopicPartition
  /** `topic-partition`. */
  readonly name: string
  readonly directory: LogDirectory
  /** The log's directory below that; other than `name` for a future replica. */
  readonly folderName: string
  readonly config: LogConfig
  readonly shared: LogShared
  /** Whether the directory was left by a clean stop: then files are as they were closed. */
  readonly hadCleanShutdown: boolean
  /** From the checkpoint files; null where they do not name the log. */
  readonly recoveryPoint: number | null
  readonly logStartOffset: number | null
  readonly highWatermark: number | null
  /** Where its last compaction ended. */
  readonly firstDirtyOffset: number | null
}

/**
 * Puts a log together from its directory.
 *
 * After a clean stop the names of the files and the checkpoints say everything: nothing is opened. Otherwise every
 * segment from the recovery point on is read and checked, cut behind its last good batch, its indexes and snapshots
 * made anew; what follows a cut is deleted. Missing indexes are made anew in any case.
 * Source: LogLoader, LogSegment.recover (Kafka 3.9).
 */
export async function loadLog(options: LoadOptions): Promise<LogState> {
  return new LogLoader(options).load()
}

/** Makes the directory of a log that did not exist. Its first file comes with its first batch. */
export function createLog(
  options: Omit<
    LoadOptions,
    'hadCleanShutdown' | 'recoveryPoint' | 'logStartOffset' | 'highWatermark' | 'firstDirtyOffset'
  >,
): LogState {
  const { directory, shared, config, folderName, topicPartition, name } = options
  const folder = new DirectoryFolder(directory, folderName, config)
  directory.disk.makeDirectory(folder.path)
  const nowMs = directory.clock.nowMs()
  return new LogState({
    topicPartition,
    name,
    directory,
    folder,
    shared,
    segments: new Segments([makeSegment(folder, shared.random, 0, { isActive: true, isNew: true, nowMs })]),
    offsets: { logStartOffset: 0, logEndOffset: 0, recoveryPoint: 0, snapshotOffset: null },
    highWatermark: 0,
    firstDirtyOffset: null,
    epochs: new LeaderEpochs(),
    producers: null,
    isEndVerified: true,
  })
}

/** More than this was never in one unsynced segment. */
const MAX_OFFSETS_LOST = 2 ** 31 - 1

class LogLoader {
  private readonly options: LoadOptions
  private readonly directory: LogDirectory
  private readonly folder: DirectoryFolder
  private readonly logStart: number
  private readonly recoveryPoint: number

  constructor(options: LoadOptions) {
    this.options = options
    this.directory = options.directory
    this.folder = new DirectoryFolder(options.directory, options.folderName, options.config)
    this.logStart = options.logStartOffset ?? 0
    this.recoveryPoint = options.recoveryPoint ?? 0
  }

  async load(): Promise<LogState> {
    const { disk } = this.directory
    const names = await settleNames(disk, this.folder.path, (name) => this.endOfSwap(name))
    const listing = new FolderListing(names)
    this.removeOrphans(listing)
    const segments = this.segmentsOf(listing)
    try {
      this.removeStraySnapshots(listing)
      if (segments.count === 0) return this.emptyLog(segments)
      if (this.options.hadCleanShutdown) await this.mendMissingIndexes(segments, listing)
      await this.mendTransactionIndexes(segments, listing)
      return this.cleanLog(segments, listing) ?? (await this.recoveredLog(segments))
    } catch (error) {
      for (const segment of segments.all) segment.discard()
      throw error
    }
  }

  // --- after a clean stop -----------------------------------------------------------------------------------------

  /** Null when the names and the checkpoint do not tell where the log ends, or what its producers were. */
  private cleanLog(segments: Segments, listing: FolderListing): LogState | null {
    const { hadCleanShutdown, recoveryPoint: end } = this.options
    if (!hadCleanShutdown || end === null || end < segments.active.baseOffset || end < this.logStart)
      return null
    const snapshot = listing.snapshots.at(-1) ?? null
    if (snapshot !== null && snapshot !== end) return null
    return this.state(segments, end, {
      snapshotOffset: snapshot,
      epochs: null,
      producers: null,
      isEndVerified: false,
    })
  }

  private async mendMissingIndexes(segments: Segments, listing: FolderListing): Promise<void> {
    for (const base of listing.withoutIndexes()) {
      const segment = segments.floor(base)
      if (segment !== null && segment.sizeBytes > 0) await rebuildIndexes(this.context(), segment)
    }
  }

  /** These alone are looked at in any case, as Kafka does: few segments have one, and read_committed goes by them. */
  private async mendTransactionIndexes(segments: Segments, listing: FolderListing): Promise<void> {
    for (const base of listing.transactionIndexes) {
      const segment = segments.floor(base)
      if (segment === null || segment.baseOffset !== base || segment.abortedTransactions.isSane(base))
        continue
      const producers = await producersBefore(this.context(), segments.all, this.logStart, base)
      await rebuildAborted(this.context(), segment, producers)
    }
  }

  // --- otherwise --------------------------------------------------------------------------------------------------

  private async recoveredLog(segments: Segments): Promise<LogState> {
    const context = this.context()
    const { epochs, from: firstDoubtful, isSound } = this.readEpochs()
    const storedEpochs = isSound ? JSON.stringify(epochs.all) : null
    const from = this.options.hadCleanShutdown ? Infinity : firstDoubtful
    let producers: ProducerState | null = null
    let endOffset = -1
    for (const segment of from === Infinity ? [] : segments.from(from)) {
      if (endOffset >= 0 && this.isMissingBefore(segment, endOffset)) {
        this.dropSegments(segments.removeFrom(segment.baseOffset))
        break
      }
      producers ??= await this.producersAt(segments, segment.baseOffset)
      this.expire(producers)
      const recovered = await recoverSegment(context, segment, this.limitOf(segments, segment), {
        epochs,
        producers,
      })
      endOffset = recovered.endOffset
      if (endOffset > this.logStart) writeSnapshot(this.directory.disk, this.folder, endOffset, producers)
      if (recovered.truncatedBytes === 0) continue
      this.reportCut(segment, recovered)
      this.dropSegments(segments.removeFrom(segment.baseOffset + 1))
      break
    }
    // Where segments were dropped, the one before them takes the next batch.
    segments.active.unseal()
    if (!this.options.hadCleanShutdown) await this.mendInsaneIndexes(segments, from)
    if (endOffset < 0) endOffset = await this.endOf(segments.active)
    if (endOffset < this.logStart) {
      this.directory.logger.error(
        `${this.options.name} ends at ${endOffset}, before its start ${this.logStart}: it begins anew there`,
      )
      this.dropSegments(segments.removeFrom(0))
      return this.emptyLog(segments)
    }
    const state = await this.finish(segments, endOffset, epochs, producers)
    // Ten thousand logs that were killed are ten thousand files to sync, hardly any of which says anything new.
    if (JSON.stringify(epochs.all) !== storedEpochs) state.saveEpochs()
    return state
  }

  /**
   * Whether the end of the segment before was lost in such a way that whole batches are missing: nothing in that segment
   * looks damaged then. What is compacted may begin further on, and so does what a leader told its follower to skip: offsets
   * too far apart for one segment. (Kafka keeps the hole.)
   */
  private isMissingBefore({ baseOffset }: Segment, endOffset: number): boolean {
    if (baseOffset === endOffset || isCompacted(this.options.config)) return false
    if (baseOffset - endOffset >= MAX_OFFSETS_LOST) return false
    this.directory.logger.warn(
      `Offsets ${endOffset} to ${baseOffset - 1} of ${this.options.name} are lost: it ends there`,
    )
    return true
  }

  /** The producers before a segment that is going to be read: snapshots behind it are made anew on the way. */
  private async producersAt(segments: Segments, offset: number): Promise<ProducerState> {
    const range = { logStartOffset: this.logStart, endOffset: offset }
    removeSnapshotsOutside(this.directory.disk, this.folder, range)
    return producersBefore(this.context(), segments.all, this.logStart, offset)
  }

  private async finish(
    segments: Segments,
    endOffset: number,
    epochs: LeaderEpochs,
    replayed: ProducerState | null,
  ): Promise<LogState> {
    const { disk } = this.directory
    const logStartOffset = Math.max(this.logStart, segments.first.baseOffset)
    removeSnapshotsOutside(disk, this.folder, { logStartOffset, endOffset })
    let producers = replayed
    if (producers === null) {
      producers = await this.producersAfterCleanStop(segments, logStartOffset, endOffset)
      if (endOffset > logStartOffset) writeSnapshot(disk, this.folder, endOffset, producers)
    }
    this.expire(producers)
    epochs.truncateFromEnd(endOffset)
    epochs.truncateFromStart(logStartOffset)
    const state = this.state(segments, endOffset, {
      snapshotOffset: endOffset > logStartOffset ? endOffset : null,
      epochs,
      producers,
      isEndVerified: true,
    })
    producers.onHighWatermark(state.highWatermark)
    return state
  }

  private limitOf(segments: Segments, segment: Segment): number {
    return segments.higher(segment.baseOffset)?.baseOffset ?? Infinity
  }

  private expire(producers: ProducerState): void {
    producers.expire(this.directory.clock.nowMs(), this.options.shared.producerIdExpirationMs())
  }

  /** A log that was closed cleanly without ever leaving a snapshot has no producers: it is from before there were any. */
  private async producersAfterCleanStop(
    segments: Segments,
    logStartOffset: number,
    endOffset: number,
  ): Promise<ProducerState> {
    const hasSnapshots = snapshotOffsets(this.directory.disk.list(this.folder.path)).length > 0
    if (this.options.hadCleanShutdown && !hasSnapshots) return new ProducerState(this.options.name)
    return producersBefore(this.context(), segments.all, logStartOffset, endOffset)
  }

  /** The epochs on disk, and from where the log must be read: from its beginning if they cannot be trusted. */
  private readEpochs(): { epochs: LeaderEpochs; from: number; isSound: boolean } {
    const { disk } = this.directory
    try {
      const epochs = readLeaderEpochs(disk, this.folder.path)
      // An empty file is what Kafka makes for a new log; beside one that has been flushed it is what a crash has left.
      const isEmptied = disk.status(`${this.folder.path}/${LEADER_EPOCH_FILE}`)?.sizeBytes === 0
      return { epochs, from: isEmptied ? 0 : this.recoveryPoint, isSound: !isEmptied }
    } catch (error) {
      if (!(error instanceof CorruptCheckpointError)) throw error
      this.directory.logger.warn(`leader epochs of ${this.options.name} are taken from its batches`, {
        error,
      })
      return { epochs: new LeaderEpochs(), from: 0, isSound: false }
    }
  }

  private async mendInsaneIndexes(segments: Segments, from: number): Promise<void> {
    const first = segments.floor(from)?.baseOffset ?? from
    for (const segment of segments.all) {
      if (segment.baseOffset < first && !segment.hasSaneIndexes())
        await rebuildIndexes(this.context(), segment)
    }
  }

  /** One past the last offset of a compacted segment that still has its temporary name. */
  private async endOfSwap(name: string): Promise<number> {
    const path = `${this.folder.path}/${name}`
    const file = this.directory.disk.open(path, { mode: 'read' })
    let endOffset = offsetOfFile(name) ?? 0
    try {
      await scanBatches(file, 0, file.sizeBytes(), (buffer, at) => {
        endOffset = lastOffsetOf(buffer, at) + 1
        return true
      })
    } finally {
      file.close()
    }
    return endOffset
  }

  private async endOf(segment: Segment): Promise<number> {
    const { endOffset, position } = await findEnd(this.context(), segment)
    if (position === segment.sizeBytes) return endOffset
    // Closed cleanly, and yet something lies behind the last batch: only reading it all tells what is good.
    const recovered = await recoverSegment(this.context(), segment, Infinity, {
      epochs: new LeaderEpochs(),
      producers: null,
    })
    this.reportCut(segment, recovered)
    return recovered.endOffset
  }

  private reportCut(segment: Segment, recovered: { truncatedBytes: number; endOffset: number }): void {
    this.directory.logger.warn(
      `Corruption found in segment ${segment.baseOffset} of ${this.options.name}, truncating to offset ${recovered.endOffset}`,
      { truncatedBytes: recovered.truncatedBytes },
    )
  }

  // --- names ------------------------------------------------------------------------------------------------------

  private segmentsOf(listing: FolderListing): Segments {
    const last = listing.segments.at(-1)
    return new Segments(listing.segments.map((base) => this.segment(base, base === last)))
  }

  private removeOrphans(listing: FolderListing): void {
    for (const { offset, suffix } of listing.orphans()) {
      const name = fileNameOf(offset, suffix)
      this.directory.logger.warn(`${this.options.name}: ${name} belongs to no segment and is removed`)
      this.directory.disk.remove(`${this.folder.path}/${name}`)
    }
  }

  /** Those at segment boundaries are of use when the log is cut, the newest at the start; others only lie about. */
  private removeStraySnapshots(listing: FolderListing): void {
    const newest = listing.snapshots.at(-1)
    const bases = new Set(listing.segments)
    for (const offset of listing.snapshots) {
      if (offset !== newest && !bases.has(offset)) removeSnapshot(this.directory.disk, this.folder, offset)
    }
  }

  private dropSegments(segments: readonly Segment[]): void {
    const paths = segments.flatMap((segment) => segment.markDeleted())
    this.directory.removeLater(paths, this.folder.config['file.delete.delay.ms'])
    for (const segment of segments) removeSnapshot(this.directory.disk, this.folder, segment.baseOffset)
  }

  // --- results ----------------------------------------------------------------------------------------------------

  private emptyLog(segments: Segments): LogState {
    const segment = makeSegment(this.folder, this.options.shared.random, this.logStart, {
      isActive: true,
      isNew: true,
      nowMs: this.directory.clock.nowMs(),
    })
    // Only the beginning of all logs needs no file to be found again.
    if (this.logStart > 0) segment.create()
    segments.add(segment)
    removeSnapshotsOutside(this.directory.disk, this.folder, { logStartOffset: Infinity, endOffset: -1 })
    return this.state(segments, this.logStart, {
      snapshotOffset: null,
      epochs: null,
      producers: new ProducerState(this.options.name),
      isEndVerified: true,
    })
  }

  private state(
    segments: Segments,
    logEndOffset: number,
    found: {
      readonly snapshotOffset: number | null
      readonly epochs: LeaderEpochs | null
      readonly producers: ProducerState | null
      readonly isEndVerified: boolean
    },
  ): LogState {
    const { topicPartition, name, directory, shared, hadCleanShutdown } = this.options
    const { snapshotOffset, epochs, producers, isEndVerified } = found
    const logStartOffset = Math.max(this.logStart, segments.first.baseOffset)
    const recoveryPoint = hadCleanShutdown ? logEndOffset : Math.min(this.recoveryPoint, logEndOffset)
    return new LogState({
      topicPartition,
      name,
      directory,
      folder: this.folder,
      shared,
      segments,
      offsets: { logStartOffset, logEndOffset, recoveryPoint, snapshotOffset },
      highWatermark: this.options.highWatermark ?? 0,
      firstDirtyOffset: this.options.firstDirtyOffset,
      epochs,
      producers,
      isEndVerified,
    })
  }

  private segment(baseOffset: number, isActive: boolean): Segment {
    const nowMs = this.directory.clock.nowMs()
    return makeSegment(this.folder, this.options.shared.random, baseOffset, { isActive, isNew: false, nowMs })
  }

  private context(): RecoveryContext {
    return {
      partition: this.options.name,
      folder: this.folder,
      directory: this.directory,
      logger: this.directory.logger,
      producerIdExpirationMs: this.options.shared.producerIdExpirationMs(),
    }
  }
}
