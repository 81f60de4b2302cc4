import { expect } from 'chai'
import { Latencies } from '../../../../../src/cli/offsets/compare/latencies.ts'

function of(...values: readonly number[]): Latencies {
  const latencies = new Latencies()
  for (const value of values) latencies.add(value)
  return latencies
}

describe('Latencies', () => {
  it('tells the value below which so many are', () => {
    const hundred = of(...Array.from({ length: 100 }, (_, i) => 100 - i))
    expect([0, 1, 50, 99, 99.9, 100].map((percent) => hundred.percentile(percent))).to.deep.equal([
      1, 1, 50, 99, 100, 100,
    ])
  })

  it('of one value is that value, of none is not a number', () => {
    expect(of(7).percentile(99)).to.equal(7)
    expect(of().percentile(50)).to.be.NaN
    expect(of().curve()).to.deep.equal([])
  })

  it('goes on after it was asked', () => {
    const some = of(3, 1)
    expect(some.percentile(100)).to.equal(3)
    some.add(2)
    some.addAll(of(9, 0))
    expect(some.count).to.equal(5)
    expect([some.percentile(1), some.percentile(60), some.percentile(100)]).to.deep.equal([0, 2, 9])
  })

  it('draws a curve that only rises', () => {
    const curve = of(5, 4, 3, 2, 1, 50).curve()
    expect(curve[0]).to.deep.equal([1, 0])
    expect(curve.at(-1)).to.deep.equal([50, 100])
    for (const [i, [ms, percent]] of curve.entries()) {
      const [before, lower] = curve[i - 1] ?? [0, -1]
      expect(ms).to.be.at.least(before)
      expect(percent).to.be.above(lower)
    }
  })
})
