import { expect } from 'chai'
import { PromisedCall } from '../../../../zk/client/call.ts'
import type { Call } from '../../../../zk/client/call.ts'
import { Exchange } from '../../../../zk/client/exchange.ts'
import type { ExchangeLimits } from '../../../../zk/client/exchange.ts'
import { MalformedReplyError, ReplyReader } from '../../../../zk/client/reply-reader.ts'

const roomy: ExchangeLimits = { maxInFlight: 100, maxQueued: 100, maxQueuedBytes: 10_000 }

/** Calls that write down how they end. */
class Calls {
  readonly outcomes: string[] = []

  read(name: string, deadlineMs = 1000): Call {
    return this.call(name, true, deadlineMs)
  }

  write(name: string, deadlineMs = 1000, bytes = 20): Call {
    return this.call(name, false, deadlineMs, bytes)
  }

  private call(name: string, isRepeatable: boolean, deadlineMs: number, bytes = 20): Call {
    const frame = Buffer.alloc(bytes)
    const call = new PromisedCall<string>({
      operation: 'op',
      path: `/${name}`,
      frame,
      isRepeatable,
      deadlineMs,
      read: (reply) => reply.text(),
    })
    call.promise.then(
      (value) => this.outcomes.push(`${name}: ${value}`),
      (error: { error: string }) => this.outcomes.push(`${name}: ${error.error}`),
    )
    return call
  }
}

const noBody = () => new ReplyReader(Buffer.alloc(0))
const textBody = (text: string) => {
  const body = Buffer.alloc(4 + text.length)
  body.writeInt32BE(text.length)
  body.write(text, 4)
  return new ReplyReader(body)
}
const settled = () => new Promise((resolve) => setImmediate(resolve))
const xidsOf = (sent: Buffer | null) =>
  sent === null ? [] : Array.from({ length: sent.length / 20 }, (_, i) => sent.readInt32BE(20 * i + 4))

