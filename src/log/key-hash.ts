const INIT_2 = 0x6c796765
const INIT_3 = 0x74656462

/**
 * 128 bits of a key: HalfSipHash-2-4 with 64 bits, twice, under two secret keys. It is made of 32-bit steps, which is
 * what the engine is fast at, and nobody who does not know the secrets can make two record keys that collide.
 *
 * Unlike Kafka, which takes MD5: that costs five times as much from here, and colliding keys for it can be bought.
 * Nothing of it is ever stored. Source: Aumasson, Bernstein: SipHash (HalfSipHash variant).
 */
export class KeyHash {
  h0 = 0
  h1 = 0
  h2 = 0
  h3 = 0
  private readonly k0: number
  private readonly k1: number
  private readonly k2: number
  private readonly k3: number

  /** `secret`: sixteen random bytes. */
  constructor(secret: Buffer) {
    this.k0 = secret.readInt32LE(0)
    this.k1 = secret.readInt32LE(4)
    this.k2 = secret.readInt32LE(8)
    this.k3 = secret.readInt32LE(12)
  }

  /** Hashes `bytes[start, end)` into `h0` to `h3`. */
  update(bytes: Buffer, start: number, end: number): void {
    this.half(bytes, start, end, this.k2, this.k3)
    this.h2 = this.h0
    this.h3 = this.h1
    this.half(bytes, start, end, this.k0, this.k1)
  }

  private half(bytes: Buffer, start: number, end: number, key0: number, key1: number): void {
    let v0 = key0
    let v1 = key1 ^ 0xee
    let v2 = INIT_2 ^ key0
    let v3 = INIT_3 ^ key1
    const length = end - start
    const words = length >>> 2
    let at = start
    // One word more than there are: the bytes left over, with the length in the highest.
    for (let i = 0; i <= words; i++) {
      let word: number
      if (i < words) {
        word =
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24)
        at += 4
      } else {
        word = length << 24
        if (at < end) word |= bytes[at] as number
        if (at + 1 < end) word |= (bytes[at + 1] as number) << 8
        if (at + 2 < end) word |= (bytes[at + 2] as number) << 16
      }
      v3 ^= word
      for (let round = 0; round < 2; round++) {
        v0 = (v0 + v1) | 0
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
        v0 = (v0 << 16) | (v0 >>> 16)
        v2 = (v2 + v3) | 0
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
        v0 = (v0 + v3) | 0
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
        v2 = (v2 + v1) | 0
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
        v2 = (v2 << 16) | (v2 >>> 16)
      }
      v0 ^= word
    }
    v2 ^= 0xee
    for (let round = 0; round < 8; round++) {
      if (round === 4) {
        this.h0 = v1 ^ v3
        v1 ^= 0xdd
      }
      v0 = (v0 + v1) | 0
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
      v0 = (v0 << 16) | (v0 >>> 16)
      v2 = (v2 + v3) | 0
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
      v0 = (v0 + v3) | 0
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
      v2 = (v2 + v1) | 0
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
      v2 = (v2 << 16) | (v2 >>> 16)
    }
    this.h1 = v1 ^ v3
  }
}
