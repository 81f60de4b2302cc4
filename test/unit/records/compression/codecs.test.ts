import { expect } from 'chai'
import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { CompressionError, type CompressionType } from '../../../../src/records/compression/codec.ts'
import { codecFor, COMPRESSION_IDS, compressionTypeOf } from '../../../../src/records/compression/codecs.ts'
import { prepareZstd } from '../../../../src/records/compression/zstd.ts'
import { hex } from '../../../support/hex.ts'

const types: CompressionType[] = ['gzip', 'snappy', 'lz4', 'zstd']

function decompress(type: CompressionType, bytes: Buffer, maxBytes = 1 << 20): Buffer {
  return codecFor(type).decompress(bytes, 0, bytes.length, maxBytes)
}

function refusal(action: () => unknown): CompressionError {
  try {
    action()
  } catch (error) {
    expect(error).to.be.instanceOf(CompressionError)
    return error as CompressionError
  }
  throw new Error('nothing was refused')
}

/** A bit of everything: runs, repeats, and what does not compress. */
const arbitraryBytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
      fc.tuple(fc.nat(255), fc.nat(70_000)).map(([byte, count]) => Buffer.alloc(count, byte)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(500))
        .map(([array, count]) => Buffer.concat(Array.from({ length: count }, () => Buffer.from(array)))),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts))

