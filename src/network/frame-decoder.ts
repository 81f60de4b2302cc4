import { ProtocolError } from '../protocol/protocol-error.ts'

/**
 * Takes one frame: the bytes from `start` to `end` of `buffer`, without the size prefix. Valid during the call only,
 * unless `isOwned`: then the buffer was made for this frame and is the receiver's to keep.
 */
export type FrameHandler = (buffer: Buffer, start: number, end: number, isOwned: boolean) => void

const SIZE_BYTES = 4
/** Larger frames get their memory as their bytes arrive: a size is only a claim. */
const TRUSTED_BYTES = 4 * 1024 * 1024

/**
 * Cuts a stream into frames: a 32-bit size, then that many bytes. Frames that lie whole in the bytes delivered are
 * handed on in place; one that spans deliveries is put together in a buffer of its own, so that a byte is copied once
 * (in frames above 4 MiB, whose buffer grows, about twice).
 *
 * `stop` makes the decoder keep what it has: bytes already delivered are set aside until `proceed`. The owner pauses
 * its stream meanwhile, so that what is set aside stays within one delivery.
 *
 * Throws ProtocolError for a size that is zero, negative or above the limit: the stream is of no more use then.
 */
export class FrameDecoder {
  private readonly maxFrameBytes: number
  private readonly onFrame: FrameHandler
  /** The first bytes of a size that was cut in two. */
  private readonly sizePrefix = Buffer.alloc(SIZE_BYTES)
  private prefixLength = 0
  /** The frame being put together, and how much of it is there. */
  private partial: Buffer | null = null
  private partialLength = 0
  private partialSize = 0
  private stopped = false
  private setAside: Buffer | null = null

  constructor(options: { maxFrameBytes: number; onFrame: FrameHandler }) {
    this.maxFrameBytes = options.maxFrameBytes
    this.onFrame = options.onFrame
  }

  /** Whether the stream ends between two frames. */
  get isAtBoundary(): boolean {
    return this.prefixLength === 0 && this.partial === null && this.setAside === null
  }

  get isStopped(): boolean {
    return this.stopped
  }

  /** No more frames until `proceed`. May be called from within `onFrame`. */
  stop(): void {
    this.stopped = true
  }

  /** Goes on with what was set aside; returns whether the decoder is ready for more of the stream. */
  proceed(): boolean {
    this.stopped = false
    const rest = this.setAside
    if (rest !== null) {
      this.setAside = null
      this.feed(rest, rest.length)
    }
    return !this.stopped
  }

  feed(buffer: Buffer, length: number): void {
    let at = 0
    if (!this.stopped && (this.partial !== null || this.prefixLength > 0)) at = this.fill(buffer, length)
    while (!this.stopped && length - at >= SIZE_BYTES) {
      const size = this.checkedSize(buffer.readInt32BE(at))
      const end = at + SIZE_BYTES + size
      if (end > length) {
        this.startPartial(size)
        this.addToPartial(buffer, at + SIZE_BYTES, length)
        return
      }
      const start = at + SIZE_BYTES
      at = end
      this.onFrame(buffer, start, end, false)
    }
    if (at === length) return
    if (this.stopped) this.keep(buffer, at, length)
    else this.prefixLength = buffer.copy(this.sizePrefix, 0, at, length)
  }

  /** Adds to the frame begun earlier; returns how many of the bytes it took. */
  private fill(buffer: Buffer, length: number): number {
    let at = 0
    if (this.partial === null) {
      at = buffer.copy(
        this.sizePrefix,
        this.prefixLength,
        0,
        Math.min(length, SIZE_BYTES - this.prefixLength),
      )
      this.prefixLength += at
      if (this.prefixLength < SIZE_BYTES) return at
      this.prefixLength = 0
      this.startPartial(this.checkedSize(this.sizePrefix.readInt32BE(0)))
    }
    const end = Math.min(length, at + this.partialSize - this.partialLength)
    this.addToPartial(buffer, at, end)
    if (this.partialLength < this.partialSize) return end
    const frame = this.partial
    this.partial = null
    if (frame !== null) this.onFrame(frame, 0, this.partialSize, true)
    return end
  }

  private startPartial(size: number): void {
    this.partial = Buffer.allocUnsafeSlow(Math.min(size, TRUSTED_BYTES))
    this.partialSize = size
    this.partialLength = 0
  }

  private addToPartial(buffer: Buffer, from: number, to: number): void {
    if (this.partial === null) return
    const needed = this.partialLength + to - from
    if (needed > this.partial.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.min(this.partialSize, Math.max(needed, 2 * this.partial.length)),
      )
      this.partial.copy(larger, 0, 0, this.partialLength)
      this.partial = larger
    }
    buffer.copy(this.partial, this.partialLength, from, to)
    this.partialLength = needed
  }

  private keep(buffer: Buffer, from: number, to: number): void {
    const rest = Buffer.from(buffer.subarray(from, to))
    this.setAside = this.setAside === null ? rest : Buffer.concat([this.setAside, rest])
  }

  private checkedSize(size: number): number {
    if (size <= 0) throw new ProtocolError(`a frame of ${size} bytes`)
    if (size > this.maxFrameBytes)
      throw new ProtocolError(`a frame of ${size} bytes, ${this.maxFrameBytes} are allowed`)
    return size
  }
}
