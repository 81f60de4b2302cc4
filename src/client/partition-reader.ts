import { CompressionError } from '../records/compression/codec.ts'
import { prepareZstd } from '../records/compression/zstd.ts'
import { endTransactionMarkerOf } from '../records/control-record.ts'
import { isMessageValid, legacyRecordsOf } from '../records/legacy-messages.ts'
import {
  completeSizeAt,
  compressionOf,
  isBatchValid,
  isControlBatch,
  isTransactional,
  lastOffsetOf,
  MAGIC_V2,
  magicOf,
  producerIdOf,
  timestampTypeOf,
  type TimestampType,
} from '../records/record-batch.ts'
import { recordsOf, type KafkaRecord } from '../records/record.ts'
import { MalformedRecordError } from '../records/varint.ts'
import { KafkaError } from '../model/errors.ts'

export interface ConsumedRecord extends KafkaRecord {
  readonly topic: string
  readonly partition: number
  readonly timestampType: TimestampType
}

export interface ReadResult {
  readonly records: readonly ConsumedRecord[]
  /** Where to go on: behind everything that was read, markers and aborted records too. */
  readonly nextOffset: number
}

/**
 * The records in the bytes of one partition's answer: from `fromOffset` on, without markers and, where aborted
 * transactions are given, without theirs. A batch that is cut off at the end is left for the next time.
 * Throws KafkaError CORRUPT_MESSAGE, naming the offset, for bytes that are not what they should be.
 */
export async function readPartition(
  bytes: Buffer,
  where: { readonly topic: string; readonly partition: number; readonly fromOffset: number },
  aborted: readonly { readonly producerId: number; readonly firstOffset: number }[],
): Promise<ReadResult> {
  const { topic, partition, fromOffset } = where
  const hidden = new AbortedTransactions(aborted)
  const records: ConsumedRecord[] = []
  let nextOffset = fromOffset
  try {
    for (let at = 0, size; (size = completeSizeAt(bytes, at, bytes.length)) > 0; at += size) {
      const lastOffset = lastOffsetOf(bytes, at)
      if (lastOffset < fromOffset) continue
      if (compressionOf(bytes, at) === 'zstd') await prepareZstd()
      const timestampType = timestampTypeOf(bytes, at)
      for (const record of visibleRecords(bytes, at, hidden)) {
        if (record.offset >= fromOffset) records.push({ ...record, topic, partition, timestampType })
      }
      nextOffset = Math.max(nextOffset, lastOffset + 1)
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    const message = `${topic}-${partition}, at offset ${nextOffset}: ${error.message}`
    throw new KafkaError('CORRUPT_MESSAGE', message, { cause: error })
  }
  return { records, nextOffset }
}

function isDamage(error: unknown): error is Error {
  return (
    error instanceof MalformedRecordError ||
    error instanceof CompressionError ||
    (error instanceof KafkaError && error.error === 'CORRUPT_MESSAGE')
  )
}

const NO_HEADERS: KafkaRecord['headers'] = []

function visibleRecords(bytes: Buffer, at: number, hidden: AbortedTransactions): Iterable<KafkaRecord> {
  if (magicOf(bytes, at) < MAGIC_V2) {
    if (!isMessageValid(bytes, at)) throw new MalformedRecordError('a message with a wrong checksum')
    return legacyRecordsOf(bytes, at).map(({ offset, timestamp, key, value }) => ({
      offset,
      timestamp,
      key,
      value,
      headers: NO_HEADERS,
    }))
  }
  if (!isBatchValid(bytes, at)) throw new MalformedRecordError('a batch with a wrong checksum')
  if (hidden.hides(bytes, at) || isControlBatch(bytes, at)) return []
  return recordsOf(bytes, at)
}

/**
 * Which batches belong to aborted transactions, met in the order of their offsets.
 * Source: Fetcher.CompletedFetch (KIP-98).
 */
class AbortedTransactions {
  private readonly coming: { readonly producerId: number; readonly firstOffset: number }[]
  private readonly open = new Set<number>()

  constructor(transactions: readonly { readonly producerId: number; readonly firstOffset: number }[]) {
    this.coming = [...transactions].sort((one, other) => one.firstOffset - other.firstOffset)
  }

  hides(bytes: Buffer, at: number): boolean {
    if (!isTransactional(bytes, at)) return false
    const producerId = producerIdOf(bytes, at)
    const lastOffset = lastOffsetOf(bytes, at)
    for (
      let next = this.coming[0];
      next !== undefined && next.firstOffset <= lastOffset;
      next = this.coming[0]
    ) {
      this.open.add(next.producerId)
      this.coming.shift()
    }
    if (isControlBatch(bytes, at)) {
      if (endTransactionMarkerOf(bytes, at)?.result === 'abort') this.open.delete(producerId)
      return true
    }
    return this.open.has(producerId)
  }
}
