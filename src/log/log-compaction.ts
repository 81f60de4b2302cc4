import { KafkaError } from '../model/errors.ts'
import { assert } from '../std/assert.ts'
import { batchSizeOf } from '../records/record-batch.ts'
import { BatchFilter } from './batch-filter.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { CleanerOffsetMap } from './cleaner-offset-map.ts'
import { between, groupSegments, type CompactionPlan } from './compaction-plan.ts'
import { CLEANED_SUFFIX, SWAP_SUFFIX } from './file-names.ts'
import type { IoThrottle } from './io-throttle.ts'
import { KeyCollector } from './key-collector.ts'
import { removeSegments } from './log-changes.ts'
import { abortedTransactions } from './log-reader.ts'
import { isStoredBatchValid } from './log-recovery.ts'
import type { LogState } from './log-state.ts'
import { SegmentFiles } from './segment-files.ts'
import { SegmentOutput } from './segment-output.ts'
import { scanBatches, type BatchVisitor } from './segment-scanner.ts'
import { Segment } from './segment.ts'

/** What a compaction may take. */
export interface CompactionMeans {
  /** For the map of keys. */
  readonly memoryBytes: number
  /** How full the map may get, from 0 to 1. */
  readonly loadFactor: number
  /** Read at a time: after each so many bytes everybody else gets a turn. */
  readonly bufferBytes: number
  readonly throttle: IoThrottle
  /** Sixteen random bytes. */
  readonly secret: Buffer
}

export interface CompactionResult {
  /** What lies before is compacted now. */
  readonly endOffset: number
  /** Of the map, from 0 to 1. */
  readonly mapUtilization: number
  /** Read to fill the map. */
  readonly mapBytes: number
  /** Read and written to make the new segments. */
  readonly bytesRead: number
  readonly bytesWritten: number
  readonly recordsRead: number
  readonly recordsKept: number
}

/** The log was cut, closed or deleted under the compaction's hands: nothing has come of it, nothing is wrong. */
export class CompactionAborted extends Error {
  override readonly name = 'CompactionAborted'
}

/**
 * One compaction of one log: takes down the newest offset of every key in the dirty part, then writes all segments up
 * to its end anew with what is still the newest of its key. Appends and reads go on meanwhile; a cut ends it.
 *
 * Each group of segments is written beside the log (`.cleaned`), made durable, declared valid by its name (`.swap`),
 * and put in the place of the old ones; between these steps the directory is made durable, so that after a crash there
 * are the old segments or the new one, never half of each. Source: Cleaner, LocalLog.replaceSegments (Kafka 3.9).
 *
 * Unlike Kafka, which looks only at lengths here, every batch's checksum is verified before it is taken over: a batch
 * that is written anew gets a new checksum, and damage would become truth.
 */
export class LogCompaction {
  private readonly state: LogState
  private readonly means: CompactionMeans
  /** Runs what changes the log when nobody else changes it. */
  private readonly exclusively: (change: () => Promise<void>) => Promise<void>
  private isAborted = false
  private mapBytes = 0
  private bytesRead = 0
  private bytesWritten = 0

  constructor(options: {
    state: LogState
    means: CompactionMeans
    exclusively: (change: () => Promise<void>) => Promise<void>
  }) {
    this.state = options.state
    this.means = options.means
    this.exclusively = options.exclusively
  }

  /** The log is about to be cut, closed or deleted: `run` ends as soon as it notices, without another swap. */
  abort(): void {
    this.isAborted = true
  }

