import type { CompressionType } from './compression/codec.ts'
import { codecFor } from './compression/codecs.ts'
import { CompressionError } from './compression/codec.ts'
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  baseTimestampOf,
  batchSizeOf,
  compressionOf,
  maxTimestampOf,
  recordCountOf,
  timestampTypeOf,
} from './record-batch.ts'
import { MalformedRecordError, VarintReader } from './varint.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** One record, with its absolute offset and timestamp. Key and value are views of the bytes it was read from. */
export interface KafkaRecord {
  readonly offset: number
  /** In ms since 1970; -1 where the producer gave none. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

/**
 * No payload may become larger than this when it is unpacked: the size of the largest request that a broker takes
 * unless it is told otherwise. Unlike Kafka, which has no bound, because a batch of 1 MB can hold a gigabyte of zeros.
 */
export const MAX_DECOMPRESSED_BYTES = 100 * 1024 * 1024

const NO_HEADERS: readonly RecordHeader[] = Object.freeze([])

/**
 * The records' bytes of a batch of magic 2, unpacked: a view of `buffer` where they are not compressed. Throws
 * CompressionError.
 */
export function recordBytesOf(buffer: Buffer, at: number, maxBytes = MAX_DECOMPRESSED_BYTES): Buffer {
  const type: CompressionType | null = compressionOf(buffer, at)
  if (type === null) throw new CompressionError('an unknown compression type')
  return codecFor(type).decompress(buffer, at + BATCH_HEADER_BYTES, at + batchSizeOf(buffer, at), maxBytes)
}

/**
 * The records of the batch of magic 2 at `at`, in order. Throws MalformedRecordError where the bytes are not records,
 * CompressionError where they do not unpack.
 */
export function* recordsOf(buffer: Buffer, at: number): Generator<KafkaRecord, void, void> {
  const bytes = recordBytesOf(buffer, at)
  const reader = new VarintReader(bytes, 0, bytes.length)
  const baseOffset = baseOffsetOf(buffer, at)
  const baseTimestamp = baseTimestampOf(buffer, at)
  const appendTime = timestampTypeOf(buffer, at) === 'LogAppendTime' ? maxTimestampOf(buffer, at) : null
  const count = recordCountOf(buffer, at)
  for (let i = 0; i < count; i++) yield readRecord(reader, baseOffset, baseTimestamp, appendTime)
  if (reader.position !== reader.end) throw new MalformedRecordError('bytes are left behind the last record')
}

/** Reads one record and moves behind it. `appendTime` replaces the record's own timestamp. */
export function readRecord(
  reader: VarintReader,
  baseOffset: number,
  baseTimestamp: number,
  appendTime: number | null,
): KafkaRecord {
  const length = reader.varint()
  const end = reader.position + length
  if (length < 0 || end > reader.end) throw new MalformedRecordError(`a record of ${length} bytes`)
  reader.byte() // Attributes: no bit has a meaning.
  const timestamp = baseTimestamp + reader.varlong()
  const offset = baseOffset + reader.varint()
  const key = reader.bytes(reader.varint())
  const value = reader.bytes(reader.varint())
  const headers = readHeaders(reader)
  if (reader.position !== end)
    throw new MalformedRecordError(`a record longer or shorter than its ${length} bytes`)
  return { offset, timestamp: appendTime ?? timestamp, key, value, headers }
}

function readHeaders(reader: VarintReader): readonly RecordHeader[] {
  const count = reader.varint()
  if (count === 0) return NO_HEADERS
  // A header takes two bytes at least.
  if (count < 0 || count * 2 > reader.end - reader.position)
    throw new MalformedRecordError(`${count} headers`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const key = reader.bytes(reader.varint())
    if (key === null) throw new MalformedRecordError('a header without a key')
    headers.push({ key: key.toString('utf8'), value: reader.bytes(reader.varint()) })
  }
  return headers
}
