import { expect } from 'chai'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { prepareZstd } from '../../../src/records/compression/zstd.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { buildLegacyMessages, legacyRecordsOf } from '../../../src/records/legacy-messages.ts'
import { downConvert, fillerMessage, upConvert } from '../../../src/records/message-conversion.ts'
import { batchSizeOf, completeSizeAt, magicOf, maxTimestampOf } from '../../../src/records/record-batch.ts'
import { recordsOf } from '../../../src/records/record.ts'

const T = 1_700_000_000_000

function old(bytes: Buffer): { offset: number; value: string; timestamp: number }[] {
  const records = []
  for (let at = 0; at < bytes.length; at += batchSizeOf(bytes, at)) {
    for (const { offset, value, timestamp } of legacyRecordsOf(bytes, at)) {
      records.push({ offset, value: String(value), timestamp })
    }
  }
  return records
}

const batch = buildBatch(
  [
    { key: 'k', value: 'a', timestamp: T, headers: [{ key: 'lost', value: 'x' }] },
    { value: 'b', timestamp: T + 1 },
    { value: 'c', timestamp: T + 2 },
  ],
  { baseOffset: 10, producerId: 4000, producerEpoch: 0, baseSequence: 0 },
)

describe('conversion between message formats', () => {
  before(prepareZstd)

  it('makes one entry per record out of a plain batch, from the wanted offset on', () => {
    expect(old(downConvert([batch], 1, 11))).to.deep.equal([
      { offset: 11, value: 'b', timestamp: T + 1 },
      { offset: 12, value: 'c', timestamp: T + 2 },
    ])
    expect(old(downConvert([batch], 0, 10)).map((record) => record.timestamp)).to.deep.equal([-1, -1, -1])
  })

  it('makes one wrapper out of a compressed batch, with all its records', () => {
    const compressed = buildBatch(
      [
        { value: 'a', timestamp: T },
        { value: 'b', timestamp: T + 9 },
      ],
      {
        baseOffset: 10,
        compression: 'lz4',
      },
    )
    for (const magic of [0, 1] as const) {
      const converted = downConvert([compressed], magic, 11)
      expect(batchSizeOf(converted, 0), 'one entry').to.equal(converted.length)
      expect(old(converted).map(({ offset, value }) => [offset, value])).to.deep.equal([
        [10, 'a'],
        [11, 'b'],
      ])
    }
  })

  it('leaves out control batches and passes old messages through', () => {
    const marker = buildEndTransactionBatch({
      producerId: 1,
      producerEpoch: 0,
      result: 'commit',
      coordinatorEpoch: 0,
      timestamp: T,
    })
    const message = buildLegacyMessages([{ offset: 3, timestamp: T, key: null, value: Buffer.from('old') }], {
      magic: 0,
      compression: 'none',
      timestampType: 'CreateTime',
      appendTimeMs: -1,
    })
    expect(downConvert([marker], 1, 0).length).to.equal(0)
    expect(downConvert([Buffer.concat([message, marker])], 1, 0).equals(message)).to.equal(true)
  })

  it('refuses zstd, which the old formats do not have', () => {
    const zstd = buildBatch([{ value: 'a' }], { compression: 'zstd' })
    expect(() => downConvert([zstd], 1, 0))
      .to.throw(KafkaError)
      .with.property('error', 'UNSUPPORTED_COMPRESSION_TYPE')
  })

  it('keeps the append time of a stamped batch', () => {
    const stamped = buildBatch([{ value: 'a', timestamp: T }], {
      timestampType: 'LogAppendTime',
      appendTimeMs: T + 50,
    })
    const converted = downConvert([stamped], 1, 0)
    expect(maxTimestampOf(converted, 0)).to.equal(T + 50)
  })

  it('makes one batch out of old messages, with offsets of its own', () => {
    const up = upConvert(
      [
        { offset: 7, timestamp: T, key: null, value: Buffer.from('a') },
        { offset: 9, timestamp: T + 1, key: null, value: Buffer.from('b') },
      ],
      {},
    )
    expect(magicOf(up, 0)).to.equal(2)
    expect([...recordsOf(up, 0)].map(({ offset, timestamp }) => [offset, timestamp])).to.deep.equal([
      [0, T],
      [1, T + 1],
    ])
  })

  it('fills up with a message that a client takes for cut off', () => {
    for (const size of [1, 11, 12, 40, 5000]) {
      const filler = fillerMessage(size)
      expect(filler.length).to.equal(size)
      expect(completeSizeAt(filler, 0, filler.length)).to.equal(-1)
    }
  })
})
