import { expect } from 'chai'
import { sleep } from '../../../src/platform/clock.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { Scheduler } from '../../fakes/scheduler.ts'
import { SimulatedProcess } from '../../fakes/simulated-process.ts'

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it should have been rejected'),
    (error: unknown) => error as Error,
  )
}

describe('the scheduler', () => {
  let scheduler: Scheduler

  beforeEach(() => {
    scheduler = new Scheduler()
  })

  it('moves the time from event to event, and exactly as far as asked', async () => {
    const seen: number[] = []
    for (const dueMs of [5, 1.5, 20]) scheduler.at(dueMs, () => seen.push(scheduler.nowMs))
    await scheduler.advance(10)
    expect(seen).to.deep.equal([1.5, 5])
    expect(scheduler.nowMs).to.equal(10)
    expect(scheduler.eventsWaiting).to.equal(1)
    expect(scheduler.eventsRun).to.equal(2)
  })

  it('drains everything that an event caused before the next event', async () => {
    const seen: string[] = []
    scheduler.at(1, () => {
      void (async () => {
        for (let i = 0; i < 20; i++) await Promise.resolve()
        seen.push('caused by the first')
      })()
    })
    scheduler.at(1, () => seen.push('second'))
    await scheduler.advance(1)
    expect(seen).to.deep.equal(['caused by the first', 'second'])
  })

  it('runs what is overdue now', async () => {
    await scheduler.advance(10)
    let ranAt = -1
    scheduler.at(3, () => (ranAt = scheduler.nowMs))
    await scheduler.advance(0)
    expect(ranAt).to.equal(10)
  })

  it('adds waits up exactly', async () => {
    const clock = new FakeClock({ scheduler })
    await clock.until(
      (async () => {
        for (let i = 0; i < 10; i++) await sleep(clock, 0.1)
      })(),
    )
    const before = clock.monotonicMs()
    await clock.until(sleep(clock, 1))
    expect(clock.monotonicMs() - before).to.equal(1)
  })

  it('drives a promise to its end', async () => {
    const clock = new FakeClock({ scheduler })
    expect(await scheduler.until(sleep(clock, 1000).then(() => 'done'))).to.equal('done')
    expect(clock.monotonicMs()).to.equal(1000)
    const failure = Promise.reject(new Error('as it does'))
    expect((await rejection(scheduler.until(failure))).message).to.equal('as it does')
  })

  it('says so when a promise can settle no more', async () => {
    const error = await rejection(scheduler.until(new Promise(() => undefined)))
    expect(error.message).to.contain('nothing left to happen')
  })

  it('drives to a condition', async () => {
    let count = 0
    const tick = (): void => {
      count++
      scheduler.at(scheduler.nowMs + 1, tick)
    }
    tick()
    await scheduler.untilTrue(() => count === 5)
    expect(scheduler.nowMs).to.equal(4)
  })

  it('stops a world that never comes to rest', async () => {
    const tick = (): void => void scheduler.at(scheduler.nowMs, tick)
    tick()
    const error = await rejection(scheduler.runUntilIdle({ maxEvents: 100 }))
    expect(error.message).to.contain('100 events')
    const slow = new Scheduler()
    slow.at(5000, () => undefined)
    expect((await rejection(slow.runUntilIdle({ maxMs: 1000 }))).message).to.contain('still 1 events')
  })

  it('fails the run with what an event throws, and can go on', async () => {
    let ran = false
    scheduler.at(1, () => {
      throw new Error('in an event')
    })
    scheduler.at(2, () => (ran = true))
    expect((await rejection(scheduler.runUntilIdle())).message).to.equal('in an event')
    await scheduler.runUntilIdle()
    expect(ran).to.equal(true)
  })

  it('is driven by one at a time', async () => {
    const first = scheduler.advance(1)
    expect((await rejection(scheduler.advance(1))).message).to.contain('runs already')
    await first
  })

  it('has one fingerprint per history', async () => {
    const run = async (delays: number[]): Promise<number> => {
      const world = new Scheduler()
      for (const delay of delays) world.at(delay, () => world.at(world.nowMs + delay, () => undefined))
      await world.runUntilIdle()
      return world.fingerprint
    }
    expect(await run([1, 2, 3])).to.equal(await run([1, 2, 3]))
    expect(await run([1, 2, 3])).to.not.equal(await run([1, 3, 2]))
    expect(await run([1, 2, 3])).to.not.equal(await run([1, 2, 3.001]))
  })
})

