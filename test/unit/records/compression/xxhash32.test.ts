import { expect } from 'chai'
import { xxhash32 } from '../../../../src/records/compression/xxhash32.ts'

describe('xxHash32', () => {
  // The values of the reference implementation, seed 0.
  const known: [string, number][] = [
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['message digest', 0x7c948494],
    ['abcdefghijklmnopqrstuvwxyz', 0x63a14d5f],
  ]
  for (const [text, expected] of known) {
    it(`of ${JSON.stringify(text)}`, () => {
      const bytes = Buffer.from(`..${text}.`)
      expect(xxhash32(bytes, 2, 2 + text.length)).to.equal(expected)
    })
  }
})
