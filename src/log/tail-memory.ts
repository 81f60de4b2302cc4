import type { Segment } from './segment.ts'

const MIN_CHUNK_BYTES = 16 * 1024
const MAX_CHUNK_BYTES = 1024 * 1024
/** Marks lie so far apart: what is walked at most to find a batch in a chunk. */
const MARK_INTERVAL_BYTES = 4096
/** Full-sized buffers that nobody has seen are kept for the next chunks: so many of them. */
const MAX_SPARES = 8

/** The tail that a chunk belongs to. */
export interface ChunkOwner {
  /** Gives the chunk back to the memory. */
  drop(chunk: TailChunk): void
}

/**
 * A piece of memory that holds the newest bytes of one segment, as they are or will be in its file. Batches are never
 * split over two chunks.
 */
export class TailChunk {
  readonly tail: ChunkOwner
  readonly segment: Segment
  readonly buffer: Buffer
  /** Where the chunk's first byte lies in the segment's file. */
  readonly position: number
  readonly firstOffset: number
  /** One past the last offset in it. */
  endOffset: number
  /** Bytes with batches in them. */
  used = 0
  /** Bytes of those that are in the file. */
  written = 0
  /** Whether a reader has been given a view of the buffer: then it is left to the garbage collector. */
  isLent = false
  lastAppendMs = 0
  /** Offsets and positions (in the chunk) of some batches, for finding others. */
  private readonly markOffsets: number[] = []
  private readonly markPositions: number[] = []
  /** Links of the list of all chunks, oldest first. */
  previous: TailChunk | null = null
  next: TailChunk | null = null

  constructor(tail: ChunkOwner, segment: Segment, buffer: Buffer, position: number, firstOffset: number) {
    this.tail = tail
    this.segment = segment
    this.buffer = buffer
    this.position = position
    this.firstOffset = firstOffset
    this.endOffset = firstOffset
  }

  get isWritten(): boolean {
    return this.written === this.used
  }

  /** Notes where a batch begins, if none was noted shortly before. */
  mark(offset: number, at: number): void {
    const last = this.markPositions.at(-1)
    if (last !== undefined && at - last < MARK_INTERVAL_BYTES) return
    this.markOffsets.push(offset)
    this.markPositions.push(at)
  }

  /** The position of a batch at or before the one with `offset`. */
  positionBefore(offset: number): number {
    const marks = this.markOffsets
    let low = 0
    let high = marks.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if ((marks[middle] as number) <= offset) low = middle + 1
      else high = middle - 1
    }
    return high < 0 ? 0 : (this.markPositions[high] as number)
  }
}

/**
 * The memory that all logs of a broker share for their newest bytes, so that readers at the end of a log never touch
 * the disk. Over `maxBytes` the oldest chunks go, except those whose bytes are not in a file yet: what is unwritten is
 * bounded elsewhere (SegmentWriter), and may pass the limit here.
 */
export class TailMemory {
  readonly maxBytesPerLog: number
  private readonly maxBytes: number
  private readonly maxChunkBytes: number
  private oldest: TailChunk | null = null
  private newest: TailChunk | null = null
  private bytes = 0
  private readonly spares: Buffer[] = []

  constructor(options: { maxBytes: number }) {
    this.maxBytes = options.maxBytes
    this.maxBytesPerLog = Math.min(16 * 1024 * 1024, Math.ceil(options.maxBytes / 4))
    this.maxChunkBytes = Math.max(
      MIN_CHUNK_BYTES,
      Math.min(MAX_CHUNK_BYTES, Math.floor(this.maxBytesPerLog / 4)),
    )
  }

  get usedBytes(): number {
    return this.bytes
  }

  /**
   * A chunk for at least `neededBytes`. Its size is twice that of the log's previous one, so that a log which is
   * written to now and then takes 16 KB, and a busy one a megabyte at a time.
   */
  allocate(
    tail: ChunkOwner,
    segment: Segment,
    wanted: { neededBytes: number; previousBytes: number; position: number; firstOffset: number },
  ): TailChunk {
    const usual = Math.min(this.maxChunkBytes, Math.max(MIN_CHUNK_BYTES, wanted.previousBytes * 2))
    const size = wanted.neededBytes <= usual ? usual : wanted.neededBytes
    const chunk = new TailChunk(tail, segment, this.takeBuffer(size), wanted.position, wanted.firstOffset)
    this.bytes += chunk.buffer.length
    chunk.previous = this.newest
    if (this.newest === null) this.oldest = chunk
    else this.newest.next = chunk
    this.newest = chunk
    return chunk
  }

  /** Lets the oldest chunks go, `except` one, until the limit holds. */
  shrink(except: TailChunk | null = null): void {
    for (let chunk = this.oldest; chunk !== null && this.bytes > this.maxBytes;) {
      const next: TailChunk | null = chunk.next
      if (chunk.isWritten && chunk !== except) chunk.tail.drop(chunk)
      chunk = next
    }
  }

  /** Lets go of what was written and not appended to since `beforeMs`: idle logs hold no memory. */
  dropIdle(beforeMs: number): void {
    for (let chunk = this.oldest; chunk !== null;) {
      const next: TailChunk | null = chunk.next
      if (chunk.isWritten && chunk.lastAppendMs < beforeMs) chunk.tail.drop(chunk)
      chunk = next
    }
    this.spares.length = 0
  }

  /** Called by the chunk's tail, which holds it no longer. */
  release(chunk: TailChunk): void {
    if (chunk.previous === null) this.oldest = chunk.next
    else chunk.previous.next = chunk.next
    if (chunk.next === null) this.newest = chunk.previous
    else chunk.next.previous = chunk.previous
    chunk.previous = null
    chunk.next = null
    const { buffer } = chunk
    this.bytes -= buffer.length
    const isReusable = buffer.length === this.maxChunkBytes && chunk.isWritten && !chunk.isLent
    if (isReusable && this.spares.length < MAX_SPARES) this.spares.push(buffer)
  }

  private takeBuffer(size: number): Buffer {
    return (size === this.maxChunkBytes ? this.spares.pop() : undefined) ?? Buffer.allocUnsafeSlow(size)
  }
}
