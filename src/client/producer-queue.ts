import type { KafkaError } from '../model/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { buildBatch, type RecordInput } from '../records/batch-builder.ts'
import type { CompressionType } from '../records/compression/codec.ts'
import { incrementSequence } from '../records/record-batch.ts'
import { assert } from '../std/assert.ts'
import type { Deferred } from '../std/deferred.ts'
import { Fifo } from '../std/fifo.ts'

/** Where a record came to stand. */
export interface Acknowledged {
  readonly topic: string
  readonly partition: number
  /** -1 where nobody tells: with acks=0, or for a repetition that the broker had long taken. */
  readonly offset: number
  /** In ms since 1970: the record's own, or the broker's where the topic keeps that. */
  readonly timestamp: number
}

/** What a record takes besides its key and value, roughly. */
const RECORD_OVERHEAD_BYTES = 24

/** How much of the buffer a record takes. */
export function recordBytes({ key, value, headers }: RecordInput): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers ?? []) bytes += 8 + header.key.length + (header.value?.length ?? 0)
  return bytes
}

interface Entry {
  readonly record: RecordInput & { readonly timestamp: number }
  readonly delivery: Deferred<Acknowledged>
}

/** Records of one partition that are written, repeated and acknowledged together. */
export class PendingBatch {
  readonly queue: PartitionQueue
  readonly createdMs: number
  lastError: KafkaError | null = null
  /** Null until the batch is first sent in the producer's present epoch. */
  baseSequence: number | null = null
  sizeBytes = 0
  private readonly entries: Entry[]
  private encoded: { readonly bytes: Buffer; readonly producerId: number } | null = null

  constructor(queue: PartitionQueue, createdMs: number, entries: Entry[] = []) {
    this.queue = queue
    this.createdMs = createdMs
    this.entries = entries
    for (const { record } of entries) this.sizeBytes += recordBytes(record)
  }

  get count(): number {
    return this.entries.length
  }

  add(record: RecordInput & { readonly timestamp: number }, delivery: Deferred<Acknowledged>): void {
    this.entries.push({ record, delivery })
    this.sizeBytes += recordBytes(record)
  }

  /** The batch's bytes: the same every time, unless a new epoch has begun. */
  encode(options: { compression: CompressionType; producerId: number }): Buffer {
    const { compression, producerId } = options
    if (producerId >= 0) this.baseSequence ??= this.queue.takeSequence(this.count)
    if (this.encoded?.producerId === producerId) return this.encoded.bytes
    const idempotence =
      producerId < 0
        ? {}
        : { producerId, producerEpoch: this.queue.producerEpoch, baseSequence: this.baseSequence as number }
    const bytes = buildBatch(
      this.entries.map(({ record }) => record),
      { compression, ...idempotence },
    )
    this.encoded = { bytes, producerId }
    return bytes
  }

  forgetSequence(): void {
    this.baseSequence = null
    this.encoded = null
  }

  /** Two halves, in order. */
  halves(): [PendingBatch, PendingBatch] {
    const middle = this.count >> 1
    return [
      new PendingBatch(this.queue, this.createdMs, this.entries.slice(0, middle)),
      new PendingBatch(this.queue, this.createdMs, this.entries.slice(middle)),
    ]
  }

  acknowledge(baseOffset: number, appendTimeMs: number | null): void {
    const { topic, partition } = this.queue
    this.entries.forEach(({ record, delivery }, i) =>
      delivery.resolve({
        topic,
        partition,
        offset: baseOffset < 0 ? -1 : baseOffset + i,
        timestamp: appendTimeMs ?? record.timestamp,
      }),
    )
  }

  reject(error: Error): void {
    for (const { delivery } of this.entries) delivery.reject(error)
  }
}

