import { expect } from 'chai'
import {
  array,
  bytes,
  int16,
  int32,
  inVersions,
  message,
  NO_VERSIONS,
  of,
  parseVersions,
  string,
  struct,
  throttleTime,
  type InputOf,
  type TypeOf,
} from '../../../src/protocol/schema.ts'

describe('versions', () => {
  const cases: readonly [text: string, min: number, max: number][] = [
    ['0+', 0, 32_767],
    ['3-11', 3, 11],
    ['5', 5, 5],
    ['none', 0, -1],
  ]
  for (const [text, min, max] of cases) {
    it(`"${text}" is ${min} to ${max}`, () => {
      expect(parseVersions(text)).to.deep.equal({ min, max })
    })
  }

  for (const text of ['', '1-', '-1', 'all', '1+2', ' 1']) {
    it(`"${text}" is refused`, () => {
      expect(() => parseVersions(text)).to.throw('are not of the form')
    })
  }

  it('hold both of their ends', () => {
    const range = parseVersions('3-5')
    expect([2, 3, 5, 6].map((version) => inVersions(range, version))).to.deep.equal([
      false,
      true,
      true,
      false,
    ])
  })

  it('hold nothing when there are none', () => {
    expect(inVersions(NO_VERSIONS, 0)).to.equal(false)
  })
})

describe('a declared field', () => {
  it('is tagged in all of its versions when only a tag is given', () => {
    expect(int32('3+', 'A number.', { tag: 2 }).tag).to.deep.equal({
      number: 2,
      versions: parseVersions('3+'),
    })
  })

  it('is tagged in some of its versions when those are given', () => {
    expect(int32('3+', 'A number.', { tag: 2, tagged: '5+' }).tag).to.deep.equal({
      number: 2,
      versions: parseVersions('5+'),
    })
  })

  it('cannot have null as its default unless it is nullable somewhere', () => {
    expect(() => string('0+', 'A name.', { default: null })).to.throw('never null')
  })

  it('takes the shape of an element declared with of()', () => {
    expect(array('0+', 'Numbers.', of(int32)).shape).to.deep.equal({
      kind: 'array',
      element: { kind: 'primitive', type: 'int32' },
    })
  })

  it('has a throttle time that may be dropped in versions without it', () => {
    expect(throttleTime('1+')).to.include({ defaultValue: 0, ignorable: true })
    expect(throttleTime('0+')).to.include({ defaultValue: 0, ignorable: false })
    expect(throttleTime('0+', { ignorable: true })).to.include({ ignorable: true })
  })
})

describe('the types of a message', () => {
  const Example = message('Example', '0-2', '2+', {
    id: int16('0+', 'Id.'),
    name: string('1+', 'Name.', { nullable: '2+', default: null }),
    data: bytes('0+', 'Data.', { default: '' }),
    parts: array('0+', 'Parts.', { index: int32('0+', 'Index.') }),
    place: struct('2+', 'Place.', { x: int32('2+', 'X.', { default: -1 }) }, { tag: 0 }),
  })

  it('ask for every field when read, and only for those without a default when written', () => {
    // Compiling this is the test; the values are looked at for good measure.
    const read: TypeOf<typeof Example> = {
      id: 1,
      name: null,
      data: Buffer.alloc(0),
      parts: [{ index: 2 }],
      place: { x: 3 },
    }
    const written: InputOf<typeof Example> = { id: read.id, parts: read.parts }
    // @ts-expect-error -- the parts are missing
    const incomplete: InputOf<typeof Example> = { id: 1 }
    // @ts-expect-error -- null is not a part
    const wrong: InputOf<typeof Example> = { id: 1, parts: [null] }
    expect(Object.keys(read)).to.deep.equal(Object.keys(Example.fields))
    expect([written, incomplete, wrong].map(({ id }) => id)).to.deep.equal([1, 1, 1])
  })
})
