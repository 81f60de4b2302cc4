import { KafkaError } from '../model/errors.ts'
import { assert } from '../std/assert.ts'
import { BatchBuilder, type BatchOptions } from './batch-builder.ts'
import { writeInt32, writeInt64 } from './bytes.ts'
import { CompressionError, type CompressionType } from './compression/codec.ts'
import { buildLegacyMessages, legacyRecordsOf, type LegacyInput } from './legacy-messages.ts'
import {
  BATCH_HEADER_BYTES,
  batchSizeOf,
  completeSizeAt,
  compressionOf,
  isControlBatch,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  NO_TIMESTAMP,
  timestampTypeOf,
} from './record-batch.ts'
import { recordsOf, type KafkaRecord } from './record.ts'

/**
 * Old messages become batches when they are appended, batches become old messages when an old client fetches them.
 * Source: org.apache.kafka.common.record.RecordsUtil.downConvert; LogValidator for the way up.
 */

/** One batch of magic 2 from the records of old messages. Offsets are given anew, one after the other. */
export function upConvert(records: readonly LegacyInput[], options: BatchOptions): Buffer {
  const builder = new BatchBuilder(options)
  for (const { key, value, timestamp } of records) builder.append({ key, value, timestamp })
  return builder.build()
}

/**
 * What a client that knows only `magic` gets of the whole batches in `stored`. Left out are control batches, headers,
 * producer ids and, from batches that are not compressed, the records before `firstOffset`: so little that the result
 * may be empty. Entries of `magic` or below pass through.
 * Throws KafkaError UNSUPPORTED_COMPRESSION_TYPE for Zstandard, which the old formats do not have.
 */
export function downConvert(stored: readonly Buffer[], magic: 0 | 1, firstOffset: number): Buffer {
  const parts: Buffer[] = []
  for (const buffer of stored) {
    for (let at = 0; at < buffer.length;) {
      const size = completeSizeAt(buffer, at, buffer.length)
      assert(size > 0, 'only whole batches are converted')
      const part = convertEntry(buffer, at, magic, firstOffset)
      if (part !== null) parts.push(part)
      at += size
    }
  }
  return Buffer.concat(parts)
}

function convertEntry(buffer: Buffer, at: number, magic: 0 | 1, firstOffset: number): Buffer | null {
  if (isControlBatch(buffer, at)) return null
  const compression = compressionOf(buffer, at)
  if (compression === null) throw new CompressionError('an unknown compression type')
  if (compression === 'zstd') {
    throw new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      'Down-conversion of zstandard-compressed batches is not supported',
    )
  }
  if (magicOf(buffer, at) <= magic) return buffer.subarray(at, at + batchSizeOf(buffer, at))
  const records = wantedRecords(buffer, at, compression, firstOffset)
  if (records.length === 0) return null
  const timestampType = timestampTypeOf(buffer, at)
  return buildLegacyMessages(records, {
    magic,
    compression,
    timestampType,
    appendTimeMs: timestampType === 'LogAppendTime' ? maxTimestampOf(buffer, at) : NO_TIMESTAMP,
  })
}

function wantedRecords(
  buffer: Buffer,
  at: number,
  compression: CompressionType,
  firstOffset: number,
): readonly LegacyInput[] {
  const all: readonly (LegacyInput | KafkaRecord)[] =
    magicOf(buffer, at) < MAGIC_V2 ? legacyRecordsOf(buffer, at) : [...recordsOf(buffer, at)]
  return compression === 'none' ? all.filter((record) => record.offset >= firstOffset) : all
}

/**
 * The beginning of a message that is longer than anything which can follow, at least 12 and at most `sizeBytes` bytes
 * of it if there are more: what fills an answer up to the size that was announced before conversion made it smaller.
 * Clients take it for a message that was cut off, and fetch on.
 */
export function fillerMessage(sizeBytes: number): Buffer {
  const filler = Buffer.alloc(Math.max(LOG_OVERHEAD_BYTES, sizeBytes))
  writeInt64(filler, 0, -1)
  writeInt32(filler, 8, Math.max(sizeBytes + 1, BATCH_HEADER_BYTES))
  return filler.subarray(0, sizeBytes)
}
