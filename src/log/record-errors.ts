import { KafkaError, type ErrorName } from '../model/errors.ts'
import { compressionTypeOf } from '../records/compression/codecs.ts'
import type { LegacyRecord } from '../records/legacy-messages.ts'
import { NO_TIMESTAMP } from '../records/record-batch.ts'
import { isCompacted, type LogConfig } from './log-config.ts'
import { RefusedBatchError } from './refused-batch.ts'

/** A record of a produced batch that breaks a rule: what Produce answers from version 8 on (KIP-467). */
export interface RecordFault {
  readonly batchIndex: number
  readonly message: string
}

/** A batch refused for some of its records. Its message and list are for the client. */
export class RecordValidationError extends KafkaError {
  readonly faults: readonly RecordFault[]
  /** Whether a record lacks the key by which its topic is compacted. */
  readonly lacksKey: boolean

  constructor(error: ErrorName, message: string, faults: readonly RecordFault[], lacksKey = false) {
    super(error, message)
    this.faults = faults
    this.lacksKey = lacksKey
  }
}

/** Faults listed at most. Unlike Kafka, which lists them all: a request must not make an answer twice its own size. */
const MAX_FAULTS = 10_000
const MAX_SAFE = Number.MAX_SAFE_INTEGER
const LONG_MAX = 2n ** 63n - 1n

interface CheckedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** Looks at records one by one and keeps what is wrong with them. Source: LogValidator.validateRecord. */
export class RecordErrors {
  private readonly partition: string
  private readonly config: LogConfig
  private readonly nowMs: number
  private readonly wantsKeys: boolean
  /** Whether the batch claims that a broker has stamped it. */
  private readonly isStamped: boolean
  private readonly faults: RecordFault[] = []
  private count = 0
  private index = 0
  private hasTimestampFault = false
  private lacksKey = false

  constructor(
    rules: { readonly partition: string; readonly config: LogConfig; readonly nowMs: number },
    isStamped: boolean,
  ) {
    this.partition = rules.partition
    this.config = rules.config
    this.nowMs = rules.nowMs
    this.wantsKeys = isCompacted(rules.config)
    this.isStamped = isStamped
  }

  /** `isPartial`: Kafka would not have looked at key and value of a compressed batch, and says so. */
  check(record: CheckedRecord, isPartial: boolean): void {
    this.checkRules(record, this.index++, isPartial ? describePartial : describe)
  }

  /** As `check`, for a record of an old message. Throws KafkaError CORRUPT_MESSAGE for a wrong inner checksum. */
  checkLegacy(record: LegacyRecord, outer: { readonly magic: number; readonly isWrapper: boolean }): void {
    const index = this.index++
    const where = `in topic partition ${this.partition}`
    if (outer.isWrapper && record.isCompressed) {
      this.add(
        index,
        `Compressed outer record should not have an inner record with compression attribute set: ${describeLegacy(record)}`,
      )
      return
    }
    if (record.magic !== outer.magic) {
      this.add(
        index,
        `Record ${describeLegacy(record)}'s magic does not match outer magic ${outer.magic} ${where}`,
      )
      return
    }
    if (outer.isWrapper && !record.isCrcValid) {
      throw new RefusedBatchError('checksum', 'CORRUPT_MESSAGE', `Record is corrupt ${where}`)
    }
    this.checkRules(record, index, describeLegacy)
  }

  private checkRules<R extends CheckedRecord>(record: R, index: number, words: (record: R) => string): void {
    if (this.checkKey(record, index)) this.checkTimestamp(record, index, words)
  }

  /** Throws RecordValidationError. */
  throwIfAny(): void {
    if (this.count === 0) return
    if (this.hasTimestampFault) {
      throw new RecordValidationError(
        'INVALID_TIMESTAMP',
        'One or more records have been rejected due to invalid timestamp',
        this.faults,
        this.lacksKey,
      )
    }
    const shown = this.faults
      .slice(0, 3)
      .map((fault) => `RecordError(batchIndex=${fault.batchIndex}, message='${fault.message}')`)
    throw new RecordValidationError(
      'INVALID_RECORD',
      `One or more records have been rejected due to ${this.count} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`,
      this.faults,
      this.lacksKey,
    )
  }

  private checkKey(record: CheckedRecord, index: number): boolean {
    if (!this.wantsKeys || record.key !== null) return true
    this.lacksKey = true
    this.add(index, `Compacted topic cannot accept message without key in topic partition ${this.partition}`)
    return false
  }

  private checkTimestamp<R extends CheckedRecord>(
    record: R,
    index: number,
    words: (record: R) => string,
  ): void {
    const { timestamp } = record
    if (this.config['message.timestamp.type'] !== 'LogAppendTime' && timestamp !== NO_TIMESTAMP) {
      const before = this.config['message.timestamp.before.max.ms']
      const after = this.config['message.timestamp.after.max.ms']
      if (this.nowMs - timestamp <= before && timestamp - this.nowMs <= after) return
      this.hasTimestampFault = true
      this.add(
        index,
        `Timestamp ${timestamp} of message with offset ${record.offset} is out of range. ` +
          `The timestamp should be within [${bound(this.nowMs, -1n, before)}, ${bound(this.nowMs, 1n, after)}]`,
      )
    } else if (this.isStamped) {
      this.hasTimestampFault = true
      this.add(
        index,
        `Invalid timestamp type in message ${words(record)}. Producer should not set timestamp type to LogAppendTime.`,
      )
    }
  }

  private add(batchIndex: number, message: string): void {
    this.count++
    if (this.faults.length < MAX_FAULTS) this.faults.push({ batchIndex, message })
  }
}

/** now ± limit as Java's long arithmetic has it, overflow included: the words of the message are Kafka's. */
function bound(nowMs: number, sign: bigint, limit: number): bigint {
  const exact = limit >= MAX_SAFE ? LONG_MAX : BigInt(limit)
  return BigInt.asIntN(64, BigInt(nowMs) + sign * exact)
}

function describe(record: CheckedRecord): string {
  return `DefaultRecord(offset=${record.offset}, timestamp=${record.timestamp}, key=${record.key?.length ?? 0} bytes, value=${record.value?.length ?? 0} bytes)`
}

function describePartial(record: CheckedRecord): string {
  return `PartialDefaultRecord(offset=${record.offset}, timestamp=${record.timestamp}, key=${record.key?.length ?? -1} bytes, value=${record.value?.length ?? -1} bytes)`
}

function describeLegacy(record: LegacyRecord): string {
  const time = record.magic === 0 ? '' : `${record.timestampType}=${record.timestamp}, `
  return (
    `LegacyRecordBatch(offset=${record.offset}, Record(magic=${record.magic}, attributes=${record.attributes}, ` +
    `compression=${compressionTypeOf(record.attributes & 7) ?? '?'}, crc=${record.crc}, ${time}` +
    `key=${record.key?.length ?? 0} bytes, value=${record.value?.length ?? 0} bytes))`
  )
}
