import { expect } from 'chai'

import { Outbox } from '../../../../zk/embedded/outbox.ts'
import type { Zxid } from '../../../../zk/zookeeper.ts'

describe('outbox', () => {
  const put = (outbox: Outbox, text: string, zxid: number, nowMs = 0, isReply = true): void => {
    outbox.begin().bytesOf(text)
    outbox.end(zxid as Zxid, isReply, nowMs)
  }
  /** Four bytes of length, then the text. */
  const framed = (...texts: string[]): string =>
    texts.map((text) => `\0\0\0${String.fromCharCode(text.length)}${text}`).join('')

  it('holds frames until what they show is durable, and lets them out in order', () => {
    const outbox = new Outbox()
    put(outbox, 'a', 1)
    put(outbox, 'b', 1)
    put(outbox, 'c', 3)
    expect(outbox.release(0, 0)).to.equal(null)
    expect(outbox.release(2, 0)?.bytes.toString('latin1')).to.equal(framed('a', 'b'))
    expect(outbox.release(2, 0)).to.equal(null)
    put(outbox, 'd', 4)
    expect(outbox.release(4, 0)?.bytes.toString('latin1')).to.equal(framed('c', 'd'))
    expect(outbox.length).to.equal(0)
  })

  it('leaves alone what it has let out, while it goes on', () => {
    const outbox = new Outbox()
    put(outbox, 'first', 1)
    put(outbox, 'second', 2)
    const released = outbox.release(1, 0)?.bytes
    for (let count = 0; count < 200; count++) put(outbox, 'more', 3)
    expect(released?.toString('latin1')).to.equal(framed('first'))
    expect(outbox.release(3, 0)?.bytes.toString('latin1').startsWith(framed('second', 'more'))).to.equal(true)
  })

  it('counts replies and how long the oldest has waited, and notifications not at all', () => {
    const outbox = new Outbox()
    put(outbox, 'event', 1, 10, false)
    put(outbox, 'reply', 1, 12)
    put(outbox, 'reply', 2, 15)
    expect(outbox.heldReplies).to.equal(2)
    expect(outbox.release(1, 30)).to.include({ replies: 1, waitedMs: 20 })
    expect(outbox.heldReplies).to.equal(1)
    expect(outbox.release(2, 30)).to.include({ replies: 1, waitedMs: 15 })
  })
})
