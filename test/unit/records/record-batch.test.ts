import { expect } from 'chai'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchSizeOf,
  completeSizeAt,
  compressionOf,
  hasDeleteHorizon,
  incrementSequence,
  isBatchValid,
  isControlBatch,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  leaderEpochOf,
  magicOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  stampPlace,
  stampTimestamps,
  storedCrcOf,
  timestampTypeOf,
} from '../../../src/records/record-batch.ts'
import { recordsOf } from '../../../src/records/record.ts'
import { hex } from '../../support/hex.ts'

const T = 1_700_000_000_000

/** Two records as a producer sends them; the bytes were checked with Kafka. */
export const twoRecords = hex(`
  00000000 00000000                  # baseOffset 0
  00000049                           # batchLength 73
  ffffffff                           # partitionLeaderEpoch -1
  02                                 # magic
  97f4442a                           # crc32c
  0000                               # attributes
  00000001                           # lastOffsetDelta 1
  0000018bcfe56800                   # baseTimestamp
  0000018bcfe56805                   # maxTimestamp
  ffffffffffffffff ffff ffffffff     # producerId, producerEpoch, baseSequence -1
  00000002                           # count
  1c 00 00 00 04 6b31 04 7631 02 02 68 02 78   # length 14, "k1" -> "v1", header "h" -> "x"
  10 00 0a 02 01 04 7632 00                    # length 8, +5 ms, null -> "v2"
`)

describe('a record batch', () => {
  it('is written byte for byte as Kafka does', () => {
    const batch = buildBatch([
      { key: 'k1', value: 'v1', timestamp: T, headers: [{ key: 'h', value: 'x' }] },
      { key: null, value: 'v2', timestamp: T + 5 },
    ])
    expect(batch.toString('hex')).to.equal(twoRecords.toString('hex'))
  })

  it('is read field by field', () => {
    // Behind something else, so that positions count.
    const buffer = Buffer.concat([Buffer.alloc(5, 0xff), twoRecords])
    expect(completeSizeAt(buffer, 5, buffer.length)).to.equal(85)
    expect(batchSizeOf(buffer, 5)).to.equal(85)
    expect(baseOffsetOf(buffer, 5)).to.equal(0)
    expect(lastOffsetOf(buffer, 5)).to.equal(1)
    expect(leaderEpochOf(buffer, 5)).to.equal(-1)
    expect(magicOf(buffer, 5)).to.equal(2)
    expect(storedCrcOf(buffer, 5)).to.equal(0x97f4442a)
    expect(isBatchValid(buffer, 5)).to.equal(true)
    expect(compressionOf(buffer, 5)).to.equal('none')
    expect(timestampTypeOf(buffer, 5)).to.equal('CreateTime')
    expect([
      isTransactional(buffer, 5),
      isControlBatch(buffer, 5),
      hasDeleteHorizon(buffer, 5),
    ]).to.deep.equal([false, false, false])
    expect(baseTimestampOf(buffer, 5)).to.equal(T)
    expect(maxTimestampOf(buffer, 5)).to.equal(T + 5)
    expect([producerIdOf(buffer, 5), producerEpochOf(buffer, 5), baseSequenceOf(buffer, 5)]).to.deep.equal([
      -1, -1, -1,
    ])
    expect(lastSequenceOf(buffer, 5)).to.equal(-1)
    expect(recordCountOf(buffer, 5)).to.equal(2)
    expect([...recordsOf(buffer, 5)]).to.deep.equal([
      {
        offset: 0,
        timestamp: T,
        key: Buffer.from('k1'),
        value: Buffer.from('v1'),
        headers: [{ key: 'h', value: Buffer.from('x') }],
      },
      { offset: 1, timestamp: T + 5, key: null, value: Buffer.from('v2'), headers: [] },
    ])
  })

  it('of an idempotent producer is written as Kafka does', () => {
    const batch = buildBatch([{ key: null, value: 'a', timestamp: T }], {
      producerId: 4000,
      producerEpoch: 3,
      baseSequence: 0,
    })
    expect(batch.toString('hex')).to.equal(
      hex(`0000000000000000 00000039 ffffffff 02 5f37e98a 0000 00000000 0000018bcfe56800 0000018bcfe56800
           0000000000000fa0 0003 00000000 00000001 0e00000001026100`).toString('hex'),
    )
  })

  it('gets its place from the leader without a new checksum', () => {
    const batch = Buffer.from(twoRecords)
    stampPlace(batch, 0, 100, 7)
    expect(batch.subarray(0, 21).toString('hex')).to.equal(
      hex('0000000000000064 00000049 00000007 02 97f4442a').toString('hex'),
    )
    expect(isBatchValid(batch, 0)).to.equal(true)
    expect([...recordsOf(batch, 0)].map((record) => record.offset)).to.deep.equal([100, 101])
  })

  it('gets other timestamps with a new checksum, and then loses bits without a meaning', () => {
    const batch = buildBatch([{ value: 'a', timestamp: T }])
    batch.writeUInt16BE(0x80, 21)
    stampTimestamps(batch, 0, 'CreateTime', T)
    expect(batch.readUInt16BE(21), 'untouched while nothing changes').to.equal(0x80)
    stampTimestamps(batch, 0, 'LogAppendTime', T + 99)
    expect(batch.readUInt16BE(21)).to.equal(0x08)
    expect(isBatchValid(batch, 0)).to.equal(true)
    expect([...recordsOf(batch, 0)][0]?.timestamp, 'every record has the append time').to.equal(T + 99)
  })

  it('is invalid with any bit of it turned over, but for those that the leader sets', () => {
    for (let i = 17; i < twoRecords.length; i++) {
      const batch = Buffer.from(twoRecords)
      batch[i] = (batch[i] as number) ^ 0x10
      expect(isBatchValid(batch, 0), `byte ${i}`).to.equal(false)
    }
  })

  it('is not there while any byte of it is missing', () => {
    for (let end = 0; end < twoRecords.length; end++)
      expect(completeSizeAt(twoRecords, 0, end), `${end}`).to.equal(-1)
  })

  const impossible: [string, (batch: Buffer) => void, string][] = [
    [
      'a length below the smallest message',
      (b) => b.writeInt32BE(13, 8),
      'Record size 13 is less than the minimum record overhead (14)',
    ],
    [
      'a negative length',
      (b) => b.writeInt32BE(-1, 8),
      'Record size -1 is less than the minimum record overhead (14)',
    ],
    ['magic 3', (b) => b.writeInt8(3, 16), 'Invalid magic found in record: 3'],
    ['magic -1', (b) => b.writeInt8(-1, 16), 'Invalid magic found in record: -1'],
  ]
  for (const [name, spoil, message] of impossible) {
    it(`cannot begin with ${name}`, () => {
      const batch = Buffer.from(twoRecords)
      spoil(batch)
      expect(() => completeSizeAt(batch, 0, batch.length))
        .to.throw(KafkaError, message)
        .with.property('error', 'CORRUPT_MESSAGE')
    })
  }

  it('counts sequences around the end of the numbers', () => {
    expect(incrementSequence(5, 3)).to.equal(8)
    expect(incrementSequence(2147483646, 1)).to.equal(2147483647)
    expect(incrementSequence(2147483647, 1)).to.equal(0)
    expect(incrementSequence(2147483645, 5)).to.equal(2)
  })
})
