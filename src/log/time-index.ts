import { readInt64, readUint32, writeInt32, writeInt64 } from '../records/bytes.ts'
import { NO_TIMESTAMP } from '../records/record-batch.ts'
import { IndexFile } from './index-file.ts'
import type { Folder, OpenFiles } from './open-files.ts'

/**
 * `.timeindex`: timestamp → offset. An entry says that no batch before its offset has a larger timestamp. Both columns
 * grow. The last entry of a closed segment holds the segment's largest timestamp.
 *
 *     timestamp      int64   largest so far, in ms
 *     relativeOffset int32   last offset of the batch that holds it, less the segment's base offset
 */
export const TIME_INDEX_ENTRY_BYTES = 12

export interface TimestampOffset {
  readonly timestamp: number
  readonly offset: number
}

export class TimeIndex {
  private readonly entries: IndexFile
  private readonly baseOffset: number
  private readonly maxEntries: number

  constructor(options: {
    folder: Folder
    name: string
    files: OpenFiles
    baseOffset: number
    entries: number
    maxBytes: number
  }) {
    this.entries = new IndexFile({ ...options, entryBytes: TIME_INDEX_ENTRY_BYTES })
    this.baseOffset = options.baseOffset
    this.maxEntries = Math.floor(options.maxBytes / TIME_INDEX_ENTRY_BYTES)
  }

  get count(): number {
    return this.entries.count
  }

  /** One place is kept for the entry that closes the segment. */
  get isFull(): boolean {
    return this.entries.count >= this.maxEntries - 1
  }

  /** (-1, base offset) when there is none. */
  get lastEntry(): TimestampOffset {
    const last = this.count - 1
    return last < 0
      ? { timestamp: NO_TIMESTAMP, offset: this.baseOffset }
      : { timestamp: this.timestampAt(last), offset: this.offsetAt(last) }
  }

  /** Whether its ends could be those of an index: no timestamp below 0, and the last one larger than the first. */
  isSane(): boolean {
    if (this.count === 0) return true
    const first = this.timestampAt(0)
    return first >= 0 && (this.count === 1 || this.timestampAt(this.count - 1) > first)
  }

  /** Adds an entry if its timestamp is larger than the last one's. */
  maybeAppend(timestamp: number, offset: number): void {
    const last = this.count - 1
    if (timestamp <= (last < 0 ? NO_TIMESTAMP : this.timestampAt(last))) return
    const slot = this.entries.slot()
    writeInt64(slot, 0, timestamp)
    writeInt32(slot, 8, offset - this.baseOffset)
    this.entries.added()
  }

  /** The last entry whose timestamp is below `timestamp`; (-1, base offset) when there is none. */
  entryBelow(timestamp: number): TimestampOffset {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (this.timestampAt(middle) < timestamp) low = middle + 1
      else high = middle - 1
    }
    return high < 0
      ? { timestamp: NO_TIMESTAMP, offset: this.baseOffset }
      : { timestamp: this.timestampAt(high), offset: this.offsetAt(high) }
  }

  /** Forgets all entries for `offset` and beyond. */
  truncateTo(offset: number): void {
    let count = this.count
    while (count > 0 && this.offsetAt(count - 1) >= offset) count--
    this.entries.truncate(count)
  }

  finish(): void {
    this.entries.finish()
  }

  rest(): void {
    this.entries.rest()
  }

  discard(): void {
    this.entries.discard()
  }

  sync(): Promise<void> {
    return this.entries.sync()
  }

  private timestampAt(i: number): number {
    return readInt64(this.entries.entry(i), 0)
  }

  private offsetAt(i: number): number {
    return this.baseOffset + readUint32(this.entries.entry(i), 8)
  }
}
