import { KafkaError } from '../model/errors.ts'
import { assert } from '../std/assert.ts'
import { deferred, type Deferred } from '../std/deferred.ts'
import { SerialQueue } from '../std/serial-queue.ts'
import type { Flushable } from './flush-queue.ts'
import { removeSegments } from './log-changes.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogState } from './log-state.ts'
import { syncSnapshot, writeSnapshot } from './producer-snapshots.ts'
import type { NextAppend, Segment } from './segment.ts'
import type { WritableLog } from './segment-writer.ts'
import { Tail, type TailWrite } from './tail.ts'
import type { TailChunk } from './tail-memory.ts'

/**
 * The way of a log's bytes: into memory, into the files, onto the device. `Log` is this and what decides about it; one
 * object, because a broker has many logs.
 */
export class LogStorage implements WritableLog, Flushable {
  isQueued = false
  isWriting = false
  unflushedBytes = 0
  protected readonly state: LogState
  protected isChanging = false
  protected isShut = false
  /** Whether files were made, whose names a power cut would take. */
  protected hasNewNames: boolean
  /** Whether the log's directory was made. */
  private hasNewDirectory: boolean
  /** Rolled segments with bytes still on their way, oldest first. */
  private unsealed: Segment[] | null = null
  /** Segments whose indexes were written and are not durable yet. */
  private unsyncedIndexes: Segment[] | null = null
  private unsyncedSnapshots: number[] | null = null
  private waiting: { readonly offset: number; readonly written: Deferred<void> }[] | null = null
  private idle: Deferred<void> | null = null
  private changes: SerialQueue | null = null
  private lastFlushMs: number

  /** `hasNewNames`: the log was made just now, or by a process that did not end well. */
  constructor(state: LogState, options: { readonly hasNewNames: boolean }) {
    this.state = state
    this.hasNewNames = options.hasNewNames
    this.hasNewDirectory = options.hasNewNames
    this.lastFlushMs = state.nowMs()
  }

  get directory(): LogDirectory {
    return this.state.directory
  }

  get lastFlushTimeMs(): number {
    return this.lastFlushMs
  }

  // --- into memory ------------------------------------------------------------------------------------------------

  protected checkAppendable(): void {
    this.directory.checkOnline()
    assert(!this.isShut && !this.isChanging, `${this.state.name} takes no batches while it is cut or closed`)
  }

  /** Memory for the next batch, at the chunk's `used` position, in a segment that may take it. */
  protected reserve(next: NextAppend, baseOffset: number): TailChunk {
    const { state } = this
    state.verifyEnd()
    let segment = state.segments.active
    if (segment.shouldRoll(next)) segment = this.roll(segment, baseOffset)
    state.tail ??= new Tail(this.directory.tailMemory)
    return state.tail.room(segment, next.sizeBytes, baseOffset, next.nowMs)
  }

  /** The batch is in the chunk: it has its place in the log, and will be written at the end of the turn. */
  protected accept(chunk: TailChunk, next: NextAppend, baseOffset: number): void {
    const { state } = this
    assert(baseOffset >= state.nextOffset, 'offsets only grow')
    ;(state.tail as Tail).added(chunk, next.sizeBytes, baseOffset, next.lastOffset + 1)
    chunk.segment.noteAppend(next.sizeBytes, next.maxTimestamp)
    state.nextOffset = next.lastOffset + 1
    this.directory.unwrittenBytes += next.sizeBytes
    this.directory.writer.enqueue(this)
  }

  /** Begins a new segment at `baseOffset`, if there is anything in the old one. */
  protected roll(old: Segment, baseOffset: number): Segment {
    const { state } = this
    if (old.sizeBytes === 0) {
      if (old.baseOffset === baseOffset) return old
      // Nothing was ever in it: the log goes on further up, as a follower's does after its leader's compaction.
      removeSegments(state, state.segments.removeFrom(old.baseOffset), 'empty')
    }
    const segment = state.newSegment(baseOffset)
    state.segments.add(segment)
    if (old.sizeBytes === 0) return segment
    writeSnapshot(this.directory.disk, state.folder, baseOffset, state.producers)
    state.snapshotOffset = baseOffset
    ;(this.unsyncedSnapshots ??= []).push(baseOffset)
    ;(this.unsealed ??= []).push(old)
    this.sealWritten()
    return segment
  }

  private sealWritten(): void {
    const { tail } = this.state
    for (let old = this.unsealed?.[0]; old !== undefined; old = this.unsealed?.[0]) {
      if (tail?.hasUnwrittenUpTo(old) === true) return
      old.seal()
      ;(this.unsyncedIndexes ??= []).push(old)
      this.hasNewNames = true
      this.unsealed?.shift()
      this.directory.flushes.flushSoon(this)
    }
    this.unsealed = null
  }

  // --- into the files, as the segment writer asks -----------------------------------------------------------------

  get syncsBeforeExposing(): boolean {
    const { state } = this
    return state.nextOffset - state.recoveryPoint >= state.config['flush.messages']
  }

  nextWrite(write: TailWrite): boolean {
    return this.isShut ? false : (this.state.tail?.nextWrite(write) ?? false)
  }

  wrote(write: TailWrite): void {
    const { state } = this
    if (this.isShut) return
    assert(write.endOffset > state.logEndOffset, 'the log end only grows')
    ;(state.tail as Tail).wrote(write)
    state.logEndOffset = write.endOffset
    // The first write has made the file; until its name is durable too, nothing in it is.
    if (write.position === 0) this.hasNewNames = true
    this.unflushedBytes += write.bytes
    this.directory.unwrittenBytes -= write.bytes
    this.directory.flushes.noteWritten(this, write.bytes)
    if (this.unsealed !== null) this.sealWritten()
    if (this.waiting !== null) this.tellWaiting()
  }

