import { expect } from 'chai'
import { closedLoop, openLoop } from '../../../../../src/cli/offsets/compare/load.ts'
import { KafkaError } from '../../../../../src/model/errors.ts'
import { sleep } from '../../../../../src/platform/clock.ts'
import { FakeClock } from '../../../../fakes/clock.ts'

const DAY = { durationMs: 1000, firstOffset: 100 }

/** Commits that take `tookMs`, or fail, by what `at` says of the time since the start. */
function aStore(clock: FakeClock, at: (ms: number) => number | Error) {
  const startMs = clock.monotonicMs()
  const offsets: number[] = []
  const committer = {
    group: 'readers',
    commit: async (offset: number): Promise<void> => {
      const what = at(clock.monotonicMs() - startMs)
      if (what instanceof Error) throw what
      await sleep(clock, what)
      offsets.push(offset)
    },
  }
  return { committer, offsets }
}

describe('the closed loop', () => {
  it('commits again as soon as there is an answer', async () => {
    const clock = new FakeClock()
    const { committer, offsets } = aStore(clock, () => 10)
    const { commits, failures, latencies, acknowledged } = await clock.until(
      closedLoop(clock, [committer], DAY),
    )
    expect([commits, failures]).to.deep.equal([100, 0])
    expect(latencies.percentile(50)).to.equal(10)
    expect(offsets).to.deep.equal(Array.from({ length: 100 }, (_, i) => 100 + i))
    expect(acknowledged.get('readers')).to.equal(199)
  })

  it('counts failures, waits a little after each, and tells the gap that they leave', async () => {
    const clock = new FakeClock()
    const isDown = (ms: number): boolean => ms >= 300 && ms < 700
    const { committer } = aStore(clock, (ms) => (isDown(ms) ? new KafkaError('NOT_COORDINATOR') : 10))
    const { failures, gap } = await clock.until(closedLoop(clock, [committer], DAY))
    expect(failures).to.equal(20)
    expect(gap).to.deep.equal({ ms: 410, fromMs: 300 })
  })

  it('does not hide what is no answer of a broker', async () => {
    const clock = new FakeClock()
    const { committer } = aStore(clock, () => new TypeError('ours'))
    const thrown = await clock.until(closedLoop(clock, [committer], DAY).catch((error: unknown) => error))
    expect(thrown).to.be.instanceOf(TypeError)
  })
})

describe('the open loop', () => {
  it('commits at its rate, in turn by the groups', async () => {
    const clock = new FakeClock()
    const stores = [aStore(clock, () => 1), aStore(clock, () => 1)]
    const { commits } = await clock.until(
      openLoop(
        clock,
        stores.map(({ committer }) => committer),
        { ...DAY, perSecond: 20 },
      ),
    )
    expect(commits).to.equal(20)
    for (const { offsets } of stores) {
      expect(offsets).to.deep.equal(Array.from({ length: 10 }, (_, i) => 100 + i))
    }
  })

  it('does not excuse a store that stands still: time counts from when a commit was due', async () => {
    const clock = new FakeClock()
    // What comes in the first half is answered at its end.
    const { committer } = aStore(clock, (ms) => Math.max(1, 500 - ms))
    const { commits, latencies, gap } = await clock.until(
      openLoop(clock, [committer], { ...DAY, perSecond: 100 }),
    )
    expect(commits).to.equal(100)
    expect(latencies.percentile(100)).to.equal(500)
    expect(latencies.percentile(60)).to.be.within(50, 150)
    expect(gap.ms).to.equal(500)
  })

  it('stops to add when too many answers are missing', async () => {
    const clock = new FakeClock()
    let outstanding = 0
    let most = 0
    const committer = {
      group: 'readers',
      commit: async (): Promise<void> => {
        most = Math.max(most, ++outstanding)
        await sleep(clock, 60_000)
        outstanding--
      },
    }
    await clock.until(openLoop(clock, [committer], { ...DAY, perSecond: 10_000 }))
    expect(most).to.equal(2000)
  })
})
