import type { DiskFile } from '../platform/disk.ts'
import { lastOffsetOf, batchSizeOf, maxTimestampOf, NO_TIMESTAMP } from '../records/record-batch.ts'
import { maxSegmentMs } from './log-config.ts'
import { OFFSET_INDEX_ENTRY_BYTES, type OffsetIndex } from './offset-index.ts'
import type { FileRef } from './open-files.ts'
import { SegmentFiles, type LogFolder } from './segment-files.ts'
import { TIME_INDEX_ENTRY_BYTES, type TimeIndex, type TimestampOffset } from './time-index.ts'
import type { TransactionIndex } from './transaction-index.ts'

/** Offsets in indexes are relative to the segment's base, in 31 bits. */
const MAX_RELATIVE_OFFSET = 0x7fffffff
const UNKNOWN = -1
const FIRST_HEADER_BYTES = 61

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
  private readonly names: SegmentFiles
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

  /**
   * A segment that is on disk; `isNew` makes an empty one, of which nothing is on disk yet. `stage`: a suffix that its
   * files have until `moveTo` takes it away.
   */
  constructor(options: {
    folder: LogFolder
    baseOffset: number
    isActive: boolean
    isNew: boolean
    jitterMs: number
    nowMs: number
    stage?: string
  }) {
    this.folder = options.folder
    this.names = new SegmentFiles(options.folder, options.baseOffset, options.stage)
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
    this.offsets = this.names.offsetIndex(true)
    this.times = this.names.timeIndex(true)
    this.maxTimestamp = NO_TIMESTAMP
    this.offsetOfMaxTimestamp = this.baseOffset
  }

  // --- what it holds ----------------------------------------------------------------------------------------------

  /** Bytes of batches, including those on their way to the file. */
  get sizeBytes(): number {
    if (this.size === UNKNOWN) this.size = this.names.logStatus()?.sizeBytes ?? 0
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
    return this.modifiedMs
  }

  /** When the file was written last, or the segment made if there is none. */
  get modifiedMs(): number {
    return this.names.logStatus()?.modifiedMs ?? this.createdMs
  }

  /** The largest timestamp of the first batch; -1 when it has none, or there is none. */
  get firstBatchTimestamp(): number {
    if (Number.isNaN(this.firstTimestamp)) this.firstTimestamp = this.readFirstTimestamp()
    return this.firstTimestamp
  }

  get offsetIndexBytes(): number {
    return this.offsetPositions.count * OFFSET_INDEX_ENTRY_BYTES
  }

  get timeIndexBytes(): number {
    return this.timestamps.count * TIME_INDEX_ENTRY_BYTES
  }

  /** Whether its files are on their way out: who comes back after waiting must not touch them. */
  get isRemoved(): boolean {
    return this.removed
  }

  get timestamps(): TimeIndex {
    return (this.times ??= this.names.timeIndex(false))
  }

  get abortedTransactions(): TransactionIndex {
    return (this.aborted ??= this.names.transactionIndex())
  }

  private get offsetPositions(): OffsetIndex {
    return (this.offsets ??= this.names.offsetIndex(false))
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
    return (this.logRef ??= this.names.logRef(this.isActive))
  }

  /**
   * Whether the index files are there and could be right: whole entries, within the segment. What is wrong in detail
   * shows in lookups, which are only hints. Source: AbstractIndex.sanityCheck.
   */
  hasSaneIndexes(): boolean {
    if (this.offsets !== null) return true
    const offsetBytes = this.names.offsetIndexBytes()
    const timeBytes = this.names.timeIndexBytes()
    if (offsetBytes === null || timeBytes === null) return false
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
    const first = this.firstBatchTimestamp
    return first >= 0 ? next.maxTimestamp - first : next.nowMs - this.createdMs
  }

  private readFirstTimestamp(): number {
    if (this.sizeBytes === 0) return NO_TIMESTAMP
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
    const file = this.folder.disk.open(this.names.logPath, { mode: 'write' })
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
    return this.names.markDeleted()
  }

  /** Gives the files of a sealed segment another second suffix, or none. Reads that are under way go on. */
  moveTo(stage: string): void {
    this.discard()
    this.offsets = null
    this.times = null
    this.aborted = null
    this.names.moveTo(stage)
  }

  /** Removes the files: the segment never was part of a log. */
  remove(): void {
    this.discard()
    this.removed = true
    this.names.remove()
  }
}
