import { crc32 } from 'node:zlib'
import { KafkaError } from '../model/errors.ts'
import { readInt32, readInt64, readInt8, readUint32, writeInt32, writeInt64 } from './bytes.ts'
import { CompressionError, type CompressionType } from './compression/codec.ts'
import { codecFor, COMPRESSION_IDS } from './compression/codecs.ts'
import {
  batchSizeOf,
  compressionOf,
  completeSizeAt,
  LOG_OVERHEAD_BYTES,
  MAGIC_V0,
  MAGIC_V1,
  magicOf,
  NO_TIMESTAMP,
  timestampTypeOf,
  type TimestampType,
} from './record-batch.ts'
import { MAX_DECOMPRESSED_BYTES } from './record.ts'
import { MalformedRecordError } from './varint.ts'

/**
 * Messages as they were before Kafka 0.11: one entry per record, each with a checksum of its own. Big-endian.
 *
 *      0  int64   offset
 *      8  int32   size         of what follows: 14 + key + value, 22 + key + value with a timestamp
 *     12  uint32  crc          CRC-32 (IEEE) from `magic` to the end
 *     16  int8    magic        0 or 1
 *     17  int8    attributes   bits 0-2 compression, 3 timestamp type (magic 1)
 *     18  int64   timestamp    magic 1 only
 *         int32   key length, -1 null | key
 *         int32   value length, -1 null | value
 *
 * A compressed entry is a wrapper: its value is a compressed sequence of such entries, its offset that of the last one
 * inside. Inside, magic 0 has absolute offsets, magic 1 relative ones (the last inner one stands for the wrapper's).
 */
const CRC_AT = 12
const MAGIC_AT = 16
const ATTRIBUTES_AT = 17
const TIMESTAMP_AT = 18
const KEY_AT_V0 = 18
const KEY_AT_V1 = 26
const MIN_SIZE_V0 = 14
const MIN_SIZE_V1 = 22

/** A record read from a message of magic 0 or 1, its offset absolute. */
export interface LegacyRecord {
  readonly magic: number
  readonly offset: number
  /** In ms; -1 in magic 0. */
  readonly timestamp: number
  /** The wrapper's where there is one. */
  readonly timestampType: TimestampType
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly attributes: number
  readonly crc: number
  /** Whether an entry inside a wrapper claims to be compressed again, which nobody may do. */
  readonly isCompressed: boolean
  readonly isCrcValid: boolean
}

function minSize(magic: number): number {
  return magic === MAGIC_V0 ? MIN_SIZE_V0 : MIN_SIZE_V1
}

/** Whether the entry is as long as its magic demands and its checksum is right. All of it must be in the buffer. */
export function isMessageValid(buffer: Buffer, at: number): boolean {
  const size = batchSizeOf(buffer, at) - LOG_OVERHEAD_BYTES
  if (size < minSize(magicOf(buffer, at))) return false
  return readUint32(buffer, at + CRC_AT) === computeMessageCrc(buffer, at)
}

export function storedMessageCrcOf(buffer: Buffer, at: number): number {
  return readUint32(buffer, at + CRC_AT)
}

function computeMessageCrc(buffer: Buffer, at: number): number {
  return crc32(buffer.subarray(at + MAGIC_AT, at + batchSizeOf(buffer, at)))
}

/**
 * The records of the entry at `at`: itself, or those inside a wrapper. Throws MalformedRecordError where the bytes are
 * not what they should be, CompressionError where they do not unpack.
 * Source: AbstractLegacyRecordBatch.DeepRecordsIterator.
 */
export function legacyRecordsOf(
  buffer: Buffer,
  at: number,
  maxBytes = MAX_DECOMPRESSED_BYTES,
): LegacyRecord[] {
  const type = compressionOf(buffer, at)
  if (type === null) throw new CompressionError('an unknown compression type')
  const end = at + batchSizeOf(buffer, at)
  if (type === 'none') return [readMessage(buffer, at, end, readInt64(buffer, at), null)]
  return readWrapped(buffer, at, end, type, maxBytes)
}

function readWrapped(
  buffer: Buffer,
  at: number,
  end: number,
  type: CompressionType,
  maxBytes: number,
): LegacyRecord[] {
  const magic = magicOf(buffer, at)
  const packed = readMessage(buffer, at, end, 0, null).value
  if (packed === null) throw new MalformedRecordError('a compressed message without a value')
  const bytes = codecFor(type, magic).decompress(packed, 0, packed.length, maxBytes)
  const starts = entryStarts(bytes)
  const last = starts.at(-1)
  if (last === undefined) throw new MalformedRecordError('a compressed message with nothing inside')
  const base = magic === MAGIC_V1 ? absoluteBase(readInt64(buffer, at), readInt64(bytes, last)) : 0
  const appendTime =
    magic === MAGIC_V1 && timestampTypeOf(buffer, at) === 'LogAppendTime'
      ? readInt64(buffer, at + TIMESTAMP_AT)
      : null
  return starts.map((start) =>
    readMessage(bytes, start, start + batchSizeOf(bytes, start), base + readInt64(bytes, start), appendTime),
  )
}

function entryStarts(bytes: Buffer): number[] {
  const starts: number[] = []
  let at = 0
  while (at < bytes.length) {
    const size = entrySize(bytes, at)
    if (size < 0) throw new MalformedRecordError('a compressed message that ends inside an entry')
    starts.push(at)
    at += size
  }
  return starts
}

