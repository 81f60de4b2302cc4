import { legacyRecordsOf } from '../records/legacy-messages.ts'
import { baseOffsetOf, isControlBatch, lastOffsetOf, MAGIC_V2, magicOf } from '../records/record-batch.ts'
import { RecordCursor } from '../records/record-cursor.ts'
import { recordBytesOf } from '../records/record.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { CleanerOffsetMap } from './cleaner-offset-map.ts'

/** Puts the keys of batches into the map, until that is full. */
export class KeyCollector {
  isFull = false
  private readonly map: CleanerOffsetMap
  private readonly maxKeys: number
  private readonly transactions: CleanedTransactions
  private readonly firstDirtyOffset: number
  private readonly cursor = new RecordCursor()

  constructor(options: {
    map: CleanerOffsetMap
    maxKeys: number
    transactions: CleanedTransactions
    firstDirtyOffset: number
  }) {
    this.map = options.map
    this.maxKeys = options.maxKeys
    this.transactions = options.transactions
    this.firstDirtyOffset = options.firstDirtyOffset
  }

  /** False when the map is full. */
  collect(buffer: Buffer, at: number): boolean {
    if (isControlBatch(buffer, at)) this.transactions.onControlBatch(buffer, at)
    else if (!this.transactions.onBatch(buffer, at) && !this.collectRecords(buffer, at)) {
      this.isFull = true
      return false
    }
    const lastOffset = lastOffsetOf(buffer, at)
    if (lastOffset >= this.firstDirtyOffset) this.map.updateLatestOffset(lastOffset)
    return true
  }

  private collectRecords(buffer: Buffer, at: number): boolean {
    if (magicOf(buffer, at) < MAGIC_V2) {
      return legacyRecordsOf(buffer, at).every(
        ({ key, offset }) => key === null || this.put(key, 0, key.length, offset),
      )
    }
    const { cursor } = this
    const { dirty } = this.map
    const baseOffset = baseOffsetOf(buffer, at)
    cursor.open(recordBytesOf(buffer, at))
    while (cursor.advance()) {
      const { bytes, keyAt, keyLength } = cursor
      const offset = baseOffset + cursor.offsetDelta
      if (keyLength < 0) dirty?.supersede(offset)
      else {
        if (!this.put(bytes, keyAt, keyAt + keyLength, offset)) return false
        if (cursor.valueLength < 0) dirty?.noteTombstone(offset)
      }
    }
    cursor.close()
    return true
  }

  private put(bytes: Buffer, start: number, end: number, offset: number): boolean {
    if (offset < this.firstDirtyOffset) return true
    if (this.map.size >= this.maxKeys) return false
    this.map.put(bytes, start, end, offset)
    return true
  }
}
