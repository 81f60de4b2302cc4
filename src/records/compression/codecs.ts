import { CompressionError, type Codec, type CompressionType } from './codec.ts'
import { gzip } from './gzip.ts'
import { lz4, lz4Legacy } from './lz4.ts'
import { snappy } from './snappy.ts'
import { zstd } from './zstd.ts'

/** The numbers of the compression types: bits 0–2 of a batch's attributes. */
export const COMPRESSION_IDS: Readonly<Record<CompressionType, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
}

const typeById: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

const plain: Codec = {
  compress: (source) => Buffer.from(source),
  decompress: (source, start, end) => source.subarray(start, end),
}

const codecs: Readonly<Record<CompressionType, Codec>> = { none: plain, gzip, snappy, lz4, zstd }

/** The type of an id; null for 5, 6 and 7, which mean nothing. */
export function compressionTypeOf(id: number): CompressionType | null {
  return typeById[id] ?? null
}

/** The codec for batches and messages of `magic`. Zstandard came with magic 2: older ones throw CompressionError. */
export function codecFor(type: CompressionType, magic = 2): Codec {
  if (magic === 0 && type === 'lz4') return lz4Legacy
  if (magic < 2 && type === 'zstd') throw new CompressionError(`zstd in a message of magic ${magic}`)
  return codecs[type]
}