function entrySize(bytes: Buffer, at: number): number {
  try {
    return completeSizeAt(bytes, at, bytes.length)
  } catch (cause) {
    if (cause instanceof KafkaError) throw new MalformedRecordError(cause.message, { cause })
    throw cause
  }
}

/** What to add to the inner offsets of a wrapper of magic 1. */
function absoluteBase(wrapperOffset: number, lastInnerOffset: number): number {
  if (wrapperOffset === 0) return 0 // Some versions of librdkafka produce with 0 there.
  if (wrapperOffset < lastInnerOffset) {
    throw new MalformedRecordError(
      `wrapper offset ${wrapperOffset} is below the last inner offset ${lastInnerOffset}`,
    )
  }
  return wrapperOffset - lastInnerOffset
}

function readMessage(
  buffer: Buffer,
  at: number,
  end: number,
  offset: number,
  appendTime: number | null,
): LegacyRecord {
  const magic = magicOf(buffer, at)
  if (magic > MAGIC_V1 || end - at - LOG_OVERHEAD_BYTES < minSize(magic)) {
    throw new MalformedRecordError(`an entry of ${end - at} bytes and magic ${magic}`)
  }
  const keyAt = at + (magic === MAGIC_V0 ? KEY_AT_V0 : KEY_AT_V1)
  const key = readField(buffer, keyAt, end)
  const valueAt = keyAt + 4 + (key?.length ?? 0)
  const value = readField(buffer, valueAt, end)
  if (valueAt + 4 + (value?.length ?? 0) !== end) throw new MalformedRecordError('bytes behind the value')
  const own = magic === MAGIC_V0 ? NO_TIMESTAMP : readInt64(buffer, at + TIMESTAMP_AT)
  const attributes = readInt8(buffer, at + ATTRIBUTES_AT)
  const crc = storedMessageCrcOf(buffer, at)
  return {
    magic,
    offset,
    timestamp: appendTime ?? own,
    timestampType: appendTime === null ? timestampTypeOf(buffer, at) : 'LogAppendTime',
    key,
    value,
    attributes,
    crc,
    isCompressed: (attributes & 0x07) !== 0,
    isCrcValid: crc === computeMessageCrc(buffer, at),
  }
}

function readField(buffer: Buffer, at: number, end: number): Buffer | null {
  if (end - at < 4) throw new MalformedRecordError('a message that ends inside a length')
  const length = readInt32(buffer, at)
  if (length < 0) return null
  if (length > end - at - 4) throw new MalformedRecordError(`a field of ${length} bytes in ${end - at - 4}`)
  return buffer.subarray(at + 4, at + 4 + length)
}

// --- writing -------------------------------------------------------------------------------------------------------

/** A record for a message of magic 0 or 1. */
export interface LegacyInput {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

export interface LegacyOptions {
  readonly magic: 0 | 1
  readonly compression: CompressionType
  readonly timestampType: TimestampType
  /** The wrapper's timestamp, and every plain message's, with LogAppendTime. */
  readonly appendTimeMs: number
}

/** Messages of the old formats: one entry per record, or one wrapper around all of them. At least one record. */
export function buildLegacyMessages(records: readonly LegacyInput[], options: LegacyOptions): Buffer {
  const { magic, compression, timestampType } = options
  const stamps = timestampType === 'LogAppendTime'
  const first = records[0]?.offset ?? 0
  // Only inside a wrapper of magic 1 are offsets relative.
  const base = compression !== 'none' && magic === MAGIC_V1 ? first : 0
  const messages = records.map((record) =>
    writeMessage(magic, 0, timestampType, {
      ...record,
      offset: record.offset - base,
      timestamp: stamps ? options.appendTimeMs : record.timestamp,
    }),
  )
  if (compression === 'none') return Buffer.concat(messages)
  const largest = records.reduce((max, record) => Math.max(max, record.timestamp), NO_TIMESTAMP)
  return writeMessage(magic, COMPRESSION_IDS[compression], timestampType, {
    offset: records.at(-1)?.offset ?? 0,
    timestamp: stamps ? options.appendTimeMs : largest,
    key: null,
    value: codecFor(compression, magic).compress(Buffer.concat(messages), null),
  })
}

function writeMessage(
  magic: 0 | 1,
  codecId: number,
  timestampType: TimestampType,
  record: LegacyInput,
): Buffer {
  const keyAt = magic === MAGIC_V0 ? KEY_AT_V0 : KEY_AT_V1
  const message = Buffer.allocUnsafe(keyAt + 8 + (record.key?.length ?? 0) + (record.value?.length ?? 0))
  writeInt64(message, 0, record.offset)
  writeInt32(message, 8, message.length - LOG_OVERHEAD_BYTES)
  message[MAGIC_AT] = magic
  message[ATTRIBUTES_AT] = codecId | (magic === MAGIC_V1 && timestampType === 'LogAppendTime' ? 0x08 : 0)
  if (magic === MAGIC_V1) writeInt64(message, TIMESTAMP_AT, record.timestamp)
  writeField(message, writeField(message, keyAt, record.key), record.value)
  writeInt32(message, CRC_AT, computeMessageCrc(message, 0))
  return message
}

function writeField(message: Buffer, at: number, bytes: Buffer | null): number {
  writeInt32(message, at, bytes === null ? -1 : bytes.length)
  if (bytes !== null) bytes.copy(message, at + 4)
  return at + 4 + (bytes?.length ?? 0)
}
