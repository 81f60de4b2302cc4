import type { Acl, SessionId, Stat, Zxid } from '../zookeeper.ts'

/** A reply that cannot be understood. The connection that it came over is of no more use. */
export class MalformedReplyError extends Error {
  override readonly name = 'MalformedReplyError'
}

const TWO_TO_32 = 4_294_967_296
const HIGHEST_SAFE_UPPER_HALF = 0x1f_ffff

/**
 * Reads the records of a reply, in order. Every length is checked against the bytes that are there before anything is
 * allocated. Used instead of the package's own records, which trust lengths and make a buffer of every number.
 */
export class ReplyReader {
  private readonly frame: Buffer
  private offset = 0

  constructor(frame: Buffer) {
    this.frame = frame
  }

  get bytesLeft(): number {
    return this.frame.length - this.offset
  }

  boolean(): boolean {
    return this.frame[this.take(1)] !== 0
  }

  int(): number {
    return this.frame.readInt32BE(this.take(4))
  }

  /** A 64-bit number that a double must hold exactly: a zxid or a time. */
  long(): number {
    const start = this.take(8)
    const upper = this.frame.readInt32BE(start)
    if (upper > HIGHEST_SAFE_UPPER_HALF || upper < -HIGHEST_SAFE_UPPER_HALF) {
      throw new MalformedReplyError(`the number ${this.frame.toString('hex', start, start + 8)} is too large`)
    }
    return upper * TWO_TO_32 + this.frame.readUInt32BE(start + 4)
  }

  bigLong(): bigint {
    return this.frame.readBigInt64BE(this.take(8))
  }

  /** A copy, so that the chunk that the reply came in can go. */
  bytes(): Buffer | null {
    const length = this.int()
    if (length < 0) return null
    const start = this.take(length)
    return Buffer.from(this.frame.subarray(start, start + length))
  }

  text(): string {
    const length = this.int()
    if (length < 0) return ''
    const start = this.take(length)
    return this.frame.toString('utf8', start, start + length)
  }

  texts(): string[] {
    const values = new Array<string>(this.count(4))
    for (let i = 0; i < values.length; i++) values[i] = this.text()
    return values
  }

  stat(): Stat {
    const czxid = this.long() as Zxid
    const mzxid = this.long() as Zxid
    const ctimeMs = this.long()
    const mtimeMs = this.long()
    const version = this.int()
    const cversion = this.int()
    const aversion = this.int()
    const ephemeralOwner = this.bigLong() as SessionId
    const dataLength = this.int()
    const childCount = this.int()
    const pzxid = this.long() as Zxid
    return {
      czxid,
      mzxid,
      pzxid,
      ctimeMs,
      mtimeMs,
      version,
      cversion,
      aversion,
      ephemeralOwner,
      dataLength,
      childCount,
    }
  }

  acl(): Acl[] {
    const count = this.count(12)
    return Array.from({ length: count }, () => ({
      permissions: this.int(),
      scheme: this.text(),
      id: this.text(),
    }))
  }

  private count(minimumBytesEach: number): number {
    const count = this.int()
    if (count < 0) return 0
    if (count * minimumBytesEach > this.bytesLeft) {
      throw new MalformedReplyError(`${count} items do not fit into ${this.bytesLeft} bytes`)
    }
    return count
  }

  private take(length: number): number {
    const start = this.offset
    if (length > this.frame.length - start) {
      throw new MalformedReplyError(`${length} bytes wanted at ${start} of ${this.frame.length}`)
    }
    this.offset = start + length
    return start
  }
}
