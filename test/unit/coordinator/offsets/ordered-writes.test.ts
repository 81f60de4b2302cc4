import { expect } from 'chai'
import { OrderedWrites } from '../../../../src/coordinator/offsets/ordered-writes.ts'
import { sleep } from '../../../../src/platform/clock.ts'
import { FakeClock } from '../../../fakes/clock.ts'

describe('OrderedWrites', () => {
  it('runs the writes of one subject one after the other, and those of others beside them', async () => {
    const clock = new FakeClock()
    const writes = new OrderedWrites({ clock })
    const seen: string[] = []
    const write = (name: string, ms: number) => async (): Promise<void> => {
      seen.push(`${name} begins`)
      await sleep(clock, ms)
      seen.push(`${name} ends`)
    }
    const all = [
      writes.run('a', 1000, write('a1', 30)),
      writes.run('a', 1000, write('a2', 10)),
      writes.run('b', 1000, write('b1', 20)),
    ]
    expect(await clock.until(Promise.all(all))).to.deep.equal([true, true, true])
    expect(seen).to.deep.equal(['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends', 'a2 begins', 'a2 ends'])
    expect(writes.size).to.equal(0)
  })

  it('does not begin a write whose turn does not come in time', async () => {
    const clock = new FakeClock()
    const writes = new OrderedWrites({ clock })
    let isBegun = false
    const slow = writes.run('a', 1000, () => sleep(clock, 500))
    const late = writes.run('a', 100, () => {
      isBegun = true
      return Promise.resolve()
    })
    expect(await clock.until(late)).to.equal(false)
    expect(clock.monotonicMs()).to.equal(100)
    expect(await clock.until(slow)).to.equal(true)
    expect(isBegun).to.equal(false)
    expect(clock.pendingTimers).to.equal(0)
  })

  it('keeps the place of a write whose end nobody waits for any more', async () => {
    const clock = new FakeClock()
    const writes = new OrderedWrites({ clock })
    let ended = 0
    const slow = writes.run('a', 100, async () => {
      await sleep(clock, 500)
      ended = clock.monotonicMs()
    })
    expect(await clock.until(slow)).to.equal(false)
    let begun = 0
    const next = writes.run('a', 1000, () => {
      begun = clock.monotonicMs()
      return Promise.resolve()
    })
    expect(await clock.until(next)).to.equal(true)
    expect(begun).to.equal(500).and.equal(ended)
  })

  it('goes on behind a write that fails', async () => {
    const clock = new FakeClock()
    const writes = new OrderedWrites({ clock })
    const failing = writes
      .run('a', 100, () => Promise.reject(new Error('no')))
      .catch((error: Error) => error.message)
    const next = writes.run('a', 100, () => Promise.resolve())
    expect(await clock.until(failing)).to.equal('no')
    expect(await clock.until(next)).to.equal(true)
  })
})
