import { expect } from 'chai'
import type { Clock } from '../../src/platform/clock.ts'
import { sleep } from '../../src/platform/clock.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { FakePlatform } from '../fakes/platform.ts'

/** A clock, and how to make it go. */
interface Subject {
  readonly clock: Clock
  /** Waits for `promise` while time goes on. */
  settle<T>(promise: Promise<T>): Promise<T>
  /** What reaches the last line of defence while `promise` settles. */
  catching(promise: Promise<unknown>): Promise<unknown[]>
}

function fake(): Subject {
  const { clock, process } = new FakePlatform()
  return {
    clock,
    settle: (promise) => clock.until(promise),
    catching: async (promise) => {
      const caught: unknown[] = []
      process.onUncaught = (error) => caught.push(error)
      await clock.until(promise)
      return caught
    },
  }
}

function real(): Subject {
  return {
    clock: new NodeClock(),
    settle: (promise) => promise,
    catching: async (promise) => {
      // The test runner listens too, and would take the error for a failed test.
      const others = process.listeners('uncaughtException')
      const caught: unknown[] = []
      process.removeAllListeners('uncaughtException')
      process.on('uncaughtException', (error) => caught.push(error))
      try {
        await promise
      } finally {
        process.removeAllListeners('uncaughtException')
        for (const other of others) process.on('uncaughtException', other)
      }
      return caught
    },
  }
}

