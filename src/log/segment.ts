import type { Disk, DiskFile } from '../platform/disk.ts'
import { lastOffsetOf, batchSizeOf, maxTimestampOf, NO_TIMESTAMP } from '../records/record-batch.ts'
import {
  DELETED_SUFFIX,
  fileNameOf,
  INDEX_SUFFIXES,
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './file-names.ts'
import { maxSegmentMs, type LogConfig } from './log-config.ts'
import { OFFSET_INDEX_ENTRY_BYTES, OffsetIndex } from './offset-index.ts'
import { FileRef, type Folder, type OpenFiles } from './open-files.ts'
import { TIME_INDEX_ENTRY_BYTES, TimeIndex, type TimestampOffset } from './time-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** Offsets in indexes are relative to the segment's base, in 31 bits. */
const MAX_RELATIVE_OFFSET = 0x7fffffff
const UNKNOWN = -1
const FIRST_HEADER_BYTES = 61

/** What the segments of one log share. */
export interface LogFolder extends Folder {
  readonly disk: Disk
  readonly files: OpenFiles
  config: LogConfig
}

/** What decides whether the next batch begins a new segment. */
export interface NextAppend {
  readonly sizeBytes: number
  readonly lastOffset: number
  /** -1 when its records have none. */
  readonly maxTimestamp: number
  readonly nowMs: number
}

/**
 * A piece of a log in one file, named by the offset it begins at:
 *
 *     00000000000000000042.log        the batches, one behind the other, nothing between
 *     00000000000000000042.index      offset → position (offset-index.ts)
 *     00000000000000000042.timeindex  timestamp → offset (time-index.ts)
 *     00000000000000000042.txnindex   aborted transactions, if any (transaction-index.ts)
 *
 * Nothing is opened or read before it is needed: most segments of a broker are only a name and two numbers.
 */
export class Segment {
  readonly baseOffset: number
  private readonly folder: LogFolder
  private readonly jitterMs: number
  private readonly createdMs: number
  private logRef: FileRef | null = null
  private offsets: OffsetIndex | null = null
  private times: TimeIndex | null = null
  private aborted: TransactionIndex | null = null
  private isActive: boolean
  private removed = false
  /** Bytes appended, written or not. */
  private size: number
  /** Largest timestamp of the batches in the file, and the last offset of the first batch with it. */
  private maxTimestamp = Number.NaN
  private offsetOfMaxTimestamp = UNKNOWN
  /** Largest timestamp of the first batch. */
  private firstTimestamp = Number.NaN
  private bytesSinceIndexEntry = 0

  /** A segment that is on disk; `isNew` makes an empty one, of which nothing is on disk yet. */
  constructor(options: {
    folder: LogFolder
    baseOffset: number
    isActive: boolean
    isNew: boolean
    jitterMs: number
    nowMs: number
  }) {
    this.folder = options.folder
    this.baseOffset = options.baseOffset
    this.isActive = options.isActive
    this.jitterMs = options.jitterMs
    this.createdMs = options.nowMs
    this.size = options.isNew ? 0 : UNKNOWN
    if (options.isNew) this.startEmpty()
  }

  private startEmpty(): void {
    this.offsets?.discard()
    this.times?.discard()
    this.offsets = this.offsetIndex(0)
    this.times = this.timeIndex(0)
    this.maxTimestamp = NO_TIMESTAMP
    this.offsetOfMaxTimestamp = this.baseOffset
  }

  // --- what it holds ----------------------------------------------------------------------------------------------

  /** Bytes of batches, including those on their way to the file. */
  get sizeBytes(): number {
    if (this.size === UNKNOWN) this.size = this.folder.disk.status(this.pathOf(LOG_SUFFIX))?.sizeBytes ?? 0
    return this.size
  }

  /** The largest timestamp in the file with the last offset of its batch; (-1, base offset) when there is none. */
  get largestTimestampEntry(): TimestampOffset {
    if (Number.isNaN(this.maxTimestamp)) {
      const { timestamp, offset } = this.timestamps.lastEntry
      this.maxTimestamp = timestamp
      this.offsetOfMaxTimestamp = offset
    }
    return { timestamp: this.maxTimestamp, offset: this.offsetOfMaxTimestamp }
  }

  /** What counts for retention: the largest timestamp, or where no record has any, when the file was written last. */
  get largestTimestamp(): number {
    const { timestamp } = this.largestTimestampEntry
    if (timestamp >= 0) return timestamp
    return this.folder.disk.status(this.pathOf(LOG_SUFFIX))?.modifiedMs ?? this.createdMs
  }

  /** Whether its files are on their way out: who comes back after waiting must not touch them. */
  get isRemoved(): boolean {
    return this.removed
  }

  get timestamps(): TimeIndex {
    return (this.times ??= this.timeIndex(this.entriesOf(TIME_INDEX_SUFFIX, TIME_INDEX_ENTRY_BYTES)))
  }

  get abortedTransactions(): TransactionIndex {
    return (this.aborted ??= this.transactionIndex(false))
  }

  private get offsetPositions(): OffsetIndex {
    return (this.offsets ??= this.offsetIndex(this.entriesOf(OFFSET_INDEX_SUFFIX, OFFSET_INDEX_ENTRY_BYTES)))
  }

  /** A position in the file at or before the batch with `offset`, at most an index interval away. */
  positionBefore(offset: number): number {
    return this.offsetPositions.positionBefore(offset)
  }

  /** The last offset in the index: the batches behind it have to be walked. */
  get lastIndexedOffset(): number {
    return this.offsetPositions.lastOffset
  }

  /** The open `.log` file. */
  get file(): DiskFile {
    return this.folder.files.use(this.fileRef)
  }

  /** For pinning the file while a call is in the thread pool. */
  get fileRef(): FileRef {
    return (this.logRef ??= new FileRef(this.folder, fileNameOf(this.baseOffset, LOG_SUFFIX), this.isActive))
  }

  /**
   * Whether the index files are there and could be right: whole entries, within the segment. What is wrong in detail
   * shows in lookups, which are only hints. Source: AbstractIndex.sanityCheck.
   */
  hasSaneIndexes(): boolean {
    if (this.offsets !== null) return true
    const offsetBytes = this.folder.disk.status(this.pathOf(OFFSET_INDEX_SUFFIX))?.sizeBytes
    const timeBytes = this.folder.disk.status(this.pathOf(TIME_INDEX_SUFFIX))?.sizeBytes
    if (offsetBytes === undefined || timeBytes === undefined) return false
    if (offsetBytes % OFFSET_INDEX_ENTRY_BYTES !== 0 || timeBytes % TIME_INDEX_ENTRY_BYTES !== 0) return false
    if (offsetBytes > 0) {
      const last = this.lastIndexedOffset - this.baseOffset
      if (last <= 0 || last > MAX_RELATIVE_OFFSET || this.positionBefore(Infinity) >= this.sizeBytes)
        return false
    }
    return this.timestamps.isSane()
  }

  // --- appending --------------------------------------------------------------------------------------------------

  /** Whether `next` must go to a new segment. Source: LogSegment.shouldRoll. */
  shouldRoll(next: NextAppend): boolean {
    const { config } = this.folder
    const size = this.sizeBytes
    if (size > config['segment.bytes'] - next.sizeBytes) return true
    if (size > 0 && this.waitedMs(next) > maxSegmentMs(config) - this.jitterMs) return true
    if (this.offsetPositions.isFull || this.timestamps.isFull) return true
    return next.lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET
  }

  /** Age by the records' own time where they have one, else by ours. */
  private waitedMs(next: NextAppend): number {
    if (Number.isNaN(this.firstTimestamp)) this.firstTimestamp = this.readFirstTimestamp()
    return this.firstTimestamp >= 0 ? next.maxTimestamp - this.firstTimestamp : next.nowMs - this.createdMs
  }

  private readFirstTimestamp(): number {
    const header = Buffer.alloc(FIRST_HEADER_BYTES)
    const got = this.file.read(header, 0, header.length, 0)
    return got < header.length ? NO_TIMESTAMP : maxTimestampOf(header, 0)
  }

  /** A batch has been given a place at the end. */
  noteAppend(sizeBytes: number, maxTimestamp: number): void {
    if (this.sizeBytes === 0) this.firstTimestamp = maxTimestamp
    this.size = this.sizeBytes + sizeBytes
  }

  /** The batch at `at` of `buffer` is in the file, at `position`. */
  indexBatch(buffer: Buffer, at: number, position: number): void {
    const timestamp = maxTimestampOf(buffer, at)
    const lastOffset = lastOffsetOf(buffer, at)
    if (Number.isNaN(this.maxTimestamp)) void this.largestTimestampEntry
    if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp
      this.offsetOfMaxTimestamp = lastOffset
    }
    if (
      this.bytesSinceIndexEntry > this.folder.config['index.interval.bytes'] &&
      !this.offsetPositions.isFull
    ) {
      this.offsetPositions.append(lastOffset, position)
      if (!this.timestamps.isFull) this.timestamps.maybeAppend(this.maxTimestamp, this.offsetOfMaxTimestamp)
      this.bytesSinceIndexEntry = 0
    }
    this.bytesSinceIndexEntry += batchSizeOf(buffer, at)
  }

  // --- changing shape ---------------------------------------------------------------------------------------------

  /** Makes the file, for a segment that may stay empty: without it the log would have forgotten where it ends. */
  create(): void {
    void this.file
  }

  /** No more batches will come: the indexes are completed and written out. */
  seal(): void {
    this.writeIndexes()
    this.isActive = false
  }

  /** The next batch comes here again. */
  unseal(): void {
    if (this.isActive) return
    this.isActive = true
    this.closeLog()
  }

  /** Whether anybody has used the indexes since they were on disk, whole. */
  get hasOpenIndexes(): boolean {
    return this.offsets !== null || this.times !== null
  }

  /** Completes the indexes, if anything was added to them, and writes them out. */
  writeIndexes(): void {
    if (!this.hasOpenIndexes) return
    const { timestamp, offset } = this.largestTimestampEntry
    this.timestamps.maybeAppend(timestamp, offset)
    this.timestamps.finish()
    this.offsetPositions.finish()
  }

  /** Starts the indexes anew, before the segment is scanned to fill them. */
  resetIndexes(): void {
    this.startEmpty()
    this.firstTimestamp = Number.NaN
    this.bytesSinceIndexEntry = 0
  }

  /** The scan that followed `resetIndexes` found `sizeBytes` of whole batches: what is behind them goes. */
  completeRecovery(sizeBytes: number, fileBytes: number): void {
    if (sizeBytes < fileBytes) this.cut(sizeBytes)
    this.size = sizeBytes
    this.bytesSinceIndexEntry = 0
    this.writeIndexes()
  }

  /** Cuts the file at `position`, where the first batch with `offset` or beyond begins. */
  truncateTo(offset: number, position: number): void {
    this.offsetPositions.truncateTo(offset)
    this.timestamps.truncateTo(offset)
    this.abortedTransactions.truncateTo(offset)
    this.cut(position)
    this.size = position
    this.maxTimestamp = Number.NaN
    if (position === 0) this.firstTimestamp = Number.NaN
    this.bytesSinceIndexEntry = 0
  }

  /** Of batches behind the last time index entry, which `truncateTo` has left: found by walking them. */
  noteLargestTimestamp(timestamp: number, offset: number): void {
    if (timestamp <= this.largestTimestampEntry.timestamp) return
    this.maxTimestamp = timestamp
    this.offsetOfMaxTimestamp = offset
  }

  private cut(sizeBytes: number): void {
    this.closeLog()
    const file = this.folder.disk.open(this.pathOf(LOG_SUFFIX), { mode: 'write' })
    try {
      file.truncate(sizeBytes)
    } finally {
      file.close()
    }
  }

  /** Makes the batches durable. */
  async sync(): Promise<void> {
    if (this.removed) return
    const { file, fileRef } = this
    this.folder.files.pin(fileRef)
    try {
      await file.sync()
    } finally {
      this.folder.files.unpin(fileRef)
    }
  }

  /** Makes the indexes durable, as far as they were written out. Recovery does not look at what it need not recover. */
  async syncIndexes(): Promise<void> {
    for (const index of [this.offsetPositions, this.timestamps, this.abortedTransactions]) {
      if (this.removed) return
      await index.sync()
    }
  }

  /** Closes the files without writing anything. */
  discard(): void {
    this.closeLog()
    this.offsets?.discard()
    this.times?.discard()
    this.aborted?.release()
  }

  /** Gives back the memory that only appending needs. */
  rest(): void {
    this.offsets?.rest()
    this.times?.rest()
  }

  private closeLog(): void {
    if (this.logRef !== null) this.folder.files.close(this.logRef)
    this.logRef = null
  }

  /** Renames the files, so that they are gone after a restart, and returns their new paths: to be removed later. */
  markDeleted(): string[] {
    this.discard()
    this.removed = true
    const marked: string[] = []
    for (const suffix of [LOG_SUFFIX, ...INDEX_SUFFIXES]) {
      const path = this.pathOf(suffix)
      if (this.folder.disk.status(path) === null) continue
      this.folder.disk.rename(path, path + DELETED_SUFFIX)
      marked.push(path + DELETED_SUFFIX)
    }
    return marked
  }

  // --- its files --------------------------------------------------------------------------------------------------

  private pathOf(suffix: string): string {
    return `${this.folder.path}/${fileNameOf(this.baseOffset, suffix)}`
  }

  private entriesOf(suffix: string, entryBytes: number): number {
    return Math.floor((this.folder.disk.status(this.pathOf(suffix))?.sizeBytes ?? 0) / entryBytes)
  }

  private offsetIndex(entries: number): OffsetIndex {
    return new OffsetIndex(this.indexOptions(OFFSET_INDEX_SUFFIX, entries))
  }

  private timeIndex(entries: number): TimeIndex {
    return new TimeIndex(this.indexOptions(TIME_INDEX_SUFFIX, entries))
  }

  private indexOptions(suffix: string, entries: number) {
    const { folder, baseOffset } = this
    const name = fileNameOf(baseOffset, suffix)
    return {
      folder,
      name,
      files: folder.files,
      baseOffset,
      entries,
      maxBytes: folder.config['segment.index.bytes'],
    }
  }

  private transactionIndex(isNew: boolean): TransactionIndex {
    const { folder } = this
    const name = fileNameOf(this.baseOffset, TRANSACTION_INDEX_SUFFIX)
    return new TransactionIndex({ folder, name, disk: folder.disk, files: folder.files, isNew })
  }
}
