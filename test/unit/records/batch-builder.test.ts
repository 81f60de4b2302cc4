import { expect } from 'chai'
import fc from 'fast-check'
import { BatchBuilder, buildBatch } from '../../../src/records/batch-builder.ts'
import type { CompressionType } from '../../../src/records/compression/codec.ts'
import { prepareZstd } from '../../../src/records/compression/zstd.ts'
import { isBatchValid, lastOffsetDeltaOf, recordCountOf } from '../../../src/records/record-batch.ts'
import { recordsOf } from '../../../src/records/record.ts'

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)))
const arbitraryRecord = fc.record({
  key: bytes,
  value: bytes,
  timestamp: fc.integer({ min: -1, max: 4_000_000_000_000 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 20 }), value: bytes }), { maxLength: 3 }),
})

describe('the batch builder', () => {
  before(prepareZstd)

  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as CompressionType[]) {
    it(`brings back what was put in, with ${compression}`, () => {
      fc.assert(
        fc.property(fc.array(arbitraryRecord, { minLength: 1, maxLength: 30 }), (records) => {
          const batch = buildBatch(records, { compression, baseOffset: 1000 })
          expect(isBatchValid(batch, 0)).to.equal(true)
          expect(recordCountOf(batch, 0)).to.equal(records.length)
          const read = [...recordsOf(batch, 0)]
          expect(read.map(({ offset: _, ...record }) => record)).to.deep.equal(records)
          expect(read.map((record) => record.offset)).to.deep.equal(records.map((_, i) => 1000 + i))
        }),
        { numRuns: 40 },
      )
    })
  }

  it('knows how large a record would be', () => {
    fc.assert(
      fc.property(fc.array(arbitraryRecord, { minLength: 1, maxLength: 20 }), (records) => {
        const builder = new BatchBuilder()
        for (const record of records) {
          const before = builder.uncompressedSizeBytes
          const size = builder.sizeOf(record)
          builder.append(record)
          expect(builder.uncompressedSizeBytes - before).to.equal(size)
        }
        expect(builder.build().length).to.equal(builder.uncompressedSizeBytes)
      }),
    )
  })

  it('keeps gaps between offsets', () => {
    const batch = buildBatch([
      { value: 'a', offsetDelta: 2 },
      { value: 'b', offsetDelta: 7 },
    ])
    expect(lastOffsetDeltaOf(batch, 0)).to.equal(7)
    expect([...recordsOf(batch, 0)].map((record) => record.offset)).to.deep.equal([2, 7])
  })

  it('goes on after building', () => {
    const builder = new BatchBuilder().append({ value: 'a' })
    builder.build()
    expect(
      [...recordsOf(builder.append({ value: 'b' }).build(), 0)].map((record) => String(record.value)),
    ).to.deep.equal(['a', 'b'])
  })
})
