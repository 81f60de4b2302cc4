import { expect } from 'chai'
import fc from 'fast-check'
import { crc32c, crc32cByTables } from '../../../src/records/crc32c.ts'

describe('CRC-32C', () => {
  // RFC 3720, B.4.
  const known: [string, Buffer, number][] = [
    ['nothing', Buffer.alloc(0), 0],
    ['the digits', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ]
  for (const [name, bytes, expected] of known) {
    it(`of ${name}`, () => {
      expect(crc32c(bytes)).to.equal(expected)
      expect(crc32cByTables(bytes)).to.equal(expected)
    })
  }

  it('is the same natively and by tables, for every length around the change-over', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 600 }), fc.nat(20), (bytes, start) => {
        const buffer = Buffer.from(bytes)
        expect(crc32c(buffer, start)).to.equal(crc32cByTables(buffer, start))
      }),
    )
  })

  it('covers exactly the range', () => {
    const buffer = Buffer.concat([Buffer.alloc(7, 1), Buffer.from('123456789'), Buffer.alloc(5, 2)])
    expect(crc32c(buffer, 7, 16)).to.equal(0xe3069283)
  })
})
