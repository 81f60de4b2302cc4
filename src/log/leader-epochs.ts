/** Since which offset a leader epoch's batches lie in the log. */
export interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

/** Where an epoch ends; -1 and -1 when the log cannot say. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

const UNKNOWN: EpochEnd = Object.freeze({ epoch: -1, endOffset: -1 })

/**
 * Which leader wrote which part of a log: entries in which both epoch and offset grow. With it a follower finds where
 * its log parts from its leader's (KIP-101, KIP-279).
 *
 *     leader-epoch-checkpoint: a checkpoint file (checkpoints.ts) with lines `<epoch> <start offset>`
 *
 * Source: LeaderEpochFileCache (Kafka 3.9).
 */
export class LeaderEpochs {
  private entries: EpochEntry[]

  constructor(entries: readonly EpochEntry[] = []) {
    this.entries = []
    for (const { epoch, startOffset } of entries) this.assign(epoch, startOffset)
  }

  get all(): readonly EpochEntry[] {
    return this.entries
  }

  get latest(): EpochEntry | null {
    return this.entries.at(-1) ?? null
  }

  /** -1 when there is none. */
  get latestEpoch(): number {
    return this.entries.at(-1)?.epoch ?? -1
  }

  /**
   * From `startOffset` on, batches are of `epoch`. What contradicts that gives way: entries of this or a later epoch
   * that begin at or behind the offset. Returns whether anything changed.
   */
  assign(epoch: number, startOffset: number): boolean {
    const last = this.entries.at(-1)
    if (last !== undefined && last.epoch === epoch && startOffset >= last.startOffset) return false
    if (last === undefined || (last.epoch < epoch && last.startOffset < startOffset)) {
      this.entries.push({ epoch, startOffset })
      return true
    }
    this.entries = this.entries.filter((entry) => entry.epoch < epoch && entry.startOffset < startOffset)
    this.entries.push({ epoch, startOffset })
    return true
  }

  /** The epoch of the batch at `offset`, or -1 when that is before all entries. */
  epochAt(offset: number): number {
    let epoch = -1
    for (const entry of this.entries) {
      if (entry.startOffset > offset) break
      epoch = entry.epoch
    }
    return epoch
  }

  /**
   * The largest epoch not above `requested` that the log knows, and the offset at which it ends. For the latest epoch
   * that is `logEndOffset`.
   */
  endOffsetFor(requested: number, logEndOffset: number): EpochEnd {
    if (requested < 0) return UNKNOWN
    if (requested === this.latestEpoch) return { epoch: requested, endOffset: logEndOffset }
    const higher = this.entries.findIndex((entry) => entry.epoch > requested)
    if (higher < 0) return UNKNOWN
    const endOffset = (this.entries[higher] as EpochEntry).startOffset
    const floor = this.entries[higher - 1]
    // Older than everything known: the log has nothing of that epoch, so it ends where the log's first epoch begins.
    return { epoch: floor?.epoch ?? requested, endOffset }
  }

  /** The log was cut at `endOffset`. Returns whether anything changed. */
  truncateFromEnd(endOffset: number): boolean {
    const kept = this.entries.filter((entry) => entry.startOffset < endOffset)
    if (kept.length === this.entries.length) return false
    this.entries = kept
    return true
  }

  /** The log now begins at `startOffset`: the epoch of that offset begins there too. Returns whether anything changed. */
  truncateFromStart(startOffset: number): boolean {
    const epoch = this.epochAt(startOffset)
    if (epoch < 0 || this.entries[0]?.startOffset === startOffset) return false
    const kept = this.entries.filter((entry) => entry.startOffset > startOffset)
    if (kept.length === this.entries.length) return false
    this.entries = [{ epoch, startOffset }, ...kept]
    return true
  }

  /** Forgets everything. Returns whether there was anything. */
  clear(): boolean {
    const had = this.entries.length > 0
    this.entries = []
    return had
  }
}
