import { batchSizeOf, lastOffsetOf } from '../records/record-batch.ts'
import { present } from '../std/assert.ts'
import type { Segment } from './segment.ts'
import type { TailChunk, TailMemory } from './tail-memory.ts'

/** Chunks that one write hands over at most. */
const MAX_CHUNKS_PER_WRITE = 64

/** A write of consecutive bytes to one segment: filled by `Tail.nextWrite`. */
export class TailWrite {
  segment: Segment | null = null
  position = 0
  bytes = 0
  readonly buffers: Buffer[] = []
  /** One past the last offset that is in the file once this is written. */
  endOffset = 0
  readonly chunks: TailChunk[] = []
  readonly ends: number[] = []

  reset(): void {
    this.segment = null
    this.position = 0
    this.bytes = 0
    this.buffers.length = 0
    this.chunks.length = 0
    this.ends.length = 0
  }
}

/** Where a read begins in memory. */
export interface TailPlace {
  readonly chunk: TailChunk
  /** Position in the chunk. */
  readonly at: number
}

/**
 * The newest bytes of one log, in memory: what is not in the file yet, and as much before that as `TailMemory` grants.
 * Consecutive chunks hold consecutive offsets.
 */
export class Tail {
  private readonly memory: TailMemory
  private readonly chunks: TailChunk[] = []
  /** Index of the first chunk with unwritten bytes. */
  private firstUnwritten = 0
  private unwritten = 0
  private bytes = 0

  constructor(memory: TailMemory) {
    this.memory = memory
  }

  get unwrittenBytes(): number {
    return this.unwritten
  }

  get isEmpty(): boolean {
    return this.chunks.length === 0
  }

  /** A chunk of `segment` with room for `sizeBytes` at its `used` position. */
  room(segment: Segment, sizeBytes: number, nextOffset: number, nowMs: number): TailChunk {
    const last = this.chunks.at(-1)
    if (last !== undefined && last.segment === segment && last.buffer.length - last.used >= sizeBytes) {
      last.lastAppendMs = nowMs
      return last
    }
    const chunk = this.memory.allocate(this, segment, {
      neededBytes: sizeBytes,
      previousBytes: last?.buffer.length ?? 0,
      position: segment.sizeBytes,
      firstOffset: nextOffset,
    })
    chunk.lastAppendMs = nowMs
    this.chunks.push(chunk)
    this.bytes += chunk.buffer.length
    this.keepWithinShare()
    this.memory.shrink(chunk)
    return chunk
  }

  /** Takes note of a batch that was put at the chunk's `used` position. */
  added(chunk: TailChunk, sizeBytes: number, baseOffset: number, nextOffset: number): void {
    this.firstUnwritten = Math.min(this.firstUnwritten, this.chunks.length - 1)
    chunk.mark(baseOffset, chunk.used)
    chunk.used += sizeBytes
    chunk.endOffset = nextOffset
    this.unwritten += sizeBytes
  }

  /** Fills `write` with what comes next in the file. False when everything is written. */
  nextWrite(write: TailWrite): boolean {
    write.reset()
    for (
      let i = this.firstUnwritten;
      i < this.chunks.length && write.chunks.length < MAX_CHUNKS_PER_WRITE;
      i++
    ) {
      const chunk = this.chunks[i] as TailChunk
      if (chunk.isWritten) continue
      if (write.segment === null) {
        write.segment = chunk.segment
        write.position = chunk.position + chunk.written
      } else if (write.segment !== chunk.segment) break
      write.buffers.push(chunk.buffer.subarray(chunk.written, chunk.used))
      write.bytes += chunk.used - chunk.written
      write.chunks.push(chunk)
      write.ends.push(chunk.used)
      write.endOffset = chunk.endOffset
    }
    return write.segment !== null
  }

  /** The bytes of `write` are in the file: tells the segment's indexes of each batch. */
  wrote(write: TailWrite): void {
    const segment = present(write.segment, 'segment of a write')
    for (let i = 0; i < write.chunks.length; i++) {
      const chunk = write.chunks[i] as TailChunk
      const end = write.ends[i] as number
      for (let at = chunk.written; at < end;) {
        segment.indexBatch(chunk.buffer, at, chunk.position + at)
        at += batchSizeOf(chunk.buffer, at)
      }
      this.unwritten -= end - chunk.written
      chunk.written = end
    }
    while (
      this.firstUnwritten < this.chunks.length &&
      (this.chunks[this.firstUnwritten] as TailChunk).isWritten
    ) {
      this.firstUnwritten++
    }
    this.keepWithinShare()
    this.memory.shrink()
  }

