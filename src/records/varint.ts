const TWO_32 = 4_294_967_296
/** Seven bits a byte: five bytes carry 32 bits, ten carry 64. */
const MAX_VARINT_BYTES = 5
const MAX_VARLONG_BYTES = 10

/** How many bytes the zig-zag varint of a 32-bit number takes. */
export function sizeOfVarint(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 7
  let size = 1
  while (rest !== 0) {
    size++
    rest >>>= 7
  }
  return size
}

/** As `sizeOfVarint`, for whole numbers up to 2^53 either way. */
export function sizeOfVarlong(value: number): number {
  let rest = Math.floor((value >= 0 ? value : -value - 1) / 64)
  let size = 1
  while (rest > 0) {
    size++
    rest = Math.floor(rest / 128)
  }
  return size
}

/** Writes a zig-zag varint and returns the position after it. */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  while (rest >= 128) {
    buffer[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  buffer[at++] = rest
  return at
}

/** As `writeVarint`, for whole numbers up to 2^53 either way. */
export function writeVarlong(buffer: Buffer, at: number, value: number): number {
  // The sign takes the lowest bit. Doubled as a whole, a number near 2^53 would lose its own.
  const magnitude = value >= 0 ? value : -value - 1
  let low = (magnitude % 64) * 2 + (value >= 0 ? 0 : 1)
  let rest = Math.floor(magnitude / 64)
  while (rest > 0) {
    buffer[at++] = low | 0x80
    low = rest % 128
    rest = Math.floor(rest / 128)
  }
  buffer[at++] = low
  return at
}

/** Bytes that do not hold the varint, or the record, that should be there. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError'
}

/** Reads varints one after the other from a range of a buffer. What does not fit throws MalformedRecordError. */
export class VarintReader {
  buffer: Buffer
  position: number
  end: number

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer
    this.position = start
    this.end = end
  }

  varint(): number {
    let raw = 0
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte()
      raw |= (byte & 0x7f) << (7 * i)
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    throw new MalformedRecordError('a varint of more than five bytes')
  }

  /** Exact below 2^53; beyond, the nearest number. */
  varlong(): number {
    let low = 0
    let high = 0
    for (let i = 0; i < MAX_VARLONG_BYTES; i++) {
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

  /** A byte as it is, 0 to 255. */
  byte(): number {
    if (this.position >= this.end) throw new MalformedRecordError('the bytes end inside a record')
    return this.buffer[this.position++] as number
  }

  skip(length: number): void {
    if (length > this.end - this.position) throw new MalformedRecordError('the bytes end inside a record')
    this.position += length
  }

  /** `length` bytes as a view, or null for a negative length. */
  bytes(length: number): Buffer | null {
    if (length < 0) return null
    const start = this.position
    if (length > this.end - start) throw new MalformedRecordError('the bytes end inside a record')
    this.position = start + length
    return this.buffer.subarray(start, this.position)
  }
}

/** The number that 64 zig-zag bits stand for. */
export function zigZagOf(high: number, low: number): number {
  const negative = (low & 1) !== 0
  const halfLow = ((low >>> 1) | (high << 31)) >>> 0
  const halfHigh = high >>> 1
  const magnitude = halfHigh * TWO_32 + halfLow
  return negative ? -magnitude - 1 : magnitude
}
