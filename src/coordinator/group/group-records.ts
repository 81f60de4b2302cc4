import { isAtLeastVersion, kafkaVersionOf } from '../../config/special-types.ts'
import { GroupMetadataValue } from '../../protocol/messages/stored/group-metadata.ts'
import { OffsetCommitValue } from '../../protocol/messages/stored/offset-commit.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { decodeVersioned, encodeVersioned } from '../../protocol/versioned.ts'
import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '../../records/bytes.ts'
import type { StoredRecord } from '../stored-records.ts'
import type { OffsetValues } from './offset-table.ts'

/*
 * The records of `__consumer_offsets`, byte for byte as Kafka's classic coordinator writes them, so that either may take
 * a partition over from the other (kafka.coordinator.group.GroupMetadataManager):
 *
 *   key    version int16 0, 1   group string | topic string | partition int32        an offset; 1 is written
 *          version int16 2      group string                                         a group
 *   value of an offset: OffsetCommitValue, of a group: GroupMetadataValue (protocol/messages/stored); null removes it
 *
 *   string: length int16 | UTF-8. Version 4 of both values is flexible; it is read and not written.
 *
 * Offsets are by far the most frequent records, so theirs are written and read here by hand; a test holds that against
 * the declared messages.
 */

const OFFSET_KEY_VERSION = 1
const GROUP_KEY_VERSION = 2

/** Which versions of the values are written. Every version is read. */
export interface StoredVersions {
  /** 1, 2 or 3. An offset with its own time of expiry is always written in version 1, the only one that has it. */
  readonly offset: number
  /** 0 to 3. */
  readonly group: number
}

/** What brokers of `inter.broker.protocol.version` can read. */
export function storedVersionsFor(interBrokerProtocol: string): StoredVersions {
  const version = kafkaVersionOf(interBrokerProtocol)
  const isAtLeast = (other: string): boolean => version === null || isAtLeastVersion(version, other)
  const offset = isAtLeast('2.1-IV1') ? 3 : isAtLeast('2.1-IV0') ? 2 : 1
  const group = isAtLeast('2.3-IV0') ? 3 : isAtLeast('2.1-IV0') ? 2 : isAtLeast('0.10.1-IV0') ? 1 : 0
  return { offset, group }
}

// --- writing --------------------------------------------------------------------------------------------------------

export function groupKey(group: string): Buffer {
  const groupBytes = Buffer.byteLength(group)
  const key = Buffer.allocUnsafe(4 + groupBytes)
  writeInt16(key, 0, GROUP_KEY_VERSION)
  writeText(key, 2, group, groupBytes)
  return key
}

export function offsetKey(group: string, topic: string, partition: number): Buffer {
  const groupBytes = Buffer.byteLength(group)
  const topicBytes = Buffer.byteLength(topic)
  const key = Buffer.allocUnsafe(10 + groupBytes + topicBytes)
  writeInt16(key, 0, OFFSET_KEY_VERSION)
  const at = writeText(key, 2, group, groupBytes)
  writeInt32(key, writeText(key, at, topic, topicBytes), partition)
  return key
}

export function offsetValue(values: OffsetValues, versions: StoredVersions): Buffer {
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp } = values
  const version = expireTimestamp >= 0 ? 1 : versions.offset
  const metadataBytes = Buffer.byteLength(metadata)
  const value = Buffer.allocUnsafe(20 + metadataBytes + (version === 1 ? 8 : version === 3 ? 4 : 0))
  writeInt16(value, 0, version)
  writeInt64(value, 2, offset)
  let at = 10
  if (version === 3) {
    writeInt32(value, at, leaderEpoch)
    at += 4
  }
  at = writeText(value, at, metadata, metadataBytes)
  writeInt64(value, at, commitTimestamp)
  if (version === 1) writeInt64(value, at + 8, expireTimestamp)
  return value
}

function writeText(target: Buffer, at: number, text: string, bytes: number): number {
  writeInt16(target, at, bytes)
  target.write(text, at + 2, 'utf8')
  return at + 2 + bytes
}

/** A group in one generation, as it is stored. */
export interface StoredGroup {
  /** Empty for a group that only keeps offsets. */
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  /** -1 where it is not known: in records older than version 2. */
  readonly currentStateTimestamp: number
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    /** -1 in records of version 0. */
    readonly rebalanceTimeout: number
    readonly sessionTimeout: number
    readonly subscription: Buffer
    readonly assignment: Buffer
  }[]
}

export function groupValue(group: StoredGroup, versions: StoredVersions): Buffer {
  return encodeVersioned(GroupMetadataValue, versions.group, {
    ...group,
    members: [...group.members],
  })
}

// --- reading --------------------------------------------------------------------------------------------------------