  /** Throws CompactionAborted, DiskError, KafkaError CORRUPT_MESSAGE, MalformedRecordError, CompressionError. */
  async run(plan: CompactionPlan): Promise<CompactionResult> {
    const { state } = this
    const nowMs = state.nowMs()
    const map = await this.mapOf(plan)
    const endOffset = Math.max(plan.firstDirtyOffset, map.latestOffset + 1)
    const filter = new BatchFilter({
      map,
      transactions: new CleanedTransactions(),
      producers: state.producers,
      endOffset: plan.endOffset,
      nowMs,
      deleteRetentionMs: state.config['delete.retention.ms'],
    })
    const legacyHorizonMs = this.legacyHorizonMs(plan.firstDirtyOffset)
    const segments = between(state.segments.all, 0, endOffset)
    for (const group of groupSegments(segments, state.config, plan.endOffset)) {
      await this.rewrite(group, filter, legacyHorizonMs)
    }
    return {
      endOffset,
      mapUtilization: map.utilization,
      mapBytes: this.mapBytes,
      bytesRead: this.bytesRead,
      bytesWritten: this.bytesWritten,
      recordsRead: filter.recordsRead,
      recordsKept: filter.recordsKept,
    }
  }

  private readonly check = (): void => {
    this.state.directory.checkOnline()
    if (this.isAborted) throw new CompactionAborted(`the compaction of ${this.state.name} was given up`)
  }

  /**
   * Tombstones of the old formats have no horizon of their own: their segment's age decides. Unlike Kafka, which goes
   * by the files' dates, the records' own time counts where they have one, because nobody dates our files back.
   */
  private legacyHorizonMs(firstDirtyOffset: number): number {
    const last = between(this.state.segments.all, 0, firstDirtyOffset).at(-1)
    return last === undefined ? 0 : last.largestTimestamp - this.state.config['delete.retention.ms']
  }

  // --- the map ----------------------------------------------------------------------------------------------------

  private async mapOf({ firstDirtyOffset, endOffset }: CompactionPlan): Promise<CleanerOffsetMap> {
    const { state, means } = this
    const map = new CleanerOffsetMap({
      memoryBytes: means.memoryBytes,
      firstOffset: firstDirtyOffset,
      endOffset,
      secret: means.secret,
    })
    const maxKeys = Math.floor(map.slots * means.loadFactor)
    const dirty = between(state.segments.all, firstDirtyOffset, endOffset)
    const transactions = new CleanedTransactions()
    transactions.add(abortedTransactions(state, firstDirtyOffset, endOffset))
    for (const [i, segment] of dirty.entries()) {
      const keys = new KeyCollector({ map, maxKeys, transactions, firstDirtyOffset })
      const from = segment.positionBefore(firstDirtyOffset)
      await this.scan(
        segment,
        from,
        (buffer, at) => keys.collect(buffer, at),
        async (bytes) => {
          this.mapBytes += bytes
          await means.throttle.pay(bytes, this.check)
        },
      )
      if (keys.isFull) break
      // Offsets that no batch has are looked at too.
      map.updateLatestOffset((dirty[i + 1]?.baseOffset ?? endOffset) - 1)
    }
    return map
  }

  /** Walks a whole segment; what is not whole and valid batches to its end is corrupt. */
  private async scan(
    segment: Segment,
    from: number,
    visit: BatchVisitor,
    afterBytes: (bytes: number) => Promise<void>,
  ): Promise<void> {
    this.check()
    const { files } = this.state.directory
    const end = segment.sizeBytes
    if (end === 0) return
    const { file, fileRef } = segment
    let seen = from
    let walked = from
    files.pin(fileRef)
    try {
      const { position, reason } = await scanBatches(
        file,
        from,
        end,
        (buffer, at, position) => {
          if (!isStoredBatchValid(buffer, at)) throw this.corrupt(segment, position)
          walked = position + batchSizeOf(buffer, at)
          return visit(buffer, at, position)
        },
        this.means.bufferBytes,
        async () => {
          const bytes = walked - seen
          seen = walked
          await afterBytes(bytes)
          this.check()
        },
      )
      if (reason !== 'stopped' && position !== end) throw this.corrupt(segment, position)
    } finally {
      files.unpin(fileRef)
    }
  }

  private corrupt(segment: Segment, position: number): KafkaError {
    return new KafkaError(
      'CORRUPT_MESSAGE',
      `Log segment ${segment.fileRef.path} may be corrupt: no valid batch at position ${position}`,
    )
  }

