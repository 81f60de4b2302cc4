import { expect } from 'chai'
import fc from 'fast-check'

import { JuteError, JuteReader, JuteWriter } from '../../../../zk/embedded/jute.ts'
import { hex } from '../../../support/hex.ts'

describe('jute records', () => {
  it('are big-endian, with lengths before strings, buffers and lists', () => {
    const writer = new JuteWriter()
    writer
      .int(-2)
      .boolean(true)
      .long(-3n)
      .longNumber(0x1_0000_0002)
      .string('hé')
      .buffer(Buffer.of(7))
      .strings(['a', ''])
    const expected = hex(`
      fffffffe          # int
      01                # boolean
      fffffffffffffffd  # long
      0000000100000002  # long from a number
      00000003 68c3a9   # string in UTF-8
      00000001 07       # buffer
      00000002 00000001 61 00000000 # list of strings
    `)
    expect(writer.take().toString('hex')).to.equal(expected.toString('hex'))
  })

  it('tell null from empty', () => {
    const bytes = new JuteWriter().string(null).string('').buffer(null).buffer(Buffer.alloc(0)).take()
    expect(bytes.toString('hex')).to.equal('ffffffff00000000ffffffff00000000')
    const reader = new JuteReader(bytes)
    expect([reader.string(), reader.string(), reader.buffer()]).to.deep.equal([null, '', null])
    expect(reader.buffer()).to.deep.equal(Buffer.alloc(0))
    expect(reader.remaining).to.equal(0)
  })

  it('carry whole numbers of 53 bits and their negatives', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = new JuteWriter().longNumber(value).take()
        expect(bytes.readBigInt64BE()).to.equal(BigInt(value))
        expect(new JuteReader(bytes).longNumber()).to.equal(value)
      }),
    )
  })

  it('are written whole wherever the writer has to grow', () => {
    const longest = 40
    for (let start = 0; start <= longest; start++) {
      const writer = new JuteWriter(longest)
      for (let index = 0; index < start; index++) writer.byte(index)
      writer
        .int(0x01020304)
        .long(5n)
        .longNumber(6)
        .string('seven')
        .buffer(Buffer.of(8, 9))
        .byte(10)
        .bytesOf('eleven')
      const expected = hex(
        '01020304 0000000000000005 0000000000000006 00000005 736576656e 00000002 0809 0a 656c6576656e',
      )
      expect(writer.take().subarray(start).toString('hex')).to.equal(
        expected.toString('hex'),
        `after ${start} bytes`,
      )
    }
  })

  it('copy what they read, since its bytes are used again', () => {
    const bytes = new JuteWriter().buffer(Buffer.from('data')).take()
    const data = new JuteReader(bytes).buffer()
    bytes.fill(0)
    expect(data).to.deep.equal(Buffer.from('data'))
  })

  it('end where they are told to end', () => {
    const bytes = hex('00000001 00000002 00000003')
    const reader = new JuteReader(bytes, 4, 8)
    expect(reader.int()).to.equal(2)
    expect(() => reader.byte()).to.throw(JuteError)
  })

  describe('that are not whole', () => {
    const cases: readonly [what: string, bytes: string, read: (reader: JuteReader) => unknown][] = [
      ['an int of three bytes', '000000', (reader) => reader.int()],
      ['a long of seven', '00000000000000', (reader) => reader.long()],
      ['a boolean of none', '', (reader) => reader.boolean()],
      ['a string that ends early', '00000004616263', (reader) => reader.string()],
      ['a buffer of length -2', 'fffffffe', (reader) => reader.buffer()],
      ['a buffer of two thousand million bytes', '7fffffff', (reader) => reader.buffer()],
      ['a list of two thousand million paths', '7fffffff', (reader) => reader.paths()],
      ['a list of more ACLs than fit', '000000020000001f00000000', (reader) => reader.acl()],
      ['a list of length -2', 'fffffffe', (reader) => reader.acl()],
      ['a path that is null', 'ffffffff', (reader) => reader.path()],
      ['a null in a list of paths', '00000001ffffffff', (reader) => reader.paths()],
    ]
    for (const [what, bytes, read] of cases) {
      it(`throw JuteError: ${what}`, () => expect(() => read(new JuteReader(hex(bytes)))).to.throw(JuteError))
    }

    it('throw JuteError whatever the bytes, or are read', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
          const reader = new JuteReader(Buffer.from(bytes))
          try {
            reader.path()
            reader.acl()
            reader.buffer()
            reader.paths()
          } catch (error) {
            expect(error).to.be.instanceOf(JuteError)
          }
        }),
      )
    })
  })
})
