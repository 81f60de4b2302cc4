import { KafkaError } from '../model/errors.ts'
import { assert } from '../std/assert.ts'
import { planCompaction, type CompactionPlan } from './compaction-plan.ts'
import { LogAppender } from './log-append.ts'
import { cutEnd, dueForDeletion, moveLogStart, removeSegments, startAnew } from './log-changes.ts'
import { LogCompaction, type CompactionMeans, type CompactionResult } from './log-compaction.ts'

/**
 * What takes records out of a log: its end when a follower follows another leader, its beginning when records are old
 * or deleted, what is superseded when it is compacted.
 */
export abstract class LogTrimmer extends LogAppender {
  private compaction: LogCompaction | null = null

  /** Positions in files that somebody remembers are worth nothing any more. */
  protected abstract forgetPlaces(): void

  /** What any of this throws when the disk fails: after it the directory is offline. */
  protected readonly rethrow = (error: unknown): never => {
    throw this.directory.thrown(error)
  }

  /** What read_committed may read up to. */
  abstract get lastStableOffset(): number

  // --- rolling ----------------------------------------------------------------------------------------------------

  /** The next batch begins a new segment, if the active one has any. */
  rollNow(): void {
    this.checkAppendable()
    const { active } = this.state.segments
    this.onDisk(() => {
      if (active.sizeBytes === 0) return
      this.roll(active, this.state.nextOffset).create()
      this.hasNewNames = true
    })
  }

  // --- cutting ----------------------------------------------------------------------------------------------------

  /**
   * Cuts off `offset` and everything behind it. Nothing may be appended before the promise settles; then the cut is
   * durable.
   */
  truncateTo(offset: number): Promise<void> {
    if (offset >= this.state.nextOffset) {
      // Nothing to cut, but an epoch that began here without a batch is not the leader's.
      if (this.onDisk(() => this.state.epochs).truncateFromEnd(offset)) this.state.saveEpochs()
      return Promise.resolve()
    }
    return this.change(offset, () => cutEnd(this.state, offset))
  }

  /** Drops everything; the log goes on at `offset`. As durable as `truncateTo`. */
  truncateFullyAndStartAt(offset: number): Promise<void> {
    return this.change(0, async () => startAnew(this.state, offset))
  }

  private change(lowestKept: number, cut: () => Promise<void>): Promise<void> {
    assert(!this.isShut && !this.isChanging, `${this.state.name} is cut or closed already`)
    this.isChanging = true
    this.abortCompaction()
    return this.exclusively(async () => {
      try {
        await this.drain()
        this.onDisk(() => this.state.verifyEnd())
        this.state.tail?.clear()
        this.forgetPlaces()
        this.takeUnflushed()
        await this.lowerRecoveryPoint(lowestKept)
        await cut()
        await this.syncCut()
        this.directory.hasMovedHighWatermarks = true
      } catch (error) {
        throw this.directory.thrown(error)
      } finally {
        this.isChanging = false
      }
    })
  }

  /**
   * Before anything else can take the place of what is cut off, the checkpoint must not call it durable: recovery
   * would not look at it.
   */
  private async lowerRecoveryPoint(offset: number): Promise<void> {
    const { state, directory } = this
    if (offset >= state.recoveryPoint) return
    state.recoveryPoint = offset
    await directory.checkpointRecoveryPoints()
    directory.checkOnline()
  }

  /** A cut that a power cut undoes would bring back records that no other replica has. */
  private async syncCut(): Promise<void> {
    const { state, directory } = this
    await state.segments.active.sync()
    await state.syncNames()
    await directory.smallFiles.settle(state.folder)
  }

  /**
   * Deletes the records before `offset` (-1: before the high watermark): readers do not see them from now on, retention
   * removes them. Returns the new log start offset. Throws KafkaError OFFSET_OUT_OF_RANGE beyond the high watermark.
   */
  deleteRecordsBefore(offset: number): number {
    this.directory.checkOnline()
    const { state } = this
    const target = offset === -1 ? state.highWatermark : offset
    if (target < 0 || target > state.highWatermark) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `The specified offset ${target} is invalid, the high watermark of ${state.name} is ${state.highWatermark}`,
      )
    }
    this.advanceLogStart(target)
    return state.logStartOffset
  }

  /** As the leader says: moves the beginning forward, at most to the high watermark. */
  advanceLogStart(offset: number): boolean {
    return this.onDisk(() => moveLogStart(this.state, Math.min(offset, this.state.highWatermark)))
  }

  /** Deletes what retention lets go. Returns the number of segments: none while the log is being compacted. */
  applyRetention(): number {
    if (this.isShut || this.isChanging || this.isCompacting || !this.directory.isOnline) return 0
    return this.onDisk(() => {
      const { state } = this
      const { count, reason } = dueForDeletion(state, state.nowMs())
      if (count === 0) return 0
      if (count === state.segments.count) this.rollNow()
      const removed = state.segments.removeFirst(count)
      removeSegments(state, removed, `${reason ?? 'retention'}`)
      moveLogStart(state, state.segments.first.baseOffset)
      return count
    })
  }

  // --- compaction -------------------------------------------------------------------------------------------------

  get isCompacting(): boolean {
    return this.compaction !== null
  }

  /** Where the last compaction ended; null when there was none. */
  get firstDirtyOffset(): number | null {
    return this.state.firstDirtyOffset
  }

  set firstDirtyOffset(offset: number | null) {
    this.state.firstDirtyOffset = offset
  }

  /** What a compaction would do now; null when there can be none: nothing is closed yet, or the log is taken. */
  compactionPlan(): CompactionPlan | null {
    if (this.isShut || this.isChanging || this.isCompacting || !this.directory.isOnline) return null
    const { state } = this
    if (state.segments.count < 2) return null
    return this.onDisk(() => {
      const { logStartOffset, logEndOffset, config } = state
      const segments = state.segments.all
      const lastStableOffset = (): number => this.lastStableOffset
      return planCompaction(
        { logStartOffset, logEndOffset, lastStableOffset, segments, config },
        state.firstDirtyOffset,
        state.nowMs(),
      )
    })
  }

  /**
   * Compacts the log; appends and reads go on meanwhile. Throws CompactionAborted when the log is cut, closed or
   * deleted; KafkaError CORRUPT_MESSAGE, MalformedRecordError, CompressionError for batches that cannot be read; KafkaError
   * KAFKA_STORAGE_ERROR. Then the log is as it was, or partly compacted, which is no harm.
   */
  async compact(plan: CompactionPlan, means: CompactionMeans): Promise<CompactionResult> {
    const { state } = this
    assert(!this.isShut && !this.isChanging && !this.isCompacting, `${state.name} can be compacted`)
    const compaction = new LogCompaction({
      state,
      means,
      exclusively: (change) => this.exclusively(change),
    })
    this.compaction = compaction
    try {
      // Unlike Kafka: a record must not go for the sake of a later one that a power cut could still take.
      if (state.recoveryPoint < plan.endOffset) await this.flush()
      return await compaction.run(plan)
    } catch (error) {
      throw this.directory.thrown(error)
    } finally {
      this.compaction = null
    }
  }

  /** A compaction that is under way gives up. */
  abortCompaction(): void {
    this.compaction?.abort()
  }
}
