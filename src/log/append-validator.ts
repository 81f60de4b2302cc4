import { KafkaError } from '../model/errors.ts'
import { NO_PRODUCER_ID } from '../model/ids.ts'
import { BatchBuilder } from '../records/batch-builder.ts'
import { CompressionError, type CompressionType } from '../records/compression/codec.ts'
import {
  isMessageValid,
  legacyRecordsOf,
  storedMessageCrcOf,
  type LegacyRecord,
} from '../records/legacy-messages.ts'
import { upConvert } from '../records/message-conversion.ts'
import { RecordWalk } from '../records/record-walk.ts'
import {
  BATCH_HEADER_BYTES,
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchSizeOf,
  completeSizeAt,
  compressionOf,
  isBatchValid,
  isControlBatch,
  isTransactional,
  lastOffsetOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  NO_PRODUCER_EPOCH,
  NO_TIMESTAMP,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  storedCrcOf,
  timestampTypeOf,
  type TimestampType,
} from '../records/record-batch.ts'
import { recordBytesOf, recordsOf } from '../records/record.ts'
import { MalformedRecordError } from '../records/varint.ts'
import { isCompacted, type LogConfig } from './log-config.ts'
import type { AppendOrigin } from './producer-state.ts'
import { RecordErrors } from './record-errors.ts'
import { RefusedBatchError } from './refused-batch.ts'

/** What a batch is checked against. */
export interface AppendRules {
  /** `topic-partition`, for messages. */
  readonly partition: string
  readonly origin: AppendOrigin
  readonly config: LogConfig
  readonly nowMs: number
}

/** One batch of magic 2 that may be appended: `buffer[start, start + sizeBytes)`. Its size is 0 if there is nothing to append. */
export interface ValidAppend {
  readonly buffer: Buffer
  readonly start: number
  readonly sizeBytes: number
  readonly recordCount: number
  readonly timestampType: TimestampType
  /** What the stored batch must carry; the client's own figure is not trusted. */
  readonly maxTimestamp: number
}

const NOTHING: ValidAppend = Object.freeze({
  buffer: Buffer.alloc(0),
  start: 0,
  sizeBytes: 0,
  recordCount: 0,
  timestampType: 'CreateTime',
  maxTimestamp: NO_TIMESTAMP,
})

/**
 * Decides whether what a producer sent may be appended by the leader, and in what form. Batches that can stay as they
 * are stay so, byte for byte but for the fields that the leader stamps; old messages become one batch; other codecs
 * than the topic's are unpacked and packed again.
 *
 * Every record is looked at: a compressed batch is really unpacked. Throws KafkaError with Kafka's errors and words;
 * RecordValidationError where single records are at fault. What does not unpack is UNKNOWN_SERVER_ERROR, as in Kafka.
 *
 * The object holds nothing but scratch space. Source: UnifiedLog.analyzeAndValidateRecords, LogValidator (Kafka 3.9).
 */
export class AppendValidator {
  private readonly walk = new RecordWalk()

  validate(records: Buffer, rules: AppendRules): ValidAppend {
    const entries = this.checkEntries(records, rules)
    if (entries.count === 0) return NOTHING
    try {
      if (magicOf(records, 0) < MAGIC_V2) return this.validateLegacy(records, entries, rules)
      return this.validateBatch(records, entries, rules)
    } catch (error) {
      throw translated(error)
    }
  }

