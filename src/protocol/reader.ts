import { uuidFromBytes, type Uuid } from '../model/uuid.ts'
import { ProtocolError } from './protocol-error.ts'

const TWO_32 = 4_294_967_296

/** A tagged field that the declaration does not know: kept, so that re-encoding loses nothing. */
export interface RawTag {
  readonly tag: number
  readonly data: Buffer
}

/**
 * Array elements and unknown tagged fields that one message may hold in all. Any legal request stays far below;
 * without a bound, a frame of a hundred megabytes of empty strings would become gigabytes of objects.
 */
const MAX_ELEMENTS = 4_000_000
/** Bytes of a string. The compact form could hold more, but nobody may send it. */
const MAX_STRING_BYTES = 0x7fff

/**
 * Reads the protocol's primitives from a range of a buffer. Every length is checked against the bytes left before
 * anything is allocated; what does not fit throws ProtocolError.
 * Source: org.apache.kafka.common.protocol.types.Type; KIP-482 for the compact forms.
 */
export class Reader {
  private buffer: Buffer
  private view: DataView
  private position: number
  private end: number
  private elementsLeft = MAX_ELEMENTS

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer
    this.view = viewOf(buffer)
    this.position = start
    this.end = end
  }

  /** Starts anew on another range, so that one reader serves many frames. */
  reset(buffer: Buffer, start: number, end: number): this {
    if (buffer !== this.buffer) {
      this.buffer = buffer
      this.view = viewOf(buffer)
    }
    this.position = start
    this.end = end
    this.elementsLeft = MAX_ELEMENTS
    return this
  }

  get offset(): number {
    return this.position
  }

  get remaining(): number {
    return this.end - this.position
  }

  /** The int16 that lies `ahead` bytes further on, without moving there. */
  peekInt16(ahead = 0): number {
    if (this.remaining < ahead + 2)
      throw new ProtocolError(`${this.remaining} bytes left, an int16 wanted at ${ahead}`)
    return this.view.getInt16(this.position + ahead)
  }

  private take(count: number): number {
    const at = this.position
    if (count < 0 || count > this.end - at) {
      throw new ProtocolError(`${count} bytes wanted at ${at}, ${this.end - at} left`)
    }
    this.position = at + count
    return at
  }

  bool(): boolean {
    return this.buffer[this.take(1)] !== 0
  }

  int8(): number {
    return this.view.getInt8(this.take(1))
  }

  uint8(): number {
    return this.buffer[this.take(1)] as number
  }

  int16(): number {
    return this.view.getInt16(this.take(2))
  }

  uint16(): number {
    return this.view.getUint16(this.take(2))
  }

  int32(): number {
    return this.view.getInt32(this.take(4))
  }

  uint32(): number {
    return this.view.getUint32(this.take(4))
  }

  int64(): number {
    const at = this.take(8)
    return this.view.getInt32(at) * TWO_32 + this.view.getUint32(at + 4)
  }

  bigint64(): bigint {
    return this.view.getBigInt64(this.take(8))
  }

  float64(): number {
    return this.view.getFloat64(this.take(8))
  }

  uuid(): Uuid {
    return uuidFromBytes(this.buffer, this.take(16))
  }

  /** At most five bytes, seven bits each, least significant first. */
  unsignedVarint(): number {
    const first = this.uint8()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.uint8()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    throw new ProtocolError('a varint of more than five bytes')
  }

  /** Zig-zag: the sign in the lowest bit. */
  varint(): number {
    const raw = this.unsignedVarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  string(): string {
    return required(this.nullableString(), 'a string')
  }

  nullableString(): string | null {
    return this.text(this.int16())
  }

  compactString(): string {
    return required(this.compactNullableString(), 'a string')
  }

  compactNullableString(): string | null {
    return this.text(this.unsignedVarint() - 1)
  }

  private text(length: number): string | null {
    if (length < 0) return null
    if (length > MAX_STRING_BYTES) throw new ProtocolError(`a string of ${length} bytes`)
    const at = this.take(length)
    return this.buffer.toString('utf8', at, at + length)
  }

  bytes(): Buffer {
    return required(this.nullableBytes(), 'bytes')
  }

  nullableBytes(): Buffer | null {
    const slice = this.nullableRecords()
    return slice === null ? null : Buffer.from(slice)
  }

  compactBytes(): Buffer {
    return required(this.compactNullableBytes(), 'bytes')
  }

  compactNullableBytes(): Buffer | null {
    const slice = this.compactNullableRecords()
    return slice === null ? null : Buffer.from(slice)
  }

  records(): Buffer {
    return required(this.nullableRecords(), 'records')
  }

  nullableRecords(): Buffer | null {
    return this.slice(this.int32())
  }

  compactRecords(): Buffer {
    return required(this.compactNullableRecords(), 'records')
  }

  compactNullableRecords(): Buffer | null {
    return this.slice(this.unsignedVarint() - 1)
  }

  private slice(length: number): Buffer | null {
    if (length < 0) return null
    const at = this.take(length)
    return this.buffer.subarray(at, at + length)
  }

  /** How many elements follow; negative for a null array. */
  arrayLength(): number {
    return this.elements(this.int32())
  }

  compactArrayLength(): number {
    return this.elements(this.unsignedVarint() - 1)
  }

  private elements(count: number): number {
    if (count <= 0) return count
    // Every element takes a byte at least.
    if (count > this.end - this.position)
      throw new ProtocolError(`${count} elements in ${this.remaining} bytes`)
    this.elementsLeft -= count
    if (this.elementsLeft < 0) throw new ProtocolError(`more than ${MAX_ELEMENTS} elements in one message`)
    return count
  }

  /** How many tagged fields follow. */
  tagCount(): number {
    return this.elements(this.unsignedVarint())
  }

  /** The tagged fields at the end of a struct that declares none. Null when there are none, which is the rule. */
  unknownTags(): RawTag[] | null {
    const count = this.tagCount()
    if (count === 0) return null
    const tags: RawTag[] = []
    for (let i = 0; i < count; i++) tags.push(this.rawTag(this.unsignedVarint()))
    return tags
  }

  /** The size and the bytes of a tagged field whose number has been read. */
  rawTag(tag: number): RawTag {
    const size = this.unsignedVarint()
    const at = this.take(size)
    return { tag, data: Buffer.from(this.buffer.subarray(at, at + size)) }
  }

  /**
   * Fails unless the tagged field that began at `start` with `size` bytes has been read exactly. Unlike Kafka, which
   * goes on wherever the field happened to end, because nobody writes such bytes on purpose.
   */
  endOfTag(start: number, size: number): void {
    if (this.position !== start + size) {
      throw new ProtocolError(`a tagged field of ${size} bytes, of which ${this.position - start} were read`)
    }
  }
}

function required<T>(value: T | null, what: string): T {
  if (value === null) throw new ProtocolError(`null where ${what} must be`)
  return value
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
