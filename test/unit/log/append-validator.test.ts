import { expect } from 'chai'
import type { ValidAppend } from '../../../src/log/append-validator.ts'
import type { LogConfig } from '../../../src/log/log-config.ts'
import { RecordValidationError } from '../../../src/log/record-errors.ts'
import { codecFor } from '../../../src/records/compression/codecs.ts'
import { prepareZstd } from '../../../src/records/compression/zstd.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { BATCH_HEADER_BYTES, computeCrc } from '../../../src/records/record-batch.ts'
import { T, NOW, twoRecords, type Given, validate, refusal, batch } from '../../support/validation.ts'

describe('the validator of appends', () => {
  before(prepareZstd)

  describe('accepts, byte for byte', () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      it(`a batch with ${compression}`, () => {
        const bytes = batch(undefined, { compression })
        const valid = validate(bytes)
        expect(valid.buffer).to.equal(bytes)
        expect(valid).to.include({
          start: 0,
          sizeBytes: bytes.length,
          recordCount: 2,
          timestampType: 'CreateTime',
          maxTimestamp: T + 1,
        })
      })
    }

    const tolerated: [string, Buffer, Partial<ValidAppend>][] = [
      [
        'a wrong largest timestamp, which is corrected',
        batch((b) => b.writeBigInt64BE(5n, 35)),
        { maxTimestamp: T + 1 },
      ],
      ['attribute bits without a meaning', batch((b) => b.writeInt16BE(0x80, 21)), { maxTimestamp: T + 1 }],
      [
        'a gap between offsets in a plain batch',
        batch((b) => b.writeInt8(4, BATCH_HEADER_BYTES + 12)),
        { recordCount: 2 },
      ],
      ['the timestamp -2', batch(undefined, {}, [{ value: 'a', timestamp: -2 }]), { maxTimestamp: -1 }],
      ['no timestamps at all', batch(undefined, {}, [{ value: 'a' }]), { maxTimestamp: -1 }],
      [
        'a producer id with epoch -1',
        batch(undefined, { producerId: 1, baseSequence: 0 }),
        { recordCount: 2 },
      ],
      [
        'the bit that a broker stamped it, while records have timestamps',
        batch((b) => b.writeInt16BE(8, 21)),
        { timestampType: 'CreateTime' },
      ],
    ]
    for (const [name, bytes, expected] of tolerated) {
      it(name, () => {
        expect(validate(bytes)).to.include(expected)
        expect(validate(bytes).buffer).to.equal(bytes)
      })
    }

    it('one batch, and ignores the beginning of another behind it', () => {
      const bytes = batch()
      expect(validate(Buffer.concat([bytes, bytes.subarray(0, 40)])).sizeBytes).to.equal(bytes.length)
    })

    it('nothing out of nothing', () => {
      expect(validate(Buffer.alloc(0)).sizeBytes).to.equal(0)
      expect(validate(batch().subarray(0, 50)).sizeBytes).to.equal(0)
    })

    it('a marker from a coordinator', () => {
      const marker = buildEndTransactionBatch({
        producerId: 1,
        producerEpoch: 0,
        result: 'commit',
        coordinatorEpoch: 0,
        timestamp: T,
      })
      expect(
        validate(marker, { origin: 'coordinator', config: { 'compression.type': 'gzip' } }).buffer,
      ).to.equal(marker)
    })
  })

  describe('stamps', () => {
    it('the append time where the topic wants it', () => {
      expect(validate(batch(), { config: { 'message.timestamp.type': 'LogAppendTime' } })).to.include({
        timestampType: 'LogAppendTime',
        maxTimestamp: NOW,
      })
    })
  })

  describe('refuses', () => {
    const refused: [string, Buffer, Given, string, string | RegExp][] = [
      [
        'a wrong checksum',
        Buffer.from(batch()).fill(1, 17, 21),
        {},
        'CORRUPT_MESSAGE',
        'Record is corrupt (stored crc = 16843009) in topic partition orders-0.',
      ],
      [
        'magic 3',
        batch((b) => b.writeInt8(3, 16)),
        {},
        'CORRUPT_MESSAGE',
        'Invalid magic found in record: 3',
      ],
      [
        'a length that cannot be',
        batch((b) => b.writeInt32BE(10, 8)),
        {},
        'CORRUPT_MESSAGE',
        'Record size 10 is less than the minimum record overhead (14)',
      ],
      [
        'a base offset from a client',
        batch((b) => b.writeBigInt64BE(50n, 0)),
        {},
        'INVALID_RECORD',
        'The baseOffset of the record batch in the append to orders-0 should be 0, but it is 50',
      ],
      [
        'more bytes than the topic allows',
        batch(),
        { config: { 'max.message.bytes': 77 } },
        'MESSAGE_TOO_LARGE',
        /^The record batch size in the append to orders-0 is \d+ bytes which exceeds the maximum configured value of 77\.$/,
      ],
      ['two batches', Buffer.concat([batch(), batch()]), {}, 'INVALID_RECORD', /more than one batch/],
      [
        'no records',
        batch((b) => b.writeInt32BE(0, 57)),
        {},
        'INVALID_RECORD',
        'Invalid reported count for record batch: 0 in topic partition orders-0',
      ],
      [
        'a negative count',
        batch((b) => b.writeInt32BE(-1, 57)),
        {},
        'INVALID_RECORD',
        /Invalid reported count for record batch: -1/,
      ],
      [
        'a last offset before the first',
        batch((b) => b.writeInt32BE(-1, 23)),
        {},
        'INVALID_RECORD',
        'Batch has an invalid offset range: [0, -1] in topic partition orders-0',
      ],
      [
        'a count unlike the offsets',
        batch((b) => b.writeInt32BE(2, 23)),
        {},
        'INVALID_RECORD',
        'Inconsistent batch offset range [0, 2] and count of records 2 in topic partition orders-0',
      ],
      [
        'fewer records than there are',
        batch((b) => {
          b.writeInt32BE(1, 57)
          b.writeInt32BE(0, 23)
        }),
        {},
        'INVALID_RECORD',
        /still remaining/,
      ],
      [
        'more records than there are',
        batch((b) => {
          b.writeInt32BE(3, 57)
          b.writeInt32BE(2, 23)
        }),
        {},
        'INVALID_RECORD',
        /premature EOF/,
      ],
      [
        'bytes that are no record',
        batch((b) => b.fill(0xff, BATCH_HEADER_BYTES)),
        {},
        'INVALID_RECORD',
        /Varint/,
      ],
      [
        'a control batch from a client',
        batch(undefined, { isControl: true }),
        {},
        'INVALID_RECORD',
        'Clients are not allowed to write control records in topic partition orders-0',
      ],
      [
        'a producer id without a sequence',
        batch(undefined, { producerId: 9, producerEpoch: 0 }),
        {},
        'INVALID_RECORD',
        'Invalid sequence number -1 in record batch with producerId 9 in topic partition orders-0',
      ],
      [
        'an unknown codec',
        batch((b) => b.writeInt16BE(5, 21)),
        {},
        'UNKNOWN_SERVER_ERROR',
        /compression type/,
      ],
    ]
    for (const [name, bytes, given, error, message] of refused) {
      it(`${name}: ${error}`, () => {
        const thrown = refusal(bytes, given)
        expect(thrown.error).to.equal(error)
        if (typeof message === 'string') expect(thrown.message).to.equal(message)
        else expect(thrown.message).to.match(message)
        expect(thrown).not.to.be.instanceOf(RecordValidationError)
      })
    }

    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      it(`what does not unpack as ${compression}: UNKNOWN_SERVER_ERROR`, () => {
        const header = batch(undefined, { compression }).subarray(0, BATCH_HEADER_BYTES)
        const bytes = Buffer.concat([header, Buffer.from('00010203', 'hex')])
        bytes.writeInt32BE(bytes.length - 12, 8)
        bytes.writeUInt32BE(computeCrc(bytes, 0), 17)
        expect(refusal(bytes).error).to.equal('UNKNOWN_SERVER_ERROR')
      })
    }

    it('a gap between offsets inside a compressed batch: UNKNOWN_SERVER_ERROR', () => {
      const gap = batch((b) => b.writeInt32BE(1, 23), { compression: 'gzip' }, [
        { value: 'a', timestamp: T, offsetDelta: 1 },
        { value: 'b', timestamp: T, offsetDelta: 2 },
      ])
      expect(refusal(gap).error).to.equal('UNKNOWN_SERVER_ERROR')
    })

    it('a few bytes that would become very many: MESSAGE_TOO_LARGE', () => {
      const zeros = codecFor('gzip').compress(Buffer.alloc(120 * 1024 * 1024), 1)
      const header = batch(undefined, { compression: 'gzip' }).subarray(0, BATCH_HEADER_BYTES)
      const bytes = Buffer.concat([header, zeros])
      bytes.writeInt32BE(bytes.length - 12, 8)
      bytes.writeUInt32BE(computeCrc(bytes, 0), 17)
      expect(refusal(bytes).error).to.equal('MESSAGE_TOO_LARGE')
    })
  })

  describe('says which records break a rule', () => {
    it('of a compacted topic: no key', () => {
      const error = refusal(batch(undefined, {}, [...twoRecords, { value: 'c', timestamp: T }]), {
        config: { 'cleanup.policy': ['compact'] },
      }) as RecordValidationError
      const words = 'Compacted topic cannot accept message without key in topic partition orders-0'
      expect(error.error).to.equal('INVALID_RECORD')
      expect(error.faults).to.deep.equal([
        { batchIndex: 1, message: words },
        { batchIndex: 2, message: words },
      ])
      expect(error.message).to.equal(
        'One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: ' +
          `[RecordError(batchIndex=1, message='${words}'), RecordError(batchIndex=2, message='${words}')]`,
      )
    })

    const times: [string, number, Partial<LogConfig>, string][] = [
      [
        'too early',
        T,
        { 'message.timestamp.before.max.ms': 1000 },
        `Timestamp ${T} of message with offset 0 is out of range. The timestamp should be within [${NOW - 1000}, ${BigInt.asIntN(64, BigInt(NOW) + 2n ** 63n - 1n)}]`,
      ],
      [
        'too late',
        NOW + 1001,
        { 'message.timestamp.after.max.ms': 1000 },
        `Timestamp ${NOW + 1001} of message with offset 0 is out of range. The timestamp should be within [${BigInt.asIntN(64, BigInt(NOW) - 2n ** 63n + 1n)}, ${NOW + 1000}]`,
      ],
    ]
    for (const [name, timestamp, config, message] of times) {
      for (const compression of ['none', 'lz4'] as const) {
        it(`by a timestamp ${name}, with ${compression}`, () => {
          const error = refusal(batch(undefined, { compression }, [{ value: 'a', timestamp }]), { config })
          expect(error).to.be.instanceOf(RecordValidationError)
          expect(error.error).to.equal('INVALID_TIMESTAMP')
          expect(error.message).to.equal('One or more records have been rejected due to invalid timestamp')
          expect((error as RecordValidationError).faults).to.deep.equal([{ batchIndex: 0, message }])
        })
      }
    }

    it('and takes timestamps at the limits', () => {
      const config = { 'message.timestamp.before.max.ms': 1000, 'message.timestamp.after.max.ms': 1000 }
      for (const timestamp of [NOW - 1000, NOW + 1000, -1]) {
        expect(validate(batch(undefined, {}, [{ value: 'a', timestamp }]), { config }).recordCount).to.equal(
          1,
        )
      }
    })

    it('by the claim of a client that a broker stamped them', () => {
      const stamped = batch((b) => b.writeInt16BE(8, 21))
      const error = refusal(stamped, {
        config: { 'message.timestamp.type': 'LogAppendTime' },
      }) as RecordValidationError
      expect(error.error).to.equal('INVALID_TIMESTAMP')
      expect(error.faults[0]?.message).to.equal(
        `Invalid timestamp type in message DefaultRecord(offset=0, timestamp=${T + 1}, key=1 bytes, value=1 bytes). Producer should not set timestamp type to LogAppendTime.`,
      )
    })
  })
})
