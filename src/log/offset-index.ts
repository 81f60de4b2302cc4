import { readUint32, writeInt32 } from '../records/bytes.ts'
import { assert } from '../std/assert.ts'
import { IndexFile } from './index-file.ts'
import type { Folder, OpenFiles } from './open-files.ts'

/**
 * `.index`: offset → position in the `.log` file, an entry every `index.interval.bytes`. Both columns grow.
 *
 *     relativeOffset int32   last offset of the batch, less the segment's base offset
 *     position       int32   where that batch begins
 */
export const OFFSET_INDEX_ENTRY_BYTES = 8

export class OffsetIndex {
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
    this.entries = new IndexFile({ ...options, entryBytes: OFFSET_INDEX_ENTRY_BYTES })
    this.baseOffset = options.baseOffset
    this.maxEntries = Math.floor(options.maxBytes / OFFSET_INDEX_ENTRY_BYTES)
  }

  get count(): number {
    return this.entries.count
  }

  /** A full index takes no more entries; the segment is to be rolled before its next batch. */
  get isFull(): boolean {
    return this.entries.count >= this.maxEntries
  }

  /** The offset of the last entry, or the base offset. */
  get lastOffset(): number {
    return this.count === 0 ? this.baseOffset : this.offsetAt(this.count - 1)
  }

  append(offset: number, position: number): void {
    assert(offset > this.lastOffset || this.count === 0, `index offset ${offset} after ${this.lastOffset}`)
    const slot = this.entries.slot()
    writeInt32(slot, 0, offset - this.baseOffset)
    writeInt32(slot, 4, position)
    this.entries.added()
  }

  /** A position at or before the batch with `offset`: that of the last entry whose offset is not larger, or 0. */
  positionBefore(offset: number): number {
    const i = this.floor(offset)
    return i < 0 ? 0 : this.positionAt(i)
  }

  /** Forgets all entries for `offset` and beyond. */
  truncateTo(offset: number): void {
    this.entries.truncate(this.floor(offset - 1) + 1)
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

  private floor(offset: number): number {
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (this.offsetAt(middle) <= offset) low = middle + 1
      else high = middle - 1
    }
    return high
  }

  private offsetAt(i: number): number {
    return this.baseOffset + readUint32(this.entries.entry(i), 0)
  }

  private positionAt(i: number): number {
    return readUint32(this.entries.entry(i), 4)
  }
}
