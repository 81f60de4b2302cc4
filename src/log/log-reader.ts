import { KafkaError } from '../model/errors.ts'
import { DiskError } from '../platform/disk.ts'
import { readInt32 } from '../records/bytes.ts'
import { batchSizeOf, completeSizeAt, lastOffsetOf, LOG_OVERHEAD_BYTES } from '../records/record-batch.ts'
import type { LogPosition, LogSlice, ReadRequest } from './log-slice.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'
import type { AbortedTransaction } from './transaction-index.ts'

/**
 * A synchronous read takes so much at most: what is likely to be in the page cache costs less than a hop through the
 * thread pool.
 */
const MAX_SYNC_BYTES = 256 * 1024
/** A read that took longer came from the device: for a while reads go through the thread pool. */
const SLOW_READ_MS = 2
const SLOW_PERIOD_MS = 1000
/** Where readers stopped: that many are remembered per log, so that who reads on needs no index. */
const MAX_HINTS = 8
const HEADER_BYTES = 61

interface Hint {
  readonly offset: number
  readonly segment: Segment
  readonly position: number
}

/**
 * Reads a log: the newest batches from memory, by reference; older ones from the segment files. What is not with the
 * operating system yet is not there for a reader.
 */
export class LogReader {
  private readonly state: LogState
  private hints: Hint[] = []
  private slowUntilMs = -Infinity

  constructor(state: LogState) {
    this.state = state
  }