/** The batches of one partition: at most one under way, the others behind it in order. */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** Counts up when the row of sequence numbers has to begin again. */
  producerEpoch = 0
  private nextSequence = 0
  private readonly clock: Clock
  private first: PendingBatch[] = []
  private readonly waiting = new Fifo<PendingBatch>()
  private last: PendingBatch | null = null
  private underWay: PendingBatch | null = null
  private notBeforeMs = 0

  constructor(options: { topic: string; partition: number; clock: Clock }) {
    this.topic = options.topic
    this.partition = options.partition
    this.clock = options.clock
  }

  get isEmpty(): boolean {
    return this.peek() === null && this.underWay === null
  }

  /** The batch that is to be sent next. */
  peek(): PendingBatch | null {
    return this.first[0] ?? this.waiting.peek() ?? null
  }

  /** Adds a record to the last batch, or to a new one if that is full: then returns true. */
  add(
    record: RecordInput & { readonly timestamp: number },
    delivery: Deferred<Acknowledged>,
    batchBytes: number,
  ): boolean {
    const last = this.last
    if (last !== null && last.sizeBytes + recordBytes(record) <= batchBytes) {
      last.add(record, delivery)
      return false
    }
    this.last = new PendingBatch(this, this.clock.monotonicMs())
    this.last.add(record, delivery)
    this.waiting.push(this.last)
    return last !== null
  }

  /** When the next batch is to be sent, by the monotonic clock; Infinity: when something else has happened. */
  dueMs(lingerMs: number, batchBytes: number): number {
    const next = this.peek()
    if (this.underWay !== null || next === null) return Infinity
    const isFull = next !== this.last || next.sizeBytes >= batchBytes || next.lastError !== null
    return Math.max(this.notBeforeMs, isFull ? 0 : next.createdMs + lingerMs)
  }

  waitUntil(ms: number): void {
    this.notBeforeMs = ms
  }

  /** Takes the next batch: from now on it is under way. */
  begin(): PendingBatch {
    const next = this.first.shift() ?? this.waiting.shift()
    assert(next !== undefined && this.underWay === null, 'one batch under way per partition')
    if (next === this.last) this.last = null
    this.underWay = next
    return next
  }

  done(batch: PendingBatch): void {
    if (this.underWay === batch) this.underWay = null
  }

  /** The batch comes next again. */
  repeat(batch: PendingBatch): void {
    this.done(batch)
    this.first.unshift(batch)
  }

  /** It is too large for the topic: its halves come next, with the sequence numbers that it had. */
  split(batch: PendingBatch): void {
    this.done(batch)
    if (batch.baseSequence !== null) this.nextSequence = batch.baseSequence
    const halves = batch.halves()
    for (const half of halves) half.lastError = batch.lastError
    this.first.unshift(...halves)
  }

  /** The sequence numbers of the next `count` records. */
  takeSequence(count: number): number {
    const sequence = this.nextSequence
    this.nextSequence = incrementSequence(sequence, count)
    return sequence
  }

  /** Begins sequence numbers at 0 again, in a new epoch: for batches of which nobody knows whether they arrived. */
  beginEpoch(): void {
    this.producerEpoch++
    this.beginSequence()
  }

  /** As a new producer. */
  beginProducer(): void {
    this.producerEpoch = 0
    this.beginSequence()
  }

  /** Takes out batches that have waited since `createdMs` or longer, unless an older one is still under way. */
  takeOlderThan(createdMs: number): PendingBatch[] {
    const old: PendingBatch[] = []
    if (this.underWay !== null) return old
    for (let next = this.peek(); next !== null && next.createdMs <= createdMs; next = this.peek()) {
      if (next === this.last) this.last = null
      if (this.first.shift() === undefined) this.waiting.shift()
      old.push(next)
    }
    return old
  }

  /** Takes out everything that waits. */
  drain(): PendingBatch[] {
    const all = [...this.first, ...this.waiting.drain()]
    this.first = []
    this.last = null
    return all
  }

  private beginSequence(): void {
    this.nextSequence = 0
    for (const batch of this.first) batch.forgetSequence()
    this.underWay?.forgetSequence()
  }
}
