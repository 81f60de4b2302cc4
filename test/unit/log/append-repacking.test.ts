import { expect } from 'chai'
import type { LogConfig } from '../../../src/log/log-config.ts'
import { prepareZstd } from '../../../src/records/compression/zstd.ts'
import { compressionOf, isBatchValid, magicOf, producerIdOf } from '../../../src/records/record-batch.ts'
import { recordsOf } from '../../../src/records/record.ts'
import { T, type Given, validate, refusal, batch, oldMessages } from '../../support/validation.ts'

describe('what the validator makes anew', () => {
  before(prepareZstd)

  describe('repacks', () => {
    const targets: [string, 'none' | 'snappy', LogConfig['compression.type'], string][] = [
      ['a plain batch for a gzip topic', 'none', 'gzip', 'gzip'],
      ['a snappy batch for a gzip topic', 'snappy', 'gzip', 'gzip'],
      ['a snappy batch for an uncompressed topic', 'snappy', 'uncompressed', 'none'],
      ['nothing for a topic that leaves it to the producer', 'snappy', 'producer', 'snappy'],
    ]
    for (const [name, compression, type, expected] of targets) {
      it(name, () => {
        const bytes = batch(undefined, {
          compression,
          producerId: 9,
          producerEpoch: 1,
          baseSequence: 4,
          isTransactional: true,
        })
        const { buffer, sizeBytes, recordCount, maxTimestamp } = validate(bytes, {
          config: { 'compression.type': type },
        })
        expect(sizeBytes).to.equal(buffer.length)
        expect(isBatchValid(buffer, 0)).to.equal(true)
        expect(compressionOf(buffer, 0)).to.equal(expected)
        expect(producerIdOf(buffer, 0)).to.equal(9)
        expect([recordCount, maxTimestamp]).to.deep.equal([2, T + 1])
        expect([...recordsOf(buffer, 0)]).to.deep.equal([...recordsOf(bytes, 0)])
      })
    }

    it('and refuses what has become too large', () => {
      const bytes = batch(undefined, { compression: 'lz4' }, [{ value: Buffer.alloc(2000), timestamp: T }])
      const error = refusal(bytes, {
        config: { 'compression.type': 'uncompressed', 'max.message.bytes': 1000 },
      })
      expect(error.error).to.equal('MESSAGE_TOO_LARGE')
      expect(error.message).to.match(
        /^Message batch size is 20\d\d bytes in append to partition orders-0 which exceeds/,
      )
    })

    it('and refuses timestamps that a new batch cannot have', () => {
      const bytes = batch(undefined, {}, [{ value: 'a', timestamp: -2 }])
      expect(refusal(bytes, { config: { 'compression.type': 'gzip' } }).error).to.equal(
        'UNKNOWN_SERVER_ERROR',
      )
    })
  })

  describe('makes one batch of old messages', () => {
    for (const magic of [0, 1] as const) {
      for (const compression of ['none', 'gzip', 'lz4'] as const) {
        it(`of magic ${magic}, ${compression}`, () => {
          const { buffer, recordCount, maxTimestamp } = validate(oldMessages(magic, compression))
          expect(magicOf(buffer, 0)).to.equal(2)
          expect(compressionOf(buffer, 0)).to.equal(compression)
          expect(recordCount).to.equal(2)
          expect(maxTimestamp).to.equal(magic === 0 ? -1 : T + 1)
          expect([...recordsOf(buffer, 0)].map(({ offset, value }) => [offset, String(value)])).to.deep.equal(
            [
              [0, 'a'],
              [1, 'b'],
            ],
          )
        })
      }
    }

    const refused: [string, () => Buffer, Given, string][] = [
      ['a wrong checksum', () => oldMessages(1).fill(0, 12, 16), {}, 'CORRUPT_MESSAGE'],
      ['two formats', () => Buffer.concat([oldMessages(1), oldMessages(0)]), {}, 'INVALID_RECORD'],
      [
        'two wrappers',
        () => Buffer.concat([oldMessages(1, 'gzip'), oldMessages(1, 'gzip')]),
        {},
        'INVALID_RECORD',
      ],
      [
        'no key for a compacted topic',
        () => oldMessages(1),
        { config: { 'cleanup.policy': ['compact'] } },
        'INVALID_RECORD',
      ],
    ]
    for (const [name, bytes, given, error] of refused) {
      it(`and refuses ${name}: ${error}`, () => {
        expect(refusal(bytes(), given).error).to.equal(error)
      })
    }
  })
})
