import { expect } from 'chai'
import fc from 'fast-check'
import { FrameDecoder } from '../../../src/network/frame-decoder.ts'
import { ProtocolError } from '../../../src/protocol/protocol-error.ts'

function frame(content: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(content.length)
  return Buffer.concat([size, content])
}

function decoderInto(frames: string[], maxFrameBytes = 1000): FrameDecoder {
  return new FrameDecoder({
    maxFrameBytes,
    onFrame: (buffer, start, end) => frames.push(buffer.toString('latin1', start, end)),
  })
}

describe('FrameDecoder', () => {
  it('finds the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })),
        fc.array(fc.nat(60)),
        (contents, cuts) => {
          const frames: string[] = []
          const decoder = decoderInto(frames)
          let rest = Buffer.concat(contents.map((content) => frame(Buffer.from(content))))
          for (const cut of [...cuts, rest.length]) {
            const piece = rest.subarray(0, cut)
            // The buffer of a delivery is overwritten by the next one.
            const shared = Buffer.from(piece)
            decoder.feed(shared, shared.length)
            shared.fill(0xdd)
            rest = rest.subarray(piece.length)
          }
          expect(frames).to.deep.equal(contents.map((content) => Buffer.from(content).toString('latin1')))
          expect(decoder.isAtBoundary).to.equal(true)
        },
      ),
    )
  })

  it('hands over no frame between stop and proceed, and loses none', () => {
    const frames: string[] = []
    const decoder: FrameDecoder = new FrameDecoder({
      maxFrameBytes: 100,
      onFrame: (buffer, start, end) => {
        frames.push(buffer.toString('latin1', start, end))
        decoder.stop()
      },
    })
    const stream = Buffer.concat(['one', 'two', 'three'].map((text) => frame(Buffer.from(text))))
    decoder.feed(stream, stream.length - 2)
    expect(frames).to.deep.equal(['one'])
    decoder.feed(stream.subarray(stream.length - 2), 2)
    expect(decoder.proceed()).to.equal(false)
    expect(frames).to.deep.equal(['one', 'two'])
    expect(decoder.proceed()).to.equal(false)
    expect(frames).to.deep.equal(['one', 'two', 'three'])
    expect(decoder.proceed()).to.equal(true)
    expect(decoder.isAtBoundary).to.equal(true)
  })

  it('puts together a frame larger than what it reserves at once', () => {
    const content = Buffer.alloc(11_000_000, 'zürau')
    const whole = frame(content)
    let received: Buffer | null = null
    const decoder = new FrameDecoder({
      maxFrameBytes: content.length,
      onFrame: (buffer, start, end) => (received = Buffer.from(buffer.subarray(start, end))),
    })
    for (let at = 0; at < whole.length; at += 262_144) {
      const piece = whole.subarray(at, at + 262_144)
      decoder.feed(piece, piece.length)
    }
    expect(content.equals(received!)).to.equal(true)
  })

  for (const size of [0, -1, 101, 2 ** 31 - 1]) {
    it(`refuses a frame of ${size} bytes before reserving memory for it`, () => {
      const decoder = decoderInto([], 100)
      const prefix = Buffer.alloc(4)
      prefix.writeInt32BE(size)
      expect(() => decoder.feed(prefix, 4)).to.throw(ProtocolError, `${size} bytes`)
      const split = decoderInto([], 100)
      split.feed(prefix, 1)
      expect(() => split.feed(prefix.subarray(1), 3)).to.throw(ProtocolError)
    })
  }
})
