import { KafkaError } from '../model/errors.ts'
import {
  readInt16,
  readInt32,
  readInt64,
  readInt8,
  readUint32,
  writeInt16,
  writeInt32,
  writeInt64,
} from './bytes.ts'
import { COMPRESSION_IDS, compressionTypeOf } from './compression/codecs.ts'
import { crc32c } from './crc32c.ts'
import type { CompressionType } from './compression/codec.ts'

/**
 * The record batch, magic 2: what producers send, what lies in `.log` files, what fetchers get. Big-endian.
 *
 *      0  int64   baseOffset            offset of the first record; the leader sets it
 *      8  int32   batchLength           bytes after this field: the size of the batch less 12
 *     12  int32   partitionLeaderEpoch  -1 from producers; the leader sets it
 *     16  int8    magic                 2
 *     17  uint32  crc                   CRC-32C from `attributes` to the end: not of what the leader sets above
 *     21  int16   attributes            bits 0-2 compression, 3 timestamp type, 4 transactional, 5 control,
 *                                       6 baseTimestamp is the delete horizon
 *     23  int32   lastOffsetDelta       of the last record; compaction leaves it even when that record goes
 *     27  int64   baseTimestamp         of the first record, or the delete horizon
 *     35  int64   maxTimestamp
 *     43  int64   producerId            -1 without idempotence
 *     51  int16   producerEpoch
 *     53  int32   baseSequence
 *     57  int32   count                 of records
 *     61  records                       one after the other, packed as a whole if compressed
 *
 *     record: length varint | attributes int8 = 0 | timestampDelta varlong | offsetDelta varint
 *             | key: length varint (-1 null), bytes | value: likewise
 *             | headers: count varint, each: key length varint, UTF-8 | value length varint (-1 null), bytes
 *
 * Messages of magic 0 and 1 (legacy-messages.ts) share the first eight fields' places: offset at 0, size at 8, magic
 * at 16. The functions here that take part in walking a log accept them too; the others want magic 2.
 * A batch is named by a buffer and the position where it begins, so that walking allocates nothing.
 */
export const BATCH_HEADER_BYTES = 61
/** Offset and length: the part of a batch that its length does not count. */
export const LOG_OVERHEAD_BYTES = 12
export const MAGIC_V0 = 0
export const MAGIC_V1 = 1
export const MAGIC_V2 = 2
export const NO_TIMESTAMP = -1
export const NO_SEQUENCE = -1
export const NO_PRODUCER_EPOCH = -1

const LENGTH_AT = 8
const LEADER_EPOCH_AT = 12
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const BASE_TIMESTAMP_AT = 27
const MAX_TIMESTAMP_AT = 35
const PRODUCER_ID_AT = 43
const PRODUCER_EPOCH_AT = 51
const BASE_SEQUENCE_AT = 53
const COUNT_AT = 57

const LEGACY_ATTRIBUTES_AT = 17
const LEGACY_TIMESTAMP_AT = 18
/** The smallest rest of an entry after its length: a message of magic 0 without key and value. */
const MIN_LENGTH = 14
const UP_TO_MAGIC_BYTES = 17

const COMPRESSION_MASK = 0x07
const LOG_APPEND_TIME_BIT = 0x08
const TRANSACTIONAL_BIT = 0x10
const CONTROL_BIT = 0x20
const DELETE_HORIZON_BIT = 0x40

const MAX_SEQUENCE = 0x7fffffff

export type TimestampType = 'CreateTime' | 'LogAppendTime'

// --- walking a log: magic 0, 1 and 2 -------------------------------------------------------------------------------

/**
 * The size in bytes of the entry at `at`, of any magic, or -1 when `buffer[at, end)` does not hold all of it.
 * Throws KafkaError CORRUPT_MESSAGE when what is there cannot begin an entry.
 * Source: org.apache.kafka.common.record.ByteBufferLogInputStream.
 */
export function completeSizeAt(buffer: Buffer, at: number, end: number): number {
  const left = end - at
  if (left < LOG_OVERHEAD_BYTES) return -1
  const length = readInt32(buffer, at + LENGTH_AT)
  if (length < MIN_LENGTH) {
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `Record size ${length} is less than the minimum record overhead (${MIN_LENGTH})`,
    )
  }
  if (left < UP_TO_MAGIC_BYTES) return -1
  const magic = readInt8(buffer, at + MAGIC_AT)
  if (magic < MAGIC_V0 || magic > MAGIC_V2) {
    throw new KafkaError('CORRUPT_MESSAGE', `Invalid magic found in record: ${magic}`)
  }
  return length + LOG_OVERHEAD_BYTES > left ? -1 : length + LOG_OVERHEAD_BYTES
}

