import {
  readInt16,
  readInt32,
  readInt64,
  readUint32,
  writeInt16,
  writeInt32,
  writeInt64,
} from '../records/bytes.ts'
import { crc32c } from '../records/crc32c.ts'
import { NO_SEQUENCE } from '../records/record-batch.ts'
import type { ProducerEntry } from './producer-state.ts'

/**
 * `.snapshot`: the producers of a log as they were before the offset that names the file.
 *
 *     version int16 = 1 | crc uint32: CRC-32C of what follows | count int32 | entry*
 *     entry: producerId int64 | producerEpoch int16 | lastSequence int32 | lastOffset int64 | offsetDelta int32
 *            | timestamp int64 | coordinatorEpoch int32 | currentTxnFirstOffset int64 (-1 none)
 *
 * Of the batches that a producer has under way only the last is kept.
 */
const VERSION = 1
const CRC_AT = 2
const COUNT_AT = 6
const ENTRIES_AT = 10
const ENTRY_BYTES = 46

/** A snapshot that cannot be used: an older one and the log make up for it. */
export class CorruptSnapshotError extends Error {
  override readonly name = 'CorruptSnapshotError'
}

export function encodeSnapshot(entries: Iterable<ProducerEntry>): Buffer {
  const all = [...entries]
  const bytes = Buffer.allocUnsafe(ENTRIES_AT + all.length * ENTRY_BYTES)
  writeInt16(bytes, 0, VERSION)
  writeInt32(bytes, COUNT_AT, all.length)
  all.forEach((entry, i) => writeEntry(bytes, ENTRIES_AT + i * ENTRY_BYTES, entry))
  writeInt32(bytes, CRC_AT, crc32c(bytes, COUNT_AT))
  return bytes
}

function writeEntry(bytes: Buffer, at: number, entry: ProducerEntry): void {
  const last = entry.batches.at(-1)
  writeInt64(bytes, at, entry.producerId)
  writeInt16(bytes, at + 8, entry.producerEpoch)
  writeInt32(bytes, at + 10, last?.lastSequence ?? NO_SEQUENCE)
  writeInt64(bytes, at + 14, last?.lastOffset ?? -1)
  writeInt32(bytes, at + 22, last?.offsetDelta ?? 0)
  writeInt64(bytes, at + 26, entry.lastTimestamp)
  writeInt32(bytes, at + 34, entry.coordinatorEpoch)
  writeInt64(bytes, at + 38, entry.currentTransactionFirstOffset)
}

/** Throws CorruptSnapshotError. */
export function decodeSnapshot(bytes: Buffer): ProducerEntry[] {
  if (bytes.length < ENTRIES_AT) throw new CorruptSnapshotError(`${bytes.length} bytes`)
  const version = readInt16(bytes, 0)
  if (version !== VERSION) throw new CorruptSnapshotError(`version ${version}`)
  if (readUint32(bytes, CRC_AT) !== crc32c(bytes, COUNT_AT)) throw new CorruptSnapshotError('wrong checksum')
  const count = readInt32(bytes, COUNT_AT)
  if (bytes.length !== ENTRIES_AT + count * ENTRY_BYTES) {
    throw new CorruptSnapshotError(`${count} producers in ${bytes.length} bytes`)
  }
  return Array.from({ length: count }, (_, i) => readEntry(bytes, ENTRIES_AT + i * ENTRY_BYTES))
}

function readEntry(bytes: Buffer, at: number): ProducerEntry {
  const lastTimestamp = readInt64(bytes, at + 26)
  const batch = {
    lastSequence: readInt32(bytes, at + 10),
    lastOffset: readInt64(bytes, at + 14),
    offsetDelta: readInt32(bytes, at + 22),
    timestamp: lastTimestamp,
  }
  return {
    producerId: readInt64(bytes, at),
    producerEpoch: readInt16(bytes, at + 8),
    coordinatorEpoch: readInt32(bytes, at + 34),
    lastTimestamp,
    currentTransactionFirstOffset: readInt64(bytes, at + 38),
    // A producer that has only written markers in its epoch has no batch to remember.
    batches: batch.lastOffset >= 0 ? [batch] : [],
  }
}
