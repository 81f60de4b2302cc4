import { codecFor } from '../records/compression/codecs.ts'
import { buildLegacyMessages, legacyRecordsOf } from '../records/legacy-messages.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  BATCH_HEADER_BYTES,
  compressionOf,
  hasDeleteHorizon,
  isControlBatch,
  isTransactional,
  lastOffsetDeltaOf,
  lastOffsetOf,
  leaderEpochOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  NO_TIMESTAMP,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  timestampTypeOf,
  writeBatchHeader,
} from '../records/record-batch.ts'
import { RecordCursor } from '../records/record-cursor.ts'
import { recordBytesOf } from '../records/record.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../records/varint.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleanerOffsetMap } from './cleaner-offset-map.ts'
import type { ProducerState } from './producer-state.ts'

/** What a batch becomes: itself, nothing, or other bytes. */
export type Filtered = 'kept' | 'dropped' | Buffer

/** By what a batch is judged. */
export interface RetentionRules {
  readonly map: CleanerOffsetMap
  readonly transactions: CleanedTransactions
  readonly producers: ProducerState
  /** Where this round of compaction ends: so far offsets must be accounted for. */
  readonly endOffset: number
  readonly nowMs: number
  /** `delete.retention.ms`. */
  readonly deleteRetentionMs: number
}

/** What becomes of a batch without records left in it. */
type Emptied = 'retained' | 'dropped'

/**
 * Decides batch by batch what compaction leaves of a segment. Offsets never change: a rewritten batch begins and ends
 * where it did, whatever is left inside.
 *
 * - A record stays if no later one of its key was seen, and what lies behind the map's end stays in any case.
 * - A tombstone, and a marker without a transaction, get a horizon when they are met first (`delete.retention.ms` from
 *   then, KIP-534) and go when that has passed.
 * - A batch that tells where an active producer is, or where the round ends, stays without its records.
 *
 * Source: Cleaner.cleanInto, MemoryRecords.filterTo (Kafka 3.9).
 */
export class BatchFilter {
  recordsRead = 0
  recordsKept = 0
  /** Whether tombstones of the old formats stay: they carry no horizon, so their segment's age decides. */
  keepsLegacyTombstones = true
  readonly rules: RetentionRules
  private readonly cursor = new RecordCursor()
  /** Where the retained records of the batch at hand begin. */
  private readonly kept: number[] = []
  private hasTombstones = false
  private scratch = Buffer.allocUnsafe(4096)

  constructor(rules: RetentionRules) {
    this.rules = rules
  }

  /**
   * Judges the batch at `at`, which is whole and has a valid checksum. Throws MalformedRecordError,
   * CompressionError.
   */
  filter(buffer: Buffer, at: number): Filtered {
    return magicOf(buffer, at) < MAGIC_V2 ? this.filterLegacy(buffer, at) : this.filterBatch(buffer, at)
  }

  private filterBatch(buffer: Buffer, at: number): Filtered {
    const { rules } = this
    const isControl = isControlBatch(buffer, at)
    const isDiscardable = isControl
      ? rules.transactions.onControlBatch(buffer, at)
      : rules.transactions.onBatch(buffer, at)
    const horizonMs = hasDeleteHorizon(buffer, at) ? baseTimestampOf(buffer, at) : null
    const discards = isDiscardable && (!isControl || (horizonMs !== null && horizonMs <= rules.nowMs))
    const emptied: Emptied = this.mustRemain(buffer, at, isControl) ? 'retained' : 'dropped'
    if (discards) {
      // Kafka does not count the records of a batch that goes as a whole.
      return emptied === 'retained' ? emptyBatch(buffer, at) : 'dropped'
    }
    const fate = isControl ? 'some' : this.fateOf(buffer, at)
    if (fate !== 'some') {
      const count = recordCountOf(buffer, at)
      this.recordsRead += count
      if (fate === 'all') return emptied === 'retained' ? emptyBatch(buffer, at) : 'dropped'
      this.recordsKept += count
      if (count > 0) return 'kept'
    }
    const total = this.judgeRecords(buffer, at, isControl, horizonMs)
    const needsHorizon =
      horizonMs === null && (this.hasTombstones || (isControl && isDiscardable)) && this.kept.length > 0
    if (this.kept.length === 0) return emptied === 'retained' ? emptyBatch(buffer, at) : 'dropped'
    if (this.kept.length === total && !needsHorizon) return 'kept'
    return this.rewrite(buffer, at, needsHorizon ? rules.nowMs + rules.deleteRetentionMs : horizonMs)
  }

