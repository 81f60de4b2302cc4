import { MalformedReplyError } from './reply-reader.ts'

/**
 * Cuts the bytes of one connection into frames: a length of four bytes, then as many bytes. Made anew for every
 * connection, so that half a frame of a broken one is not glued to the next one's bytes.
 */
export class FrameSplitter {
  private readonly maxFrameBytes: number
  private chunks: Buffer[] = []
  private sizeBytes = 0
  /** Where the next frame begins in the first chunk. */
  private start = 0

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.sizeBytes += chunk.length
  }

  /** The next whole frame without its length, or null. Throws MalformedReplyError for an impossible length. */
  next(): Buffer | null {
    if (this.sizeBytes < 4) return null
    const head = this.first(4)
    const length = head.readInt32BE(this.start)
    if (length < 0 || length > this.maxFrameBytes) throw new MalformedReplyError(`a frame of ${length} bytes`)
    if (this.sizeBytes < 4 + length) return null
    const whole = this.first(4 + length)
    const frame = whole.subarray(this.start + 4, this.start + 4 + length)
    this.skip(4 + length)
    return frame
  }

  /** The first chunk, made to hold at least `length` bytes from the start on. */
  private first(length: number): Buffer {
    const chunk = this.chunks[0] ?? Buffer.alloc(0)
    if (chunk.length - this.start >= length) return chunk
    const joined = Buffer.concat([chunk.subarray(this.start), ...this.chunks.slice(1)])
    this.chunks = [joined]
    this.start = 0
    return joined
  }

  private skip(length: number): void {
    this.start += length
    this.sizeBytes -= length
    if (this.chunks[0]?.length === this.start) {
      this.chunks.shift()
      this.start = 0
    }
  }
}
