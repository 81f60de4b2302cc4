import {
  compressionOf,
  baseOffsetOf,
  baseSequenceOf,
  batchSizeOf,
  isBatchValid,
  isControlBatch,
  isTransactional,
  LOG_OVERHEAD_BYTES,
  lastOffsetOf,
  lastSequenceOf,
  leaderEpochOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  storedCrcOf,
  timestampTypeOf,
} from '../../records/record-batch.ts'
import { isMessageValid, legacyRecordsOf } from '../../records/legacy-messages.ts'
import { endTransactionMarkerOf } from '../../records/control-record.ts'
import { prepareZstd } from '../../records/compression/zstd.ts'
import { recordsOf, type KafkaRecord } from '../../records/record.ts'
import type { Disk } from '../../platform/disk.ts'

/** What a batch of a `.log` file says of itself. */
export interface DumpedBatch {
  readonly position: number
  readonly sizeBytes: number
  readonly magic: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly leaderEpoch: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly isTransactional: boolean
  readonly isControl: boolean
  /** `commit` or `abort` in a transaction's marker. */
  readonly marker: string | null
  readonly timestampType: string
  readonly maxTimestamp: number
  readonly compression: string
  readonly crc: number
  readonly isValid: boolean
  /** Null where only batches are wanted, or where the bytes cannot be read. */
  readonly records: readonly Omit<KafkaRecord, 'headers'>[] | null
}

/** Bytes at which nothing begins that a log can hold: whatever follows cannot be found any more. */
export interface Damage {
  readonly position: number
  readonly what: string
}

/** A batch may be as large as a segment; reading goes on behind it. */
const MAX_BATCH_BYTES = 1024 * 1024 * 1024
const READ_BYTES = 1024 * 1024

/**
 * The batches of a segment, in order; last comes what stands behind the last whole one, if anything. Memory holds one
 * batch, or a megabyte.
 */
export async function* readLogFile(
  disk: Disk,
  path: string,
  options: { readonly withRecords: boolean },
): AsyncGenerator<DumpedBatch | Damage> {
  const file = disk.open(path, { mode: 'read' })
  try {
    const fileBytes = file.sizeBytes()
    let window = Buffer.alloc(0)
    let windowAt = 0
    for (let position = 0; position < fileBytes;) {
      const left = fileBytes - position
      const has = (bytes: number): boolean => windowAt + window.length - position >= bytes
      const load = (bytes: number): void => {
        if (has(bytes)) return
        window = Buffer.alloc(Math.min(left, Math.max(bytes, READ_BYTES)))
        windowAt = position
        const read = file.read(window, 0, window.length, position)
        window = window.subarray(0, read)
      }
      if (left < LOG_OVERHEAD_BYTES + 5) {
        yield { position, what: `${left} bytes are left over at the end` }
        return
      }
      load(LOG_OVERHEAD_BYTES + 5)
      const sizeBytes = batchSizeOf(window, position - windowAt)
      if (sizeBytes < LOG_OVERHEAD_BYTES + 14 || sizeBytes > MAX_BATCH_BYTES) {
        yield { position, what: `a batch of ${sizeBytes} bytes cannot be` }
        return
      }
      if (sizeBytes > left) {
        yield { position, what: `a batch of ${sizeBytes} bytes is cut off after ${left}` }
        return
      }
      load(sizeBytes)
      const at = position - windowAt
      if (magicOf(window, at) > MAGIC_V2 || magicOf(window, at) < 0) {
        yield { position, what: `a batch of magic ${magicOf(window, at)} is not known` }
        return
      }
      if (window.length - at < sizeBytes) {
        yield { position, what: 'the file became shorter while it was read' }
        return
      }
      yield await dumpBatch(window, at, position, sizeBytes, options.withRecords)
      position += sizeBytes
    }
  } finally {
    file.close()
  }
}

async function dumpBatch(
  bytes: Buffer,
  at: number,
  position: number,
  sizeBytes: number,
  withRecords: boolean,
): Promise<DumpedBatch> {
  const magic = magicOf(bytes, at)
  const compression = compressionOf(bytes, at)
  if (compression === 'zstd' && withRecords) await prepareZstd()
  const isLegacy = magic < MAGIC_V2
  const isValid = magic <= MAGIC_V2 && (isLegacy ? isMessageValid(bytes, at) : isBatchValid(bytes, at))
  const isControl = !isLegacy && isControlBatch(bytes, at)
  return {
    position,
    sizeBytes,
    magic,
    baseOffset: baseOffsetOf(bytes, at),
    lastOffset: lastOffsetOf(bytes, at),
    count: isLegacy ? 1 : recordCountOf(bytes, at),
    leaderEpoch: isLegacy ? -1 : leaderEpochOf(bytes, at),
    producerId: isLegacy ? -1 : producerIdOf(bytes, at),
    producerEpoch: isLegacy ? -1 : producerEpochOf(bytes, at),
    baseSequence: isLegacy ? -1 : baseSequenceOf(bytes, at),
    lastSequence: isLegacy ? -1 : lastSequenceOf(bytes, at),
    isTransactional: !isLegacy && isTransactional(bytes, at),
    isControl,
    marker: isControl && isValid ? (endTransactionMarkerOf(bytes, at)?.result ?? null) : null,
    timestampType: timestampTypeOf(bytes, at),
    maxTimestamp: maxTimestampOf(bytes, at),
    compression: compression ?? 'unknown',
    crc: storedCrcOf(bytes, at),
    isValid,
    records: withRecords && isValid && !isControl ? recordsIn(bytes, at, isLegacy) : null,
  }
}

function recordsIn(bytes: Buffer, at: number, isLegacy: boolean): DumpedBatch['records'] {
  try {
    return isLegacy ? [...legacyRecordsOf(bytes, at)] : [...recordsOf(bytes, at)]
  } catch (error) {
    // The checksum is right and the content is not: a client wrote it so. The batch is shown without it.
    if (error instanceof Error && UNREADABLE.has(error.name)) return null
    throw error
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['MalformedRecordError', 'CompressionError', 'KafkaError'])