  /** Sizes and checksums of all whole entries. What follows the last whole one is ignored. */
  private checkEntries(records: Buffer, rules: AppendRules): Entries {
    let count = 0
    let end = 0
    let sourceCompression: CompressionType = 'none'
    for (;;) {
      const size = completeSizeAt(records, end, records.length)
      if (size < 0) return { count, end, sourceCompression }
      checkEntry(records, end, size, rules)
      const compression = compressionOf(records, end)
      if (compression === null) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'Unknown compression type id')
      if (compression !== 'none') sourceCompression = compression
      count++
      end += size
    }
  }

  // --- batches ----------------------------------------------------------------------------------------------------

  private validateBatch(records: Buffer, entries: Entries, rules: AppendRules): ValidAppend {
    if (entries.count > 1) {
      throw new KafkaError('INVALID_RECORD', 'Compressed outer record has more than one batch')
    }
    checkBatch(records, rules)
    const { sourceCompression: source } = entries
    const target = targetCompression(rules.config, source)
    const { walk } = this
    const count = recordCountOf(records, 0)
    if (count < 0) throw new MalformedRecordError(`Found invalid record count ${count} in magic v2 batch`)
    if (source === 'none') {
      walk.walk(records, BATCH_HEADER_BYTES, entries.end, count, baseTimestampOf(records, 0))
    } else {
      const bytes = recordBytesOf(records, 0)
      walk.walk(bytes, 0, bytes.length, count, baseTimestampOf(records, 0))
    }
    this.checkRecords(records, rules)
    if (source === target || (source === 'none' && isControlBatch(records, 0))) {
      // Nobody can mend offsets inside a compressed batch in place; in a plain one Kafka does not look at them.
      if (source !== 'none' && !walk.hasConsecutiveOffsets) {
        throw new KafkaError('UNKNOWN_SERVER_ERROR', 'Offsets inside a compressed batch are not consecutive')
      }
      return this.inPlace(records, entries.end, count, rules)
    }
    return rebuilt(this.repack(records, target, rules), count, rules)
  }

  private inPlace(records: Buffer, end: number, recordCount: number, rules: AppendRules): ValidAppend {
    const timestampType = timestampTypeFor(rules.config)
    let { maxTimestamp } = this.walk
    if (timestampType === 'LogAppendTime') maxTimestamp = rules.nowMs
    else if (timestampTypeOf(records, 0) === 'LogAppendTime') maxTimestamp = maxTimestampOf(records, 0)
    return { buffer: records, start: 0, sizeBytes: end, recordCount, timestampType, maxTimestamp }
  }

  /** The rules that concern single records. The walk has what is needed to see that none breaks them. */
  private checkRecords(records: Buffer, rules: AppendRules): void {
    const { walk } = this
    const { config, nowMs } = rules
    const wantsKeys = isCompacted(config)
    const isStamped = timestampTypeOf(records, 0) === 'LogAppendTime'
    let isFine = !(wantsKeys && walk.firstWithoutKey >= 0) && !isStamped
    if (isFine && timestampTypeFor(config) === 'CreateTime') {
      const before = config['message.timestamp.before.max.ms']
      const after = config['message.timestamp.after.max.ms']
      isFine = !(nowMs - walk.minTimestamp > before || walk.maxTimestamp - nowMs > after)
    }
    if (isFine) return
    const errors = new RecordErrors(rules, isStamped)
    const source = compressionOf(records, 0)
    const isPartial = source !== 'none' && source === targetCompression(config, source ?? 'none')
    for (const record of recordsOf(records, 0)) errors.check(record, isPartial)
    errors.throwIfAny()
  }

  private repack(records: Buffer, target: CompressionType, rules: AppendRules): Buffer {
    checkRepackable(records)
    const timestampType = timestampTypeFor(rules.config)
    const builder = new BatchBuilder({
      compression: target,
      compressionLevel: levelFor(rules.config, target),
      timestampType,
      appendTimeMs: rules.nowMs,
      producerId: producerIdOf(records, 0),
      producerEpoch: producerEpochOf(records, 0),
      baseSequence: baseSequenceOf(records, 0),
      isTransactional: isTransactional(records, 0),
      isControl: isControlBatch(records, 0),
    })
    for (const { key, value, timestamp, headers } of recordsOf(records, 0)) {
      checkTimestamp(timestamp)
      builder.append({ key, value, timestamp, headers })
    }
    return builder.build()
  }

  // --- messages of magic 0 and 1 ----------------------------------------------------------------------------------

  private validateLegacy(records: Buffer, entries: Entries, rules: AppendRules): ValidAppend {
    const magic = magicOf(records, 0)
    if (entries.sourceCompression !== 'none' && entries.count > 1) {
      throw new KafkaError('INVALID_RECORD', 'Compressed outer record has more than one batch')
    }
    const all: LegacyRecord[] = []
    for (let at = 0; at < entries.end; at += batchSizeOf(records, at)) {
      if (magicOf(records, at) !== magic) {
        throw new RefusedBatchError(
          'magic',
          'INVALID_RECORD',
          `Batch magic ${magicOf(records, at)} is not the same as the first batch's magic byte ${magic} in topic partition ${rules.partition}`,
        )
      }
      const isStamped = magic > 0 && timestampTypeOf(records, at) === 'LogAppendTime'
      const isWrapper = entries.sourceCompression !== 'none'
      const errors = new RecordErrors(rules, isStamped)
      for (const record of legacyRecordsOf(records, at)) {
        errors.checkLegacy(record, { magic, isWrapper })
        all.push(record)
      }
      errors.throwIfAny()
    }
    for (const { timestamp } of all) checkTimestamp(timestamp)
    const target = targetCompression(rules.config, entries.sourceCompression)
    const batch = upConvert(all, {
      compression: target,
      compressionLevel: levelFor(rules.config, target),
      timestampType: timestampTypeFor(rules.config),
      appendTimeMs: rules.nowMs,
    })
    return rebuilt(batch, all.length, rules)
  }
}

interface Entries {
  readonly count: number
  /** Behind the last whole one. */
  readonly end: number
  /** The last one other than `none`. */
  readonly sourceCompression: CompressionType
}

