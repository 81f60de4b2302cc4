import { expect } from 'chai'
import fc from 'fast-check'

import { FrameBuffer } from '../../../../zk/embedded/frame-buffer.ts'

const frameOf = (body: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** Receives `chunks` through one buffer that is used again for each, as the network does. */
function receive(frames: FrameBuffer, chunks: readonly Buffer[]): string[] {
  const shared = Buffer.alloc(1024)
  const bodies: string[] = []
  for (const chunk of chunks) {
    chunk.copy(shared)
    frames.add(shared, chunk.length)
    for (let frame = frames.next(); frame !== null && frame !== 'refused'; frame = frames.next()) {
      bodies.push(frame.bytes.toString('latin1', frame.start, frame.end))
    }
    frames.keep()
    shared.fill(0xdd)
  }
  return bodies
}

describe('frames', () => {
  const bodies = ['', 'a', 'hello', 'x'.repeat(300)]
  const stream = Buffer.concat(bodies.map((body) => frameOf(Buffer.from(body))))

  it('are the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (places) => {
        const cuts = [0, ...places.toSorted((one, other) => one - other), stream.length]
        const chunks = cuts.slice(1).map((end, index) => stream.subarray(cuts[index], end))
        expect(receive(new FrameBuffer({ maxFrameBytes: 300 }), chunks)).to.deep.equal(bodies)
      }),
    )
  })

  it('are the same when they come byte by byte', () => {
    const chunks = Array.from(stream, (byte) => Buffer.of(byte))
    expect(receive(new FrameBuffer({ maxFrameBytes: 300 }), chunks)).to.deep.equal(bodies)
  })

  it('may be as long as the limit and no longer', () => {
    const within = new FrameBuffer({ maxFrameBytes: 5 })
    within.add(frameOf(Buffer.from('12345')), 9)
    expect(within.next()).to.have.property('start', 4)
    const beyond = new FrameBuffer({ maxFrameBytes: 5 })
    beyond.add(frameOf(Buffer.from('123456')), 4)
    expect(beyond.next()).to.equal('refused')
  })

  it('are refused when their length is negative', () => {
    const frames = new FrameBuffer({ maxFrameBytes: 5 })
    frames.add(Buffer.from('ffffffff', 'hex'), 4)
    expect(frames.next()).to.equal('refused')
  })

  it('show their first four bytes before they are taken', () => {
    const frames = new FrameBuffer({ maxFrameBytes: 5 })
    frames.add(Buffer.from('ruo'), 3)
    expect(frames.peek()).to.equal(null)
    frames.add(Buffer.from('k'), 1)
    expect(frames.peek()).to.equal(Buffer.from('ruok').readInt32BE())
  })
})
