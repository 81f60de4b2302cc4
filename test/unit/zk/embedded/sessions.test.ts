import { expect } from 'chai'
import fc from 'fast-check'

import { firstSessionId, SessionTable } from '../../../../zk/embedded/sessions.ts'
import type { SessionId } from '../../../../zk/zookeeper.ts'

const id = (value: number): SessionId => BigInt(value) as SessionId
const session = (value: number, timeoutMs: number) => ({
  id: id(value),
  timeoutMs,
  password: Buffer.alloc(16),
})

describe('sessions', () => {
  const cases: readonly [tickTimeMs: number, timeoutMs: number, heardMs: number, expiresMs: number][] = [
    [2000, 4000, 0, 6000],
    [2000, 4000, 1, 6000],
    [2000, 4000, 1999, 6000],
    [2000, 4000, 2000, 8000],
    [2000, 5000, 500, 6000],
    [500, 1200, 100, 1500],
    [500, 1400, 100, 2000],
  ]
  for (const [tickTimeMs, timeoutMs, heardMs, expiresMs] of cases) {
    it(`of ${timeoutMs} ms, heard of at ${heardMs}, end at ${expiresMs} when a tick is ${tickTimeMs}`, () => {
      const table = new SessionTable({ tickTimeMs })
      table.open(session(1, timeoutMs), heardMs)
      expect(table.expired(expiresMs - 0.1)).to.deep.equal([])
      expect(table.expired(expiresMs)).to.deep.equal([id(1)])
    })
  }

  it('end after their timeout and at most a tick later', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 5000 }),
        (heardMs, timeoutMs, tickTimeMs) => {
          const table = new SessionTable({ tickTimeMs })
          table.open(session(1, timeoutMs), heardMs)
          expect(table.expired(heardMs + timeoutMs)).to.deep.equal([])
          expect(table.expired(heardMs + timeoutMs + tickTimeMs)).to.deep.equal([id(1)])
        },
      ),
    )
  })

  it('go on as long as they are heard of', () => {
    const table = new SessionTable({ tickTimeMs: 1000 })
    table.open(session(1, 2000), 0)
    table.open(session(2, 2000), 0)
    table.touch(id(1), 2500)
    expect(table.expired(4000)).to.deep.equal([id(2)])
    table.close(id(2))
    table.touch(id(2), 4000)
    expect(table.expired(4999)).to.deep.equal([])
    expect(table.expired(5000)).to.deep.equal([id(1)])
  })

  it('may be granted another timeout when they are resumed', () => {
    const table = new SessionTable({ tickTimeMs: 1000 })
    table.open(session(1, 2000), 0)
    table.resume(id(1), 5000, 1000)
    expect(table.get(id(1))?.timeoutMs).to.equal(5000)
    expect(table.expired(6999)).to.deep.equal([])
    expect(table.expired(7000)).to.deep.equal([id(1)])
  })

  it('all begin anew after a time without a server', () => {
    const table = new SessionTable({ tickTimeMs: 1000 })
    table.open(session(1, 2000), 0)
    table.open(session(2, 4000), 0)
    table.touchAll(60_000)
    expect([...table.expiries()]).to.deep.equal([
      [id(1), 63_000],
      [id(2), 65_000],
    ])
  })

  it('are looked through at every tick', () => {
    const table = new SessionTable({ tickTimeMs: 2000 })
    expect([0, 1, 1999.5, 2000].map((nowMs) => table.untilNextTickMs(nowMs))).to.deep.equal([
      2000, 1999, 0.5, 2000,
    ])
  })

  it('are opened once and closed once', () => {
    const table = new SessionTable({ tickTimeMs: 1000 })
    table.open(session(1, 2000), 0)
    expect(() => table.open(session(1, 2000), 0)).to.throw('opened twice')
    table.close(id(1))
    expect(() => table.close(id(1))).to.throw('not open')
  })

  it('have ids of the server’s number and the time', () => {
    expect(firstSessionId(1, 0x1a2b3c4d5e6).toString(16)).to.equal('1a2b3c4d5e60000')
    expect(firstSessionId(255, 0)).to.equal(BigInt.asIntN(64, 0xff00000000000000n))
    expect(firstSessionId(1, 1_700_000_000_001)).to.be.greaterThan(
      Number(firstSessionId(1, 1_700_000_000_000)),
    )
  })
})