  /** What the map knows already of the batch as a whole: how many of its records are superseded. */
  private fateOf(buffer: Buffer, at: number): 'all' | 'none' | 'some' {
    const { map } = this.rules
    const baseOffset = baseOffsetOf(buffer, at)
    const lastOffset = lastOffsetOf(buffer, at)
    const { dirty } = map
    if (dirty === null || baseOffset < dirty.firstOffset || lastOffset > map.latestOffset) return 'some'
    return dirty.within(baseOffset, lastOffset)
  }

  /** Whether the batch says something that its records' going must not take away. */
  private mustRemain(buffer: Buffer, at: number, isControl: boolean): boolean {
    const lastOffset = lastOffsetOf(buffer, at)
    if (lastOffset + 1 === this.rules.endOffset) return true
    const producerId = producerIdOf(buffer, at)
    const entry = producerId < 0 ? null : this.rules.producers.entry(producerId)
    if (entry === null) return false
    const lastBatch = entry.batches.at(-1)
    if (lastBatch !== undefined) return lastBatch.lastOffset === lastOffset
    // Only a marker is left of it: without its epoch older ones would be let in again.
    return isControl && producerEpochOf(buffer, at) === entry.producerEpoch
  }

  /** Fills `kept`; returns how many records there are. */
  private judgeRecords(buffer: Buffer, at: number, isControl: boolean, horizonMs: number | null): number {
    const { cursor, kept, rules } = this
    const baseOffset = baseOffsetOf(buffer, at)
    const keepsTombstones = horizonMs === null || rules.nowMs < horizonMs
    kept.length = 0
    this.hasTombstones = false
    let total = 0
    cursor.open(recordBytesOf(buffer, at))
    while (cursor.advance()) {
      total++
      const stays = isControl || this.isNewest(baseOffset + cursor.offsetDelta, keepsTombstones)
      if (!stays) continue
      kept.push(cursor.start)
      if (cursor.valueLength < 0) this.hasTombstones = true
    }
    this.recordsRead += total
    this.recordsKept += kept.length
    return total
  }

  private isNewest(offset: number, keepsTombstones: boolean): boolean {
    const { cursor } = this
    const { map } = this.rules
    if (offset > map.latestOffset) return true
    if (cursor.keyLength < 0) return false
    if (cursor.valueLength < 0 && !keepsTombstones) return false
    if (map.dirty !== null && offset >= map.dirty.firstOffset) return !map.dirty.has(offset)
    return offset >= map.get(cursor.bytes, cursor.keyAt, cursor.keyAt + cursor.keyLength)
  }

  // --- magic 2, written anew --------------------------------------------------------------------------------------

