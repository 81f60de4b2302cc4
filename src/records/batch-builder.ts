import { assert } from '../std/assert.ts'
import type { CompressionType } from './compression/codec.ts'
import { codecFor } from './compression/codecs.ts'
import {
  BATCH_HEADER_BYTES,
  NO_PRODUCER_EPOCH,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  writeBatchHeader,
  type TimestampType,
} from './record-batch.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

/** What a record is made of. Absent parts: null key, null value, no timestamp (-1), no headers. */
export interface RecordInput {
  readonly key?: Buffer | string | null
  readonly value?: Buffer | string | null
  /** In ms since 1970. */
  readonly timestamp?: number
  readonly headers?: readonly { readonly key: string; readonly value: Buffer | string | null }[]
  /** The distance from the base offset, where it is not the number of records before. Must grow. */
  readonly offsetDelta?: number
}

export interface BatchOptions {
  readonly baseOffset?: number
  readonly leaderEpoch?: number
  readonly compression?: CompressionType
  /** As the topic config of the codec says; null or absent is the codec's default. */
  readonly compressionLevel?: number | null
  readonly timestampType?: TimestampType
  /** What every record's timestamp reads as, with LogAppendTime. */
  readonly appendTimeMs?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
}

/** Makes one batch of magic 2. */
export class BatchBuilder {
  private readonly options: BatchOptions
  private bytes = Buffer.allocUnsafe(512)
  private end = 0
  private records = 0
  private lastDelta = -1
  private baseTimestamp = NO_TIMESTAMP
  private maxTimestamp = NO_TIMESTAMP

  constructor(options: BatchOptions = {}) {
    this.options = options
  }

  get count(): number {
    return this.records
  }

  /** The size that the batch would have if it were not compressed. */
  get uncompressedSizeBytes(): number {
    return BATCH_HEADER_BYTES + this.end
  }

  /** By how much `record` would enlarge the batch, before compression. */
  sizeOf(record: RecordInput): number {
    const body = bodySize(record, this.timestampDelta(record), record.offsetDelta ?? this.lastDelta + 1)
    return sizeOfVarint(body) + body
  }

  append(record: RecordInput): this {
    const delta = record.offsetDelta ?? this.lastDelta + 1
    assert(delta > this.lastDelta, `offset delta ${delta} after ${this.lastDelta}`)
    const timestamp = record.timestamp ?? NO_TIMESTAMP
    if (this.records === 0) this.baseTimestamp = timestamp
    const timestampDelta = timestamp - this.baseTimestamp
    const body = bodySize(record, timestampDelta, delta)
    this.reserve(sizeOfVarint(body) + body)
    this.end = writeRecord(this.bytes, this.end, body, record, timestampDelta, delta)
    this.records++
    this.lastDelta = delta
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp
    return this
  }

  /** The batch's bytes. The builder can go on afterwards; what it then builds holds these records too. */
  build(): Buffer {
    const { compression = 'none', compressionLevel = null, timestampType = 'CreateTime' } = this.options
    const plain = this.bytes.subarray(0, this.end)
    const payload = compression === 'none' ? plain : codecFor(compression).compress(plain, compressionLevel)
    const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + payload.length)
    payload.copy(batch, BATCH_HEADER_BYTES)
    writeBatchHeader(batch, 0, {
      baseOffset: this.options.baseOffset ?? 0,
      sizeBytes: batch.length,
      leaderEpoch: this.options.leaderEpoch ?? -1,
      compression,
      timestampType,
      isTransactional: this.options.isTransactional ?? false,
      isControl: this.options.isControl ?? false,
      hasDeleteHorizon: false,
      lastOffsetDelta: this.lastDelta,
      baseTimestamp: this.baseTimestamp,
      maxTimestamp:
        timestampType === 'LogAppendTime' ? (this.options.appendTimeMs ?? NO_TIMESTAMP) : this.maxTimestamp,
      producerId: this.options.producerId ?? -1,
      producerEpoch: this.options.producerEpoch ?? NO_PRODUCER_EPOCH,
      baseSequence: this.options.baseSequence ?? NO_SEQUENCE,
      count: this.records,
    })
    return batch
  }

  private timestampDelta(record: RecordInput): number {
    return this.records === 0 ? 0 : (record.timestamp ?? NO_TIMESTAMP) - this.baseTimestamp
  }

  private reserve(count: number): void {
    if (this.end + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.end + count))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }
}

/** One batch of these records. */
export function buildBatch(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  const builder = new BatchBuilder(options)
  for (const record of records) builder.append(record)
  return builder.build()
}

function bytesLength(bytes: Buffer | string): number {
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
}

function fieldSize(bytes: Buffer | string | null | undefined): number {
  if (bytes === null || bytes === undefined) return 1
  const length = bytesLength(bytes)
  return sizeOfVarint(length) + length
}

function bodySize(record: RecordInput, timestampDelta: number, offsetDelta: number): number {
  let size = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(offsetDelta)
  size += fieldSize(record.key) + fieldSize(record.value)
  const headers = record.headers ?? []
  size += sizeOfVarint(headers.length)
  for (const header of headers) size += fieldSize(header.key) + fieldSize(header.value)
  return size
}

function writeField(target: Buffer, at: number, bytes: Buffer | string | null | undefined): number {
  if (bytes === null || bytes === undefined) return writeVarint(target, at, -1)
  at = writeVarint(target, at, bytesLength(bytes))
  return at + (typeof bytes === 'string' ? target.write(bytes, at, 'utf8') : bytes.copy(target, at))
}

function writeRecord(
  target: Buffer,
  at: number,
  bodyBytes: number,
  record: RecordInput,
  timestampDelta: number,
  offsetDelta: number,
): number {
  at = writeVarint(target, at, bodyBytes)
  target[at++] = 0
  at = writeVarlong(target, at, timestampDelta)
  at = writeVarint(target, at, offsetDelta)
  at = writeField(target, at, record.key)
  at = writeField(target, at, record.value)
  const headers = record.headers ?? []
  at = writeVarint(target, at, headers.length)
  for (const header of headers) {
    at = writeField(target, at, header.key)
    at = writeField(target, at, header.value)
  }
  return at
}
