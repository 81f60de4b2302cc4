/**
 * Cuts a stream of bytes into frames: 4 bytes of length, then so many bytes. Frames that arrive whole are handed out
 * in place; only the parts of others are copied.
 */
export class FrameBuffer {
  private bytes: Buffer = nothing
  private start = 0
  private end = 0
  private isBorrowed = false
  private readonly maxFrameBytes: number

  constructor(options: { readonly maxFrameBytes: number }) {
    this.maxFrameBytes = options.maxFrameBytes
  }

  /** Takes `length` received bytes. They may be read in place until `keep`. */
  add(received: Buffer, length: number): void {
    if (this.start === this.end) {
      this.bytes = received
      this.start = 0
      this.end = length
      this.isBorrowed = true
      return
    }
    if (this.isBorrowed || this.end + length > this.bytes.length) this.move(length)
    received.copy(this.bytes, this.end, 0, length)
    this.end += length
  }

  /** The first four bytes that are left, as a number, without taking them. */
  peek(): number | null {
    return this.end - this.start < 4 ? null : this.bytes.readInt32BE(this.start)
  }

  /** The next frame; null when it has not arrived whole; `refused` when its length is out of bounds. */
  next(): Frame | null | 'refused' {
    const length = this.peek()
    if (length === null) return null
    if (length < 0 || length > this.maxFrameBytes) return 'refused'
    const start = this.start + 4
    if (this.end - start < length) return null
    this.start = start + length
    return { bytes: this.bytes, start, end: this.start }
  }

  /** To be called before the memory that was handed to `add` is used again. */
  keep(): void {
    if (this.start === this.end) this.clear()
    else if (this.isBorrowed) this.move(0)
  }

  private clear(): void {
    this.bytes = nothing
    this.start = 0
    this.end = 0
    this.isBorrowed = false
  }

  /** Copies what is left to memory of our own, with room for `more` bytes and for the frame that has begun. */
  private move(more: number): void {
    const left = this.end - this.start
    const begun = Math.min(4 + Math.max(0, this.peek() ?? 0), 4 + this.maxFrameBytes)
    const own = Buffer.allocUnsafe(Math.max(left + more, begun))
    this.bytes.copy(own, 0, this.start, this.end)
    this.bytes = own
    this.start = 0
    this.end = left
    this.isBorrowed = false
  }
}

/** Bytes [start, end) of `bytes`, valid until more are received. */
export interface Frame {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

const nothing = Buffer.alloc(0)
