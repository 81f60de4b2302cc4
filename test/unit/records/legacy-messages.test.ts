import { expect } from 'chai'
import fc from 'fast-check'
import type { CompressionType } from '../../../src/records/compression/codec.ts'
import {
  buildLegacyMessages,
  isMessageValid,
  legacyRecordsOf,
  type LegacyInput,
} from '../../../src/records/legacy-messages.ts'
import {
  batchSizeOf,
  lastOffsetOf,
  maxTimestampOf,
  timestampTypeOf,
} from '../../../src/records/record-batch.ts'
import { MalformedRecordError } from '../../../src/records/varint.ts'
import { hex } from '../../support/hex.ts'

const T = 1_700_000_000_000
const one: LegacyInput = { offset: 0, timestamp: T, key: Buffer.from('k1'), value: Buffer.from('v1') }

function build(records: readonly LegacyInput[], magic: 0 | 1, compression: CompressionType = 'none'): Buffer {
  return buildLegacyMessages(records, { magic, compression, timestampType: 'CreateTime', appendTimeMs: -1 })
}

const arbitraryRecords = fc
  .array(
    fc.record({
      key: fc.option(fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array))),
      value: fc.option(fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array))),
      timestamp: fc.integer({ min: -1, max: 4_000_000_000_000 }),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .map((records) => records.map((record, i) => ({ ...record, offset: 500 + i })))

describe('messages of magic 0 and 1', () => {
  it('are written as Kafka did', () => {
    expect(build([one], 0).toString('hex')).to.equal(
      hex('0000000000000000 00000012 57e7496e 00 00 00000002 6b31 00000002 7631').toString('hex'),
    )
    expect(build([one], 1).toString('hex')).to.equal(
      hex('0000000000000000 0000001a a5da6a62 01 00 0000018bcfe56800 00000002 6b31 00000002 7631').toString(
        'hex',
      ),
    )
  })

  for (const magic of [0, 1] as const) {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4'] as CompressionType[]) {
      it(`come back: magic ${magic}, ${compression}`, () => {
        fc.assert(
          fc.property(arbitraryRecords, (records) => {
            const bytes = build(records, magic, compression)
            const read = []
            for (let at = 0; at < bytes.length; at += batchSizeOf(bytes, at)) {
              expect(isMessageValid(bytes, at)).to.equal(true)
              read.push(...legacyRecordsOf(bytes, at))
            }
            expect(
              read.map(({ offset, timestamp, key, value }) => ({ key, value, timestamp, offset })),
            ).to.deep.equal(
              records.map((record) => ({ ...record, timestamp: magic === 0 ? -1 : record.timestamp })),
            )
            expect(read.every((record) => record.isCrcValid && !record.isCompressed)).to.equal(true)
          }),
          { numRuns: 20 },
        )
      })
    }
  }

  it('carry the last offset and the largest timestamp on a wrapper', () => {
    const records = [
      { ...one, offset: 7, timestamp: T + 9 },
      { ...one, offset: 8, timestamp: T + 1 },
    ]
    const wrapper = build(records, 1, 'gzip')
    expect(lastOffsetOf(wrapper, 0)).to.equal(8)
    expect(maxTimestampOf(wrapper, 0)).to.equal(T + 9)
    expect(maxTimestampOf(build(records, 0, 'gzip'), 0)).to.equal(-1)
  })

  it('read as the append time where a broker stamped the wrapper', () => {
    const wrapper = buildLegacyMessages([one, { ...one, offset: 1 }], {
      magic: 1,
      compression: 'gzip',
      timestampType: 'LogAppendTime',
      appendTimeMs: T + 77,
    })
    expect(timestampTypeOf(wrapper, 0)).to.equal('LogAppendTime')
    expect(legacyRecordsOf(wrapper, 0).map((record) => record.timestamp)).to.deep.equal([T + 77, T + 77])
  })

  it('have offsets from 0 inside a wrapper of magic 1 with offset 0, as some clients send it', () => {
    const wrapper = build([one, { ...one, offset: 1 }], 1, 'gzip')
    wrapper.writeBigInt64BE(0n, 0)
    expect(legacyRecordsOf(wrapper, 0).map((record) => record.offset)).to.deep.equal([0, 1])
  })

  it('are refused with a wrapper offset below the inner ones', () => {
    const wrapper = build([one, { ...one, offset: 1 }, { ...one, offset: 2 }], 1, 'gzip')
    wrapper.writeBigInt64BE(1n, 0)
    expect(() => legacyRecordsOf(wrapper, 0)).to.throw(MalformedRecordError, /below the last inner offset/)
  })

  it('are invalid with any bit behind the checksum turned over', () => {
    const message = build([one], 1)
    for (let i = 12; i < message.length; i++) {
      const spoiled = Buffer.from(message)
      spoiled[i] = (spoiled[i] as number) ^ 4
      expect(i >= 16 && i < 17 ? true : !isMessageValid(spoiled, 0), `byte ${i}`).to.equal(true)
    }
  })

  const malformed: [string, (message: Buffer) => void][] = [
    ['a key longer than the message', (m) => m.writeInt32BE(100, 26)],
    ['a value longer than the message', (m) => m.writeInt32BE(100, 32)],
    ['bytes behind the value', (m) => m.writeInt32BE(1, 32)],
    ['a size below the smallest of its magic', (m) => m.writeInt32BE(15, 8)],
  ]
  for (const [name, spoil] of malformed) {
    it(`are refused with ${name}`, () => {
      const message = build([one], 1)
      spoil(message)
      expect(() => legacyRecordsOf(message, 0)).to.throw(MalformedRecordError)
    })
  }

  it('are refused as a wrapper without a value, and with nothing inside', () => {
    const empty = buildLegacyMessages([{ ...one, key: null, value: null }], {
      magic: 1,
      compression: 'none',
      timestampType: 'CreateTime',
      appendTimeMs: -1,
    })
    empty[17] = 1
    expect(() => legacyRecordsOf(empty, 0)).to.throw(MalformedRecordError, /without a value/)
    expect(() => legacyRecordsOf(build([], 1, 'gzip'), 0)).to.throw(MalformedRecordError, /nothing inside/)
  })
})
