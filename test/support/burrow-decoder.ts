/** A commit as Burrow keeps it. */
export interface BurrowOffset {
  readonly offset: number
  readonly timestampMs: number
}

/** What a record of __consumer_offsets says of a group's partition; `offset` is null for a tombstone. */
export interface BurrowRecord {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: BurrowOffset | null
}

/**
 * Reads a record as Burrow's own decoder does: keys of versions 0 and 1, values of versions 0, 1, 3 and 4; null for
 * groups' own records. Throws for whatever it would log as an error and drop. Source: Burrow core/internal/consumer.
 */
export function readBurrowOffset(key: Buffer | null, value: Buffer | null): BurrowRecord | null {
  if (key === null) throw new Error('a record without a key')
  const fields = new Fields(key)
  const version = fields.int16()
  if (version === 2) return null
  if (version !== 0 && version !== 1) throw new Error(`a key of version ${version}`)
  const place = { group: fields.text(), topic: fields.text(), partition: fields.int32() }
  return { ...place, offset: value === null ? null : valueOf(new Fields(value)) }
}

function valueOf(fields: Fields): BurrowOffset {
  const version = fields.int16()
  if (![0, 1, 3, 4].includes(version)) throw new Error(`a value of version ${version}`)
  const offset = fields.int64()
  if (version >= 3) fields.int32()
  fields.text()
  return { offset, timestampMs: fields.int64() }
}

class Fields {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  int16(): number {
    return this.bytes.readInt16BE((this.at += 2) - 2)
  }

  int32(): number {
    return this.bytes.readInt32BE((this.at += 4) - 4)
  }

  int64(): number {
    return Number(this.bytes.readBigInt64BE((this.at += 8) - 8))
  }

  text(): string {
    const length = this.int16()
    const text = this.bytes.toString('utf8', this.at, this.at + length)
    this.at += length
    return text
  }
}
