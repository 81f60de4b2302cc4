import { expect } from 'chai'
import fc from 'fast-check'
import { buildBatch, type RecordInput } from '../../../src/records/batch-builder.ts'
import { BATCH_HEADER_BYTES, baseTimestampOf, recordCountOf } from '../../../src/records/record-batch.ts'
import { RecordWalk } from '../../../src/records/record-walk.ts'
import { recordsOf } from '../../../src/records/record.ts'
import { MalformedRecordError } from '../../../src/records/varint.ts'

const T = 1_700_000_000_000

function walk(batch: Buffer): RecordWalk {
  const result = new RecordWalk()
  result.walk(batch, BATCH_HEADER_BYTES, batch.length, recordCountOf(batch, 0), baseTimestampOf(batch, 0))
  return result
}

const bytes = fc.option(fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)))
const timestamp = fc.oneof(
  fc.integer({ min: T, max: T + 100_000 }),
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.integer({ min: -2, max: 3 }),
)
const arbitraryRecords = fc.array(
  fc.record({
    key: bytes,
    value: bytes,
    timestamp,
    headers: fc.array(fc.record({ key: fc.string(), value: bytes }), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 30 },
)

describe('the walk over records', () => {
  it('takes down what reading every record would', () => {
    fc.assert(
      fc.property(arbitraryRecords, (records: RecordInput[]) => {
        const batch = buildBatch(records)
        const read = [...recordsOf(batch, 0)]
        const found = walk(batch)
        const times = read.map((record) => record.timestamp)
        const real = times.filter((time) => time !== -1)
        expect(found.maxTimestamp).to.equal(Math.max(-1, ...times))
        expect(found.minTimestamp).to.equal(Math.min(Infinity, ...real))
        expect(found.firstWithoutTimestamp).to.equal(times.indexOf(-1))
        expect(found.firstWithoutKey).to.equal(read.findIndex((record) => record.key === null))
        expect(found.hasConsecutiveOffsets).to.equal(true)
      }),
    )
  })

  it('sees that offsets are not consecutive', () => {
    const batch = buildBatch([
      { value: 'a', timestamp: T },
      { value: 'b', timestamp: T, offsetDelta: 2 },
    ])
    expect(walk(batch).hasConsecutiveOffsets).to.equal(false)
  })

  it('accepts and refuses exactly what reading every record does, whatever byte is wrong', () => {
    const batch = buildBatch([
      { key: 'k1', value: 'v1', timestamp: T, headers: [{ key: 'h', value: 'x' }] },
      { key: null, value: Buffer.alloc(100, 7), timestamp: T + 70 },
      { key: '', value: null, timestamp: T + 9_000_000_000 },
    ])
    let refused = 0
    for (let i = BATCH_HEADER_BYTES; i < batch.length; i++) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const spoiled = Buffer.from(batch)
        spoiled[i] = value
        const reading = attempt(() => [...recordsOf(spoiled, 0)])
        const walking = attempt(() => walk(spoiled))
        expect(walking, `byte ${i} = ${value}`).to.equal(reading)
        if (walking === 'malformed') refused++
      }
    }
    expect(refused).to.be.greaterThan(50)
  })

  it('refuses records that end too early and bytes behind the last one', () => {
    const batch = buildBatch([{ value: 'a', timestamp: T }])
    const result = new RecordWalk()
    for (let end = BATCH_HEADER_BYTES; end < batch.length; end++) {
      expect(() => result.walk(batch, BATCH_HEADER_BYTES, end, 1, T)).to.throw(MalformedRecordError)
    }
    expect(() => result.walk(batch, BATCH_HEADER_BYTES, batch.length, 2, T)).to.throw(/premature EOF/)
    expect(() => result.walk(batch, BATCH_HEADER_BYTES, batch.length, 0, T)).to.throw(/still remaining/)
  })

  it('never throws anything but MalformedRecordError, and ends, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (array, count) => {
        attempt(() => new RecordWalk().walk(Buffer.from(array), 0, array.length, count, T))
      }),
      { numRuns: 1000 },
    )
  })
})

function attempt(action: () => unknown): 'fine' | 'malformed' {
  try {
    action()
    return 'fine'
  } catch (error) {
    expect(error).to.be.instanceOf(MalformedRecordError)
    return 'malformed'
  }
}