  async syncWritten(write: TailWrite): Promise<void> {
    if (write.position === 0) this.hasNewNames = true
    await this.syncFiles(write.endOffset)
  }

  onWriterIdle(): void {
    this.idle?.resolve()
    this.idle = null
    if (!this.directory.isOnline) this.stopWaiting()
  }

  /** Resolves when no write of this log is in the thread pool. */
  protected async writerIdle(): Promise<void> {
    while (this.isWriting) {
      this.idle ??= deferred()
      await this.idle.promise
    }
  }

  /**
   * Resolves when everything that was taken in until now is with the operating system. Rejects with KafkaError
   * KAFKA_STORAGE_ERROR when it never will be: the directory has failed, or the log is closed or deleted.
   */
  whenWritten(): Promise<void> {
    const { nextOffset: offset, logEndOffset } = this.state
    if (logEndOffset >= offset) return Promise.resolve()
    const refusal = this.refusal()
    if (refusal !== null) return Promise.reject(refusal)
    const written = deferred<void>()
    ;(this.waiting ??= []).push({ offset, written })
    return written.promise
  }

  private tellWaiting(): void {
    const { logEndOffset } = this.state
    // In the order of their offsets: these only grow between two cuts, and a cut waits for all of them.
    for (let first = this.waiting?.[0]; first !== undefined; first = this.waiting?.[0]) {
      if (first.offset > logEndOffset) return
      first.written.resolve()
      this.waiting?.shift()
    }
    this.waiting = null
  }

  /** Lets those who wait for the end of writing go: there will be none. */
  protected stopWaiting(): void {
    const { waiting } = this
    const refusal = this.refusal()
    if (waiting === null || refusal === null) return
    this.waiting = null
    for (const { written } of waiting) written.reject(refusal)
  }

  /** Why nothing more is written, or null. */
  private refusal(): KafkaError | null {
    const { refusal } = this.directory
    if (refusal !== null || !this.isShut) return refusal
    return new KafkaError('KAFKA_STORAGE_ERROR', `The log of ${this.state.name} is closed`)
  }

  /** Resolves when nothing is left to write. */
  protected async drain(): Promise<void> {
    this.directory.checkOnline()
    while (this.state.nextOffset !== this.state.logEndOffset) await this.whenWritten()
  }

  // --- onto the device --------------------------------------------------------------------------------------------

  /** Makes everything that is with the operating system durable; the recovery point says what is. */
  flush(): Promise<void> {
    return this.exclusively(async () => {
      try {
        if (!this.isShut && this.directory.isOnline) await this.flushNow()
      } catch (error) {
        throw this.directory.thrown(error)
      }
    })
  }

  protected async flushNow(): Promise<void> {
    const target = this.state.logEndOffset
    this.takeUnflushed()
    this.lastFlushMs = this.state.nowMs()
    const hasMore = this.hasNewNames || this.unsyncedIndexes !== null || this.unsyncedSnapshots !== null
    if (target <= this.state.recoveryPoint && !hasMore) return
    const { clock } = this.directory
    const startedMs = clock.monotonicMs()
    await this.syncFiles(target)
    this.state.shared.onFlushed(clock.monotonicMs() - startedMs)
  }

  /** Writes out all that the next start goes by after a clean stop, and makes it durable. */
  protected async flushFinally(): Promise<void> {
    const { state } = this
    const { active } = state.segments
    if (active.sizeBytes > 0 && active.hasOpenIndexes) {
      active.writeIndexes()
      ;(this.unsyncedIndexes ??= []).push(active)
      this.hasNewNames = true
    }
    if (state.logEndOffset > (state.snapshotOffset ?? state.logStartOffset)) {
      writeSnapshot(this.directory.disk, state.folder, state.logEndOffset, state.producers)
      state.snapshotOffset = state.logEndOffset
      ;(this.unsyncedSnapshots ??= []).push(state.logEndOffset)
      this.hasNewNames = true
    }
    await this.flushNow()
  }

  /** Appends may go on meanwhile; cuts wait for the same queue. */
  private async syncFiles(endOffset: number): Promise<void> {
    const { state, directory } = this
    const { generation } = state
    const snapshots = this.unsyncedSnapshots ?? []
    const indexed = this.unsyncedIndexes ?? []
    const { hasNewNames, hasNewDirectory } = this
    this.unsyncedSnapshots = null
    this.unsyncedIndexes = null
    this.hasNewNames = false
    this.hasNewDirectory = false
    for (const segment of state.segments.from(state.recoveryPoint)) {
      if (segment.baseOffset < endOffset) await segment.sync()
    }
    for (const segment of indexed) await segment.syncIndexes()
    for (const offset of snapshots) await syncSnapshot(directory.disk, state.folder, offset)
    if (hasNewNames) await state.syncNames()
    if (hasNewDirectory) await directory.disk.syncDirectory(directory.path)
    await directory.smallFiles.settle(state.folder)
    if (state.generation === generation) state.recoveryPoint = Math.max(state.recoveryPoint, endOffset)
  }

  /** Nothing of this log waits for a flush any more. */
  protected takeUnflushed(): void {
    const bytes = this.unflushedBytes
    this.unflushedBytes = 0
    this.directory.flushes.noteFlushed(this, bytes)
  }

  /** Cuts, flushes and the end of the log run one after the other. */
  protected exclusively(task: () => Promise<void>): Promise<void> {
    this.changes ??= new SerialQueue()
    return this.changes.run(task)
  }

  /** Runs what touches the disk: if that fails, the directory goes offline. */
  protected onDisk<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw this.directory.thrown(error)
    }
  }
}
