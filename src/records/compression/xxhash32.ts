const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function littleEndian(buffer: Buffer, at: number): number {
  return (
    (buffer[at] as number) |
    ((buffer[at + 1] as number) << 8) |
    ((buffer[at + 2] as number) << 16) |
    ((buffer[at + 3] as number) << 24)
  )
}

function round(accumulator: number, lane: number): number {
  return Math.imul(rotate((accumulator + Math.imul(lane, PRIME_2)) | 0, 13), PRIME_1)
}

/**
 * xxHash, 32 bits, seed 0: the checksum inside LZ4 frames.
 * Source: the xxHash specification (Cyan4973/xxHash doc/xxhash_spec.md).
 */
export function xxhash32(buffer: Buffer, start: number, end: number): number {
  let at = start
  let hash: number
  if (end - start >= 16) {
    let a = (PRIME_1 + PRIME_2) | 0
    let b = PRIME_2 | 0
    let c = 0
    let d = -PRIME_1 | 0
    for (; end - at >= 16; at += 16) {
      a = round(a, littleEndian(buffer, at))
      b = round(b, littleEndian(buffer, at + 4))
      c = round(c, littleEndian(buffer, at + 8))
      d = round(d, littleEndian(buffer, at + 12))
    }
    hash = (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0
  } else {
    hash = PRIME_5 | 0
  }
  hash = (hash + (end - start)) | 0
  for (; end - at >= 4; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(littleEndian(buffer, at), PRIME_3)) | 0, 17), PRIME_4)
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate((hash + Math.imul(buffer[at] as number, PRIME_5)) | 0, 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}
