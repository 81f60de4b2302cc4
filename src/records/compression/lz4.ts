import { createRequire } from 'node:module'
import { CompressionError, tooLarge, type Codec } from './codec.ts'
import { xxhash32 } from './xxhash32.ts'

/**
 * The LZ4 frame, little-endian, as Kafka uses it: blocks are independent of each other.
 *
 *     magic 04 22 4D 18 | FLG | BD | content size int64, if FLG bit 3 | HC | block* | end mark 00 00 00 00
 *                                                                           | content checksum int32, if FLG bit 2
 *     FLG: version (01) in bits 7-6, independent blocks in 5, block checksums in 4, content size in 3, content checksum in 2
 *     BD:  largest block in bits 6-4: 4 = 64 KB, 5 = 256 KB, 6 = 1 MB, 7 = 4 MB
 *     HC:  second byte of xxHash32 over FLG … content size
 *     block: int32, top bit set when stored plainly, the rest is the length | data | checksum int32, if FLG bit 4
 *
 * Messages of magic 0 carry an HC that is computed over the magic number as well (KAFKA-3160): readers of magic 0
 * therefore do not look at it, and writers for magic 0 repeat the mistake.
 * Source: lz4_Frame_format.md; org.apache.kafka.common.compress.Lz4BlockInputStream.
 */
const MAGIC = Buffer.from([0x04, 0x22, 0x4d, 0x18])
const FLG_VERSION = 0x40
const FLG_INDEPENDENT = 0x20
const FLG_BLOCK_CHECKSUM = 0x10
const FLG_CONTENT_SIZE = 0x08
const FLG_CONTENT_CHECKSUM = 0x04
/** 64 KB: what Kafka's own writer uses. */
const BLOCK_BYTES = 64 * 1024
const BD_64KB = 4 << 4
const STORED = 0x80000000
/** LZ4 cannot make more than 255 bytes out of one. */
const MAX_RATIO = 255

interface Lz4Package {
  /** A raw block behind its decompressed length, little-endian. */
  compressSync(data: Buffer): Buffer
  uncompressSync(data: Uint8Array): Buffer
}

let loaded: Lz4Package | undefined

function lz4Package(): Lz4Package {
  return (loaded ??= createRequire(import.meta.url)('lz4-napi') as Lz4Package)
}

/** LZ4 for magic 1 and 2. The package has one level only: `level` is not used. */
export const lz4: Codec = {
  compress: (source) => compressFrame(source, false),
  decompress: (source, start, end, maxBytes) => decompressFrame(source, start, end, maxBytes, true),
}

/** LZ4 for magic 0, with its broken header checksum. */
export const lz4Legacy: Codec = {
  compress: (source) => compressFrame(source, true),
  decompress: (source, start, end, maxBytes) => decompressFrame(source, start, end, maxBytes, false),
}

function compressFrame(source: Buffer, brokenChecksum: boolean): Buffer {
  const header = Buffer.from([...MAGIC, FLG_VERSION | FLG_INDEPENDENT, BD_64KB, 0])
  header[6] = xxhash32(header, brokenChecksum ? 0 : MAGIC.length, 6) >>> 8
  const parts: Buffer[] = [header]
  for (let at = 0; at < source.length; at += BLOCK_BYTES) {
    const plain = source.subarray(at, at + BLOCK_BYTES)
    const packed = lz4Package().compressSync(plain).subarray(4)
    const length = Buffer.allocUnsafe(4)
    if (packed.length < plain.length) {
      length.writeUInt32LE(packed.length)
      parts.push(length, packed)
    } else {
      length.writeUInt32LE((plain.length | STORED) >>> 0)
      parts.push(length, plain)
    }
  }
  parts.push(Buffer.alloc(4))
  return Buffer.concat(parts)
}