  // --- new segments -----------------------------------------------------------------------------------------------

  private async rewrite(
    group: readonly Segment[],
    filter: BatchFilter,
    legacyHorizonMs: number,
  ): Promise<void> {
    const { state } = this
    const { baseOffset } = group[0] as Segment
    // An earlier attempt may have left something.
    new SegmentFiles(state.folder, baseOffset, CLEANED_SUFFIX).remove()
    const cleaned = new Segment({
      folder: state.folder,
      baseOffset,
      isActive: true,
      isNew: true,
      jitterMs: 0,
      nowMs: state.nowMs(),
      stage: CLEANED_SUFFIX,
    })
    let isInPlace = false
    try {
      filter.rules.transactions.onRetainedAbort = (transaction) =>
        cleaned.abortedTransactions.append(transaction)
      for (const segment of group) {
        filter.keepsLegacyTombstones = segment.largestTimestamp > legacyHorizonMs
        await this.copyInto(cleaned, segment, filter)
      }
      cleaned.create()
      cleaned.seal()
      await cleaned.sync()
      await cleaned.syncIndexes()
      await this.exclusively(async () => {
        this.check()
        await this.swap(group, cleaned, () => (isInPlace = true))
      })
    } finally {
      filter.rules.transactions.onRetainedAbort = null
      if (!isInPlace) this.discard(cleaned)
    }
  }

  private async copyInto(cleaned: Segment, segment: Segment, filter: BatchFilter): Promise<void> {
    const { state, means } = this
    const end = state.segments.higher(segment.baseOffset)?.baseOffset ?? state.logEndOffset
    filter.rules.transactions.add(abortedTransactions(state, segment.baseOffset, end))
    const output = new SegmentOutput(cleaned)
    await this.scan(
      segment,
      0,
      (buffer, at) => {
        const filtered = filter.filter(buffer, at)
        if (filtered === 'kept') output.addRange(buffer, at)
        else if (filtered !== 'dropped') output.addBatch(filtered)
        return true
      },
      async (bytes) => {
        const written = await this.write(cleaned, output)
        this.bytesRead += bytes
        this.bytesWritten += written
        await means.throttle.pay(bytes + written, this.check)
      },
    )
  }

  private async write(cleaned: Segment, output: SegmentOutput): Promise<number> {
    const { buffers, position, bytes } = output.take()
    if (bytes === 0) return 0
    const { files } = this.state.directory
    const { file, fileRef } = cleaned
    files.pin(fileRef)
    try {
      await file.writeAsync(buffers, position)
    } finally {
      files.unpin(fileRef)
    }
    return bytes
  }

  private discard(cleaned: Segment): void {
    try {
      cleaned.remove()
    } catch (error) {
      // It is only in the way of the next attempt, or of nobody when the directory is gone.
      this.state.directory.logger.warn(`a compaction's file of ${this.state.name} could not be removed`, {
        error,
      })
    }
  }

  // --- into place -------------------------------------------------------------------------------------------------

  /** `onValid` is called when a restart would finish the swap: from then on there is no way back. */
  private async swap(group: readonly Segment[], cleaned: Segment, onValid: () => void): Promise<void> {
    const { state } = this
    const { directory } = state
    const isPresent = (segment: Segment): boolean => state.segments.floor(segment.baseOffset) === segment
    assert(group.every(isPresent), `${state.name} still has the segments that were compacted`)
    cleaned.moveTo(SWAP_SUFFIX)
    onValid()
    // Who wants to cut the log waits for this to be over: a restart after the cut must not find the swap half done.
    await state.syncNames()
    directory.checkOnline()
    state.segments.replace(group, cleaned)
    state.generation++
    state.tail?.dropSegments(new Set(group))
    removeSegments(state, group, 'compaction', { keepsFirstSnapshot: true })
    // Were only the new names to survive a power cut, the old segments would overlap with the new one.
    await state.syncNames()
    directory.checkOnline()
    cleaned.moveTo('')
    await state.syncNames()
  }
}
