import type {
  CoordinatorAppend,
  CoordinatorLog,
  CoordinatorLogSlice,
} from '../../src/coordinator/coordinator-log.ts'
import { KafkaError, type ErrorName } from '../../src/model/errors.ts'
import type { PartitionIndex } from '../../src/model/ids.ts'
import {
  batchSizeOf,
  baseOffsetOf,
  lastOffsetOf,
  lastOffsetDeltaOf,
  stampPlace,
} from '../../src/records/record-batch.ts'
import { recordsOf, type KafkaRecord } from '../../src/records/record.ts'
import { deferred, type Deferred } from '../../src/std/deferred.ts'

interface Held {
  readonly offset: number
  readonly done: Deferred<number>
}

/**
 * The partitions of an internal topic in memory. Appends are replicated at once, unless `hold` keeps them waiting or
 * `fail` refuses them.
 */
export class FakeCoordinatorLog implements CoordinatorLog {
  readonly appends: { readonly partition: number; readonly batch: Buffer; readonly acks: number }[] = []
  /** As `CoordinatorLog.maxBatchBytes`. */
  maxBytes = 1_000_000
  /** How much one read returns at most; one batch always. */
  readBytes = 64 * 1024
  private readonly partitions = new Map<
    number,
    { startOffset: number; endOffset: number; batches: Buffer[] }
  >()
  private readonly failures: { error: ErrorName; isThere: boolean }[] = []
  private readonly readFailures: Error[] = []
  private held: Held[] | null = null
  private lastRead: { readonly partition: number; readonly offset: number; readonly index: number } | null =
    null

  /** From now on appends are in the log, and nobody hears of it until `release`. */
  hold(): void {
    this.held ??= []
  }

  /** Whoever waits learns that the records are replicated, or (an error) that they are not for certain. */
  release(error: ErrorName | null = null): void {
    const held = this.held ?? []
    this.held = null
    for (const { offset, done } of held) {
      if (error === null) done.resolve(offset)
      else done.reject(new KafkaError(error))
    }
  }

  get heldCount(): number {
    return this.held?.length ?? 0
  }

  /** The next append is refused. `isThere`: it is in the log all the same, as after a timeout. */
  fail(error: ErrorName, { isThere = false } = {}): void {
    this.failures.push({ error, isThere })
  }

  failRead(error: Error): void {
    this.readFailures.push(error)
  }

  endOffset(partition: PartitionIndex): number {
    return this.of(partition).endOffset
  }

  startOffset(partition: PartitionIndex): number {
    return this.of(partition).startOffset
  }

  maxBatchBytes(): number {
    return this.maxBytes
  }

  read(partition: PartitionIndex, offset: number): Promise<CoordinatorLogSlice> {
    const failure = this.readFailures.shift()
    if (failure !== undefined) return Promise.reject(failure)
    const records: Buffer[] = []
    let nextOffset = offset
    let size = 0
    const { batches } = this.of(partition)
    // Readers go forwards: nearly always the next batch is where the last read ended.
    let index = 0
    if (this.lastRead?.partition === partition && this.lastRead.offset === offset) index = this.lastRead.index
    for (; index < batches.length; index++) {
      const batch = batches[index]
      if (batch === undefined || lastOffsetOf(batch, 0) < offset) continue
      if (size > 0 && size + batch.length > this.readBytes) break
      records.push(batch)
      size += batch.length
      nextOffset = lastOffsetOf(batch, 0) + 1
    }
    this.lastRead = { partition, offset: nextOffset, index }
    return Promise.resolve({ records, nextOffset })
  }

  append(partition: PartitionIndex, batch: Buffer, { acks }: CoordinatorAppend): Promise<number> {
    if (batch.length > this.maxBytes) return Promise.reject(new KafkaError('MESSAGE_TOO_LARGE'))
    const failure = this.failures.shift()
    if (failure !== undefined) {
      if (failure.isThere) this.put(partition, batch)
      return Promise.reject(new KafkaError(failure.error))
    }
    const offset = this.put(partition, batch)
    this.appends.push({ partition, batch: Buffer.from(batch), acks })
    if (this.held === null || acks === 0) return Promise.resolve(offset)
    const done = deferred<number>()
    this.held.push({ offset, done })
    return done.promise
  }

  /** Puts a batch into the log as another broker would have. Returns its first offset. */
  put(partition: number, batch: Buffer): number {
    const log = this.of(partition)
    const copy = Buffer.from(batch)
    stampPlace(copy, 0, log.endOffset, 0)
    log.batches.push(copy)
    log.endOffset += lastOffsetDeltaOf(copy, 0) + 1
    return baseOffsetOf(copy, 0)
  }

  /** Bytes that are not a batch in the place of one of `records` records. */
  putGarbage(partition: number, bytes: Buffer, records: number): void {
    const log = this.of(partition)
    log.batches.push(bytes)
    log.endOffset += records
  }

  /** Every record of a partition, in order. */
  records(partition = 0): KafkaRecord[] {
    return this.of(partition).batches.flatMap((batch) => {
      const records: KafkaRecord[] = []
      for (let at = 0; at < batch.length; at += batchSizeOf(batch, at)) records.push(...recordsOf(batch, at))
      return records
    })
  }

  private of(partition: number) {
    let log = this.partitions.get(partition)
    if (log === undefined)
      this.partitions.set(partition, (log = { startOffset: 0, endOffset: 0, batches: [] }))
    return log
  }
}
