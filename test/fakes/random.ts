import type { Random } from '../../src/platform/random.ts'
import { assert } from '../../src/std/assert.ts'

/**
 * Chance from a seed: equal seeds give equal draws. `fork` gives streams that do not disturb each other, so that one
 * more draw in one component leaves all others as they were.
 */
export class FakeRandom implements Random {
  readonly seed: string
  private a: number
  private b: number
  private c: number
  private counter = 1

  constructor(seed: string | number = 'zürau') {
    this.seed = String(seed)
    this.a = hash(this.seed, 0x243f6a88)
    this.b = hash(this.seed, 0x85a308d3)
    this.c = hash(this.seed, 0x13198a2e)
    for (let i = 0; i < 12; i++) this.next()
  }

  /** An independent stream, the same for the same seed and label whatever was drawn before. */
  fork(label: string): FakeRandom {
    return new FakeRandom(`${this.seed}/${label}`)
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.alloc(count)
    for (let i = 0; i < count; i++) bytes[i] = this.next() >>> 24
    return bytes
  }

  below(limit: number): number {
    assert(Number.isSafeInteger(limit) && limit > 0, 'a limit is a positive whole number')
    return Math.floor(this.fraction() * limit)
  }

  fraction(): number {
    return ((this.next() >>> 0) * 0x200000 + (this.next() >>> 11)) / 0x20000000000000
  }

  /** True with probability `probability`. Draws even where the answer is certain, so that knobs do not shift the rest. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low)
  }

  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T {
    assert(choices.length > 0, 'something to choose from')
    return choices[this.below(choices.length)] as T
  }

  /** A new list of the same things in some order. */
  shuffle<T>(things: readonly T[]): T[] {
    const list = [...things]
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const kept = list[i] as T
      list[i] = list[j] as T
      list[j] = kept
    }
    return list
  }

  /** The generator sfc32: three words of state and a counter, period at least 2^32. */
  private next(): number {
    const sum = (this.a + this.b + this.counter++) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0
    return sum
  }
}

/** FNV-1a over the text, finished so that near seeds end far apart. */
function hash(text: string, start: number): number {
  let value = start
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  value = Math.imul(value ^ (value >>> 15), 0x846ca68b)
  return value ^ (value >>> 16)
}
