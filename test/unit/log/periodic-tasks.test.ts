import { expect } from 'chai'
import { PeriodicTasks } from '../../../src/log/periodic-tasks.ts'
import { forEachConcurrently, forEachSliced } from '../../../src/log/turn-slicer.ts'
import { deferred } from '../../../src/std/deferred.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeLogger } from '../../fakes/logger.ts'

describe('periodic tasks', () => {
  function setUp(): { clock: FakeClock; logger: FakeLogger; tasks: PeriodicTasks } {
    const clock = new FakeClock()
    const logger = new FakeLogger()
    return { clock, logger, tasks: new PeriodicTasks({ clock, logger }) }
  }

  it('run after a delay and then from time to time', async () => {
    const { clock, tasks } = setUp()
    const at: number[] = []
    tasks.start({
      name: 't',
      initialDelayMs: 30,
      periodMs: 100,
      run: () => void at.push(clock.monotonicMs()),
    })
    await clock.advance(250)
    expect(at).to.deep.equal([30, 130, 230])
    await tasks.stop()
    await clock.advance(1000)
    expect(at).to.have.length(3)
    expect(clock.pendingTimers).to.equal(0)
  })

  it('do not overtake themselves, and go on after a failure', async () => {
    const { clock, logger, tasks } = setUp()
    let runs = 0
    const gate = deferred<void>()
    tasks.start({
      name: 't',
      initialDelayMs: 10,
      periodMs: 10,
      run: () => {
        runs++
        if (runs === 1) throw new Error('once')
        return gate.promise
      },
    })
    await clock.advance(100)
    expect(runs).to.equal(2)
    expect(logger.messages('error')).to.deep.equal(['t failed'])
    const stopping = tasks.stop()
    gate.resolve()
    await stopping
    await clock.advance(100)
    expect(runs).to.equal(2)
  })
})

describe('work in slices', () => {
  it('lets others have their turn after five milliseconds', async () => {
    const clock = new FakeClock()
    let nowMs = 0
    clock.monotonicMs = () => nowMs
    const order: string[] = []
    clock.after(0, () => order.push('other'))
    await clock.until(
      forEachSliced(clock, [1, 2, 3, 4], (item) => {
        order.push(`item ${item}`)
        nowMs += 3
      }),
    )
    expect(order).to.deep.equal(['item 1', 'item 2', 'other', 'item 3', 'item 4'])
  })

  it('does so many things at a time', async () => {
    let running = 0
    let most = 0
    await forEachConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async () => {
      most = Math.max(most, ++running)
      await Promise.resolve()
      running--
    })
    expect(most).to.equal(3)
  })

  it('throws the first failure when all are done', async () => {
    const done: number[] = []
    const failed = await forEachConcurrently([1, 2, 3, 4], 2, async (item) => {
      await Promise.resolve()
      if (item === 1) throw new Error('one')
      done.push(item)
    }).catch((error: unknown) => error)
    expect(String(failed)).to.contain('one')
    expect(done).to.deep.equal([2, 3, 4])
  })
})
