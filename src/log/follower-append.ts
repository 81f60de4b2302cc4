import { KafkaError } from '../model/errors.ts'
import { batchSizeOf, baseOffsetOf, completeSizeAt, lastOffsetOf } from '../records/record-batch.ts'
import { isStoredBatchValid } from './log-recovery.ts'

/** The leader's batches do not begin where this log ends. Source: UnexpectedAppendOffsetException. */
export class UnexpectedAppendOffsetError extends Error {
  override readonly name = 'UnexpectedAppendOffsetError'
  readonly firstOffset: number
  readonly lastOffset: number

  constructor(message: string, firstOffset: number, lastOffset: number) {
    super(message)
    this.firstOffset = firstOffset
    this.lastOffset = lastOffset
  }
}

/** Whole batches that may follow a log. */
export interface FollowerBatches {
  readonly count: number
  readonly sizeBytes: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The size of the batch at a position. */
  sizeAt(at: number): number
}

/**
 * Checks batches from a leader: each is what it was when it was written, and offsets only grow, from `nextOffset` on.
 * Throws KafkaError CORRUPT_MESSAGE, UnexpectedAppendOffsetError. Source: UnifiedLog.analyzeAndValidateRecords.
 */
export function checkFollowerBatches(
  records: Buffer,
  nextOffset: number,
  partition: string,
): FollowerBatches {
  let count = 0
  let end = 0
  let firstOffset = -1
  let lastOffset = -1
  for (;;) {
    const size = completeSizeAt(records, end, records.length)
    if (size < 0) break
    if (!isStoredBatchValid(records, end)) {
      throw new KafkaError(
        'CORRUPT_MESSAGE',
        `Record is corrupt in topic partition ${partition}, batch at offset ${baseOffsetOf(records, end)}`,
      )
    }
    const base = baseOffsetOf(records, end)
    const last = lastOffsetOf(records, end)
    if (base < nextOffset || last < base) {
      throw new UnexpectedAppendOffsetError(
        `Unexpected offset in append to ${partition}. First offset ${base} is less than the next offset ${nextOffset}.`,
        base,
        last,
      )
    }
    if (count === 0) firstOffset = base
    lastOffset = last
    nextOffset = last + 1
    count++
    end += size
  }
  return { count, sizeBytes: end, firstOffset, lastOffset, sizeAt: (at) => batchSizeOf(records, at) }
}
