import { KafkaError } from '../model/errors.ts'
import { CompressionError } from '../records/compression/codec.ts'
import { endTransactionMarkerOf } from '../records/control-record.ts'
import { recordBytesOf } from '../records/record.ts'
import {
  baseOffsetOf,
  batchSizeOf,
  completeSizeAt,
  isControlBatch,
  isTransactional,
  MAGIC_V2,
  magicOf,
  producerIdOf,
  recordCountOf,
} from '../records/record-batch.ts'
import { MalformedRecordError, VarintReader } from '../records/varint.ts'

/**
 * One record of an internal topic, where it lies. A place that is filled anew for each record: whoever is shown it
 * keeps nothing of it.
 */
export class StoredRecord {
  buffer: Buffer = Buffer.alloc(0)
  keyStart = 0
  /** Equal to `keyStart` for an empty key, smaller for a null one. */
  keyEnd = 0
  valueStart = 0
  /** Smaller than `valueStart` for a null value: a tombstone. */
  valueEnd = 0
  offset = -1
  /** Of the transaction that the record belongs to; -1 outside transactions. */
  producerId = -1

  get hasKey(): boolean {
    return this.keyEnd >= this.keyStart
  }

  get isTombstone(): boolean {
    return this.valueEnd < this.valueStart
  }

  /** A view. */
  key(): Buffer {
    return this.buffer.subarray(this.keyStart, this.keyEnd)
  }

  /** A view; must not be asked of a tombstone. */
  value(): Buffer {
    return this.buffer.subarray(this.valueStart, this.valueEnd)
  }
}

/** Who takes in what a partition's log holds, record by record, in order. */
export interface ReplayTarget {
  /** Must not throw for what the record says: records that mean nothing are left out and reported. */
  replay(record: StoredRecord): void
  /** The transaction of `producerId` is over: its records count, or never were. */
  endTransaction(producerId: number, isCommitted: boolean): void
}

/** Reads batches into a target, without an object per record: a million records take a second or two. */
export class Replay {
  private readonly target: ReplayTarget
  private readonly onFault: (offset: number, fault: string) => void
  private readonly record = new StoredRecord()
  private readonly reader = new VarintReader(Buffer.alloc(0), 0, 0)

  /** `onFault` is told of batches that cannot be read; they are left out. */
  constructor(target: ReplayTarget, onFault: (offset: number, fault: string) => void) {
    this.target = target
    this.onFault = onFault
  }

  /** Every batch that is complete in `buffer`. Returns how many records were read. */
  run(buffer: Buffer): number {
    let count = 0
    for (let at = 0; at < buffer.length;) {
      let size: number
      try {
        size = completeSizeAt(buffer, at, buffer.length)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        this.onFault(baseOffsetOf(buffer, at), error.message)
        return count
      }
      if (size < 0) return count
      count += this.batch(buffer, at)
      at += batchSizeOf(buffer, at)
    }
    return count
  }

  private batch(buffer: Buffer, at: number): number {
    const baseOffset = baseOffsetOf(buffer, at)
    if (magicOf(buffer, at) < MAGIC_V2) {
      this.onFault(baseOffset, `a message of magic ${magicOf(buffer, at)}`)
      return 0
    }
    try {
      if (!isControlBatch(buffer, at)) return this.records(buffer, at, baseOffset)
      const marker = endTransactionMarkerOf(buffer, at)
      if (marker !== null) this.target.endTransaction(producerIdOf(buffer, at), marker.result === 'commit')
      return 1
    } catch (error) {
      if (!(error instanceof MalformedRecordError || error instanceof CompressionError)) throw error
      this.onFault(baseOffset, error.message)
      return 0
    }
  }

  private records(buffer: Buffer, at: number, baseOffset: number): number {
    const { record, reader, target } = this
    const bytes = recordBytesOf(buffer, at)
    const count = recordCountOf(buffer, at)
    reader.buffer = bytes
    reader.position = 0
    reader.end = bytes.length
    record.buffer = bytes
    record.producerId = isTransactional(buffer, at) ? producerIdOf(buffer, at) : -1
    for (let i = 0; i < count; i++) {
      const length = reader.varint()
      const end = reader.position + length
      if (length < 0 || end > bytes.length) throw new MalformedRecordError(`a record of ${length} bytes`)
      reader.skip(1) // Attributes: no bit has a meaning.
      reader.varlong()
      record.offset = baseOffset + reader.varint()
      const keyLength = reader.varint()
      record.keyStart = reader.position
      record.keyEnd = reader.position + keyLength
      reader.skip(Math.max(0, keyLength))
      const valueLength = reader.varint()
      record.valueStart = reader.position
      record.valueEnd = reader.position + valueLength
      reader.skip(Math.max(0, valueLength))
      if (reader.position > end) throw new MalformedRecordError(`a record longer than its ${length} bytes`)
      // Headers mean nothing here.
      reader.position = end
      target.replay(record)
    }
    return count
  }
}
