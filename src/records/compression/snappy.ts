import { createRequire } from 'node:module'
import { readInt32, writeInt32 } from '../bytes.ts'
import { CompressionError, tooLarge, type Codec } from './codec.ts'

/**
 * Snappy as Kafka's Java client frames it (the "xerial" stream of snappy-java), and raw blocks, which some other
 * clients send:
 *
 *     stream:  82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version int32 = 1 | compatible version int32 = 1 | chunk*
 *     chunk:   length int32 | one raw snappy block of that length
 *     block:   varint of the decompressed length | literals and copies
 *
 * A stream may hold another stream's header where a chunk could begin (streams put end to end).
 */
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const HEADER_BYTES = 16
const STREAM_VERSION = 1
/** What snappy-java puts into one block, and what its readers expect at most. */
const BLOCK_BYTES = 32 * 1024

interface SnappyPackage {
  compressSync(input: Uint8Array, options: { copyOutputData: boolean }): Buffer
  uncompressSync(input: Uint8Array, options: { asBuffer: boolean; copyOutputData: boolean }): Buffer | string
}

/** Memory outside V8's heap costs three times the decompression itself to register and release: copy instead. */
const IN_HEAP = { asBuffer: true, copyOutputData: true }

let loaded: SnappyPackage | undefined

function snappyPackage(): SnappyPackage {
  return (loaded ??= createRequire(import.meta.url)('snappy') as SnappyPackage)
}

export const snappy: Codec = {
  compress(source) {
    const parts = [streamHeader()]
    for (let at = 0; at < source.length; at += BLOCK_BYTES) {
      const block = snappyPackage().compressSync(source.subarray(at, at + BLOCK_BYTES), IN_HEAP)
      const length = Buffer.allocUnsafe(4)
      writeInt32(length, 0, block.length)
      parts.push(length, block)
    }
    return Buffer.concat(parts)
  },

  decompress(source, start, end, maxBytes) {
    if (!startsStream(source, start, end)) return decompressBlock(source, start, end, maxBytes)
    const parts: Buffer[] = []
    let left = maxBytes
    let at = start
    while (at < end) {
      if (startsStream(source, at, end)) {
        at += HEADER_BYTES
        continue
      }
      if (end - at < 4) throw new CompressionError('snappy: a chunk without its length')
      const length = readInt32(source, at)
      at += 4
      if (length < 0 || length > end - at) throw new CompressionError(`snappy: a chunk of ${length} bytes`)
      const part = decompressBlock(source, at, at + length, left)
      left -= part.length
      at += length
      parts.push(part)
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  },
}

function streamHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  MAGIC.copy(header)
  writeInt32(header, 8, STREAM_VERSION)
  writeInt32(header, 12, STREAM_VERSION)
  return header
}

function startsStream(source: Buffer, at: number, end: number): boolean {
  return end - at >= HEADER_BYTES && source.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) === 0
}

function decompressBlock(source: Buffer, start: number, end: number, maxBytes: number): Buffer {
  const length = declaredLength(source, start, end)
  if (length > maxBytes) throw tooLarge('snappy', maxBytes)
  // The densest copy makes 64 bytes out of 3: a longer claim is a lie, and would only cost memory.
  if (length > (end - start) * 32) throw new CompressionError(`snappy: ${length} bytes from ${end - start}`)
  try {
    return snappyPackage().uncompressSync(source.subarray(start, end), IN_HEAP) as Buffer
  } catch (cause) {
    throw new CompressionError('snappy: not a valid block', { cause })
  }
}

function declaredLength(source: Buffer, start: number, end: number): number {
  let length = 0
  for (let i = 0; i < 5 && start + i < end; i++) {
    const byte = source[start + i] as number
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return length
  }
  throw new CompressionError('snappy: a block without its length')
}
