import { expect } from 'chai'
import fc from 'fast-check'
import { Histogram, QUANTILES } from '../../../src/metrics/histogram.ts'
import {
  LARGEST_VALUE,
  QUANTILE_RELATIVE_ERROR,
  SMALLEST_VALUE,
  WINDOW_MS,
} from '../../../src/metrics/sliding-buckets.ts'

const MINUTE_MS = 60_000

function aHistogram(): { histogram: Histogram; at: { nowMs: number } } {
  const at = { nowMs: 0 }
  return { histogram: new Histogram({ monotonicMs: () => at.nowMs }), at }
}

/** The value of rank ⌈q·n⌉ among `values`. */
function exactQuantile(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1] ?? NaN
}

function expectWithinBound(found: number, exact: number): void {
  const bound = Math.max(exact * QUANTILE_RELATIVE_ERROR, SMALLEST_VALUE)
  expect(Math.abs(found - exact), `${found} for ${exact}`).to.be.at.most(bound)
}

describe('Histogram', () => {
  it('has no quantiles before anything was recorded', () => {
    const { histogram } = aHistogram()
    expect(histogram.quantiles(0)).to.deep.equal(QUANTILES.map(() => NaN))
    expect(histogram.maximum(0)).to.be.NaN
    expect(histogram.count).to.equal(0)
  })

  it('shows a single value exactly', () => {
    const { histogram } = aHistogram()
    histogram.record(12.3)
    expect(histogram.quantiles(0)).to.deep.equal(QUANTILES.map(() => 12.3))
    expect(histogram.maximum(0)).to.equal(12.3)
  })

  it('keeps every quantile within its error bound, for values of any size', () => {
    const value = fc.oneof(
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.double({ min: 0, max: LARGEST_VALUE, noNaN: true }),
      fc.integer({ min: 0, max: 1_000 }),
      fc.integer({ min: -25, max: 30 }).map((exponent) => 2 ** exponent),
      fc.constant(0),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 400 }), (values) => {
        const { histogram } = aHistogram()
        for (const one of values) histogram.record(one)
        const found = histogram.quantiles(0)
        for (const [at, quantile] of QUANTILES.entries()) {
          expectWithinBound(found[at] ?? NaN, exactQuantile(values, quantile))
        }
        expect(histogram.maximum(0)).to.equal(Math.max(...values))
        expect(histogram.count).to.equal(values.length)
        expect(histogram.sum).to.be.closeTo(
          values.reduce((sum, one) => sum + one, 0),
          1e-3,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('speaks of the last four to five minutes, and of nothing older', () => {
    const step = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 8 * MINUTE_MS })),
      value: fc.integer({ min: 1, max: 100_000 }),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const { histogram, at } = aHistogram()
        const recorded: { atMs: number; value: number }[] = []
        for (const { afterMs, value } of steps) {
          at.nowMs += afterMs
          histogram.record(value)
          recorded.push({ atMs: at.nowMs, value })
          const windowStartMs = (Math.floor(at.nowMs / MINUTE_MS) - 4) * MINUTE_MS
          const recent = recorded.filter((one) => one.atMs >= windowStartMs).map((one) => one.value)
          expectWithinBound(histogram.quantiles(at.nowMs)[0] ?? NaN, exactQuantile(recent, 0.5))
          expect(histogram.maximum(at.nowMs)).to.equal(Math.max(...recent))
        }
        expect(histogram.count).to.equal(steps.length)
      }),
    )
  })

  it('is empty again when nothing was recorded for the whole window, and keeps its count', () => {
    const { histogram } = aHistogram()
    histogram.record(7)
    expect(histogram.quantiles(WINDOW_MS - 1)[0]).to.equal(7)
    expect(histogram.quantiles(WINDOW_MS)[0]).to.be.NaN
    expect(histogram.maximum(WINDOW_MS)).to.be.NaN
    expect(histogram.count).to.equal(1)
    expect(histogram.sum).to.equal(7)
  })

  it('counts a negative value, and one that is no number, as 0', () => {
    const { histogram } = aHistogram()
    histogram.record(-5)
    histogram.record(NaN)
    expect(histogram.quantiles(0)[0]).to.equal(0)
    expect(histogram.sum).to.equal(0)
    expect(histogram.count).to.equal(2)
  })

  it('counts what is too large as the largest value', () => {
    const { histogram } = aHistogram()
    histogram.record(Infinity)
    expect(histogram.maximum(0)).to.equal(LARGEST_VALUE)
    expectWithinBound(histogram.quantiles(0)[0] ?? NaN, LARGEST_VALUE)
  })

  it('takes the time from its caller when it is given', () => {
    const histogram = new Histogram({
      monotonicMs: () => {
        throw new Error('the clock was asked')
      },
    })
    histogram.record(1, 2 * MINUTE_MS)
    expect(histogram.quantiles(2 * MINUTE_MS)[0]).to.equal(1)
  })
})
