import type { Uuid } from '../model/uuid.ts'
import { assert } from '../std/assert.ts'
import type { RawTag } from './reader.ts'

const TWO_32 = 4_294_967_296
const TWO_63 = 9_223_372_036_854_775_808
const CHUNK_BYTES = 16 * 1024
const NO_CHUNK = Buffer.alloc(0)
/** Strings up to this length (in UTF-16 units) are tried as ASCII first. */
const SHORT_STRING = 40
const MAX_STRING_BYTES = 0x7fff
/** From this size on, record bytes are spliced in by reference: a copy would cost more than another buffer in the list. */
const BY_REFERENCE_BYTES = 4096

/**
 * Writes the protocol's primitives into a list of buffers. Record batches go in by reference, everything else is
 * copied into chunks. One writer may hold many frames: `beginFrame`, the content, `endFrame`.
 */
export class Writer {
  private chunk: Buffer
  private view: DataView
  private position = 0
  /** Where in `chunk` the bytes begin that are not yet in `parts`. */
  private pieceStart = 0
  private parts: Buffer[] = []
  private partBytes = 0
  private sizeChunk: Buffer | null = null
  private sizeAt = 0
  private sizeFrom = 0

  constructor(chunkBytes = CHUNK_BYTES) {
    this.chunk = Buffer.allocUnsafeSlow(chunkBytes)
    this.view = new DataView(this.chunk.buffer)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.partBytes + this.position - this.pieceStart
  }

  /** Begins a frame: four bytes for its size, which `endFrame` fills in. */
  beginFrame(): void {
    this.room(4)
    this.sizeChunk = this.chunk
    this.sizeAt = this.position
    this.position += 4
    this.sizeFrom = this.length
  }

  endFrame(): void {
    assert(this.sizeChunk !== null, 'a frame ends that did not begin')
    this.sizeChunk.writeInt32BE(this.length - this.sizeFrom, this.sizeAt)
    this.sizeChunk = null
  }

  /**
   * Everything written since the last call, in order. The writer goes on in the same memory after it: the buffers
   * stay as they are until `reuse` is called.
   */
  takeBuffers(): Buffer[] {
    this.cut()
    const parts = this.parts
    this.parts = []
    this.partBytes = 0
    return parts
  }

  /** The chunk's memory may be overwritten: nobody looks at the buffers taken before any more. */
  reuse(): void {
    assert(this.length === 0, 'a writer with unsent bytes is used again')
    this.position = 0
    this.pieceStart = 0
  }

  /** Leaves the chunk to those who still look at it; the writer goes on in new memory. */
  retire(): void {
    assert(this.length === 0, 'a writer with unsent bytes is retired')
    this.chunk = NO_CHUNK
    this.position = 0
    this.pieceStart = 0
  }

  /** All bytes in one buffer. */
  toBuffer(): Buffer {
    const parts = this.takeBuffers()
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
  }

  private cut(): void {
    if (this.position === this.pieceStart) return
    this.parts.push(this.chunk.subarray(this.pieceStart, this.position))
    this.partBytes += this.position - this.pieceStart
    this.pieceStart = this.position
  }

