import { KafkaError } from '../model/errors.ts'
import { NO_PRODUCER_EPOCH, NO_SEQUENCE } from '../records/record-batch.ts'
import type { TransactionResult } from '../records/control-record.ts'
import { present } from '../std/assert.ts'

/** Batches of a producer that are remembered: as many as it may have under way (max.in.flight.requests.per.connection). */
const REMEMBERED_BATCHES = 5
const MAX_SEQUENCE = 0x7fffffff

/** Who appends: a client, a coordinator on this broker, or the follower that copies what a leader has accepted. */
export type AppendOrigin = 'client' | 'coordinator' | 'replication'

/** A batch as its producer's sequence numbers see it. */
export interface ProducedBatch {
  readonly lastSequence: number
  readonly lastOffset: number
  /** Last offset less first offset. */
  readonly offsetDelta: number
  readonly timestamp: number
}

/** What a partition knows of one producer. Changed only by ProducerState. */
export interface ProducerEntry {
  readonly producerId: number
  readonly producerEpoch: number
  /** -1 before the first marker. */
  readonly coordinatorEpoch: number
  readonly lastTimestamp: number
  /** First offset of its open transaction, or -1. */
  readonly currentTransactionFirstOffset: number
  /** Oldest first, at most five. */
  readonly batches: readonly ProducedBatch[]
}

/** A data batch of an idempotent producer, about to be appended. */
export interface DataBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly maxTimestamp: number
  readonly isTransactional: boolean
}

/** A marker, about to be appended. */
export interface MarkerBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly result: TransactionResult
  readonly offset: number
  readonly timestamp: number
}

/** A transaction that a marker has ended. */
export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** The marker's. */
  readonly lastOffset: number
  readonly isAborted: boolean
}

/** A token for the time between asking the coordinator about a transaction and appending its first batch (KIP-890). */
export type VerificationGuard = object

interface PendingVerification {
  readonly guard: VerificationGuard
  readonly sinceMs: number
  epoch: number
  lowestSequence: number
}

interface MutableEntry extends ProducerEntry {
  producerEpoch: number
  coordinatorEpoch: number
  lastTimestamp: number
  currentTransactionFirstOffset: number
  batches: ProducedBatch[]
}

/** The first sequence of a remembered batch. */
export function firstSequenceOf(batch: ProducedBatch): number {
  return batch.lastSequence - batch.offsetDelta >= 0
    ? batch.lastSequence - batch.offsetDelta
    : MAX_SEQUENCE - (batch.offsetDelta - batch.lastSequence) + 1
}

/**
 * What a log knows of its idempotent and transactional producers: which sequence comes next, which batches are
 * repeats, where open transactions begin. Checks change nothing; `apply…` changes and cannot fail.
 *
 * Source: ProducerStateManager, ProducerAppendInfo (Kafka 3.9); KIP-98, KIP-360, KIP-890 part 1.
 */
export class ProducerState {
  private readonly partition: string
  private readonly entries = new Map<number, MutableEntry>()
  /** First offsets of the open transactions. */
  private readonly ongoing = new Set<number>()
  /** First offset → marker's offset of ended transactions whose markers may not be replicated yet, oldest marker first. */
  private readonly unreplicated = new Map<number, number>()
  /** The smallest first offset of both; undefined when it has to be looked for. */
  private firstUnstable: number | null | undefined = null
  private readonly verifications = new Map<number, PendingVerification>()

  constructor(partition: string) {
    this.partition = partition
  }

  get isEmpty(): boolean {
    return this.entries.size === 0
  }

  get size(): number {
    return this.entries.size
  }

  entry(producerId: number): ProducerEntry | null {
    return this.entries.get(producerId) ?? null
  }

  all(): Iterable<ProducerEntry> {
    return this.entries.values()
  }

  /** Puts back an entry of a snapshot. */
  restore(entry: ProducerEntry): void {
    this.entries.set(entry.producerId, { ...entry, batches: [...entry.batches] })
    if (entry.currentTransactionFirstOffset >= 0) this.begin(entry.currentTransactionFirstOffset)
  }

  // --- data -------------------------------------------------------------------------------------------------------

  /** The remembered batch that `batch` repeats, or null. */
  duplicateOf(batch: DataBatch): ProducedBatch | null {
    const entry = this.entries.get(batch.producerId)
    if (entry === undefined || entry.producerEpoch !== batch.producerEpoch) return null
    for (const known of entry.batches) {
      if (known.lastSequence === batch.lastSequence && firstSequenceOf(known) === batch.firstSequence)
        return known
    }
    return null
  }

