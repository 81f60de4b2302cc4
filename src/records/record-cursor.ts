import { MalformedRecordError, zigZagOf } from './varint.ts'

const NOTHING = Buffer.alloc(0)
/** Attributes, timestamp, offset, key length, value length, header count: a byte each at least. */
const MIN_BODY_BYTES = 6

/**
 * Walks the records of an unpacked batch of magic 2 without making an object for each: the fields are those of the
 * record it stands on. For work on whole segments, where an object per record would cost more than all the rest.
 */
export class RecordCursor {
  bytes: Buffer = NOTHING
  /** Where the record begins, its length included. */
  start = 0
  /** Where the next one begins. */
  next = 0
  timestampDelta = 0
  /** Behind the timestamp delta: from here to `next` nothing depends on the batch's base timestamp. */
  restAt = 0
  offsetDelta = 0
  keyAt = 0
  /** -1 for no key. */
  keyLength = -1
  /** -1 for no value: the record deletes its key. */
  valueLength = -1
  private end = 0
  private at = 0

  /** Goes before the first record of `bytes`. */
  open(bytes: Buffer): void {
    this.bytes = bytes
    this.next = 0
    this.end = bytes.length
  }

  /** Lets go of the bytes. */
  close(): void {
    this.open(NOTHING)
  }

  /** Moves to the next record; false behind the last one. Throws MalformedRecordError. */
  advance(): boolean {
    if (this.next >= this.end) return false
    this.moveTo(this.next)
    return true
  }

  /**
   * Moves to the record that begins at `start`. Throws MalformedRecordError. Lengths and deltas are mostly of one or
   * two bytes; what is longer is left to methods. Reading past the end gives nothing that a later check would accept.
   */
  moveTo(start: number): void {
    const { bytes } = this
    let at = start
    let raw = bytes[at++] as number
    if (raw >= 0x80) {
      raw = this.longer(raw, at)
      at = this.at
    }
    const next = at + ((raw >>> 1) ^ -(raw & 1))
    if (next > this.end || next < at + MIN_BODY_BYTES) {
      throw new MalformedRecordError(`a record of ${next - at} bytes`)
    }
    at++ // Attributes: no bit has a meaning.
    raw = bytes[at++] as number
    if (raw < 0x80) this.timestampDelta = (raw >>> 1) ^ -(raw & 1)
    else {
      this.timestampDelta = this.longDelta(at - 1)
      at = this.at
    }
    this.start = start
    this.next = next
    this.restAt = at
    raw = bytes[at++] as number
    if (raw >= 0x80) {
      raw = this.longer(raw, at)
      at = this.at
    }
    this.offsetDelta = (raw >>> 1) ^ -(raw & 1)
    raw = bytes[at++] as number
    if (raw >= 0x80) {
      raw = this.longer(raw, at)
      at = this.at
    }
    const keyLength = (raw >>> 1) ^ -(raw & 1)
    this.keyLength = keyLength
    this.keyAt = at
    if (keyLength > 0) at += keyLength
    if (at >= next) throw new MalformedRecordError(`a key of ${keyLength} bytes`)
    raw = bytes[at++] as number
    if (raw >= 0x80) {
      raw = this.longer(raw, at)
      at = this.at
    }
    const valueLength = (raw >>> 1) ^ -(raw & 1)
    this.valueLength = valueLength
    if (valueLength > next - at) throw new MalformedRecordError(`a value of ${valueLength} bytes`)
  }

  /** The rest of a varint that begins with `raw`, from `at` on, not yet unfolded. Leaves its end in `at`. */
  private longer(raw: number, at: number): number {
    let byte = raw
    raw &= 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (shift > 28) throw new MalformedRecordError('a varint of more than five bytes')
      byte = this.bytes[at++] as number
      raw |= (byte & 0x7f) << shift
    }
    this.at = at
    return raw
  }

  private longDelta(at: number): number {
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.bytes[at++] as number
      const bits = byte & 0x7f
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (7 * i - 32)
      if (!(byte >= 0x80)) {
        this.at = at
        return i < 4 ? (low >>> 1) ^ -(low & 1) : zigZagOf(high, low)
      }
    }
    throw new MalformedRecordError('a varlong of more than ten bytes')
  }
}
