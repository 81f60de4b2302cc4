import { endTransactionMarkerOf } from '../records/control-record.ts'
import { isTransactional, lastOffsetOf, producerIdOf, recordCountOf } from '../records/record-batch.ts'
import type { AbortedTransaction } from './transaction-index.ts'

interface OngoingAbort {
  readonly transaction: AbortedTransaction
  /** Whether a batch of it was met, so that its marker still has something to say. */
  hasBatches: boolean
}

/**
 * Follows the transactions of a log through its batches, in their order: which batches belong to an aborted one and
 * may go at once, and which markers have nothing left to mark. Source: CleanedTransactionMetadata (Kafka 3.9).
 */
export class CleanedTransactions {
  /** Told of each aborted transaction whose marker stays: it belongs into the new segment's index. */
  onRetainedAbort: ((transaction: AbortedTransaction) => void) | null = null
  /** Not begun yet, the earliest first. */
  private upcoming: AbortedTransaction[] = []
  private readonly aborted = new Map<number, OngoingAbort>()
  /** Producers with a transaction that ends in a commit, of which a batch was met. */
  private readonly committed = new Set<number>()

  /** Adds what the indexes say of the part that is walked next; what is known already may be among it. */
  add(transactions: readonly AbortedTransaction[]): void {
    if (transactions.length === 0) return
    this.upcoming.push(...transactions)
    this.upcoming.sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** A data batch has been met. Whether it belongs to an aborted transaction. */
  onBatch(buffer: Buffer, at: number): boolean {
    this.beginUpTo(lastOffsetOf(buffer, at))
    if (!isTransactional(buffer, at)) return false
    const producerId = producerIdOf(buffer, at)
    const ongoing = this.aborted.get(producerId)
    if (ongoing === undefined) {
      this.committed.add(producerId)
      return false
    }
    ongoing.hasBatches = true
    return true
  }

  /** A control batch has been met. Whether none of its transaction's batches are left, so that it may go in time. */
  onControlBatch(buffer: Buffer, at: number): boolean {
    this.beginUpTo(lastOffsetOf(buffer, at))
    if (recordCountOf(buffer, at) === 0) return true // Emptied by an earlier pass.
    const marker = endTransactionMarkerOf(buffer, at)
    if (marker === null) return false
    const producerId = producerIdOf(buffer, at)
    if (marker.result === 'commit') return !this.committed.delete(producerId)
    const ongoing = this.aborted.get(producerId)
    this.aborted.delete(producerId)
    if (ongoing?.hasBatches !== true) return true
    this.onRetainedAbort?.(ongoing.transaction)
    return false
  }

  private beginUpTo(offset: number): void {
    let count = 0
    for (const transaction of this.upcoming) {
      if (transaction.firstOffset > offset) break
      count++
      const { producerId } = transaction
      if (!this.aborted.has(producerId)) this.aborted.set(producerId, { transaction, hasBatches: false })
    }
    if (count > 0) this.upcoming.splice(0, count)
  }
}
