/** Bits of one set: 64 MB for half a billion offsets. A larger dirty part does without. */
const MAX_OFFSETS = 2 ** 29

/**
 * What the walk over the dirty part of a log has found out about its offsets: one bit each for "a later record has the
 * same key, or this one has none", and one for "deletes its key". With it a record of the dirty part need not be
 * hashed again to know whether it stays, and most batches not even be unpacked.
 */
export class SupersededOffsets {
  readonly firstOffset: number
  private readonly superseded: Int32Array
  /** Made with the first: most logs have none. */
  private tombstones: Int32Array | null = null

  /** Null where there are too many offsets to keep a bit for each. */
  static over(firstOffset: number, endOffset: number): SupersededOffsets | null {
    return endOffset - firstOffset > MAX_OFFSETS ? null : new SupersededOffsets(firstOffset, endOffset)
  }

  private constructor(firstOffset: number, endOffset: number) {
    this.firstOffset = firstOffset
    this.superseded = new Int32Array(((endOffset - firstOffset) >>> 5) + 1)
  }

  supersede(offset: number): void {
    const bit = offset - this.firstOffset
    if (bit >= 0) (this.superseded[bit >>> 5] as number) |= 1 << (bit & 31)
  }

  noteTombstone(offset: number): void {
    const bit = offset - this.firstOffset
    this.tombstones ??= new Int32Array(this.superseded.length)
    if (bit >= 0) (this.tombstones[bit >>> 5] as number) |= 1 << (bit & 31)
  }

  has(offset: number): boolean {
    const bit = offset - this.firstOffset
    return (((this.superseded[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1
  }

  /**
   * Of the offsets from `first` to `last`: `all` are superseded; `none` is, nor a tombstone; or it depends on the
   * record.
   */
  within(first: number, last: number): 'all' | 'none' | 'some' {
    const from = first - this.firstOffset
    const to = last - this.firstOffset
    let areAll = true
    let isNone = true
    for (let word = from >>> 5; word <= to >>> 5; word++) {
      const low = word === from >>> 5 ? -1 << (from & 31) : -1
      const high = word === to >>> 5 ? -1 >>> (31 - (to & 31)) : -1
      const mask = low & high
      const superseded = (this.superseded[word] as number) & mask
      if (superseded !== mask) areAll = false
      if (superseded !== 0 || ((this.tombstones?.[word] ?? 0) & mask) !== 0) isNone = false
      if (!areAll && !isNone) return 'some'
    }
    return areAll ? 'all' : 'none'
  }
}