/** The size in bytes, header included, as the batch itself says. */
export function batchSizeOf(buffer: Buffer, at: number): number {
  return readInt32(buffer, at + LENGTH_AT) + LOG_OVERHEAD_BYTES
}

export function magicOf(buffer: Buffer, at: number): number {
  return readInt8(buffer, at + MAGIC_AT)
}

/** The base offset of a batch; of a message of magic 0 or 1 its own offset, which for a compressed one is the last inside. */
export function baseOffsetOf(buffer: Buffer, at: number): number {
  return readInt64(buffer, at)
}

export function lastOffsetOf(buffer: Buffer, at: number): number {
  const base = readInt64(buffer, at)
  return magicOf(buffer, at) < MAGIC_V2 ? base : base + readInt32(buffer, at + LAST_OFFSET_DELTA_AT)
}

/** The largest timestamp inside, in ms; -1 where there is none, as in magic 0. */
export function maxTimestampOf(buffer: Buffer, at: number): number {
  const magic = magicOf(buffer, at)
  if (magic >= MAGIC_V2) return readInt64(buffer, at + MAX_TIMESTAMP_AT)
  return magic === MAGIC_V1 ? readInt64(buffer, at + LEGACY_TIMESTAMP_AT) : NO_TIMESTAMP
}

export function leaderEpochOf(buffer: Buffer, at: number): number {
  return magicOf(buffer, at) < MAGIC_V2 ? -1 : readInt32(buffer, at + LEADER_EPOCH_AT)
}

/** -1 for batches of producers without idempotence, and below magic 2. */
export function producerIdOf(buffer: Buffer, at: number): number {
  return magicOf(buffer, at) < MAGIC_V2 ? -1 : readInt64(buffer, at + PRODUCER_ID_AT)
}

/** Null when the bits are 5, 6 or 7. */
export function compressionOf(buffer: Buffer, at: number): CompressionType | null {
  return compressionTypeOf(attributesOf(buffer, at) & COMPRESSION_MASK)
}

export function isControlBatch(buffer: Buffer, at: number): boolean {
  return magicOf(buffer, at) >= MAGIC_V2 && (readInt16(buffer, at + ATTRIBUTES_AT) & CONTROL_BIT) !== 0
}

export function isTransactional(buffer: Buffer, at: number): boolean {
  return magicOf(buffer, at) >= MAGIC_V2 && (readInt16(buffer, at + ATTRIBUTES_AT) & TRANSACTIONAL_BIT) !== 0
}

export function timestampTypeOf(buffer: Buffer, at: number): TimestampType {
  return (attributesOf(buffer, at) & LOG_APPEND_TIME_BIT) === 0 ? 'CreateTime' : 'LogAppendTime'
}

function attributesOf(buffer: Buffer, at: number): number {
  return magicOf(buffer, at) < MAGIC_V2
    ? readInt8(buffer, at + LEGACY_ATTRIBUTES_AT)
    : readInt16(buffer, at + ATTRIBUTES_AT)
}

// --- magic 2 only --------------------------------------------------------------------------------------------------

export function storedCrcOf(buffer: Buffer, at: number): number {
  return readUint32(buffer, at + CRC_AT)
}

/** The checksum that the batch should carry. Its whole size must be in the buffer. */
export function computeCrc(buffer: Buffer, at: number): number {
  return crc32c(buffer, at + ATTRIBUTES_AT, at + batchSizeOf(buffer, at))
}

/** Whether the batch is at least a header and its checksum is right. Its whole size must be in the buffer. */
export function isBatchValid(buffer: Buffer, at: number): boolean {
  return batchSizeOf(buffer, at) >= BATCH_HEADER_BYTES && storedCrcOf(buffer, at) === computeCrc(buffer, at)
}

export function lastOffsetDeltaOf(buffer: Buffer, at: number): number {
  return readInt32(buffer, at + LAST_OFFSET_DELTA_AT)
}

/** The first record's timestamp, or the delete horizon where `hasDeleteHorizon`. */
export function baseTimestampOf(buffer: Buffer, at: number): number {
  return readInt64(buffer, at + BASE_TIMESTAMP_AT)
}

export function producerEpochOf(buffer: Buffer, at: number): number {
  return readInt16(buffer, at + PRODUCER_EPOCH_AT)
}

export function baseSequenceOf(buffer: Buffer, at: number): number {
  return readInt32(buffer, at + BASE_SEQUENCE_AT)
}

