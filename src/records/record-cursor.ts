import { MalformedRecordError, zigZagOf } from './varint.ts'

const NOTHING = Buffer.alloc(0)

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

  /** Moves to the record that begins at `start`. Throws MalformedRecordError. */
  moveTo(start: number): void {
    this.start = start
    this.at = start
    const length = this.varint()
    const next = this.at + length
    if (length < 0 || next > this.end) throw new MalformedRecordError(`a record of ${length} bytes`)
    this.next = next
    this.at++ // Attributes: no bit has a meaning.
    this.timestampDelta = this.varlong()
    this.restAt = this.at
    this.offsetDelta = this.varint()
    this.keyLength = this.varint()
    this.keyAt = this.at
    if (this.keyLength > 0) this.at += this.keyLength
    if (this.at >= next) throw new MalformedRecordError(`a key of ${this.keyLength} bytes`)
    this.valueLength = this.varint()
    if (this.valueLength > next - this.at) {
      throw new MalformedRecordError(`a value of ${this.valueLength} bytes`)
    }
  }

  private varint(): number {
    let raw = this.byte()
    if (raw >= 0x80) {
      let byte = raw
      raw &= 0x7f
      for (let shift = 7; byte >= 0x80; shift += 7) {
        if (shift > 28) throw new MalformedRecordError('a varint of more than five bytes')
        byte = this.byte()
        raw |= (byte & 0x7f) << shift
      }
    }
    return (raw >>> 1) ^ -(raw & 1)
  }

  private varlong(): number {
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      const byte = this.byte()
      const bits = byte & 0x7f
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (7 * i - 32)
      if (byte < 0x80) return zigZagOf(high, low)
    }
    throw new MalformedRecordError('a varlong of more than ten bytes')
  }

  private byte(): number {
    if (this.at >= this.end) throw new MalformedRecordError('the bytes end inside a record')
    return this.bytes[this.at++] as number
  }
}
