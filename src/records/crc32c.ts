import { createRequire } from 'node:module'

/** The reversed Castagnoli polynomial. */
const POLYNOMIAL = 0x82f63b78
/** From this length on the native function is faster than the tables, its call (about 170 ns) included. */
const NATIVE_FROM_BYTES = 224

type NativeCrc = (input: Uint8Array, initialState?: number) => number

/** Eight tables of 256: entry (k, b) is the checksum of byte b followed by k zero bytes. */
function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] as number
    tables[i] = (tables[previous & 0xff] as number) ^ (previous >>> 8)
  }
  return tables
}

// What follows is remembered, not state: the same answers whether it is there yet or not. Built on first use, so that
// importing this file costs nothing.
let tables: Int32Array | null = null
let native: NativeCrc | null | undefined

function loadNative(): NativeCrc | null {
  try {
    const module = createRequire(import.meta.url)('@node-rs/crc32') as { crc32c?: NativeCrc }
    return module.crc32c ?? null
  } catch {
    return null // No build for this platform: the tables do the work.
  }
}

/**
 * CRC-32C of `buffer[start, end)` as an unsigned number.
 * Source: RFC 3720 appendix B.4; java.util.zip.CRC32C.
 */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length): number {
  if (end - start < NATIVE_FROM_BYTES) return crc32cByTables(buffer, start, end)
  if (native === undefined) native = loadNative()
  if (native === null) return crc32cByTables(buffer, start, end)
  return native(buffer.subarray(start, end)) >>> 0
}

/** As `crc32c`, eight bytes a step, without native code. */
export function crc32cByTables(buffer: Buffer, start = 0, end = buffer.length): number {
  const t = (tables ??= buildTables())
  let crc = -1
  let at = start
  for (; end - at >= 8; at += 8) {
    const b0 = (crc ^ (buffer[at] as number)) & 0xff
    const b1 = ((crc >>> 8) ^ (buffer[at + 1] as number)) & 0xff
    const b2 = ((crc >>> 16) ^ (buffer[at + 2] as number)) & 0xff
    const b3 = ((crc >>> 24) ^ (buffer[at + 3] as number)) & 0xff
    crc =
      (t[0x700 + b0] as number) ^
      (t[0x600 + b1] as number) ^
      (t[0x500 + b2] as number) ^
      (t[0x400 + b3] as number) ^
      (t[0x300 + (buffer[at + 4] as number)] as number) ^
      (t[0x200 + (buffer[at + 5] as number)] as number) ^
      (t[0x100 + (buffer[at + 6] as number)] as number) ^
      (t[buffer[at + 7] as number] as number)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (t[(crc ^ (buffer[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}
