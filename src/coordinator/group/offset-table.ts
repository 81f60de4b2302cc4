/** What is committed for one partition. */
export interface OffsetValues {
  readonly offset: number
  /** -1 where the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestamp: number
  /** When it expires by the client's own wish; -1: by the rules of the broker. */
  readonly expireTimestamp: number
}

/** An offset that counts once its transaction commits. */
interface TransactionalOffset {
  readonly values: OffsetValues
  /** Where its record lies; -1 until that is known. */
  position: number
}

/**
 * What a group has committed for one partition, and what is on its way. Of the commits that are replicated the one
 * furthest along in the log counts, whatever the order of the answers.
 */
export class OffsetSlot implements OffsetValues {
  offset = -1
  leaderEpoch = -1
  metadata = ''
  commitTimestamp = -1
  expireTimestamp = -1
  /** Offset in the log of the record that says so; -1 while nothing is committed. */
  position = -1
  /** The last commit that is being replicated, or null. */
  staged: OffsetValues | null = null
  /** Offsets of open transactions, by producer. Null when there are none, which is the rule. */
  transactions: Map<number, TransactionalOffset> | null = null

  get isCommitted(): boolean {
    return this.position >= 0
  }

  /** Whether anything is on its way. */
  get isPending(): boolean {
    return this.staged !== null || this.transactions !== null
  }
}

export interface OffsetEntry {
  readonly topic: string
  readonly partition: number
  readonly slot: OffsetSlot
}

/** The offsets of one group, by topic and partition. */
export class OffsetTable {
  private readonly topics = new Map<string, Map<number, OffsetSlot>>()
  private committed = 0

  /** How many partitions have a committed offset. */
  get count(): number {
    return this.committed
  }

  /** Nothing is committed, and nothing is on its way. */
  get isEmpty(): boolean {
    return this.topics.size === 0
  }

  find(topic: string, partition: number): OffsetSlot | null {
    return this.topics.get(topic)?.get(partition) ?? null
  }

  hasTopic(topic: string): boolean {
    return this.topics.has(topic)
  }

  *entries(): Generator<OffsetEntry, void, void> {
    for (const [topic, partitions] of this.topics) {
      for (const [partition, slot] of partitions) yield { topic, partition, slot }
    }
  }

  /** A commit has a record in the log's hands. Returns where it will count. */
  stage(topic: string, partition: number, values: OffsetValues): OffsetSlot {
    const slot = this.slot(topic, partition)
    slot.staged = values
    return slot
  }

  /** The record is replicated. Without effect when the offset was removed meanwhile: its topic is gone. */
  settle(slot: OffsetSlot, values: OffsetValues, position: number): void {
    if (slot.staged === null) return
    this.apply(slot, values, position)
    if (slot.staged === values) slot.staged = null
  }

  /** The record could not be replicated. */
  abandon(topic: string, partition: number, slot: OffsetSlot, values: OffsetValues): void {
    if (slot.staged !== values) return
    slot.staged = null
    this.tidy(topic, partition, slot)
  }

  /** As `stage`, for a commit that counts when the transaction of `producerId` does. */
  stageInTransaction(topic: string, partition: number, producerId: number, values: OffsetValues): OffsetSlot {
    const slot = this.slot(topic, partition)
    slot.transactions ??= new Map<number, TransactionalOffset>()
    slot.transactions.set(producerId, { values, position: -1 })
    return slot
  }

  settleInTransaction(slot: OffsetSlot, producerId: number, values: OffsetValues, position: number): void {
    const found = slot.transactions?.get(producerId)
    if (found?.values === values) found.position = position
  }

  abandonInTransaction(
    topic: string,
    partition: number,
    slot: OffsetSlot,
    producerId: number,
    values: OffsetValues,
  ): void {
    if (slot.transactions?.get(producerId)?.values !== values) return
    this.endTransactionOf(topic, partition, slot, producerId, false)
  }

  /** The transaction of `producerId` has ended. Returns the partitions whose offsets it has changed. */
  endTransaction(producerId: number, isCommitted: boolean): OffsetEntry[] {
    const changed: OffsetEntry[] = []
    for (const entry of this.entries()) {
      const { topic, partition, slot } = entry
      if (slot.transactions?.has(producerId) !== true) continue
      if (this.endTransactionOf(topic, partition, slot, producerId, isCommitted)) changed.push(entry)
    }
    return changed
  }

  private endTransactionOf(
    topic: string,
    partition: number,
    slot: OffsetSlot,
    producerId: number,
    isCommitted: boolean,
  ): boolean {
    const found = slot.transactions?.get(producerId)
    slot.transactions?.delete(producerId)
    if (slot.transactions?.size === 0) slot.transactions = null
    // What the log does not have, the marker does not commit.
    const counts = isCommitted && found !== undefined && found.position >= 0
    const hasChanged = counts && this.apply(slot, found.values, found.position)
    this.tidy(topic, partition, slot)
    return hasChanged
  }

  /** The slot for what replay finds; empty when it is new. */
  slot(topic: string, partition: number): OffsetSlot {
    let partitions = this.topics.get(topic)
    if (partitions === undefined) this.topics.set(topic, (partitions = new Map<number, OffsetSlot>()))
    let slot = partitions.get(partition)
    if (slot === undefined) partitions.set(partition, (slot = new OffsetSlot()))
    return slot
  }

  /** Takes over what lies at `position`, unless something later counts already. Returns whether it was taken. */
  apply(slot: OffsetSlot, values: OffsetValues, position: number): boolean {
    if (position <= slot.position) return false
    if (slot.position < 0) this.committed++
    slot.offset = values.offset
    slot.leaderEpoch = values.leaderEpoch
    slot.metadata = values.metadata
    slot.commitTimestamp = values.commitTimestamp
    slot.expireTimestamp = values.expireTimestamp
    slot.position = position
    return true
  }

  /** Forgets a partition, also what is on its way. Returns whether something was committed. */
  remove(topic: string, partition: number): boolean {
    const slot = this.find(topic, partition)
    if (slot === null) return false
    const { isCommitted } = slot
    if (isCommitted) this.committed--
    slot.staged = null
    slot.transactions = null
    slot.position = -1
    this.unlink(topic, partition)
    return isCommitted
  }

  private tidy(topic: string, partition: number, slot: OffsetSlot): void {
    if (slot.isCommitted || slot.isPending || this.find(topic, partition) !== slot) return
    this.unlink(topic, partition)
  }

  private unlink(topic: string, partition: number): void {
    const partitions = this.topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.topics.delete(topic)
  }
}
