import { assert } from '../std/assert.ts'
import { KeyHash } from './key-hash.ts'
import { SupersededOffsets } from './superseded-offsets.ts'

/** As many as Kafka's: a hash of 16 bytes and an offset of 8. How many keys a round takes in depends on it. */
export const OFFSET_MAP_ENTRY_BYTES = 24
const ENTRY_WORDS = 6
const TWO_32 = 4_294_967_296
/** A table that is not full by half hardly ever has to look further. */
const ROOM_PER_KEY = 2

/**
 * The newest offset of each key in the part of a log that is being compacted: hash of the key → offset, in one block
 * of memory that `log.cleaner.dedupe.buffer.size` limits. Keys that hash alike are taken for one; with 128 bits under
 * a secret nobody will see that happen. Source: SkimpyOffsetMap (Kafka 3.9).
 */
export class CleanerOffsetMap {
  /** How many keys it would hold if it were full; Kafka's limits are fractions of this. */
  readonly slots: number
  /** Of keys the newest of which are to be told apart without a second look at the map; see SupersededOffsets. */
  readonly dirty: SupersededOffsets | null
  private readonly capacity: number
  /** From 32 bits of a hash to a slot. */
  private readonly scale: number
  private readonly words: Int32Array
  private readonly hash: KeyHash
  private count = 0
  private latest = -1

  /** `firstOffset` to `endOffset`: what will be put lies there, so the memory need not be larger than for so many. */
  constructor(options: { memoryBytes: number; firstOffset: number; endOffset: number; secret: Buffer }) {
    const { firstOffset, endOffset } = options
    this.slots = Math.max(1, Math.floor(options.memoryBytes / OFFSET_MAP_ENTRY_BYTES))
    this.capacity = Math.min(this.slots, (endOffset - firstOffset) * ROOM_PER_KEY + 1)
    this.scale = this.capacity / TWO_32
    this.dirty = SupersededOffsets.over(firstOffset, endOffset)
    this.words = new Int32Array(this.capacity * ENTRY_WORDS)
    this.hash = new KeyHash(options.secret)
  }

  get size(): number {
    return this.count
  }

  /** How full it is, from 0 to 1. */
  get utilization(): number {
    return this.count / this.slots
  }

  /** The last offset that was put or walked past; -1 at first. */
  get latestOffset(): number {
    return this.latest
  }

  /** Everything up to `offset` has been looked at. */
  updateLatestOffset(offset: number): void {
    this.latest = offset
  }

  /** Takes down that the key `bytes[start, end)` is at `offset`, later than before. */
  put(bytes: Buffer, start: number, end: number, offset: number): void {
    const place = this.find(bytes, start, end)
    const { words, hash } = this
    assert(place >= 0, 'an offset map takes no more keys than it has room for')
    if (this.isEmpty(place)) {
      this.count++
      words[place] = hash.h0
      words[place + 1] = hash.h1
      words[place + 2] = hash.h2
      words[place + 3] = hash.h3
    } else this.dirty?.supersede(this.offsetAt(place))
    // One more than the offset: an entry is never all zeros.
    const stored = offset + 1
    words[place + 4] = Math.floor(stored / TWO_32)
    words[place + 5] = stored | 0
    this.latest = offset
  }

  /** The newest offset of the key, or -1. */
  get(bytes: Buffer, start: number, end: number): number {
    const place = this.find(bytes, start, end)
    if (place < 0 || this.isEmpty(place)) return -1
    return this.offsetAt(place)
  }

  private offsetAt(place: number): number {
    const { words } = this
    return (words[place + 4] as number) * TWO_32 + ((words[place + 5] as number) >>> 0) - 1
  }

  private isEmpty(place: number): boolean {
    return this.words[place + 4] === 0 && this.words[place + 5] === 0
  }

  /** Where the key is, or where it would go; -1 in a map that is full of others. */
  private find(bytes: Buffer, start: number, end: number): number {
    const { words, capacity, scale, hash } = this
    hash.update(bytes, start, end)
    const { h0, h1, h2, h3 } = hash
    let slot = Math.floor((h0 >>> 0) * scale)
    for (let step = 0; step <= capacity; step++) {
      const place = slot * ENTRY_WORDS
      if (this.isEmpty(place)) return place
      if (
        words[place] === h0 &&
        words[place + 1] === h1 &&
        words[place + 2] === h2 &&
        words[place + 3] === h3
      ) {
        return place
      }
      // A second place by other bits of the hash, then its neighbours: clusters of the first do not meet again there.
      slot = step === 0 ? Math.floor((h1 >>> 0) * scale) : slot + 1 < capacity ? slot + 1 : 0
    }
    return -1
  }
}
