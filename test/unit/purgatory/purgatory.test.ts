import { expect } from 'chai'
import { Purgatory } from '../../../src/purgatory/purgatory.ts'
import { FakePlatform } from '../../fakes/platform.ts'

describe('Purgatory', () => {
  const setUp = () => {
    const { clock, scheduler } = new FakePlatform()
    return { purgatory: new Purgatory({ clock }), scheduler }
  }

  it('finishes at once what is ready, without waiting', async () => {
    const { purgatory } = setUp()
    expect(await purgatory.wait(['a'], 1000, () => true)).to.equal(true)
    expect(purgatory.size).to.equal(0)
  })

  it('finishes what a check of any of its keys makes ready, and forgets it under all of them', async () => {
    const { purgatory } = setUp()
    let isReady = false
    const outcome = purgatory.wait(['a', 'b'], 1000, () => isReady)
    expect(purgatory.check('b')).to.equal(0)
    isReady = true
    expect(purgatory.check('c')).to.equal(0)
    expect(purgatory.check('b')).to.equal(1)
    expect(await outcome).to.equal(true)
    expect(purgatory.keyCount).to.equal(0)
    expect(purgatory.check('a')).to.equal(0)
  })

  it('gives up at the deadline, after one last look', async () => {
    const { purgatory, scheduler } = setUp()
    let isReady = false
    const late = purgatory.wait(['a'], 1000, () => false)
    const justReady = purgatory.wait(['a'], 1000, () => isReady)
    await scheduler.advance(999)
    expect(purgatory.size).to.equal(2)
    isReady = true
    await scheduler.advance(1)
    expect(await late).to.equal(false)
    expect(await justReady).to.equal(true)
    expect(purgatory.size).to.equal(0)
  })

  it('does not wait where there is no time', async () => {
    const { purgatory } = setUp()
    expect(await purgatory.wait(['a'], 0, () => false)).to.equal(false)
  })

  it('leaves no timer behind what finished in time', async () => {
    const { purgatory, scheduler } = setUp()
    let isReady = false
    void purgatory.wait(['a'], 1000, () => isReady)
    isReady = true
    purgatory.check('a')
    expect(scheduler.eventsWaiting).to.equal(0)
  })

  it('lets what finishes start something new under the same key', async () => {
    const { purgatory } = setUp()
    let rounds = 0
    const again = async (): Promise<void> => {
      const seen = rounds
      await purgatory.wait(['a'], 1000, () => rounds > seen)
      if (rounds < 3) await again()
    }
    const done = again()
    for (let i = 0; i < 3; i++) {
      rounds++
      purgatory.check('a')
      await Promise.resolve()
      await Promise.resolve()
      await Promise.resolve()
    }
    await done
    expect(rounds).to.equal(3)
  })

  it('finishes everything when it closes', async () => {
    const { purgatory } = setUp()
    const outcomes = [purgatory.wait(['a'], 1000, () => false), purgatory.wait(['b'], 1000, () => false)]
    purgatory.close()
    expect(await Promise.all(outcomes)).to.deep.equal([false, false])
  })
})
