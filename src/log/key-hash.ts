const INIT_2 = 0x6c796765
const INIT_3 = 0x74656462

/**
 * 128 bits of a key, in place and without allocating: the permutation of HalfSipHash-2-4, all of whose state begins as
 * secret and all of which is the result. It is made of 32-bit steps, which is what the engine is fast at, and nobody
 * who does not know the secret can make two record keys that collide.
 *
 * Unlike Kafka, which takes MD5: that costs twenty times as much from here, and colliding keys for it can be bought.
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
    this.k2 = secret.readInt32LE(8) ^ INIT_2
    this.k3 = secret.readInt32LE(12) ^ INIT_3
  }

  /** Hashes `bytes[start, end)` into `h0` to `h3`. Rounds are spelled out: a loop of two costs a third more. */
  update(bytes: Buffer, start: number, end: number): void {
    let v0 = this.k0
    let v1 = this.k1
    let v2 = this.k2
    let v3 = this.k3
    let at = start
    for (let isLast = false; !isLast;) {
      let word: number
      if (at + 4 <= end) {
        word =
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24)
        at += 4
      } else {
        // One word more than there are: the bytes left over, with the length in the highest.
        isLast = true
        word = (end - start) << 24
        if (at < end) word |= bytes[at] as number
        if (at + 1 < end) word |= (bytes[at + 1] as number) << 8
        if (at + 2 < end) word |= (bytes[at + 2] as number) << 16
      }
      v3 ^= word
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
      v0 ^= word
    }
    v2 ^= 0xff
    for (let round = 0; round < 4; round++) {
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
    this.h0 = v0
    this.h1 = v1
    this.h2 = v2
    this.h3 = v3
  }
}