/** Who is told what a record says. */
export interface GroupRecordVisitor {
  /** `values` lives for the call; null: the offset is removed. */
  onOffset(
    group: string,
    topic: string,
    partition: number,
    values: OffsetValues | null,
    record: StoredRecord,
  ): void
  /** Null: the group is removed. */
  onGroup(group: string, value: StoredGroup | null): void
  /** A record of another kind, as later versions of Kafka write them. */
  onUnknown(keyVersion: number, record: StoredRecord): void
  /** Bytes that are not what their version says. */
  onFault(fault: string, record: StoredRecord): void
}

/** What an offset's value was last read into. */
class ReadValues implements OffsetValues {
  offset = 0
  leaderEpoch = -1
  metadata = ''
  commitTimestamp = -1
  expireTimestamp = -1
}

/** Reads records one after the other. Names that repeat from record to record are decoded once. */
export class GroupRecordReader {
  private readonly visitor: GroupRecordVisitor
  private readonly group = new RepeatedText()
  private readonly topic = new RepeatedText()
  private readonly values = new ReadValues()

  constructor(visitor: GroupRecordVisitor) {
    this.visitor = visitor
  }

  read(record: StoredRecord): void {
    try {
      this.readKey(record)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.visitor.onFault(error.message, record)
    }
  }

  private readKey(record: StoredRecord): void {
    const { buffer, keyStart, keyEnd } = record
    if (keyEnd - keyStart < 2) throw new ProtocolError('a record without a key')
    const version = readInt16(buffer, keyStart)
    if (version < 0 || version > GROUP_KEY_VERSION) {
      this.visitor.onUnknown(version, record)
      return
    }
    let at = textEnd(buffer, keyStart + 2, keyEnd)
    const group = this.group.read(buffer, keyStart + 4, at)
    if (version === GROUP_KEY_VERSION) {
      this.visitor.onGroup(group, record.isTombstone ? null : readGroup(record))
      return
    }
    const topicStart = at + 2
    at = textEnd(buffer, at, keyEnd)
    const topic = this.topic.read(buffer, topicStart, at)
    if (keyEnd - at < 4) throw new ProtocolError('a key that ends inside the partition')
    const partition = readInt32(buffer, at)
    this.visitor.onOffset(group, topic, partition, record.isTombstone ? null : this.readValue(record), record)
  }

  private readValue(record: StoredRecord): OffsetValues {
    const { buffer, valueStart, valueEnd } = record
    const { values } = this
    if (valueEnd - valueStart < 2) throw new ProtocolError('an offset without a version')
    const version = readInt16(buffer, valueStart)
    if (version < 0 || version > 3) {
      const read = decodeVersioned(OffsetCommitValue, record.value())
      return { ...read }
    }
    let at = valueStart + (version === 3 ? 14 : 10)
    if (valueEnd < at) throw new ProtocolError('a value that ends inside the offset')
    values.offset = readInt64(buffer, valueStart + 2)
    if (!Number.isSafeInteger(values.offset)) throw new ProtocolError(`an offset near ${values.offset}`)
    values.leaderEpoch = version === 3 ? readInt32(buffer, valueStart + 10) : -1
    const metadataStart = at + 2
    at = textEnd(buffer, at, valueEnd)
    values.metadata = at === metadataStart ? '' : buffer.toString('utf8', metadataStart, at)
    if (valueEnd - at < (version === 1 ? 16 : 8))
      throw new ProtocolError('a value that ends inside its times')
    values.commitTimestamp = readInt64(buffer, at)
    values.expireTimestamp = version === 1 ? readInt64(buffer, at + 8) : -1
    return values
  }
}

function readGroup(record: StoredRecord): StoredGroup {
  const value = decodeVersioned(GroupMetadataValue, record.value())
  return value
}

/** Where the text ends whose length stands at `at`. Throws ProtocolError when that is not before `end`. */
function textEnd(buffer: Buffer, at: number, end: number): number {
  if (end - at < 2) throw new ProtocolError('bytes that end inside a text')
  const length = readInt16(buffer, at)
  if (length < 0 || length > end - at - 2) throw new ProtocolError(`a text of ${length} bytes`)
  return at + 2 + length
}

/** A text that is likely to be the same as the last time: then comparing bytes saves making another string. */
class RepeatedText {
  private bytes = Buffer.alloc(0)
  private text = ''

  read(buffer: Buffer, start: number, end: number): string {
    if (!this.isSame(buffer, start, end)) {
      this.bytes = Buffer.from(buffer.subarray(start, end))
      this.text = buffer.toString('utf8', start, end)
    }
    return this.text
  }

  private isSame(buffer: Buffer, start: number, end: number): boolean {
    const { bytes } = this
    if (bytes.length !== end - start) return false
    for (let i = bytes.length - 1; i >= 0; i--) if (bytes[i] !== buffer[start + i]) return false
    return true
  }
}