describe('compression', () => {
  before(prepareZstd)

  it('knows the numbers in the attributes', () => {
    for (const [type, id] of Object.entries(COMPRESSION_IDS)) expect(compressionTypeOf(id)).to.equal(type)
    expect([5, 6, 7].map(compressionTypeOf)).to.deep.equal([null, null, null])
  })

  for (const type of types) {
    describe(type, () => {
      it('brings back what it packed', () => {
        fc.assert(
          fc.property(arbitraryBytes, (bytes) => {
            const packed = codecFor(type).compress(bytes, null)
            expect(decompress(type, packed, bytes.length).equals(bytes)).to.equal(true)
          }),
          { numRuns: 60 },
        )
      })

      it('unpacks a range of a buffer', () => {
        const packed = codecFor(type).compress(Buffer.from('in the middle'), null)
        const buffer = Buffer.concat([Buffer.alloc(3, 1), packed, Buffer.alloc(4, 2)])
        const plain = codecFor(type).decompress(buffer, 3, 3 + packed.length, 100)
        expect(plain.toString()).to.equal('in the middle')
      })

      it('refuses to become larger than it may', () => {
        for (const size of [2, 1000, 65_537, 5_000_000]) {
          const packed = codecFor(type).compress(Buffer.alloc(size), null)
          expect(refusal(() => decompress(type, packed, size - 1)).tooLarge, `${size}`).to.equal(true)
          expect(decompress(type, packed, size).length).to.equal(size)
        }
      })

      it('refuses what ends too early, or is not its format', () => {
        const packed = codecFor(type).compress(Buffer.from('some bytes, some bytes, some bytes'), null)
        for (let end = type === 'snappy' ? 17 : 1; end < packed.length; end++) {
          refusal(() => decompress(type, packed.subarray(0, end)))
        }
        refusal(() => decompress(type, Buffer.from('this is no frame of any codec')))
      })

      it('never does worse than refuse, whatever byte is wrong', () => {
        const packed = codecFor(type).compress(Buffer.alloc(2000, 'some bytes '), null)
        for (let i = 0; i < Math.min(packed.length, 300); i++) {
          for (const flip of [0x01, 0x80, 0xff]) {
            const spoiled = Buffer.from(packed)
            spoiled[i] = (spoiled[i] as number) ^ flip
            try {
              expect(decompress(type, spoiled, 10_000).length).to.be.at.most(10_000)
            } catch (error) {
              expect(error).to.be.instanceOf(CompressionError)
            }
          }
        }
      })
    })
  }

  it('uses the level that it is told', () => {
    const bytes = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * i * 31) >> 9))
    for (const type of ['gzip', 'zstd'] as CompressionType[]) {
      const fast = codecFor(type).compress(bytes, 1)
      const dense = codecFor(type).compress(bytes, 9)
      expect(dense.length, type).to.be.lessThan(fast.length)
    }
  })

  it('reads gzip of any maker', () => {
    expect(decompress('gzip', gzipSync('abc', { level: 9 })).toString()).to.equal('abc')
  })

  describe('snappy', () => {
    it('reads raw blocks, which some clients send', () => {
      // Length 3, a literal of 3 bytes.
      expect(decompress('snappy', hex('03 08 616263')).toString()).to.equal('abc')
    })

    it('reads a stream of several chunks, and two streams end to end', () => {
      const header = hex('82534e41505059 00 00000001 00000001')
      const chunk = hex('00000005 03 08 616263')
      expect(decompress('snappy', Buffer.concat([header, chunk, chunk])).toString()).to.equal('abcabc')
      expect(decompress('snappy', Buffer.concat([header, chunk, header, chunk])).toString()).to.equal(
        'abcabc',
      )
    })

    it('does not believe a length that the bytes cannot hold', () => {
      const lie = refusal(() => decompress('snappy', hex('ffffff7f 08 616263'), 2 ** 40))
      expect(lie.message).to.contain('bytes from')
    })
  })

  describe('lz4', () => {
    const plain = Buffer.alloc(100_000, 'abcdefg')

    it('writes frames as Kafka does: 64 KB blocks, independent of each other', () => {
      const frame = codecFor('lz4').compress(plain, null)
      expect(frame.subarray(0, 7).toString('hex')).to.equal('04224d18604082')
      expect(frame.subarray(-4).toString('hex')).to.equal('00000000')
    })

    it('repeats the header checksum mistake for magic 0, and only there minds it not', () => {
      const legacy = codecFor('lz4', 0).compress(plain, null)
      expect(legacy.subarray(0, 6).toString('hex')).to.equal('04224d186040')
      expect(legacy[6]).not.to.equal(0x82)
      expect(codecFor('lz4', 0).decompress(legacy, 0, legacy.length, plain.length).equals(plain)).to.equal(
        true,
      )
      expect(refusal(() => decompress('lz4', legacy)).message).to.contain('header checksum')
    })

    it('refuses blocks that depend on each other, as Kafka does', () => {
      const frame = codecFor('lz4').compress(plain, null)
      frame[4] = 0x40
      expect(refusal(() => decompress('lz4', frame)).message).to.contain('depend')
    })

    it('checks the checksum of a block that has one', () => {
      // Version 1, independent, block checksums; one stored block "abc" with xxHash32("abc").
      const frame = (checksum: string): Buffer =>
        hex(`04224d18 70 40 ad 03000080 616263 ${checksum} 00000000`)
      expect(decompress('lz4', frame('ff53d132')).toString()).to.equal('abc')
      expect(refusal(() => decompress('lz4', frame('ff53d133'))).message).to.contain('block checksum')
    })
  })

  describe('zstd', () => {
    it('is not for messages of magic 0 and 1', () => {
      expect(() => codecFor('zstd', 1)).to.throw(CompressionError)
    })

    it('reads frames end to end, and skips those that are not data', () => {
      const one = codecFor('zstd').compress(Buffer.from('abc'), null)
      const skipped = hex('502a4d18 02000000 ffff')
      expect(decompress('zstd', Buffer.concat([one, skipped, one])).toString()).to.equal('abcabc')
    })

    it('reads a frame that does not say how long its content is', () => {
      // No single segment, no content size, window 1 KB; last block, raw, 3 bytes.
      expect(decompress('zstd', hex('28b52ffd 00 00 190000 616263')).toString()).to.equal('abc')
    })

    it('does not believe a content size that the blocks cannot hold', () => {
      const lie = refusal(() => decompress('zstd', hex('28b52ffd a0 ffffff7f 190000 616263'), 2 ** 40))
      expect(lie.message).to.contain('announced')
    })
  })
})
