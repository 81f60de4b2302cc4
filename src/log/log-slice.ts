import type { AbortedTransaction } from './transaction-index.ts'

/** What is to be read of a log. */
export interface ReadRequest {
  /** Of the first record wanted; its batch may begin before it. */
  readonly offset: number
  readonly maxBytes: number
  /** Batches at this offset or beyond are not for this reader: the high watermark or the last stable offset. */
  readonly upperBoundOffset: number
  /** Whether the first batch is read even when it alone is larger than `maxBytes`. */
  readonly atLeastOneBatch: boolean
  /** Whether to say which transactions in the slice were aborted (read_committed). */
  readonly withAborted?: boolean
}

/** A place in a log: which segment, and how far into its file. */
export interface LogPosition {
  readonly segmentBaseOffset: number
  readonly position: number
}

/** Consecutive whole batches of a log. */
export interface LogSlice extends LogPosition {
  /** Views of memory that nobody changes any more. */
  readonly records: readonly Buffer[]
  readonly sizeBytes: number
  /** The offset that was asked for. */
  readonly startOffset: number
  /** One past the last offset in it; the start offset when it is empty. */
  readonly nextOffset: number
  /** Whether there was a batch, but larger than `maxBytes` and not to be read for that. */
  readonly firstBatchTooLarge: boolean
  /** Null unless asked for. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null
}