  /** The batch with the kept records only; `horizonMs` takes the place of the base timestamp if it is not null. */
  private rewrite(buffer: Buffer, at: number, horizonMs: number | null): Buffer {
    const { cursor, kept } = this
    const oldBase = baseTimestampOf(buffer, at)
    const timestampType = timestampTypeOf(buffer, at)
    const appendTime = timestampType === 'LogAppendTime' ? maxTimestampOf(buffer, at) : null
    let baseTimestamp = horizonMs
    let maxTimestamp = NO_TIMESTAMP
    let length = 0
    for (const start of kept) {
      cursor.moveTo(start)
      const timestamp = appendTime ?? oldBase + cursor.timestampDelta
      baseTimestamp ??= timestamp
      if (timestamp > maxTimestamp) maxTimestamp = timestamp
      length = this.copyRecord(length, timestamp - baseTimestamp)
    }
    cursor.close()
    const plain = this.scratch.subarray(0, length)
    const compression = compressionOf(buffer, at) ?? 'none'
    const payload = compression === 'none' ? plain : codecFor(compression).compress(plain, null)
    const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + payload.length)
    payload.copy(batch, BATCH_HEADER_BYTES)
    writeBatchHeader(batch, 0, {
      ...headerOf(buffer, at),
      sizeBytes: batch.length,
      compression,
      hasDeleteHorizon: horizonMs !== null,
      baseTimestamp: baseTimestamp ?? NO_TIMESTAMP,
      maxTimestamp: appendTime ?? maxTimestamp,
      count: kept.length,
    })
    return batch
  }

  private copyRecord(to: number, timestampDelta: number): number {
    const { cursor } = this
    const body = 1 + sizeOfVarlong(timestampDelta) + cursor.next - cursor.restAt
    const size = sizeOfVarint(body) + body
    if (to + size > this.scratch.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.scratch.length * 2, to + size))
      this.scratch.copy(larger, 0, 0, to)
      this.scratch = larger
    }
    let end = writeVarint(this.scratch, to, body)
    this.scratch[end++] = 0
    end = writeVarlong(this.scratch, end, timestampDelta)
    return end + cursor.bytes.copy(this.scratch, end, cursor.restAt, cursor.next)
  }

  // --- magic 0 and 1 ----------------------------------------------------------------------------------------------

  private filterLegacy(buffer: Buffer, at: number): Filtered {
    const { map } = this.rules
    this.rules.transactions.onBatch(buffer, at)
    const records = legacyRecordsOf(buffer, at)
    const kept = records.filter(({ offset, key, value }) => {
      if (offset > map.latestOffset) return true
      if (key === null || (value === null && !this.keepsLegacyTombstones)) return false
      return offset >= map.get(key, 0, key.length)
    })
    this.recordsRead += records.length
    this.recordsKept += kept.length
    if (kept.length === records.length) return 'kept'
    if (kept.length > 0) {
      return buildLegacyMessages(kept, {
        magic: magicOf(buffer, at) as 0 | 1,
        compression: compressionOf(buffer, at) ?? 'none',
        timestampType: timestampTypeOf(buffer, at),
        appendTimeMs: maxTimestampOf(buffer, at),
      })
    }
    // The old formats know no empty batch. Unlike Kafka, which fails here and then leaves the partition alone for good,
    // the last one of the round stays as it is.
    return lastOffsetOf(buffer, at) + 1 === this.rules.endOffset ? 'kept' : 'dropped'
  }
}

/** What of a batch's header stays whatever becomes of its records. */
function headerOf(buffer: Buffer, at: number) {
  return {
    baseOffset: baseOffsetOf(buffer, at),
    leaderEpoch: leaderEpochOf(buffer, at),
    timestampType: timestampTypeOf(buffer, at),
    isTransactional: isTransactional(buffer, at),
    isControl: isControlBatch(buffer, at),
    lastOffsetDelta: lastOffsetDeltaOf(buffer, at),
    producerId: producerIdOf(buffer, at),
    producerEpoch: producerEpochOf(buffer, at),
    baseSequence: baseSequenceOf(buffer, at),
  }
}

/** The batch without records: it still says which offsets, and which sequences of its producer, have been. */
function emptyBatch(buffer: Buffer, at: number): Buffer {
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES)
  writeBatchHeader(batch, 0, {
    ...headerOf(buffer, at),
    sizeBytes: BATCH_HEADER_BYTES,
    compression: 'none',
    hasDeleteHorizon: false,
    baseTimestamp: NO_TIMESTAMP,
    maxTimestamp: maxTimestampOf(buffer, at),
    count: 0,
  })
  return batch
}
