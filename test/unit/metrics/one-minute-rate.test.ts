import { expect } from 'chai'
import fc from 'fast-check'
import { OneMinuteRate } from '../../../src/metrics/one-minute-rate.ts'

describe('OneMinuteRate', () => {
  it('is 0 before time has passed', () => {
    const rate = new OneMinuteRate(1_000)
    rate.mark(5, 1_000)
    expect(rate.perSecond(1_000)).to.equal(0)
  })

  it('divides by the time since the start while that is under a minute', () => {
    const rate = new OneMinuteRate(1_000)
    rate.mark(30, 2_000)
    expect(rate.perSecond(11_000)).to.equal(3)
  })

  it('shows a steady stream as what it is', () => {
    const rate = new OneMinuteRate(0)
    for (let nowMs = 100; nowMs <= 300_000; nowMs += 100) rate.mark(2, nowMs)
    expect(rate.perSecond(300_000)).to.be.closeTo(20, 0.1)
  })

  it('forgets within a minute', () => {
    const rate = new OneMinuteRate(0)
    rate.mark(1_000, 4_999)
    expect(rate.perSecond(59_999)).to.be.greaterThan(16)
    expect(rate.perSecond(60_000)).to.equal(0)
  })

  it('forgets a long silence at once', () => {
    const rate = new OneMinuteRate(0)
    rate.mark(1_000, 1)
    expect(rate.perSecond(86_400_000)).to.equal(0)
    rate.mark(60, 86_400_000)
    expect(rate.perSecond(86_400_000)).to.be.closeTo(60 / 55, 0.001)
  })

  it('sums what the slices of the last minute hold, in any order of marks and reads', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), amount: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const rate = new OneMinuteRate(0)
        const marks: { atMs: number; amount: number }[] = []
        let nowMs = 0
        for (const { afterMs, amount } of steps) {
          nowMs += afterMs
          rate.mark(amount, nowMs)
          marks.push({ atMs: nowMs, amount })
          const startMs = Math.max(0, (Math.floor(nowMs / 5_000) - 11) * 5_000)
          const sum = marks
            .filter((mark) => mark.atMs >= startMs)
            .reduce((total, mark) => total + mark.amount, 0)
          const expected = nowMs === startMs ? 0 : (sum * 1_000) / (nowMs - startMs)
          expect(rate.perSecond(nowMs)).to.be.closeTo(expected, 1e-9)
        }
      }),
    )
  })
})