for (const [name, subject] of Object.entries({ fake, real })) {
  describe(`the ${name} clock`, () => {
    let clock: Clock
    let settle: Subject['settle']
    let catching: Subject['catching']

    beforeEach(() => {
      const made = subject()
      clock = made.clock
      settle = made.settle.bind(made)
      catching = made.catching.bind(made)
    })

    /** Runs `ask`, which may use `note`, until `count` notes were taken. */
    async function notes(count: number, ask: (note: (word: string) => void) => void): Promise<string[]> {
      const taken: string[] = []
      await settle(
        new Promise<void>((resolve) => {
          ask((word) => {
            taken.push(word)
            if (taken.length === count) resolve()
          })
        }),
      )
      return taken
    }

    it('shows whole milliseconds on the wall and never goes back on the monotonic side', () => {
      expect(Number.isInteger(clock.nowMs())).to.equal(true)
      let last = clock.monotonicMs()
      for (let i = 0; i < 1000; i++) {
        const now = clock.monotonicMs()
        expect(now).to.be.at.least(last)
        last = now
      }
    })

    it('never runs an action inside the call that asks for it', async () => {
      const taken = await notes(4, (note) => {
        clock.after(0, () => note('zero'))
        clock.after(-5, () => note('negative'))
        clock.endOfTurn(() => note('end of turn'))
        note('call')
      })
      expect(taken[0]).to.equal('call')
      expect(taken.slice(1)).to.have.members(['zero', 'negative', 'end of turn'])
    })

    it('runs no action before its time', async () => {
      for (const delayMs of [0, 0.4, 1, 2.5, 7, 12]) {
        const start = clock.monotonicMs()
        await settle(sleep(clock, delayMs))
        expect(clock.monotonicMs() - start).to.be.at.least(delayMs)
      }
    })

    it('runs timers in the order in which they are due', async () => {
      const taken = await notes(4, (note) => {
        clock.after(12, () => note('twelve'))
        clock.after(3, () => note('three'))
        clock.after(8, () => note('eight'))
        clock.after(0, () => note('zero'))
      })
      expect(taken).to.deep.equal(['zero', 'three', 'eight', 'twelve'])
    })

    it('runs timers of one length in the order in which they were set', async () => {
      const words = Array.from({ length: 50 }, (_, i) => String(i))
      const taken = await notes(words.length, (note) => {
        for (const word of words) clock.after(2, () => note(word))
      })
      expect(taken).to.deep.equal(words)
    })

    it('lets every promise that an action settles go on before the next action', async () => {
      const taken = await notes(4, (note) => {
        const first = async (): Promise<void> => {
          await sleep(clock, 1)
          await Promise.resolve()
          note('first')
          await Promise.resolve()
          note('first goes on')
        }
        void first()
        clock.after(1, () => note('second'))
        clock.after(1, () => note('third'))
      })
      expect(taken).to.deep.equal(['first', 'first goes on', 'second', 'third'])
    })

    it('does not run what was cancelled, whenever that was', async () => {
      const taken = await notes(2, (note) => {
        clock.after(1, () => note('never')).cancel()
        const doomed = clock.after(2, () => note('never'))
        clock.after(2, () => note('never')).cancel()
        clock.after(1, () => {
          doomed.cancel()
          note('one')
        })
        const twin = clock.after(3, () => twins[1]?.cancel())
        const twins = [twin, clock.after(3, () => note('never'))]
        clock.after(5, () => note('five'))
      })
      expect(taken).to.deep.equal(['one', 'five'])
    })

    it('takes a cancellation that comes too late, or twice, calmly', async () => {
      const timer = clock.after(0, () => undefined)
      await settle(sleep(clock, 1))
      timer.cancel()
      timer.cancel()
      await settle(sleep(clock, 1))
    })

    it('keeps the other timers when one in the middle is cancelled', async () => {
      const taken = await notes(20, (note) => {
        const timers = Array.from({ length: 40 }, (_, i) =>
          clock.after(1 + (i % 7), () => note(String(i % 7))),
        )
        timers.forEach((timer, i) => {
          if (i % 2 === 0) timer.cancel()
        })
      })
      expect(taken).to.deep.equal([...taken].sort())
    })

    it('runs the end of the turn before any wait, in the order of asking', async () => {
      const taken = await notes(4, (note) => {
        clock.after(3, () => note('timer'))
        clock.endOfTurn(() => {
          note('first')
          clock.endOfTurn(() => note('asked for at an end of turn'))
        })
        clock.endOfTurn(() => note('second'))
      })
      expect(taken).to.deep.equal(['first', 'second', 'asked for at an end of turn', 'timer'])
    })

    it('runs the end of the turn after what the turn settles', async () => {
      const taken = await notes(2, (note) => {
        clock.endOfTurn(() => note('end of turn'))
        void Promise.resolve()
          .then(() => undefined)
          .then(() => note('promise'))
      })
      expect(taken).to.deep.equal(['promise', 'end of turn'])
    })

    it('hands what an action throws to the last line of defence, and runs the other actions', async () => {
      const ran: string[] = []
      clock.after(1, () => {
        throw new Error('from a timer')
      })
      clock.after(1, () => ran.push('timer'))
      clock.endOfTurn(() => {
        throw new Error('from an end of turn')
      })
      clock.endOfTurn(() => ran.push('end of turn'))
      const caught = await catching(sleep(clock, 5))
      expect(caught.map(String)).to.have.members(['Error: from a timer', 'Error: from an end of turn'])
      expect(ran).to.have.members(['timer', 'end of turn'])
    })

    it('takes waits longer than the system has', async () => {
      const tooLong = clock.after(2 ** 33, () => expect.fail('25 days are not over'))
      await settle(sleep(clock, 3))
      tooLong.cancel()
    })

    it('refuses a delay that is no number', () => {
      expect(() => clock.after(NaN, () => undefined)).to.throw('a number')
    })
  })
}

describe('the real clock, for the process', () => {
  const waits = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

  it('keeps nothing alive when every timer was cancelled', () => {
    const clock = new NodeClock()
    const before = waits()
    const timers = [clock.after(60_000, () => undefined), clock.after(50_000, () => undefined)]
    expect(waits()).to.equal(before + 1)
    for (const timer of timers) timer.cancel()
    expect(waits()).to.equal(before)
  })
})