  private room(count: number): void {
    if (this.position + count <= this.chunk.length) return
    this.cut()
    this.chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, count))
    this.view = new DataView(this.chunk.buffer)
    this.position = 0
    this.pieceStart = 0
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    this.room(1)
    this.chunk[this.position++] = value
  }

  int16(value: number): void {
    this.room(2)
    this.view.setInt16(this.position, value)
    this.position += 2
  }

  uint16(value: number): void {
    this.int16(value)
  }

  int32(value: number): void {
    this.room(4)
    this.view.setInt32(this.position, value)
    this.position += 4
  }

  uint32(value: number): void {
    this.int32(value | 0)
  }

  int64(value: number): void {
    if (value >= TWO_63) {
      this.int32(0x7fffffff)
      this.int32(-1)
      return
    }
    assert(Number.isInteger(value) && value >= -TWO_63, `${value} is not a 64-bit integer`)
    const high = Math.floor(value / TWO_32)
    this.int32(high)
    this.int32((value - high * TWO_32) | 0)
  }

  bigint64(value: bigint): void {
    this.room(8)
    this.chunk.writeBigInt64BE(value, this.position)
    this.position += 8
  }

  float64(value: number): void {
    this.room(8)
    this.chunk.writeDoubleBE(value, this.position)
    this.position += 8
  }

  uuid(value: Uuid): void {
    this.room(16)
    const written = this.chunk.write(value, this.position, 16, 'base64url')
    assert(value.length === 22 && written === 16, `${value} is not a uuid`)
    this.position += 16
  }

  unsignedVarint(value: number): void {
    this.room(5)
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.chunk[this.position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.chunk[this.position++] = rest
  }

  /** Zig-zag: the sign in the lowest bit. */
  varint(value: number): void {
    this.unsignedVarint((value << 1) ^ (value >> 31))
  }

  string(value: string): void {
    this.room(SHORT_STRING + 2)
    if (this.shortAscii(value, 2)) {
      this.int16(value.length)
      this.position += value.length
      return
    }
    const length = stringBytes(value)
    this.int16(length)
    this.text(value, length)
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1)
    else this.string(value)
  }

  compactString(value: string): void {
    this.room(SHORT_STRING + 1)
    if (this.shortAscii(value, 1)) {
      this.chunk[this.position] = value.length + 1
      this.position += value.length + 1
      return
    }
    const length = stringBytes(value)
    this.unsignedVarint(length + 1)
    this.text(value, length)
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactString(value)
  }

  /**
   * Writes a string `ahead` bytes further on if it is short and plain; there must be room. Most strings of the protocol
   * are, and asking the engine for their size and bytes costs more than this loop.
   */
  private shortAscii(value: string, ahead: number): boolean {
    const count = value.length
    if (count > SHORT_STRING) return false
    const at = this.position + ahead
    for (let i = 0; i < count; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      this.chunk[at + i] = code
    }
    return true
  }

  private text(value: string, length: number): void {
    this.room(length)
    this.position += this.chunk.write(value, this.position, length, 'utf8')
  }

  bytes(value: Buffer): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Buffer | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Buffer): void {
    this.unsignedVarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Buffer | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactBytes(value)
  }

  records(value: Buffer | readonly Buffer[]): void {
    this.int32(byteCount(value))
    this.splice(value)
  }

  nullableRecords(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) this.int32(-1)
    else this.records(value)
  }

  compactRecords(value: Buffer | readonly Buffer[]): void {
    this.unsignedVarint(byteCount(value) + 1)
    this.splice(value)
  }

  compactNullableRecords(value: Buffer | readonly Buffer[] | null): void {
    if (value === null) this.unsignedVarint(0)
    else this.compactRecords(value)
  }

  private splice(value: Buffer | readonly Buffer[]): void {
    if (Buffer.isBuffer(value)) this.reference(value)
    else for (const part of value) this.reference(part)
  }

  private reference(part: Buffer): void {
    if (part.length < BY_REFERENCE_BYTES) {
      this.raw(part)
      return
    }
    this.cut()
    this.parts.push(part)
    this.partBytes += part.length
  }

  raw(value: Buffer): void {
    this.room(value.length)
    this.chunk.set(value, this.position)
    this.position += value.length
  }

  arrayLength(count: number): void {
    this.int32(count)
  }

  compactArrayLength(count: number): void {
    this.unsignedVarint(count + 1)
  }

  /** One tagged field: its number, its size, and what `content` writes. */
  taggedField(tag: number, content: (writer: Writer) => void): void {
    const inner = new Writer(256)
    content(inner)
    this.unsignedVarint(tag)
    this.unsignedVarint(inner.length)
    this.raw(inner.toBuffer())
  }

  rawTags(tags: readonly RawTag[] | undefined): void {
    for (const { tag, data } of tags ?? []) {
      this.unsignedVarint(tag)
      this.unsignedVarint(data.length)
      this.raw(data)
    }
  }
}

function stringBytes(value: string): number {
  const length = Buffer.byteLength(value)
  assert(length <= MAX_STRING_BYTES, `a string of ${length} bytes where ${MAX_STRING_BYTES} fit`)
  return length
}

function byteCount(value: Buffer | readonly Buffer[]): number {
  if (Buffer.isBuffer(value)) return value.length
  let total = 0
  for (const part of value) total += part.length
  return total
}