describe('a simulated process', () => {
  let scheduler: Scheduler
  let process: SimulatedProcess
  let clock: FakeClock
  let seen: string[]

  beforeEach(() => {
    scheduler = new Scheduler()
    process = new SimulatedProcess(scheduler, 'broker-1')
    clock = new FakeClock({ scheduler, process })
    seen = []
  })

  function note(word: string): () => void {
    return () => seen.push(`${word} at ${clock.monotonicMs()}`)
  }

  it('does nothing while it is frozen, and everything in order when it thaws', async () => {
    clock.after(5, note('five'))
    clock.after(3, note('three'))
    clock.after(20, note('twenty'))
    process.freeze()
    await scheduler.advance(10)
    expect(seen).to.deep.equal([])
    process.thaw()
    await scheduler.advance(0)
    expect(seen).to.deep.equal(['three at 10', 'five at 10'])
    await scheduler.runUntilIdle()
    expect(seen[2]).to.equal('twenty at 20')
  })

  it('does not run what was cancelled while it was frozen', async () => {
    const timer = clock.after(1, note('never'))
    process.freeze()
    await scheduler.advance(5)
    timer.cancel()
    process.thaw()
    await scheduler.runUntilIdle()
    expect(seen).to.deep.equal([])
    expect(clock.pendingTimers).to.equal(0)
  })

  it('sees the time pass while it is busy, and catches up after', async () => {
    clock.after(1, () => {
      seen.push('starts')
      process.block(50)
      seen.push(`blocked until ${clock.monotonicMs()}`)
      clock.after(10, note('ten after'))
    })
    clock.after(2, note('late'))
    await scheduler.runUntilIdle()
    expect(seen).to.deep.equal(['starts', 'blocked until 51', 'late at 51', 'ten after at 61'])
  })

  it('takes its timers with it when it dies', async () => {
    let wasTold = 0
    process.onDeath(() => wasTold++)
    process.onDeath(() => wasTold++)()
    clock.after(1, note('never'))
    process.kill()
    process.kill()
    clock.after(1, note('never'))
    clock.endOfTurn(note('never'))
    await scheduler.runUntilIdle()
    expect(seen).to.deep.equal([])
    expect(wasTold).to.equal(1)
  })

  it('does not hold up the others', async () => {
    const other = new FakeClock({ scheduler, process: new SimulatedProcess(scheduler, 'broker-2') })
    clock.after(1, () => process.block(100))
    other.after(5, () => seen.push('other'))
    clock.after(4, note('own'))
    await scheduler.runUntilIdle()
    expect(seen).to.deep.equal(['other', 'own at 101'])
  })

  it('has a last line of defence of its own', async () => {
    const caught: unknown[] = []
    process.onUncaught = (error) => caught.push(error)
    const error = new Error('uncaught')
    clock.after(1, () => {
      throw error
    })
    await scheduler.runUntilIdle()
    expect(caught).to.deep.equal([error])
  })
})

describe('the fake clock', () => {
  it('jumps on the wall without moving on the monotonic side', async () => {
    const clock = new FakeClock({ wallMs: 1_000_000 })
    await clock.advance(10)
    expect(clock.nowMs()).to.equal(1_000_010)
    clock.jumpWall(-5000)
    expect(clock.nowMs()).to.equal(995_010)
    expect(clock.monotonicMs()).to.equal(10)
  })

  it('runs at its own rate, in what it shows and in what it waits', async () => {
    const scheduler = new Scheduler()
    const fast = new FakeClock({ scheduler, rate: 2 })
    let firedAt = 0
    fast.after(100, () => (firedAt = scheduler.nowMs))
    await scheduler.runUntilIdle()
    expect(firedAt).to.equal(50)
    expect(fast.monotonicMs()).to.equal(100)
    fast.setRate(0.5)
    await scheduler.advance(10)
    expect(fast.monotonicMs()).to.equal(105)
  })

  it('counts the timers that wait', async () => {
    const clock = new FakeClock()
    const timer = clock.after(5, () => undefined)
    clock.after(1, () => undefined)
    expect(clock.pendingTimers).to.equal(2)
    timer.cancel()
    timer.cancel()
    expect(clock.pendingTimers).to.equal(1)
    await clock.advance(1)
    expect(clock.pendingTimers).to.equal(0)
  })
})
