import { batchSizeOf, maxTimestampOf } from '../records/record-batch.ts'
import type { Segment } from './segment.ts'

/** Collects what goes to a new segment: neighbours that are kept as they are go as one piece. */
export class SegmentOutput {
  private readonly segment: Segment
  private buffers: Buffer[] = []
  private position: number
  private bytes = 0
  /** The buffer of which the last piece is a part, and that part. */
  private source: Buffer | null = null
  private sourceStart = 0
  private sourceEnd = 0

  constructor(segment: Segment) {
    this.segment = segment
    this.position = segment.sizeBytes
  }

  /** The batch at `at` of `buffer`, which must not change before `take`'s result is written. */
  addRange(buffer: Buffer, at: number): void {
    const size = batchSizeOf(buffer, at)
    if (this.source !== buffer || this.sourceEnd !== at) {
      this.endRange()
      this.source = buffer
      this.sourceStart = at
    }
    this.sourceEnd = at + size
    this.note(buffer, at, size)
  }

  addBatch(batch: Buffer): void {
    this.endRange()
    this.buffers.push(batch)
    this.note(batch, 0, batch.length)
  }

  private note(buffer: Buffer, at: number, size: number): void {
    this.segment.indexBatch(buffer, at, this.position + this.bytes)
    this.segment.noteAppend(size, maxTimestampOf(buffer, at))
    this.bytes += size
  }

  private endRange(): void {
    if (this.source !== null) this.buffers.push(this.source.subarray(this.sourceStart, this.sourceEnd))
    this.source = null
  }

  /** What was collected since the last time, and where it goes. */
  take(): { buffers: Buffer[]; position: number; bytes: number } {
    this.endRange()
    const { buffers, position, bytes } = this
    this.buffers = []
    this.position += bytes
    this.bytes = 0
    return { buffers, position, bytes }
  }
}