  /** Whether bytes of `segment` or an older one are not in their file yet. */
  hasUnwrittenUpTo(segment: Segment): boolean {
    const first = this.chunks[this.firstUnwritten]
    return first !== undefined && !first.isWritten && first.segment.baseOffset <= segment.baseOffset
  }

  /**
   * Where the batch with `offset`, or the next one behind it, begins. Null when that is not in memory, or not there.
   */
  find(offset: number): TailPlace | null {
    // Most readers are at the end: from the back.
    for (let i = this.chunks.length - 1; i >= 0; i--) {
      const chunk = this.chunks[i] as TailChunk
      if (chunk.firstOffset > offset) continue
      if (chunk.endOffset <= offset) {
        const next = this.chunks[i + 1]
        return next === undefined ? null : { chunk: next, at: 0 }
      }
      let at = chunk.positionBefore(offset)
      while (at < chunk.used && lastOffsetOf(chunk.buffer, at) < offset) at += batchSizeOf(chunk.buffer, at)
      return at < chunk.used ? { chunk, at } : null
    }
    return null
  }

  /**
   * Adds whole written batches from `place` on to `target`, up to `maxBytes` and to batches that end at or before
   * `endOffset`. The first batch is taken whatever its size if `atLeastOne`. Returns the offset behind the last one
   * taken, or `startOffset`.
   */
  collect(
    place: TailPlace,
    limits: { maxBytes: number; endOffset: number; atLeastOne: boolean; startOffset: number },
    target: Buffer[],
  ): number {
    let left = limits.maxBytes
    let nextOffset = limits.startOffset
    let { at } = place
    for (let i = this.chunks.indexOf(place.chunk); i < this.chunks.length; i++, at = 0) {
      const chunk = this.chunks[i] as TailChunk
      const start = at
      if (chunk.isWritten && chunk.endOffset <= limits.endOffset && chunk.used - at <= left) {
        at = chunk.used
        nextOffset = chunk.endOffset
      } else {
        while (at < chunk.written) {
          const size = batchSizeOf(chunk.buffer, at)
          const isFirst = limits.atLeastOne && target.length === 0 && at === start
          if (size > left - (at - start) && !isFirst) break
          const last = lastOffsetOf(chunk.buffer, at)
          if (last >= limits.endOffset) break
          at += size
          nextOffset = last + 1
        }
      }
      if (at > start) {
        chunk.isLent = true
        target.push(chunk.buffer.subarray(start, at))
        left -= at - start
      }
      if (at < chunk.used || left <= 0) break
    }
    return nextOffset
  }

  /** The position in its segment's file at which the batch with `offset` begins. */
  positionOf(place: TailPlace): number {
    return place.chunk.position + place.at
  }

  private keepWithinShare(): void {
    while (this.chunks.length > 1 && this.bytes > this.memory.maxBytesPerLog) {
      const oldest = this.chunks[0] as TailChunk
      if (!oldest.isWritten) return
      this.drop(oldest)
    }
  }

  /** Gives a chunk back; its bytes are in the file or are not wanted any more. */
  drop(chunk: TailChunk): void {
    const i = this.chunks.indexOf(chunk)
    this.chunks.splice(i, 1)
    if (i < this.firstUnwritten) this.firstUnwritten--
    this.bytes -= chunk.buffer.length
    this.unwritten -= chunk.used - chunk.written
    this.memory.release(chunk)
  }

  /** Gives back what belongs to segments that have been replaced: all of it is in files that are gone. */
  dropSegments(replaced: ReadonlySet<Segment>): void {
    for (const chunk of this.chunks.filter(({ segment }) => replaced.has(segment))) this.drop(chunk)
  }

  /** Gives everything back. */
  clear(): void {
    while (this.chunks.length > 0) this.drop(this.chunks[this.chunks.length - 1] as TailChunk)
  }
}
