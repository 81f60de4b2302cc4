import { endTransactionMarkerOf } from '../records/control-record.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  isControlBatch,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
} from '../records/record-batch.ts'
import type { CompletedTransaction, DataBatch, MarkerBatch, ProducerState } from './producer-state.ts'

/** What the producer state must know of the data batch at `at`. */
export function dataBatchOf(
  buffer: Buffer,
  at: number,
  firstOffset: number,
  lastOffset: number,
  maxTimestamp: number,
): DataBatch {
  return {
    producerId: producerIdOf(buffer, at),
    producerEpoch: producerEpochOf(buffer, at),
    firstSequence: baseSequenceOf(buffer, at),
    lastSequence: lastSequenceOf(buffer, at),
    firstOffset,
    lastOffset,
    maxTimestamp,
    isTransactional: isTransactional(buffer, at),
  }
}

/** What it must know of the control batch at `at`; null when compaction has emptied it. */
export function markerBatchOf(buffer: Buffer, at: number, offset: number): MarkerBatch | null {
  const marker = endTransactionMarkerOf(buffer, at)
  if (marker === null) return null
  const { result, coordinatorEpoch, timestamp } = marker
  return {
    producerId: producerIdOf(buffer, at),
    producerEpoch: producerEpochOf(buffer, at),
    coordinatorEpoch,
    result,
    offset,
    timestamp,
  }
}

/**
 * Takes a batch of the log into the producer state, unquestioned: it was accepted once. Returns the transaction that
 * it ends, if it is a marker that ends one.
 */
export function replayBatch(
  producers: ProducerState,
  buffer: Buffer,
  at: number,
): CompletedTransaction | null {
  if (producerIdOf(buffer, at) < 0) return null
  const baseOffset = baseOffsetOf(buffer, at)
  if (isControlBatch(buffer, at)) {
    const marker = markerBatchOf(buffer, at, baseOffset)
    return marker === null ? null : producers.applyMarker(marker)
  }
  producers.apply(dataBatchOf(buffer, at, baseOffset, lastOffsetOf(buffer, at), maxTimestampOf(buffer, at)))
  return null
}
