import { expect } from 'chai'
import type { Uuid } from '../../../src/model/uuid.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { hex } from '../../support/hex.ts'

function written(write: (writer: Writer) => void): string {
  const writer = new Writer()
  write(writer)
  return writer.toBuffer().toString('hex')
}

describe('Writer', () => {
  describe('numbers', () => {
    const cases: readonly [title: string, write: (writer: Writer) => void, bytes: string][] = [
      ['false', (w) => w.bool(false), '00'],
      ['true', (w) => w.bool(true), '01'],
      ['the lowest int8', (w) => w.int8(-128), '80'],
      ['the lowest int16', (w) => w.int16(-32_768), '8000'],
      ['the highest uint16', (w) => w.uint16(65_535), 'ffff'],
      ['the lowest int32', (w) => w.int32(-2_147_483_648), '80000000'],
      ['the highest uint32', (w) => w.uint32(4_294_967_295), 'ffffffff'],
      ['-1 as an int64', (w) => w.int64(-1), 'ffffffffffffffff'],
      ['the highest safe integer', (w) => w.int64(Number.MAX_SAFE_INTEGER), '001fffffffffffff'],
      ['the lowest safe integer', (w) => w.int64(Number.MIN_SAFE_INTEGER), 'ffe0000000000001'],
      ['2^63, which stands for the highest int64', (w) => w.int64(2 ** 63), '7fffffffffffffff'],
      ['the lowest int64', (w) => w.int64(-(2 ** 63)), '8000000000000000'],
      ['a bigint', (w) => w.bigint64(-2n), 'fffffffffffffffe'],
      ['a double', (w) => w.float64(1.5), '3ff8000000000000'],
      ['a varint of one byte', (w) => w.unsignedVarint(127), '7f'],
      ['a varint of two bytes', (w) => w.unsignedVarint(128), '8001'],
      ['a varint of five bytes', (w) => w.unsignedVarint(4_294_967_295), 'ffffffff0f'],
      ['a signed varint', (w) => w.varint(-1), '01'],
      ['the lowest signed varint', (w) => w.varint(-2_147_483_648), 'ffffffff0f'],
      ['an id', (w) => w.uuid('MwAJHWfrT9mvSUYoKTeupg' as Uuid), '3300091d67eb4fd9af4946282937aea6'],
    ]
    for (const [title, write, bytes] of cases) {
      it(`writes ${title}`, () => {
        expect(written(write)).to.equal(bytes)
      })
    }

    for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY * -1, -(2 ** 64)]) {
      it(`refuses ${value} as an int64`, () => {
        expect(() => written((w) => w.int64(value))).to.throw('is not a 64-bit integer')
      })
    }

    for (const text of ['', 'MwAJ', 'MwAJHWfrT9mvSUYoKTeupgAA']) {
      it(`refuses "${text}" as an id`, () => {
        expect(() => written((w) => w.uuid(text as Uuid))).to.throw('is not a uuid')
      })
    }
  })

  describe('strings', () => {
    const cases: readonly [title: string, text: string, bytes: number][] = [
      ['an empty one', '', 0],
      ['a short one', 'orders', 6],
      ['a short one that is not ASCII', 'aé', 3],
      ['one beyond the basic plane', '\u{1f9ea}', 4],
      ['one as long as is tried as ASCII', 'x'.repeat(40), 40],
      ['a longer one', 'x'.repeat(41), 41],
      ['the longest', 'x'.repeat(32_767), 32_767],
    ]
    for (const [title, text, bytes] of cases) {
      it(`writes ${title} behind its length in bytes`, () => {
        const length = bytes.toString(16).padStart(4, '0')
        expect(written((w) => w.string(text))).to.equal(length + Buffer.from(text).toString('hex'))
      })

      it(`writes ${title} in the compact form`, () => {
        const length = written((w) => w.unsignedVarint(bytes + 1))
        expect(written((w) => w.compactString(text))).to.equal(length + Buffer.from(text).toString('hex'))
      })
    }

    it('refuses one of more than 32767 bytes in either form', () => {
      const text = 'é'.repeat(16_384)
      expect(() => written((w) => w.string(text))).to.throw('a string of 32768 bytes where 32767 fit')
      expect(() => written((w) => w.compactString(text))).to.throw('a string of 32768 bytes where 32767 fit')
    })

    it('tells empty from null', () => {
      expect(written((w) => w.nullableString(''))).to.equal('0000')
      expect(written((w) => w.nullableString(null))).to.equal('ffff')
      expect(written((w) => w.compactNullableString(''))).to.equal('01')
      expect(written((w) => w.compactNullableString(null))).to.equal('00')
      expect(written((w) => w.nullableBytes(null))).to.equal('ffffffff')
      expect(written((w) => w.compactNullableBytes(null))).to.equal('00')
      expect(written((w) => w.nullableRecords(null))).to.equal('ffffffff')
      expect(written((w) => w.compactNullableRecords(null))).to.equal('00')
    })

    it('leaves nothing of what it tried first when a string turns out not to be ASCII', () => {
      expect(
        written((w) => {
          w.string('abcé')
          w.string('')
        }),
      ).to.equal('0005616263c3a90000')
    })
  })

  describe('memory', () => {
    it('goes on in a new chunk when one is full, in the middle of anything', () => {
      const writer = new Writer(8)
      for (let i = 0; i < 5000; i++) {
        writer.int32(i)
        writer.string('topic')
      }
      const bytes = writer.toBuffer()
      expect(bytes).to.have.length(5000 * 11)
      expect(bytes.readInt32BE(4999 * 11)).to.equal(4999)
      expect(bytes.toString('latin1', 4999 * 11 + 6)).to.equal('topic')
    })

    it('takes record batches from 4096 bytes on by reference, and copies smaller ones', () => {
      const [large, small] = [Buffer.alloc(4096, 1), Buffer.alloc(4095, 2)]
      const writer = new Writer()
      writer.records([large, small])
      const buffers = writer.takeBuffers()
      expect(buffers.map((buffer) => buffer.length)).to.deep.equal([4, 4096, 4095])
      expect(buffers[1]).to.equal(large)
      expect(buffers[2]).not.to.equal(small)
    })

    it('counts bytes by reference in the size of a frame', () => {
      const writer = new Writer()
      writer.beginFrame()
      writer.int16(7)
      writer.compactRecords([Buffer.alloc(5000), Buffer.alloc(10)])
      writer.int8(1)
      writer.endFrame()
      const bytes = writer.toBuffer()
      expect(bytes.readInt32BE(0)).to.equal(bytes.length - 4)
      expect(bytes).to.have.length(4 + 2 + 2 + 5010 + 1)
    })

    it('holds several frames, each with its own size', () => {
      const writer = new Writer()
      for (const value of [1, 2]) {
        writer.beginFrame()
        writer.int16(value)
        writer.endFrame()
      }
      expect(writer.toBuffer().toString('hex')).to.equal('0000000200010000000200' + '02')
    })

    it('writes the size of a frame whose beginning is in an earlier chunk', () => {
      const writer = new Writer(8)
      writer.int32(0)
      writer.beginFrame()
      writer.raw(Buffer.alloc(100, 9))
      writer.endFrame()
      expect(writer.toBuffer().readInt32BE(4)).to.equal(100)
    })

    it('refuses to end a frame that did not begin', () => {
      expect(() => new Writer().endFrame()).to.throw('a frame ends that did not begin')
    })

    it('leaves buffers alone that were taken, until it is told to reuse its memory', () => {
      const writer = new Writer()
      writer.int16(1)
      const [first] = writer.takeBuffers()
      writer.int16(2)
      const [second] = writer.takeBuffers()
      expect([first?.readInt16BE(), second?.readInt16BE()]).to.deep.equal([1, 2])
      writer.reuse()
      writer.int16(3)
      expect(first?.readInt16BE()).to.equal(3)
    })

    it('refuses to reuse its memory while bytes in it have not been taken', () => {
      const writer = new Writer()
      writer.int16(1)
      expect(() => writer.reuse()).to.throw('unsent bytes')
    })

    it('never touches its memory again after it has retired it', () => {
      const writer = new Writer()
      writer.int16(1)
      const [first] = writer.takeBuffers()
      writer.retire()
      writer.int16(2)
      expect([first?.readInt16BE(), writer.toBuffer().readInt16BE()]).to.deep.equal([1, 2])
    })
  })

  describe('tagged fields', () => {
    it('stand behind their number and size', () => {
      expect(written((w) => w.taggedField(3, (inner) => inner.int32(5)))).to.equal('030400000005')
    })

    it('may be larger than a chunk', () => {
      const writer = new Writer()
      writer.taggedField(1, (inner) => inner.raw(Buffer.alloc(20_000)))
      expect(writer.length).to.equal(1 + 3 + 20_000)
    })

    it('nobody declared are written as they came', () => {
      expect(written((w) => w.rawTags([{ tag: 5, data: hex('6162') }]))).to.equal('05026162')
      expect(written((w) => w.rawTags(undefined))).to.equal('')
    })
  })
})
