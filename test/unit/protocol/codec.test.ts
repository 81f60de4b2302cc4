import { expect } from 'chai'
import { KafkaError } from '../../../src/model/errors.ts'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import { codec } from '../../../src/protocol/codec.ts'
import { codecSource } from '../../../src/protocol/codec-source.ts'
import { ProtocolError } from '../../../src/protocol/protocol-error.ts'
import {
  array,
  bigint64,
  bool,
  bytes,
  float64,
  int32,
  int64,
  message,
  of,
  records,
  string,
  struct,
  uint16,
  uint32,
  uuid,
  type InputOf,
  type Message,
} from '../../../src/protocol/schema.ts'
import { Writer } from '../../../src/protocol/writer.ts'
import { decode, encode } from '../../support/codec-calls.ts'
import { hex } from '../../support/hex.ts'

/** Writes what the types would not let through. */
function encodeAnything(target: Message, version: number, value: object): Buffer {
  return encode(target, version, value as never)
}

describe('codec', () => {
  it('compiles a message and version once', () => {
    const Once = message('Once', '0-1', 'none', { id: int32('0+', 'Id.') })
    expect(codec(Once, 0)).to.equal(codec(Once, 0))
    expect(codec(Once, 0)).not.to.equal(codec(Once, 1))
  })

  it('refuses a version that the message does not have', () => {
    const Narrow = message('Narrow', '1-2', 'none', { id: int32('0+', 'Id.') })
    expect(() => codec(Narrow, 0)).to.throw('Narrow has no version 0')
    expect(() => codec(Narrow, 3)).to.throw('Narrow has no version 3')
  })

  it('goes by name in stacks', () => {
    const Named = message('Named', '0', 'none', { name: string('0+', 'Name.') })
    let stack: string | undefined
    try {
      decode(Named, 0, hex('0005'))
    } catch (error) {
      stack = (error as Error).stack
    }
    expect(stack).to.include('codec:Named.v0')
  })

  describe('fields that a version does not have', () => {
    const Grown = message('Grown', '0-1', '1+', {
      flag: bool('1+', 'Flag.'),
      count: int32('1+', 'Count.', { default: -1 }),
      unsigned: uint32('1+', 'Unsigned.'),
      short: uint16('1+', 'Short.'),
      large: bigint64('1+', 'Large.', { default: 9_223_372_036_854_775_807n }),
      ratio: float64('1+', 'Ratio.', { default: 0.5 }),
      name: string('1+', 'Name.', { default: 'none' }),
      note: string('1+', 'Note.', { nullable: '1+', default: null }),
      data: bytes('1+', 'Data.'),
      batches: records('1+', 'Batches.'),
      id: uuid('1+', 'Id.'),
      list: array('1+', 'List.', of(int32)),
      listOrNull: array('1+', 'List or null.', of(int32), { nullable: '1+', default: null }),
      place: struct('1+', 'Place.', {
        x: int32('1+', 'X.', { default: 7 }),
        y: array('1+', 'Y.', of(int32)),
      }),
      placeOrNull: struct(
        '1+',
        'Place or null.',
        { x: int32('1+', 'X.') },
        { nullable: '1+', default: null },
      ),
    })

    it('are read as their defaults', () => {
      expect(decode(Grown, 0, Buffer.alloc(0))).to.deep.equal({
        flag: false,
        count: -1,
        unsigned: 0,
        short: 0,
        large: 9_223_372_036_854_775_807n,
        ratio: 0.5,
        name: 'none',
        note: null,
        data: Buffer.alloc(0),
        batches: Buffer.alloc(0),
        id: ZERO_UUID,
        list: [],
        listOrNull: null,
        place: { x: 7, y: [] },
        placeOrNull: null,
      })
    })

    it('may be written with their defaults, or left out', () => {
      const defaults = decode(Grown, 0, Buffer.alloc(0))
      expect(encode(Grown, 0, defaults)).to.have.length(0)
      expect(encodeAnything(Grown, 0, {})).to.have.length(0)
    })

    const others: InputOf<typeof Grown> = {
      flag: true,
      count: 0,
      unsigned: 1,
      short: 1,
      large: 0n,
      ratio: 0,
      name: '',
      note: '',
      data: hex('00'),
      batches: hex('00'),
      id: 'MwAJHWfrT9mvSUYoKTeupg' as typeof ZERO_UUID,
      list: [0],
      listOrNull: [],
      place: { x: 0, y: [] },
      placeOrNull: { x: 0 },
    }
    for (const [name, value] of Object.entries(others)) {
      it(`cannot be written otherwise: ${name}`, () => {
        expect(() => encodeAnything(Grown, 0, { [name]: value }))
          .to.throw(KafkaError, `Grown v0 cannot carry ${name}`)
          .with.property('error', 'UNSUPPORTED_VERSION')
      })
    }

    it('come back from a version that has them, whatever they are', () => {
      expect(decode(Grown, 1, encode(Grown, 1, others))).to.deep.equal(others)
    })

    it('are dropped without a word when they may be ignored', () => {
      const Tolerant = message('Tolerant', '0-1', 'none', {
        id: int32('0+', 'Id.'),
        hint: string('1+', 'Hint.', { ignorable: true }),
      })
      expect(encode(Tolerant, 0, { id: 1, hint: 'x' }).toString('hex')).to.equal('00000001')
      expect(decode(Tolerant, 0, hex('00000001'))).to.deep.equal({ id: 1, hint: '' })
    })
  })

  describe('fields that are left out of a value', () => {
    const Sparse = message('Sparse', '0', 'none', {
      id: int32('0+', 'Id.'),
      epoch: int64('0+', 'Epoch.', { default: -1 }),
      name: string('0+', 'Name.', { nullable: '0+', default: '' }),
      list: array('0+', 'List.', of(int32), { nullable: '0+', default: [] }),
    })

    it('are written as their defaults', () => {
      expect(encode(Sparse, 0, { id: 1 }).toString('hex')).to.equal(
        '00000001' + 'ff'.repeat(8) + '0000' + '00000000',
      )
    })

    it('are not mistaken for null', () => {
      expect(encode(Sparse, 0, { id: 1, name: null, list: null }).toString('hex')).to.equal(
        '00000001' + 'ff'.repeat(8) + 'ffff' + 'ffffffff',
      )
    })

    it('must be there without a default', () => {
      expect(() => encodeAnything(Sparse, 0, {})).to.throw('Sparse.id is missing')
    })

    it('must not be null in versions that cannot say so', () => {
      const Later = message('Later', '0-1', 'none', {
        name: string('0+', 'Name.', { nullable: '1+', default: null }),
      })
      expect(() => encode(Later, 0, { name: null })).to.throw('Later.name is missing')
      expect(encode(Later, 1, {}).toString('hex')).to.equal('ffff')
    })
  })

  describe('64-bit numbers', () => {
    const Numbers = message('Numbers', '0', 'none', {
      rounded: int64('0+', 'Rounded.'),
      exact: bigint64('0+', 'Exact.'),
    })
    const cases: readonly [title: string, bytes: string][] = [
      ['the highest', '7fffffffffffffff'],
      ['the lowest', '8000000000000000'],
      ['-1', 'ffffffffffffffff'],
      ['the highest safe integer', '001fffffffffffff'],
      ['the lowest safe integer', 'ffe0000000000001'],
    ]
    for (const [title, one] of cases) {
      it(`survive reading and writing: ${title}`, () => {
        expect(encode(Numbers, 0, decode(Numbers, 0, hex(one + one))).toString('hex')).to.equal(one + one)
      })
    }

    it('beyond 2^53 are exact only as bigints', () => {
      const bytes = hex('0020000000000001 0020000000000001')
      const read = decode(Numbers, 0, bytes)
      expect(read).to.deep.equal({ rounded: 2 ** 53, exact: 9_007_199_254_740_993n })
      expect(encode(Numbers, 0, read).toString('hex')).to.equal('00200000000000000020000000000001')
    })
  })

  describe('tagged fields', () => {
    const Tagged = message('Tagged', '0-1', '0+', {
      late: int32('0+', 'Late.', { tag: 7 }),
      early: string('0+', 'Early.', { nullable: '0+', default: null, tag: 1 }),
      place: struct('1+', 'Place.', { x: int32('1+', 'X.', { default: -1 }) }, { tag: 2 }),
    })

    it('with their defaults take no room', () => {
      expect(encode(Tagged, 1, { late: 0, early: null, place: { x: -1 } }).toString('hex')).to.equal('00')
      expect(encode(Tagged, 1, {}).toString('hex')).to.equal('00')
      expect(encode(Tagged, 1, { place: {} }).toString('hex')).to.equal('00')
    })

    it('are written in the order of their tags, not of their declaration', () => {
      expect(encode(Tagged, 1, { late: 5, early: 'e', place: { x: 0 } }).toString('hex')).to.equal(
        '03' + '01020265' + '02050000000000' + '070400000005',
      )
    })

    it('that a version does not know are kept as bytes', () => {
      const bytes = hex('02 02 05 0000000000 09 01 aa')
      const read = decode(Tagged, 0, bytes)
      expect(read).to.deep.equal({
        late: 0,
        early: null,
        place: { x: -1 },
        unknownTags: [
          { tag: 2, data: hex('0000000000') },
          { tag: 9, data: hex('aa') },
        ],
      })
      expect(encode(Tagged, 0, read)).to.deep.equal(bytes)
    })

    it('keep a struct that has nothing but tags nobody declared', () => {
      const bytes = hex('01 02 08 ffffffff 01 05 01 aa')
      expect(encode(Tagged, 1, decode(Tagged, 1, bytes)).toString('hex')).to.equal(bytes.toString('hex'))
    })

    it('share the struct they default to, which therefore cannot be changed', () => {
      const [one, other] = [decode(Tagged, 1, hex('00')), decode(Tagged, 1, hex('00'))]
      expect(one.place).to.equal(other.place)
      expect(() => (one.place.x = 3)).to.throw(TypeError)
    })
  })

  it('hands record batches through by reference', () => {
    const Carrier = message('Carrier', '0', '0+', { batches: records('0+', 'Batches.', { nullable: '0+' }) })
    const batches = [Buffer.alloc(5000, 1), Buffer.alloc(6000, 2)]
    const writer = new Writer()
    codec(Carrier, 0).encode(writer, { batches })
    const buffers = writer.takeBuffers()
    expect(batches.every((batch) => buffers.includes(batch))).to.equal(true)
    const read = decode(Carrier, 0, Buffer.concat(buffers))
    expect(read.batches?.equals(Buffer.concat(batches))).to.equal(true)
  })

  it('keeps a field out of the compact form that is declared so', () => {
    const Plain = message('Plain', '0', '0+', {
      name: string('0+', 'Name.', { flexible: 'none' }),
      other: string('0+', 'Other.'),
    })
    expect(encode(Plain, 0, { name: 'a', other: 'b' }).toString('hex')).to.equal('000161' + '0262' + '00')
  })

  it('refuses null for an array that is never null', () => {
    const Listed = message('Listed', '0', 'none', { list: array('0+', 'List.', of(int32)) })
    expect(() => decode(Listed, 0, hex('ffffffff'))).to.throw(ProtocolError, 'null where an array must be')
  })

  it('prints the code that it runs', () => {
    const Printed = message('Printed', '0', 'none', { id: int32('0+', 'Id.') })
    const source = codecSource(Printed, 0)
    expect(source).to.include('r.int32()').and.to.include('w.int32(')
    expect(source.length).to.be.lessThan(400)
  })
})