/** -1 where there is no base sequence. */
export function lastSequenceOf(buffer: Buffer, at: number): number {
  const base = baseSequenceOf(buffer, at)
  return base === NO_SEQUENCE ? NO_SEQUENCE : incrementSequence(base, lastOffsetDeltaOf(buffer, at))
}

export function recordCountOf(buffer: Buffer, at: number): number {
  return readInt32(buffer, at + COUNT_AT)
}

/** Whether the base timestamp is the time from which compaction may drop the batch's tombstones (KIP-534). */
export function hasDeleteHorizon(buffer: Buffer, at: number): boolean {
  return (readInt16(buffer, at + ATTRIBUTES_AT) & DELETE_HORIZON_BIT) !== 0
}

/** Sequences go from 0 to 2^31-1 and begin again at 0. */
export function incrementSequence(sequence: number, by: number): number {
  return sequence > MAX_SEQUENCE - by ? by - (MAX_SEQUENCE - sequence) - 1 : sequence + by
}

// --- what the leader sets ------------------------------------------------------------------------------------------

/** Gives the batch its place in the log. The checksum does not cover these fields. */
export function stampPlace(buffer: Buffer, at: number, baseOffset: number, leaderEpoch: number): void {
  writeInt64(buffer, at, baseOffset)
  writeInt32(buffer, at + LEADER_EPOCH_AT, leaderEpoch)
}

/**
 * Sets timestamp type and largest timestamp and, if either changes, the checksum. Attribute bits without a meaning are
 * cleared then, and only then: so Kafka does.
 * Source: DefaultRecordBatch.setMaxTimestamp.
 */
export function stampTimestamps(buffer: Buffer, at: number, type: TimestampType, maxTimestamp: number): void {
  if (timestampTypeOf(buffer, at) === type && maxTimestampOf(buffer, at) === maxTimestamp) return
  const kept = COMPRESSION_MASK | TRANSACTIONAL_BIT | CONTROL_BIT | DELETE_HORIZON_BIT
  const typeBit = type === 'LogAppendTime' ? LOG_APPEND_TIME_BIT : 0
  writeInt16(buffer, at + ATTRIBUTES_AT, (readInt16(buffer, at + ATTRIBUTES_AT) & kept) | typeBit)
  writeInt64(buffer, at + MAX_TIMESTAMP_AT, maxTimestamp)
  writeInt32(buffer, at + CRC_AT, computeCrc(buffer, at))
}

/** The fields of a batch header, for writing. */
export interface BatchHeader {
  readonly baseOffset: number
  readonly sizeBytes: number
  readonly leaderEpoch: number
  readonly compression: CompressionType
  readonly timestampType: TimestampType
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly hasDeleteHorizon: boolean
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly count: number
}

/** Writes the header at `at`, in front of records that are already there: the checksum is taken over both. */
export function writeBatchHeader(buffer: Buffer, at: number, header: BatchHeader): void {
  writeInt64(buffer, at, header.baseOffset)
  writeInt32(buffer, at + LENGTH_AT, header.sizeBytes - LOG_OVERHEAD_BYTES)
  writeInt32(buffer, at + LEADER_EPOCH_AT, header.leaderEpoch)
  buffer[at + MAGIC_AT] = MAGIC_V2
  writeInt16(buffer, at + ATTRIBUTES_AT, attributeBits(header))
  writeInt32(buffer, at + LAST_OFFSET_DELTA_AT, header.lastOffsetDelta)
  writeInt64(buffer, at + BASE_TIMESTAMP_AT, header.baseTimestamp)
  writeInt64(buffer, at + MAX_TIMESTAMP_AT, header.maxTimestamp)
  writeInt64(buffer, at + PRODUCER_ID_AT, header.producerId)
  writeInt16(buffer, at + PRODUCER_EPOCH_AT, header.producerEpoch)
  writeInt32(buffer, at + BASE_SEQUENCE_AT, header.baseSequence)
  writeInt32(buffer, at + COUNT_AT, header.count)
  writeInt32(buffer, at + CRC_AT, computeCrc(buffer, at))
}

function attributeBits(header: BatchHeader): number {
  return (
    COMPRESSION_IDS[header.compression] |
    (header.timestampType === 'LogAppendTime' ? LOG_APPEND_TIME_BIT : 0) |
    (header.isTransactional ? TRANSACTIONAL_BIT : 0) |
    (header.isControl ? CONTROL_BIT : 0) |
    (header.hasDeleteHorizon ? DELETE_HORIZON_BIT : 0)
  )
}
