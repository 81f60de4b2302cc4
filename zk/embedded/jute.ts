import type { Acl } from '../zookeeper.ts'
import type { Identity } from './access.ts'
import type { TreeNode } from './data-tree.ts'
import { CONTAINER, cversionOf, dataLengthOf, NOBODY } from './data-tree.ts'

/** Bytes that are not the record which they should be. The bytes' sender is at fault, never this program. */
export class JuteError extends Error {
  override readonly name = 'JuteError'
}

const TWO_TO_32 = 2 ** 32

/**
 * Reads ZooKeeper's record encoding: big-endian numbers, lengths of 4 bytes with -1 for null, no tags. Every length
 * is checked against the bytes that are left before anything is allocated; what is missing throws JuteError.
 */
export class JuteReader {
  private readonly bytes: Buffer
  private position: number
  private readonly end: number

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.position = start
    this.end = end
  }

  get remaining(): number {
    return this.end - this.position
  }

  int(): number {
    return this.bytes.readInt32BE(this.advance(4))
  }

  byte(): number {
    return this.bytes.readUInt8(this.advance(1))
  }

  boolean(): boolean {
    return this.byte() !== 0
  }

  long(): bigint {
    return this.bytes.readBigInt64BE(this.advance(8))
  }

  /** A 64-bit value as a number: exact below 2^53, near enough for a comparison above. */
  longNumber(): number {
    const position = this.advance(8)
    return this.bytes.readInt32BE(position) * TWO_TO_32 + this.bytes.readUInt32BE(position + 4)
  }

  /** A copy: the reader's bytes may be overwritten afterwards. */
  buffer(): Buffer | null {
    const length = this.length()
    if (length === -1) return null
    const start = this.advance(length)
    return Buffer.from(this.bytes.subarray(start, start + length))
  }

  string(): string | null {
    const length = this.length()
    if (length === -1) return null
    const start = this.advance(length)
    return this.bytes.toString('utf8', start, start + length)
  }

  /** A string that must be there. */
  path(): string {
    const path = this.string()
    if (path === null) throw new JuteError('null in place of a path')
    return path
  }

  /** A list of records of at least `leastBytes` each; null and empty are different. */
  vector<T>(leastBytes: number, read: (reader: this) => T): T[] | null {
    const count = this.length()
    if (count === -1) return null
    if (count * leastBytes > this.remaining)
      throw new JuteError(`${count} records in ${this.remaining} bytes`)
    return Array.from({ length: count }, () => read(this))
  }

  /** A missing list is empty. */
  paths(): string[] {
    return this.vector(4, (reader) => reader.path()) ?? []
  }

  acl(): Acl[] | null {
    return this.vector(12, (reader) => ({
      permissions: reader.int(),
      scheme: reader.string() ?? '',
      id: reader.string() ?? '',
    }))
  }

  private length(): number {
    const length = this.int()
    if (length < -1) throw new JuteError(`length ${length}`)
    return length
  }

  private advance(count: number): number {
    const position = this.position
    if (count > this.end - position) throw new JuteError(`${count} bytes wanted, ${this.end - position} left`)
    this.position = position + count
    return position
  }
}

/** Writes the same encoding into a buffer that grows. */
export class JuteWriter {
  private bytes: Buffer
  private position = 0

  constructor(initialBytes = 256) {
    this.bytes = Buffer.allocUnsafe(initialBytes)
  }

  /** Bytes written since the last `take`. */
  get length(): number {
    return this.position
  }

  /** What was written. The writer begins anew, in other memory. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.position)
    this.bytes = noBytes
    this.position = 0
    return taken
  }

  /** What was written up to `length`; the rest stays, now at the start. */
  takeFirst(length: number): Buffer {
    const taken = this.bytes.subarray(0, length)
    this.bytes = this.bytes.subarray(length)
    this.position -= length
    return taken
  }

  /** Forgets everything from `length` on. */
  cut(length: number): void {
    this.position = length
  }

  int(value: number): this {
    const position = this.advance(4)
    this.bytes.writeInt32BE(value, position)
    return this
  }

  byte(value: number): this {
    const position = this.advance(1)
    this.bytes[position] = value
    return this
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0)
  }

  long(value: bigint): this {
    const position = this.advance(8)
    this.bytes.writeBigInt64BE(value, position)
    return this
  }

  /** A whole number as 64 bits. */
  longNumber(value: number): this {
    const position = this.advance(8)
    this.bytes.writeInt32BE(Math.floor(value / TWO_TO_32), position)
    this.bytes.writeUInt32BE(value >>> 0, position + 4)
    return this
  }

  buffer(value: Buffer | null): this {
    if (value === null) return this.int(-1)
    this.int(value.length)
    const position = this.advance(value.length)
    value.copy(this.bytes, position)
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.int(-1)
    const length = Buffer.byteLength(value)
    this.int(length)
    const position = this.advance(length)
    this.bytes.write(value, position, 'utf8')
    return this
  }

  /** The bytes of ASCII characters, without a length. */
  bytesOf(characters: string): this {
    const position = this.advance(characters.length)
    this.bytes.write(characters, position, 'latin1')
    return this
  }

  vector<T>(values: readonly T[], write: (writer: this, value: T) => void): this {
    this.int(values.length)
    for (const value of values) write(this, value)
    return this
  }

  strings(values: readonly string[]): this {
    return this.vector(values, (writer, value) => writer.string(value))
  }

  acl(entries: readonly Acl[]): this {
    return this.vector(entries, (writer, { permissions, scheme, id }) =>
      writer.int(permissions).string(scheme).string(id),
    )
  }

  identities(identities: readonly Identity[]): this {
    return this.vector(identities, (writer, { scheme, id }) => writer.string(scheme).string(id))
  }

  /** 68 bytes. Containers do not show their mark. */
  stat(node: TreeNode, childCount: number): this {
    this.longNumber(node.czxid).longNumber(node.mzxid).longNumber(node.ctimeMs).longNumber(node.mtimeMs)
    this.int(node.version).int(cversionOf(node, childCount)).int(node.aversion)
    this.long(node.owner === CONTAINER ? NOBODY : node.owner)
    return this.int(dataLengthOf(node)).int(childCount).longNumber(node.pzxid)
  }

  /** Reserves the length of a frame; `endFrame` with what this returned fills it in. */
  beginFrame(): number {
    return this.advance(4)
  }

  endFrame(start: number): void {
    this.overwriteInt(start, this.position - start - 4)
  }

  overwriteInt(position: number, value: number): void {
    this.bytes.writeInt32BE(value, position)
  }

  /** What was written from `start` on, valid until the next call. */
  since(start: number): Buffer {
    return this.bytes.subarray(start, this.position)
  }

  /** Makes room for `count` bytes; `bytes` may be another buffer afterwards. */
  private advance(count: number): number {
    const position = this.position
    if (position + count > this.bytes.length) this.grow(position + count)
    this.position = position + count
    return position
  }

  private grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(256, needed, 2 * this.bytes.length))
    this.bytes.copy(grown, 0, 0, this.position)
    this.bytes = grown
  }
}

const noBytes = Buffer.alloc(0)
