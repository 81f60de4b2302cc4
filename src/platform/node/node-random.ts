import { randomBytes, randomFillSync } from 'node:crypto'
import { assert } from '../../std/assert.ts'
import type { Random } from '../random.ts'

/** Random bytes drawn at once: asking the system costs more than what it gives. */
const POOL_BYTES = 4096
const BYTES_PER_FRACTION = 7

/** Chance from the operating system. */
export class NodeRandom implements Random {
  private readonly pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  private used = POOL_BYTES

  bytes(count: number): Buffer {
    return randomBytes(count)
  }

  below(limit: number): number {
    assert(Number.isSafeInteger(limit) && limit > 0, 'a limit is a positive whole number')
    return Math.floor(this.fraction() * limit)
  }

  /** 53 random bits. */
  fraction(): number {
    if (this.used + BYTES_PER_FRACTION > POOL_BYTES) {
      randomFillSync(this.pool)
      this.used = 0
    }
    const high = this.pool.readUInt32BE(this.used)
    const low = this.pool.readUIntBE(this.used + 4, 3)
    this.used += BYTES_PER_FRACTION
    return (high * 2 ** 21 + (low & 0x1fffff)) / 2 ** 53
  }
}