  /** Throws KafkaError OFFSET_OUT_OF_RANGE. */
  read(request: ReadRequest): LogSlice | Promise<LogSlice> {
    const { state } = this
    const { offset } = request
    if (offset < state.logStartOffset || offset > state.logEndOffset) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Received request for offset ${offset} for partition ${state.name}, but we only have log segments from offset ${state.logStartOffset} to ${state.logEndOffset}.`,
      )
    }
    const upperBound = Math.min(request.upperBoundOffset, state.logEndOffset)
    if (offset >= upperBound) return this.emptySlice(request)
    return this.readTail(request, upperBound) ?? this.readSegments(request, upperBound)
  }

  /**
   * Where the batch with `offset` begins, or at the log's end where the next will. Null where that needs a look at the
   * disk that may take long; for offsets in memory and at the end it is never null.
   */
  positionOf(offset: number): LogPosition | null {
    const { state } = this
    if (offset >= state.logEndOffset) return this.endPosition()
    const place = state.tail?.find(offset) ?? null
    if (place !== null && state.tail !== null) {
      return { segmentBaseOffset: place.chunk.segment.baseOffset, position: state.tail.positionOf(place) }
    }
    const hint = this.hints.find((known) => known.offset === offset)
    if (hint !== undefined) return { segmentBaseOffset: hint.segment.baseOffset, position: hint.position }
    return null
  }

  /** Where the log ends for readers. */
  endPosition(): LogPosition {
    const { state } = this
    const segment = state.segments.active
    const unwritten = state.tail?.unwrittenBytes ?? 0
    // While bytes of an older segment are still on their way the end is there; nobody measures distances then.
    return { segmentBaseOffset: segment.baseOffset, position: Math.max(0, segment.sizeBytes - unwritten) }
  }

  /** Forgets where readers stopped: the log was cut. */
  forget(): void {
    this.hints = []
  }

  // --- from memory ------------------------------------------------------------------------------------------------

  private readTail(request: ReadRequest, upperBound: number): LogSlice | null {
    const { tail } = this.state
    const place = tail?.find(request.offset) ?? null
    if (tail === null || place === null) return null
    const position = tail.positionOf(place)
    const records: Buffer[] = []
    const nextOffset = tail.collect(
      place,
      {
        maxBytes: request.maxBytes,
        endOffset: upperBound,
        atLeastOne: request.atLeastOneBatch,
        startOffset: request.offset,
      },
      records,
    )
    return this.slice(request, place.chunk.segment.baseOffset, position, records, nextOffset, {
      tooLarge: records.length === 0 && lastOffsetOf(place.chunk.buffer, place.at) < upperBound,
    })
  }

  // --- from disk --------------------------------------------------------------------------------------------------

  private readSegments(request: ReadRequest, upperBound: number): LogSlice | Promise<LogSlice> {
    const { state } = this
    const start = this.startOf(request.offset)
    if (start === null) return this.emptySlice(request)
    const { segment, position } = start
    const isLast = segment === state.segments.active
    const end = isLast ? segment.sizeBytes - (state.tail?.unwrittenBytes ?? 0) : segment.sizeBytes
    // Only what precedes the start is read in vain: at most an index interval, and the batch that crosses it.
    const lead = start.isExact ? 0 : state.config['index.interval.bytes'] + HEADER_BYTES
    const length = Math.min(end - position, Math.max(request.maxBytes, LOG_OVERHEAD_BYTES) + lead)
    // Compaction may leave a segment with nothing in it.
    if (length <= 0) return isLast ? this.emptySlice(request) : this.nextSegment(request, segment)
    const window = Buffer.allocUnsafeSlow(length)
    const now = state.directory.clock.monotonicMs()
    if (length > MAX_SYNC_BYTES || now < this.slowUntilMs) {
      return this.readAsync(request, upperBound, segment, position, end, window)
    }
    const got = segment.file.read(window, 0, length, position)
    if (state.directory.clock.monotonicMs() - now > SLOW_READ_MS) this.slowUntilMs = now + SLOW_PERIOD_MS
    const found = this.cutOut(request, upperBound, segment, position, window, got)
    if (found === 'behind') return this.nextSegment(request, segment)
    return (
      found ??
      this.readAsync(request, upperBound, segment, position, end, this.largerWindow(window, end, position))
    )
  }

  /**
   * Reads through the thread pool, a larger window each time until the batch that is asked for is in it whole. What
   * was read before the log was cut is not used.
   */
  private async readAsync(
    request: ReadRequest,
    upperBound: number,
    segment: Segment,
    position: number,
    end: number,
    window: Buffer,
  ): Promise<LogSlice> {
    const { state } = this
    const { generation } = state
    for (;;) {
      const got = await readPinned(state, segment, window, position)
      state.directory.checkOnline()
      if (state.generation !== generation) return this.read(request)
      const found = this.cutOut(request, upperBound, segment, position, window, got)
      if (found === 'behind') return this.nextSegment(request, segment)
      if (found !== null) return found
      if (got < window.length || window.length >= end - position) {
        const { path } = segment.fileRef
        throw new DiskError('OTHER', path, `${path} has no whole batch with offset ${request.offset}`)
      }
      window = this.largerWindow(window, end, position)
    }
  }

  private largerWindow(window: Buffer, end: number, position: number): Buffer {
    return Buffer.allocUnsafeSlow(Math.min(end - position, Math.max(window.length * 4, MAX_SYNC_BYTES)))
  }

  /**
   * The slice that begins with the batch of the wanted offset; null when the window ends before or inside it; `behind`
   * when the segment ends before it: compaction took what was there, and the next segment goes on.
   */
  private cutOut(
    request: ReadRequest,
    upperBound: number,
    segment: Segment,
    position: number,
    window: Buffer,
    length: number,
  ): LogSlice | 'behind' | null {
    let start = 0
    for (;;) {
      const size = sizeInWindow(window, start, length)
      if (size < 0) {
        if (start === length && position + start >= segment.sizeBytes) return 'behind'
        if (!this.isTooLarge(request, window, start, length)) return null
        return this.slice(request, segment.baseOffset, position + start, [], request.offset, {
          tooLarge: true,
        })
      }
      if (lastOffsetOf(window, start) >= request.offset) break
      start += size
    }
    let at = start
    let nextOffset = request.offset
    let tooLarge = false
    for (let size = batchSizeOf(window, at); size >= 0; size = sizeInWindow(window, at, length)) {
      const isFirst = at === start
      const last = lastOffsetOf(window, at)
      if (last >= upperBound) break
      if (at + size - start > request.maxBytes && !(isFirst && request.atLeastOneBatch)) {
        tooLarge = isFirst
        break
      }
      at += size
      nextOffset = last + 1
    }
    const records = at > start ? [window.subarray(start, at)] : []
    this.remember(nextOffset, segment, position + at)
    return this.slice(request, segment.baseOffset, position + start, records, nextOffset, { tooLarge })
  }

  /** Whether the batch at `at` is the wanted one, not whole in the window, and may not be read for its size. */
  private isTooLarge(request: ReadRequest, window: Buffer, at: number, length: number): boolean {
    if (request.atLeastOneBatch || length - at < HEADER_BYTES) return false
    return lastOffsetOf(window, at) >= request.offset && batchSizeOf(window, at) > request.maxBytes
  }

  private nextSegment(request: ReadRequest, segment: Segment): LogSlice | Promise<LogSlice> {
    const next = this.state.segments.higher(segment.baseOffset)
    if (next === null) return this.emptySlice(request)
    const moved = this.read({ ...request, offset: next.baseOffset })
    return moved instanceof Promise ? moved.then((slice) => from(request, slice)) : from(request, moved)
  }

  private startOf(offset: number): { segment: Segment; position: number; isExact: boolean } | null {
    const i = this.hints.findIndex((hint) => hint.offset === offset)
    if (i >= 0) {
      const [hint] = this.hints.splice(i, 1) as [Hint]
      if (
        this.state.segments.floor(hint.segment.baseOffset) === hint.segment &&
        hint.position < hint.segment.sizeBytes
      ) {
        return { segment: hint.segment, position: hint.position, isExact: true }
      }
    }
    const segment = this.state.segments.floor(offset) ?? this.state.segments.higher(offset)
    if (segment === null) return null
    this.state.verifyEnd()
    return { segment, position: segment.positionBefore(offset), isExact: false }
  }

  private remember(offset: number, segment: Segment, position: number): void {
    if (this.hints.length >= MAX_HINTS) this.hints.shift()
    this.hints.push({ offset, segment, position })
  }

  // --- results ----------------------------------------------------------------------------------------------------

  private emptySlice(request: ReadRequest): LogSlice {
    const at = this.positionOf(request.offset) ?? this.endPosition()
    return this.slice(request, at.segmentBaseOffset, at.position, [], request.offset, { tooLarge: false })
  }

  private slice(
    request: ReadRequest,
    segmentBaseOffset: number,
    position: number,
    records: readonly Buffer[],
    nextOffset: number,
    first: { readonly tooLarge: boolean },
  ): LogSlice {
    let sizeBytes = 0
    for (const buffer of records) sizeBytes += buffer.length
    return {
      records,
      sizeBytes,
      startOffset: request.offset,
      nextOffset,
      segmentBaseOffset,
      position,
      firstBatchTooLarge: first.tooLarge,
      abortedTransactions:
        request.withAborted === true ? abortedTransactions(this.state, request.offset, nextOffset) : null,
    }
  }
}

/** What was read further on, as an answer to `request`. */
function from(request: ReadRequest, slice: LogSlice): LogSlice {
  return { ...slice, startOffset: request.offset, nextOffset: Math.max(request.offset, slice.nextOffset) }
}

/**
 * The aborted transactions with records in [`startOffset`, `endOffset`): their markers may lie further on.
 * Source: LocalLog.collectAbortedTransactions.
 */
export function abortedTransactions(
  state: LogState,
  startOffset: number,
  endOffset: number,
): AbortedTransaction[] {
  const found: AbortedTransaction[] = []
  if (endOffset <= startOffset) return found
  for (const segment of state.segments.from(startOffset)) {
    for (const transaction of segment.abortedTransactions.transactions) {
      if (transaction.lastOffset >= startOffset && transaction.firstOffset < endOffset)
        found.push(transaction)
      // Everything before this was decided when the marker came: later ones concern what is behind.
      if (transaction.lastStableOffset >= endOffset) return found
    }
  }
  return found
}

/** Reads off the event loop; the handle stays open meanwhile. */
export async function readPinned(
  state: LogState,
  segment: Segment,
  target: Buffer,
  position: number,
): Promise<number> {
  const { files } = state.directory
  const { file, fileRef } = segment
  files.pin(fileRef)
  try {
    return await file.readAsync(target, 0, target.length, position)
  } finally {
    files.unpin(fileRef)
  }
}

/** As `completeSizeAt`; the log's own bytes were checked when they were taken in, so what is wrong here is the disk. */
function sizeInWindow(window: Buffer, at: number, length: number): number {
  if (length - at >= LOG_OVERHEAD_BYTES && readInt32(window, at + 8) > length - at - LOG_OVERHEAD_BYTES)
    return -1
  return completeSizeAt(window, at, length)
}