describe('Exchange', () => {
  it('sends as many as may be in flight, in one write, and the next when one is answered', () => {
    const exchange = new Exchange({ ...roomy, maxInFlight: 2 })
    const calls = new Calls()
    for (const name of ['a', 'b', 'c']) exchange.add(calls.write(name))
    expect(xidsOf(exchange.takeForSending(10))).to.deep.equal([1, 2])
    expect(exchange.takeForSending(11)).to.equal(null)
    expect(exchange.isReady).to.equal(false)
    expect(exchange.answer(1, 0, textBody('x'))).to.equal(10)
    expect(exchange.isReady).to.equal(true)
    expect(xidsOf(exchange.takeForSending(12))).to.deep.equal([3])
  })

  it('waits with what does not fit until a write is worth it', () => {
    const exchange = new Exchange({ ...roomy, maxInFlight: 8 })
    const calls = new Calls()
    for (let i = 0; i < 12; i++) exchange.add(calls.write(`${i}`))
    exchange.takeForSending(0)
    exchange.answer(1, 0, textBody(''))
    expect(exchange.isReady).to.equal(false)
    exchange.answer(2, 0, textBody(''))
    expect(exchange.isReady).to.equal(true)
    expect(xidsOf(exchange.takeForSending(1))).to.deep.equal([9, 10])
    exchange.answer(3, 0, textBody(''))
    exchange.answer(4, 0, textBody(''))
    exchange.takeForSending(2)
    expect(exchange.queuedCount).to.equal(0)
    exchange.answer(5, 0, textBody(''))
    exchange.add(calls.write('alone'))
    expect(exchange.isReady).to.equal(true)
  })

  it('hands answers over in order', async () => {
    const exchange = new Exchange(roomy)
    const calls = new Calls()
    for (const name of ['a', 'b', 'c']) exchange.add(calls.write(name))
    exchange.takeForSending(0)
    exchange.answer(1, 0, textBody('one'))
    exchange.answer(2, -103, noBody())
    exchange.answer(3, 0, textBody('three'))
    await settled()
    expect(calls.outcomes).to.deep.equal(['a: one', 'b: BAD_VERSION', 'c: three'])
  })

  it('refuses an answer that is not the next, and one that nobody waits for', () => {
    const exchange = new Exchange(roomy)
    exchange.add(new Calls().write('a'))
    exchange.takeForSending(0)
    expect(() => exchange.answer(2, 0, textBody('x'))).to.throw(MalformedReplyError)
    exchange.answer(1, 0, textBody('x'))
    expect(() => exchange.answer(1, 0, textBody('x'))).to.throw(MalformedReplyError)
  })

  it('counts requests past 2^31 - 1 from 1 again', () => {
    const exchange = new Exchange(roomy, 0x7fff_fffd)
    const calls = new Calls()
    for (const name of ['a', 'b', 'c', 'd']) exchange.add(calls.write(name))
    expect(xidsOf(exchange.takeForSending(0))).to.deep.equal([0x7fff_fffe, 0x7fff_ffff, 1, 2])
  })

  it('sends reads again before everything else when the connection breaks, and fails writes', async () => {
    const exchange = new Exchange({ ...roomy, maxInFlight: 4 })
    const calls = new Calls()
    exchange.add(calls.read('r1'))
    exchange.add(calls.write('w1'))
    exchange.add(calls.read('r2'))
    exchange.add(calls.write('w2'))
    exchange.add(calls.write('later'))
    exchange.takeForSending(0)
    exchange.connectionLost('reset')
    await settled()
    expect(calls.outcomes).to.deep.equal(['w1: UNKNOWN_OUTCOME', 'w2: UNKNOWN_OUTCOME'])
    expect(xidsOf(exchange.takeForSending(1))).to.deep.equal([5, 6, 7])
    for (const xid of [5, 6, 7]) exchange.answer(xid, 0, textBody(String(xid)))
    await settled()
    expect(calls.outcomes.slice(2)).to.deep.equal(['r1: 5', 'r2: 6', 'later: 7'])
  })

  it('does not send a read for ever that breaks every connection', async () => {
    const exchange = new Exchange(roomy)
    const calls = new Calls()
    exchange.add(calls.read('poison'))
    for (let i = 0; i < 5; i++) {
      expect(exchange.takeForSending(i)).to.not.equal(null)
      exchange.connectionLost('reset')
    }
    await settled()
    expect(exchange.takeForSending(9)).to.equal(null)
    expect(calls.outcomes).to.deep.equal(['poison: UNKNOWN_OUTCOME'])
  })

  it('fails what is past its deadline: what was sent, what was not', async () => {
    const exchange = new Exchange({ ...roomy, maxInFlight: 1 })
    const calls = new Calls()
    exchange.add(calls.write('sent', 100))
    exchange.add(calls.write('waiting', 110))
    exchange.add(calls.write('in time', 200))
    exchange.takeForSending(0)
    expect(exchange.nextDeadlineMs).to.equal(100)
    exchange.failOverdue(150, 'slow')
    await settled()
    expect(calls.outcomes).to.deep.equal(['sent: UNKNOWN_OUTCOME', 'waiting: NOT_SENT'])
    expect(exchange.queuedCount).to.equal(1)
  })

  it('keeps the place of a request whose caller has given up, for its answer still comes', async () => {
    const exchange = new Exchange(roomy)
    const calls = new Calls()
    exchange.add(calls.write('late', 100))
    exchange.add(calls.write('next', 1000))
    exchange.takeForSending(0)
    exchange.failOverdue(100, 'slow')
    exchange.answer(1, 0, textBody('too late'))
    exchange.answer(2, 0, textBody('fine'))
    await settled()
    expect(calls.outcomes).to.deep.equal(['late: UNKNOWN_OUTCOME', 'next: fine'])
  })

  it('refuses more than may wait, by number and by bytes', async () => {
    const exchange = new Exchange({ maxInFlight: 1, maxQueued: 2, maxQueuedBytes: 100 })
    const calls = new Calls()
    exchange.add(calls.write('a'))
    exchange.add(calls.write('b'))
    exchange.add(calls.write('one too many'))
    exchange.takeForSending(0)
    exchange.add(calls.write('too large', 1000, 90))
    exchange.add(calls.write('small enough', 1000, 80))
    await settled()
    expect(calls.outcomes).to.deep.equal(['one too many: OVERLOADED', 'too large: OVERLOADED'])
  })

  it('cuts a write at a megabyte', () => {
    const exchange = new Exchange({ maxInFlight: 100, maxQueued: 100, maxQueuedBytes: 100_000_000 })
    const calls = new Calls()
    for (let i = 0; i < 5; i++) exchange.add(calls.write(`${i}`, 1000, 600_000))
    expect(exchange.takeForSending(0)).to.have.lengthOf(1_200_000)
    expect(exchange.isReady).to.equal(true)
  })

  it('settles everything at the end, and knows what may still be served after a close', async () => {
    for (const [end, outcomes] of [
      ['SESSION_EXPIRED', ['sent: SESSION_EXPIRED', 'waiting: SESSION_EXPIRED']],
      ['CLOSED', ['sent: UNKNOWN_OUTCOME', 'waiting: CLOSED']],
    ] as const) {
      const exchange = new Exchange({ ...roomy, maxInFlight: 1 })
      const calls = new Calls()
      exchange.add(calls.write('sent'))
      exchange.add(calls.write('waiting'))
      exchange.takeForSending(0)
      exchange.end(end, 'over')
      await settled()
      expect(calls.outcomes).to.deep.equal(outcomes)
    }
  })

  it('stays quick with a hundred thousand waiting', () => {
    const exchange = new Exchange({ maxInFlight: 1000, maxQueued: 200_000, maxQueuedBytes: 100_000_000 })
    const calls = new Calls()
    for (let i = 0; i < 100_000; i++) exchange.add(calls.write('x'))
    let xid = 1
    for (let round = 0; round < 100; round++) {
      exchange.takeForSending(round)
      for (let i = 0; i < 1000; i++) exchange.answer(xid++, 0, textBody(''))
    }
    expect(exchange.queuedCount + exchange.inFlightCount).to.equal(0)
  })
})

describe('PromisedCall', () => {
  it('names unknown codes of newer servers by their number', async () => {
    const calls = new Calls()
    const call = calls.write('a') as PromisedCall<string>
    call.answer(-999, noBody())
    const error = await call.promise.catch((thrown: Error) => thrown)
    expect(String(error)).to.equal('ZooKeeperError: SYSTEM_ERROR op /a: the server answered with error -999')
  })

  for (const [code, name] of [
    [-118, 'NOT_SENT'],
    [-119, 'NOT_READ_ONLY'],
    [-120, 'SYSTEM_ERROR'],
    [-125, 'QUOTA_EXCEEDED'],
    [-127, 'THROTTLED'],
    [-13, 'SYSTEM_ERROR'],
    [-14, 'SYSTEM_ERROR'],
    [-124, 'AUTH_FAILED'],
    [-122, 'UNKNOWN_OUTCOME'],
  ] as const) {
    it(`knows the code ${code}, which the package does not`, async () => {
      const calls = new Calls()
      calls.write('a').answer(code, noBody())
      await settled()
      expect(calls.outcomes).to.deep.equal([`a: ${name}`])
    })
  }

  it('is not settled by an answer that makes no sense', () => {
    const call = new Calls().write('a')
    expect(() => call.answer(0, noBody())).to.throw(MalformedReplyError)
    expect(call.isSettled).to.equal(false)
  })
})
