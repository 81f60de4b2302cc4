import { buildBatch } from './batch-builder.ts'
import { readInt16, readInt32, writeInt16, writeInt32 } from './bytes.ts'
import { recordsOf } from './record.ts'

/**
 * The record of a control batch, which ends a transaction of one producer in one partition:
 *
 *     key:   version int16 = 0 | type int16: 0 abort, 1 commit
 *     value: version int16 = 0 | coordinatorEpoch int32
 *
 * Source: org.apache.kafka.common.record.{ControlRecordType, EndTransactionMarker}; KIP-98.
 */
export type TransactionResult = 'commit' | 'abort'

export interface EndTransactionMarker {
  readonly result: TransactionResult
  /** Counts the leaders of the coordinator's partition: markers of a deposed one are refused. */
  readonly coordinatorEpoch: number
  readonly timestamp: number
}

const ABORT = 0
const COMMIT = 1
const KEY_BYTES = 4
const VALUE_BYTES = 6

/** The batch that commits or aborts a producer's transaction. */
export function buildEndTransactionBatch(marker: {
  readonly producerId: number
  readonly producerEpoch: number
  readonly result: TransactionResult
  readonly coordinatorEpoch: number
  readonly timestamp: number
  readonly baseOffset?: number
  readonly leaderEpoch?: number
}): Buffer {
  const key = Buffer.alloc(KEY_BYTES)
  writeInt16(key, 2, marker.result === 'commit' ? COMMIT : ABORT)
  const value = Buffer.alloc(VALUE_BYTES)
  writeInt32(value, 2, marker.coordinatorEpoch)
  return buildBatch([{ key, value, timestamp: marker.timestamp }], {
    baseOffset: marker.baseOffset ?? 0,
    leaderEpoch: marker.leaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
  })
}

/**
 * The marker in the control batch at `at`; null when it holds none: compaction may have emptied it, and newer
 * versions know control records of other types.
 */
export function endTransactionMarkerOf(buffer: Buffer, at: number): EndTransactionMarker | null {
  for (const { key, value, timestamp } of recordsOf(buffer, at)) {
    if (key === null || key.length < KEY_BYTES || value === null || value.length < VALUE_BYTES) return null
    const type = readInt16(key, 2)
    if (type !== ABORT && type !== COMMIT) return null
    return { result: type === COMMIT ? 'commit' : 'abort', coordinatorEpoch: readInt32(value, 2), timestamp }
  }
  return null
}
