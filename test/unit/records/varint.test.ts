import { expect } from 'chai'
import fc from 'fast-check'
import {
  MalformedRecordError,
  sizeOfVarint,
  sizeOfVarlong,
  VarintReader,
  writeVarint,
  writeVarlong,
} from '../../../src/records/varint.ts'
import { hex } from '../../support/hex.ts'

function reader(bytes: Buffer): VarintReader {
  return new VarintReader(bytes, 0, bytes.length)
}

describe('varints of records', () => {
  const known: [number, string][] = [
    [0, '00'],
    [-1, '01'],
    [1, '02'],
    [63, '7e'],
    [-64, '7f'],
    [64, '8001'],
    [8191, 'fe7f'],
    [-8192, 'ff7f'],
    [2147483647, 'feffffff0f'],
    [-2147483648, 'ffffffff0f'],
  ]
  for (const [value, bytes] of known) {
    it(`writes and reads ${value} as ${bytes}`, () => {
      const buffer = Buffer.alloc(10)
      const end = writeVarint(buffer, 0, value)
      expect(buffer.subarray(0, end).toString('hex')).to.equal(bytes)
      expect(sizeOfVarint(value)).to.equal(end)
      expect(reader(hex(bytes)).varint()).to.equal(value)
      expect(writeVarlong(buffer, 0, value)).to.equal(end)
      expect(buffer.subarray(0, end).toString('hex')).to.equal(bytes)
    })
  }

  it('brings back every whole number that JavaScript holds exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const buffer = Buffer.alloc(10)
        const end = writeVarlong(buffer, 0, value)
        expect(sizeOfVarlong(value)).to.equal(end)
        expect(reader(buffer.subarray(0, end)).varlong()).to.equal(value)
      }),
    )
  })

  it('reads the largest and the smallest 64-bit number as the nearest number', () => {
    expect(reader(hex('feffffffffffffffff01')).varlong()).to.equal(2 ** 63)
    expect(reader(hex('ffffffffffffffffff01')).varlong()).to.equal(-(2 ** 63))
  })

  it('refuses varints that are too long or end too early', () => {
    expect(() => reader(hex('8080808080 01')).varint()).to.throw(MalformedRecordError)
    expect(() => reader(hex('80808080808080808080 01')).varlong()).to.throw(MalformedRecordError)
    expect(() => reader(hex('80')).varint()).to.throw(MalformedRecordError)
    expect(() => reader(hex('')).varlong()).to.throw(MalformedRecordError)
  })

  it('does not hand out bytes beyond the end', () => {
    expect(reader(hex('0102')).bytes(-1)).to.equal(null)
    expect(reader(hex('0102')).bytes(2)?.length).to.equal(2)
    expect(() => reader(hex('0102')).bytes(3)).to.throw(MalformedRecordError)
    expect(() => reader(hex('0102')).skip(3)).to.throw(MalformedRecordError)
  })
})