  /**
   * Whether the batch may follow. Throws KafkaError INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER or
   * INVALID_TXN_STATE. What a leader has accepted is not questioned on a follower.
   */
  check(batch: DataBatch, origin: AppendOrigin): void {
    if (origin === 'replication') return
    const entry = this.entries.get(batch.producerId)
    if (entry !== undefined) this.checkEpoch(entry, batch.producerId, batch.producerEpoch, batch.firstOffset)
    if (origin === 'client') this.checkSequence(entry, batch)
    if (entry !== undefined && entry.currentTransactionFirstOffset >= 0 && !batch.isTransactional) {
      throw new KafkaError(
        'INVALID_TXN_STATE',
        `Expected transactional write from producer ${batch.producerId} at offset ${batch.firstOffset} in partition ${this.partition}`,
      )
    }
  }

  private checkEpoch(entry: MutableEntry, producerId: number, epoch: number, offset: number): void {
    if (epoch >= entry.producerEpoch) return
    throw new KafkaError(
      'INVALID_PRODUCER_EPOCH',
      `Epoch of producer ${producerId} at offset ${offset} in ${this.partition} is ${epoch}, which is smaller than the last seen epoch ${entry.producerEpoch}`,
    )
  }

  private checkSequence(entry: MutableEntry | undefined, batch: DataBatch): void {
    const pending = this.verifications.get(batch.producerId)
    if (pending !== undefined && batch.firstSequence > pending.lowestSequence) {
      throw this.outOfOrder(batch, `${pending.lowestSequence} (earliest seen sequence)`)
    }
    if (entry === undefined || entry.producerEpoch === NO_PRODUCER_EPOCH) return
    if (batch.producerEpoch !== entry.producerEpoch) {
      if (batch.firstSequence === 0) return
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `Invalid sequence number for new epoch of producer ${batch.producerId} at offset ${batch.firstOffset} in partition ${this.partition}: ${batch.producerEpoch} (request epoch), ${batch.firstSequence} (seq. number), ${entry.producerEpoch} (current producer epoch)`,
      )
    }
    const last = entry.batches.at(-1)?.lastSequence ?? NO_SEQUENCE
    const follows = batch.firstSequence === last + 1 || (batch.firstSequence === 0 && last === MAX_SEQUENCE)
    if (!follows) throw this.outOfOrder(batch, `${last} (current end sequence number)`)
  }

  private outOfOrder(batch: DataBatch, known: string): KafkaError {
    return new KafkaError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `Out of order sequence number for producer ${batch.producerId} at offset ${batch.firstOffset} in partition ${this.partition}: ${batch.firstSequence} (incoming seq. number), ${known}`,
    )
  }

  apply(batch: DataBatch): void {
    const entry = this.entryFor(batch.producerId)
    this.enterEpoch(entry, batch.producerEpoch)
    entry.batches.push({
      lastSequence: batch.lastSequence,
      lastOffset: batch.lastOffset,
      offsetDelta: batch.lastOffset - batch.firstOffset,
      timestamp: batch.maxTimestamp,
    })
    if (entry.batches.length > REMEMBERED_BATCHES) entry.batches.shift()
    entry.lastTimestamp = batch.maxTimestamp
    if (!batch.isTransactional) return
    this.verifications.delete(batch.producerId)
    if (entry.currentTransactionFirstOffset >= 0) return
    entry.currentTransactionFirstOffset = batch.firstOffset
    this.begin(batch.firstOffset)
  }

  // --- markers ----------------------------------------------------------------------------------------------------

  /** Whether the marker may follow. Throws KafkaError INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED. */
  checkMarker(marker: MarkerBatch, origin: AppendOrigin): void {
    const entry = this.entries.get(marker.producerId)
    if (entry === undefined || origin === 'replication') return
    this.checkEpoch(entry, marker.producerId, marker.producerEpoch, marker.offset)
    if (marker.coordinatorEpoch >= entry.coordinatorEpoch) return
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for producerId ${marker.producerId} at offset ${marker.offset} in partition ${this.partition}: ${marker.coordinatorEpoch} (zombie), ${entry.coordinatorEpoch} (current)`,
    )
  }

  /** Ends the producer's transaction; null when it had written nothing here. Fences older epochs. */
  applyMarker(marker: MarkerBatch): CompletedTransaction | null {
    const entry = this.entryFor(marker.producerId)
    const firstOffset = entry.currentTransactionFirstOffset
    this.enterEpoch(entry, marker.producerEpoch)
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = marker.timestamp
    entry.currentTransactionFirstOffset = -1
    this.verifications.delete(marker.producerId)
    if (firstOffset < 0) return null
    this.ongoing.delete(firstOffset)
    this.unreplicated.set(firstOffset, marker.offset)
    this.firstUnstable = undefined
    return {
      producerId: marker.producerId,
      firstOffset,
      lastOffset: marker.offset,
      isAborted: marker.result === 'abort',
    }
  }

  // --- transactions -----------------------------------------------------------------------------------------------

  hasOngoingTransaction(producerId: number): boolean {
    return (this.entries.get(producerId)?.currentTransactionFirstOffset ?? -1) >= 0
  }

  /** First offset of the earliest transaction that is open, or whose marker is not replicated yet. Null: none. */
  get firstUnstableOffset(): number | null {
    if (this.firstUnstable !== undefined) return this.firstUnstable
    let first = Infinity
    for (const offset of this.ongoing) first = Math.min(first, offset)
    for (const offset of this.unreplicated.keys()) first = Math.min(first, offset)
    this.firstUnstable = first === Infinity ? null : first
    return this.firstUnstable
  }

  /** What the last stable offset becomes with a transaction's marker, were everything replicated. */
  lastStableOffsetAfter(completed: CompletedTransaction): number {
    let first = completed.lastOffset + 1
    for (const offset of this.ongoing) first = Math.min(first, offset)
    return first
  }

  /** Transactions that end below the high watermark are stable. */
  onHighWatermark(highWatermark: number): void {
    for (const [firstOffset, lastOffset] of this.unreplicated) {
      if (lastOffset >= highWatermark) return
      this.unreplicated.delete(firstOffset)
      this.firstUnstable = undefined
    }
  }

  /** Begins to verify a transaction, or joins the verification under way. Null when it has begun here already. */
  startVerification(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
    nowMs: number,
  ): VerificationGuard | null {
    if (this.hasOngoingTransaction(producerId)) return null
    let pending = this.verifications.get(producerId)
    if (pending === undefined) {
      pending = {
        guard: Object.freeze({}),
        sinceMs: nowMs,
        epoch: producerEpoch,
        lowestSequence: firstSequence,
      }
      this.verifications.set(producerId, pending)
    }
    if (producerEpoch > pending.epoch) {
      pending.epoch = producerEpoch
      pending.lowestSequence = firstSequence
    } else if (producerEpoch === pending.epoch && firstSequence < pending.lowestSequence) {
      pending.lowestSequence = firstSequence
    }
    return pending.guard
  }

  /** Whether `guard` is that of the verification under way. */
  isVerified(producerId: number, guard: VerificationGuard | null): boolean {
    return guard !== null && this.verifications.get(producerId)?.guard === guard
  }

  /** Forgets producers without an open transaction that were silent for `expirationMs`. */
  expire(nowMs: number, expirationMs: number): void {
    for (const entry of this.entries.values()) {
      if (isExpired(entry, nowMs, expirationMs)) this.entries.delete(entry.producerId)
    }
    for (const [producerId, pending] of this.verifications) {
      if (nowMs - pending.sinceMs >= expirationMs) this.verifications.delete(producerId)
    }
  }

  private begin(firstOffset: number): void {
    this.ongoing.add(firstOffset)
    this.firstUnstable = undefined
  }

  private entryFor(producerId: number): MutableEntry {
    if (!this.entries.has(producerId)) {
      this.entries.set(producerId, {
        producerId,
        producerEpoch: NO_PRODUCER_EPOCH,
        coordinatorEpoch: -1,
        lastTimestamp: -1,
        currentTransactionFirstOffset: -1,
        batches: [],
      })
    }
    return present(this.entries.get(producerId), 'the producer just added')
  }

  /** A new epoch begins with no batches to compare with. */
  private enterEpoch(entry: MutableEntry, epoch: number): void {
    if (entry.producerEpoch === epoch) return
    entry.producerEpoch = epoch
    entry.batches = []
  }
}

export function isExpired(entry: ProducerEntry, nowMs: number, expirationMs: number): boolean {
  return entry.currentTransactionFirstOffset < 0 && nowMs - entry.lastTimestamp >= expirationMs
}
