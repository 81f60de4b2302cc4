import { expect } from 'chai'
import { ProtocolError } from '../../../src/protocol/protocol-error.ts'
import { Reader } from '../../../src/protocol/reader.ts'
import { hex } from '../../support/hex.ts'

function reader(text: string): Reader {
  return new Reader(hex(text))
}

describe('Reader', () => {
  describe('numbers', () => {
    const cases: readonly [kind: KindOfNumber, bytes: string, value: number | bigint | boolean][] = [
      ['bool', '00', false],
      ['bool', '01', true],
      ['int8', '80', -128],
      ['int8', '7f', 127],
      ['uint8', 'ff', 255],
      ['int16', '8000', -32_768],
      ['int16', '7fff', 32_767],
      ['uint16', 'ffff', 65_535],
      ['int32', '80000000', -2_147_483_648],
      ['int32', '7fffffff', 2_147_483_647],
      ['uint32', 'ffffffff', 4_294_967_295],
      ['int64', '0000000000000000', 0],
      ['int64', 'ffffffffffffffff', -1],
      ['int64', '001fffffffffffff', Number.MAX_SAFE_INTEGER],
      ['int64', 'ffe0000000000001', Number.MIN_SAFE_INTEGER],
      ['int64', '7fffffffffffffff', 2 ** 63],
      ['int64', '8000000000000000', -(2 ** 63)],
      ['bigint64', '7fffffffffffffff', 9_223_372_036_854_775_807n],
      ['bigint64', '8000000000000001', -9_223_372_036_854_775_807n],
      ['float64', '3ff8000000000000', 1.5],
      ['unsignedVarint', '00', 0],
      ['unsignedVarint', '7f', 127],
      ['unsignedVarint', '8001', 128],
      ['unsignedVarint', 'ffffffff0f', 4_294_967_295],
      ['varint', '01', -1],
      ['varint', '02', 1],
      ['varint', 'ffffffff0f', -2_147_483_648],
      ['varint', 'feffffff0f', 2_147_483_647],
    ]
    for (const [kind, bytes, value] of cases) {
      it(`${bytes} is the ${kind} ${value}`, () => {
        const r = reader(bytes)
        expect(r[kind]()).to.equal(value)
        expect(r.remaining).to.equal(0)
      })

      it(`${bytes} cut short is no ${kind}`, () => {
        expect(() => reader(bytes.slice(0, -2))[kind]()).to.throw(ProtocolError)
      })
    }

    it('reads an id as text', () => {
      expect(reader('3300091d67eb4fd9af4946282937aea6').uuid()).to.equal('MwAJHWfrT9mvSUYoKTeupg')
    })
  })

  describe('strings and bytes', () => {
    it('tells empty from null', () => {
      expect(reader('0000').nullableString()).to.equal('')
      expect(reader('ffff').nullableString()).to.equal(null)
      expect(reader('01').compactNullableString()).to.equal('')
      expect(reader('00').compactNullableString()).to.equal(null)
      expect(reader('00000000').nullableBytes()).to.have.length(0)
      expect(reader('ffffffff').nullableBytes()).to.equal(null)
      expect(reader('01').compactNullableRecords()).to.have.length(0)
      expect(reader('00').compactNullableRecords()).to.equal(null)
    })

    it('refuses null where there must be something', () => {
      expect(() => reader('ffff').string()).to.throw(ProtocolError, 'null where a string must be')
      expect(() => reader('00').compactString()).to.throw(ProtocolError, 'null where a string must be')
      expect(() => reader('ffffffff').bytes()).to.throw(ProtocolError, 'null where bytes must be')
      expect(() => reader('00').compactRecords()).to.throw(ProtocolError, 'null where records must be')
    })

    it('copies bytes out of the frame, but lets records be a slice of it', () => {
      const frame = hex('00000001 aa 00000001 bb')
      const r = new Reader(frame)
      const [copied, slice] = [r.bytes(), r.records()]
      frame.fill(0)
      expect([copied[0], slice[0]]).to.deep.equal([0xaa, 0])
    })

    it('reads a string that takes more bytes than it has characters', () => {
      expect(reader('0004 c3a9e282').string()).to.equal('é\ufffd')
    })
  })

  describe('ranges', () => {
    it('reads a part of a buffer and not beyond it', () => {
      const r = new Reader(hex('ff 0001 0002 ff'), 1, 5)
      expect([r.int16(), r.int16(), r.remaining]).to.deep.equal([1, 2, 0])
      expect(() => r.int8()).to.throw(ProtocolError, '1 bytes wanted at 5, 0 left')
    })

    it('starts anew on another buffer', () => {
      const r = new Reader(hex('0001'))
      r.int16()
      expect(r.reset(hex('ff 00000007'), 1, 5).int32()).to.equal(7)
      expect(r.offset).to.equal(5)
    })

    it('looks ahead without moving', () => {
      const r = new Reader(hex('0001 0002'))
      expect([r.peekInt16(), r.peekInt16(2), r.offset]).to.deep.equal([1, 2, 0])
      expect(() => r.peekInt16(3)).to.throw(ProtocolError)
    })

    it('looks ahead no further than its range', () => {
      expect(() => new Reader(hex('0001 0002'), 0, 3).peekInt16(2)).to.throw(ProtocolError)
    })

    it('gives every message the same allowance of elements', () => {
      const frame = Buffer.alloc(3_000_004)
      frame.writeInt32BE(3_000_000)
      const r = new Reader(frame)
      expect(r.arrayLength()).to.equal(3_000_000)
      expect(r.reset(frame, 0, frame.length).arrayLength()).to.equal(3_000_000)
    })
  })

  describe('tagged fields', () => {
    it('are null when there are none', () => {
      expect(reader('00').unknownTags()).to.equal(null)
    })

    it('are copied out of the frame', () => {
      const frame = hex('01 05 02 6162')
      const tags = new Reader(frame).unknownTags()
      frame.fill(0)
      expect(tags).to.deep.equal([{ tag: 5, data: Buffer.from('ab') }])
    })
  })
})

type KindOfNumber =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'unsignedVarint'
  | 'varint'
