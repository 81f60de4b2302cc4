import * as zlib from 'node:zlib'
import { CompressionError, tooLarge, type Codec } from './codec.ts'

/**
 * Zstandard frames (RFC 8878), by node:zlib where it can (Node 22.15 and later), else by a WebAssembly build of the
 * reference library.
 *
 *     frame: magic 28 B5 2F FD | descriptor | window | dictionary id | content size | block* | checksum
 *     block: 3 bytes little-endian: last (1 bit), type (2 bits: raw, run, compressed), size (21 bits) | data
 *
 * The headers are walked before anything is decompressed: they bound how much can come out.
 */
const FRAME_MAGIC = 0xfd2fb528
/** Sixteen magic numbers from here on begin frames of user data, to be skipped. */
const SKIPPABLE_MAGIC = 0x184d2a50
/** No block becomes longer than this, whatever its frame says. */
const MAX_BLOCK_BYTES = 128 * 1024
const DEFAULT_LEVEL = 3

/** The part of node:zlib that the types of Node 20 do not know. */
interface ZlibWithZstd {
  constants: { ZSTD_c_compressionLevel?: number }
  zstdCompressSync?(source: Uint8Array, options: { params: Record<number, number> }): Buffer
  zstdDecompressSync?(source: Uint8Array, options: { maxOutputLength: number }): Buffer
}

interface ZstdWasm {
  init(): Promise<void>
  compress(source: Uint8Array, level: number): Uint8Array
  decompress(source: Uint8Array, options: { defaultHeapSize: number }): Uint8Array
}

const native = zlib as unknown as ZlibWithZstd
let wasm: ZstdWasm | null = null
let loading: Promise<void> | null = null

/**
 * Makes `zstd` usable: loads the WebAssembly build (about 4 ms, 2 MB) where node:zlib has no Zstandard, else nothing.
 * Whoever composes a broker awaits it once before batches are taken in; the codec itself is synchronous, and refuses
 * to work before.
 */
export function prepareZstd(): Promise<void> {
  if (native.zstdDecompressSync !== undefined) return Promise.resolve()
  return (loading ??= loadWasm())
}

async function loadWasm(): Promise<void> {
  // An import that a bundler can follow: the bundle carries the WebAssembly with it.
  const module = (await import('@bokuweb/zstd-wasm')) as ZstdWasm
  await module.init()
  wasm = module
}

export const zstd: Codec = {
  compress(source, level) {
    if (native.zstdCompressSync !== undefined) {
      const parameter = native.constants.ZSTD_c_compressionLevel as number
      return native.zstdCompressSync(source, { params: { [parameter]: level ?? DEFAULT_LEVEL } })
    }
    return asBuffer(wasmBuild().compress(source, level ?? DEFAULT_LEVEL))
  },

  decompress(source, start, end, maxBytes) {
    const parts: Buffer[] = []
    let left = maxBytes
    let at = start
    while (at < end) {
      const frame = walkFrame(source, at, end)
      if (frame.atMostBytes > left && frame.contentBytes !== null) throw tooLarge('zstd', maxBytes)
      if (frame.atMostBytes > 0) {
        const part = decompressFrame(
          source.subarray(at, frame.end),
          Math.min(frame.atMostBytes, left),
          frame,
          maxBytes,
        )
        left -= part.length
        parts.push(part)
      }
      at = frame.end
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  },
}

interface Frame {
  readonly end: number
  /** What the frame says it holds, or null when it does not say. */
  readonly contentBytes: number | null
  /** More than this cannot come out. 0 for a frame to be skipped. */
  readonly atMostBytes: number
}

function decompressFrame(bytes: Buffer, capacity: number, frame: Frame, maxBytes: number): Buffer {
  try {
    if (native.zstdDecompressSync !== undefined) {
      return native.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, capacity) })
    }
    return asBuffer(wasmBuild().decompress(bytes, { defaultHeapSize: capacity }))
  } catch (cause) {
    // Where the limit was below what the blocks could hold, a failure most likely means that they did hold more.
    if (capacity < frame.atMostBytes || cause instanceof RangeError) throw tooLarge('zstd', maxBytes)
    throw new CompressionError('zstd: not a valid frame', { cause })
  }
}

function wasmBuild(): ZstdWasm {
  if (wasm === null) throw new CompressionError('zstd: used before it was prepared')
  return wasm
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function walkFrame(source: Buffer, start: number, end: number): Frame {
  if (end - start < 5) throw truncated()
  const magic = source.readUInt32LE(start)
  if (magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16) {
    if (end - start < 8) throw truncated()
    const frameEnd = start + 8 + source.readUInt32LE(start + 4)
    if (frameEnd > end) throw truncated()
    return { end: frameEnd, contentBytes: 0, atMostBytes: 0 }
  }
  if (magic !== FRAME_MAGIC) throw new CompressionError('zstd: not a frame')
  const descriptor = source[start + 4] as number
  const singleSegment = (descriptor & 0x20) !== 0
  const windowBytes = singleSegment ? 0 : 1
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const sizeCode = descriptor >>> 6
  const sizeBytes = sizeCode === 0 ? (singleSegment ? 1 : 0) : 2 ** sizeCode
  const sizeAt = start + 5 + windowBytes + dictionaryBytes
  const blocksAt = sizeAt + sizeBytes
  if (blocksAt > end) throw truncated()
  const contentBytes = sizeBytes === 0 ? null : contentSize(source, sizeAt, sizeBytes)
  return walkBlocks(source, blocksAt, end, contentBytes, (descriptor & 0x04) !== 0 ? 4 : 0)
}

function walkBlocks(
  source: Buffer,
  start: number,
  end: number,
  contentBytes: number | null,
  checksumBytes: number,
): Frame {
  let atMostBytes = 0
  let at = start
  for (let last = false; !last;) {
    if (end - at < 3) throw truncated()
    const header = source.readUIntLE(at, 3)
    last = (header & 1) !== 0
    const type = (header >>> 1) & 3
    const size = header >>> 3
    if (type === 3) throw new CompressionError('zstd: a block of reserved type')
    if (type === 2) atMostBytes += MAX_BLOCK_BYTES
    else atMostBytes += size
    at += 3 + (type === 1 ? 1 : size)
    if (at > end) throw truncated()
  }
  if (at + checksumBytes > end) throw truncated()
  if (contentBytes !== null && contentBytes > atMostBytes) {
    throw new CompressionError(`zstd: ${contentBytes} bytes announced, at most ${atMostBytes} there`)
  }
  return { end: at + checksumBytes, contentBytes, atMostBytes: contentBytes ?? atMostBytes }
}

function contentSize(source: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(source.readBigUInt64LE(at))
  return source.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function truncated(): CompressionError {
  return new CompressionError('zstd: the frame ends too early')
}
