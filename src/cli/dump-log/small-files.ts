import { offsetOfFile } from '../../log/file-names.ts'
import { decodeSnapshot } from '../../log/producer-snapshot.ts'

const INDEX_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12
const TRANSACTION_ENTRY_BYTES = 34

export type DumpedRow = Readonly<Record<string, number | string | null>>

/** What the name of a file says that it is. */
export type FileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot' | 'text'

/** Null for a name that no file of a log has. */
export function kindOf(path: string): FileKind | null {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const suffix = /\.(log|index|timeindex|txnindex|snapshot)(\.(deleted|cleaned|swap))?$/.exec(name)?.[1]
  if (suffix !== undefined) return suffix as FileKind
  return /checkpoint$|^partition\.metadata$|^meta\.properties$/.test(name) ? 'text' : null
}

/** Entries of an index that was made larger beforehand end where zeroes begin. */
export function readIndexEntries(
  kind: 'index' | 'timeindex' | 'txnindex',
  path: string,
  bytes: Buffer,
): DumpedRow[] {
  const base = offsetOfFile(path.slice(path.lastIndexOf('/') + 1)) ?? 0
  switch (kind) {
    case 'index':
      return entries(bytes, INDEX_ENTRY_BYTES, (at) => ({
        offset: base + bytes.readInt32BE(at),
        position: bytes.readInt32BE(at + 4),
      }))
    case 'timeindex':
      return entries(bytes, TIME_ENTRY_BYTES, (at) => ({
        timestamp: Number(bytes.readBigInt64BE(at)),
        offset: base + bytes.readInt32BE(at + 8),
      }))
    case 'txnindex':
      return entries(bytes, TRANSACTION_ENTRY_BYTES, (at) => ({
        version: bytes.readInt16BE(at),
        producerId: Number(bytes.readBigInt64BE(at + 2)),
        firstOffset: Number(bytes.readBigInt64BE(at + 10)),
        lastOffset: Number(bytes.readBigInt64BE(at + 18)),
        lastStableOffset: Number(bytes.readBigInt64BE(at + 26)),
      }))
  }
}

/** Throws CorruptSnapshotError. */
export function readSnapshotEntries(bytes: Buffer): DumpedRow[] {
  return decodeSnapshot(bytes).map((entry) => {
    const last = entry.batches.at(-1)
    return {
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset ?? -1,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionFirstOffset: entry.currentTransactionFirstOffset,
    }
  })
}

function entries(bytes: Buffer, size: number, read: (at: number) => DumpedRow): DumpedRow[] {
  const rows: DumpedRow[] = []
  for (let at = 0; at + size <= bytes.length; at += size) {
    // The first entry of an index may be all zeroes; a later one is what was set aside and never written.
    if (at > 0 && bytes.subarray(at, at + size).every((byte) => byte === 0)) break
    rows.push(read(at))
  }
  return rows
}