function decompressFrame(
  source: Buffer,
  start: number,
  end: number,
  maxBytes: number,
  checkHeader: boolean,
): Buffer {
  if (end - start < 7 || source.compare(MAGIC, 0, 4, start, start + 4) !== 0) {
    throw new CompressionError('lz4: not a frame')
  }
  const flg = source[start + 4] as number
  if ((flg & 0xc0) !== FLG_VERSION) throw new CompressionError(`lz4: frame version ${flg >>> 6}`)
  if ((flg & FLG_INDEPENDENT) === 0) throw new CompressionError('lz4: blocks that depend on each other')
  const sizeCode = ((source[start + 5] as number) >>> 4) & 7
  if (sizeCode < 4) throw new CompressionError(`lz4: block size code ${sizeCode}`)
  const maxBlockBytes = 2 ** (2 * sizeCode + 8)
  const headerEnd = start + 6 + ((flg & FLG_CONTENT_SIZE) !== 0 ? 8 : 0)
  if (headerEnd >= end) throw new CompressionError('lz4: the frame ends in its header')
  if (checkHeader && ((xxhash32(source, start + 4, headerEnd) >>> 8) & 0xff) !== source[headerEnd]) {
    throw new CompressionError('lz4: the header checksum is wrong')
  }
  return decompressBlocks(source, headerEnd + 1, end, flg, maxBlockBytes, maxBytes)
}

function decompressBlocks(
  source: Buffer,
  start: number,
  end: number,
  flg: number,
  maxBlockBytes: number,
  maxBytes: number,
): Buffer {
  const checksumBytes = (flg & FLG_BLOCK_CHECKSUM) !== 0 ? 4 : 0
  const parts: Buffer[] = []
  let left = maxBytes
  let at = start
  for (;;) {
    if (end - at < 4) throw new CompressionError('lz4: the frame has no end mark')
    const word = source.readUInt32LE(at)
    at += 4
    if (word === 0) break
    const length = word & 0x7fffffff
    if (length > maxBlockBytes) throw new CompressionError(`lz4: a block of ${length} bytes`)
    if (length + checksumBytes > end - at) throw new CompressionError('lz4: the frame ends inside a block')
    if (checksumBytes !== 0 && xxhash32(source, at, at + length) !== source.readUInt32LE(at + length)) {
      throw new CompressionError('lz4: a block checksum is wrong')
    }
    if (word >= STORED && length > left) throw tooLarge('lz4', maxBytes)
    const capacity = Math.min(maxBlockBytes, length * MAX_RATIO)
    let part: Buffer
    if (word >= STORED) part = source.subarray(at, at + length)
    else if (capacity <= left) part = decompressBlock(source, at, length, capacity)
    else part = decompressWithin(source, at, length, left, maxBytes)
    left -= part.length
    parts.push(part)
    at += length + checksumBytes
  }
  // The checksum of the content, where there is one, is skipped: Kafka does not verify it either, and the batch has
  // a checksum of its own.
  if ((flg & FLG_CONTENT_CHECKSUM) !== 0 && end - at < 4)
    throw new CompressionError('lz4: no content checksum')
  if (parts.length === 1 && parts[0]?.buffer !== source.buffer) return parts[0] as Buffer
  return Buffer.concat(parts)
}

/** A block that could be longer than what is left. If it is, the package only says that it did not fit. */
function decompressWithin(
  source: Buffer,
  at: number,
  length: number,
  left: number,
  maxBytes: number,
): Buffer {
  try {
    return decompressBlock(source, at, length, left)
  } catch {
    throw tooLarge('lz4', maxBytes)
  }
}

/** At most `capacity` bytes (4 MB) are taken for one block, however long it claims to become. */
function decompressBlock(source: Buffer, at: number, length: number, capacity: number): Buffer {
  const block = Buffer.allocUnsafe(4 + length)
  block.writeUInt32LE(capacity)
  source.copy(block, 4, at, at + length)
  try {
    return lz4Package().uncompressSync(block)
  } catch (cause) {
    throw new CompressionError('lz4: not a valid block', { cause })
  }
}