function checkEntry(records: Buffer, at: number, size: number, rules: AppendRules): void {
  const { partition, origin, config } = rules
  const isBatch = magicOf(records, at) >= MAGIC_V2
  if (isBatch && origin === 'client' && baseOffsetOf(records, at) !== 0) {
    throw new KafkaError(
      'INVALID_RECORD',
      `The baseOffset of the record batch in the append to ${partition} should be 0, but it is ${baseOffsetOf(records, at)}`,
    )
  }
  if (size > config['max.message.bytes']) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `The record batch size in the append to ${partition} is ${size} bytes which exceeds the maximum configured value of ${config['max.message.bytes']}.`,
    )
  }
  if (isBatch ? isBatchValid(records, at) : isMessageValid(records, at)) return
  const crc = isBatch ? storedCrcOf(records, at) : storedMessageCrcOf(records, at)
  throw new RefusedBatchError(
    'checksum',
    'CORRUPT_MESSAGE',
    `Record is corrupt (stored crc = ${crc}) in topic partition ${partition}.`,
  )
}

/** The header must agree with itself; and what a client may not write. */
function checkBatch(records: Buffer, { partition, origin }: AppendRules): void {
  const base = baseOffsetOf(records, 0)
  const last = lastOffsetOf(records, 0)
  const count = recordCountOf(records, 0)
  const where = `in topic partition ${partition}`
  if (last - base + 1 <= 0) {
    throw new RefusedBatchError(
      'offsets',
      'INVALID_RECORD',
      `Batch has an invalid offset range: [${base}, ${last}] ${where}`,
    )
  }
  if (count <= 0) {
    throw new RefusedBatchError(
      'offsets',
      'INVALID_RECORD',
      `Invalid reported count for record batch: ${count} ${where}`,
    )
  }
  if (last - base + 1 !== count) {
    throw new RefusedBatchError(
      'offsets',
      'INVALID_RECORD',
      `Inconsistent batch offset range [${base}, ${last}] and count of records ${count} ${where}`,
    )
  }
  if (origin !== 'client') return
  if (isControlBatch(records, 0)) {
    throw new KafkaError('INVALID_RECORD', `Clients are not allowed to write control records ${where}`)
  }
  if (producerIdOf(records, 0) >= 0 && baseSequenceOf(records, 0) < 0) {
    throw new RefusedBatchError(
      'offsets',
      'INVALID_RECORD',
      `Invalid sequence number ${baseSequenceOf(records, 0)} in record batch with producerId ${producerIdOf(records, 0)} ${where}`,
    )
  }
}

/** What a batch that is made anew cannot say. Source: MemoryRecordsBuilder. */
function checkRepackable(records: Buffer): void {
  const producerId = producerIdOf(records, 0)
  let fault: string | null = null
  if (producerId === NO_PRODUCER_ID) {
    if (isTransactional(records, 0)) fault = 'Cannot write transactional messages without a valid producer ID'
  } else if (producerEpochOf(records, 0) === NO_PRODUCER_EPOCH) fault = 'Invalid negative producer epoch'
  else if (baseSequenceOf(records, 0) < 0) fault = 'Invalid negative sequence number used'
  if (fault !== null) throw new KafkaError('UNKNOWN_SERVER_ERROR', fault)
}

function checkTimestamp(timestamp: number): void {
  if (timestamp < NO_TIMESTAMP)
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `Invalid negative timestamp ${timestamp}`)
}

/** A batch of our own making: only its size can still be wrong. */
function rebuilt(batch: Buffer, recordCount: number, { partition, config }: AppendRules): ValidAppend {
  if (batch.length > config['max.message.bytes']) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `Message batch size is ${batch.length} bytes in append to partition ${partition} which exceeds the maximum configured size of ${config['max.message.bytes']}.`,
    )
  }
  return {
    buffer: batch,
    start: 0,
    sizeBytes: batch.length,
    recordCount,
    timestampType: timestampTypeOf(batch, 0),
    maxTimestamp: maxTimestampOf(batch, 0),
  }
}

function timestampTypeFor(config: LogConfig): TimestampType {
  return config['message.timestamp.type'] === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime'
}

/** Source: BrokerCompressionType.targetCompressionType. */
function targetCompression(config: LogConfig, source: CompressionType): CompressionType {
  const wanted = config['compression.type']
  switch (wanted) {
    case 'gzip':
    case 'snappy':
    case 'lz4':
    case 'zstd':
      return wanted
    case 'uncompressed':
    case 'none':
      return 'none'
    default:
      return source
  }
}

function levelFor(config: LogConfig, type: CompressionType): number | null {
  if (type === 'gzip') return config['compression.gzip.level']
  if (type === 'lz4') return config['compression.lz4.level']
  if (type === 'zstd') return config['compression.zstd.level']
  return null
}

function translated(error: unknown): Error {
  if (error instanceof MalformedRecordError)
    return new KafkaError('INVALID_RECORD', error.message, { cause: error })
  if (error instanceof CompressionError) {
    return new KafkaError(error.tooLarge ? 'MESSAGE_TOO_LARGE' : 'UNKNOWN_SERVER_ERROR', error.message, {
      cause: error,
    })
  }
  return error instanceof Error ? error : new Error(String(error))
}
