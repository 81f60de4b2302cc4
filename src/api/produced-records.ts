import { KafkaError } from '../model/errors.ts'
import { completeSizeAt, compressionOf, isTransactional, MAGIC_V2, magicOf } from '../records/record-batch.ts'

const ONE_BATCH = 3
const KNOWS_ZSTD = 7

/**
 * What is wrong with one partition's records for a producer of this version, as far as their headers tell; null when
 * nothing is. From version 3 on they are one batch of magic 2.
 * Source: ProduceRequest.validateRecords (3.9).
 */
export function producedRecordsFault(records: Buffer, version: number): KafkaError | null {
  if (version < ONE_BATCH) return null
  const size = sizeOfFirst(records)
  if (size instanceof KafkaError) return size
  if (size < 0) {
    return new KafkaError(
      'INVALID_RECORD',
      `Produce requests with version ${version} must have at least one whole record batch per partition`,
    )
  }
  if (magicOf(records, 0) !== MAGIC_V2) {
    return new KafkaError(
      'INVALID_RECORD',
      `Produce requests with version ${version} take record batches of magic 2 only, not ${magicOf(records, 0)}`,
    )
  }
  if (version < KNOWS_ZSTD && compressionOf(records, 0) === 'zstd') {
    return new KafkaError(
      'UNSUPPORTED_COMPRESSION_TYPE',
      `Produce requests with version ${version} cannot carry batches compressed by Zstandard`,
    )
  }
  // What follows the batch without being one itself is cut off by the log.
  return size < records.length && hasWholeBatchAt(records, size)
    ? new KafkaError(
        'INVALID_RECORD',
        `Produce requests with version ${version} take exactly one record batch per partition`,
      )
    : null
}

/** Whether the first batch belongs to a transaction; batches of one request do or do not together. */
export function hasTransactionalRecords(records: Buffer): boolean {
  const size = sizeOfFirst(records)
  return (
    typeof size === 'number' && size > 0 && magicOf(records, 0) === MAGIC_V2 && isTransactional(records, 0)
  )
}

function sizeOfFirst(records: Buffer): number | KafkaError {
  try {
    return completeSizeAt(records, 0, records.length)
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

function hasWholeBatchAt(records: Buffer, at: number): boolean {
  try {
    return completeSizeAt(records, at, records.length) > 0
  } catch {
    return true
  }
}
