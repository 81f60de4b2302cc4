const TWO_32 = 4_294_967_296

/** Big-endian integers at a position. No bounds are checked: callers know that the bytes are there. */

export function readInt8(buffer: Buffer, at: number): number {
  return ((buffer[at] as number) << 24) >> 24
}

export function readInt16(buffer: Buffer, at: number): number {
  return ((((buffer[at] as number) << 8) | (buffer[at + 1] as number)) << 16) >> 16
}

export function readInt32(buffer: Buffer, at: number): number {
  return (
    ((buffer[at] as number) << 24) |
    ((buffer[at + 1] as number) << 16) |
    ((buffer[at + 2] as number) << 8) |
    (buffer[at + 3] as number)
  )
}

export function readUint32(buffer: Buffer, at: number): number {
  return readInt32(buffer, at) >>> 0
}

/** Exact below 2^53; beyond, the nearest number. */
export function readInt64(buffer: Buffer, at: number): number {
  return readInt32(buffer, at) * TWO_32 + (readInt32(buffer, at + 4) >>> 0)
}

export function writeInt16(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 8
  buffer[at + 1] = value
}

export function writeInt32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}

export function writeInt64(buffer: Buffer, at: number, value: number): void {
  writeInt32(buffer, at, Math.floor(value / TWO_32))
  writeInt32(buffer, at + 4, value)
}
