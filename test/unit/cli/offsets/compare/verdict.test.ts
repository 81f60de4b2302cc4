import { expect } from 'chai'
import { judge, ms, percent, perSecond } from '../../../../../src/cli/offsets/compare/verdict.ts'
import { aComparison, aContender } from '../../../../support/compare-result.ts'

type Figures = NonNullable<Parameters<typeof aContender>[1]>

/** The reader needs 8 commits per second. */
function advice(zooKeeper: Figures, kafka: Figures = {}): string {
  return judge(aComparison([aContender('zookeeper', zooKeeper), aContender('kafka', kafka)])).advice
}

describe('the verdict of a comparison', () => {
  it('lets a small load stay where it is, and says so with its own numbers', () => {
    const { sentence, utilisation, reasons } = judge(
      aComparison([aContender('zookeeper', { saturation: 1000 }), aContender('kafka', { saturation: 4000 })]),
    )
    expect(utilisation.get('zookeeper')).to.equal(0.008)
    expect(utilisation.get('kafka')).to.equal(0.002)
    expect(sentence).to.equal(
      'Legacy is fine for you: 40 groups × 120 partitions, a commit every 5 s, are 0.8 % of what ' +
        'ZooKeeper (v0, multi) can do here. Reasons to move are fencing and tools, not load.',
    )
    expect(reasons[0])
      .to.contain('8.0 commits/s are 0.8 %')
      .and.to.contain('(1,000)')
      .and.to.contain('(4,000)')
  })

  const cases: readonly (readonly [what: string, zooKeeper: Figures, kafka: Figures, expected: string])[] = [
    ['a fifth of the limit', { saturation: 40 }, {}, 'stay'],
    ['more than a fifth', { saturation: 39 }, {}, 'move when convenient'],
    ['three fifths', { saturation: 8 / 0.6 }, {}, 'move when convenient'],
    ['more than three fifths', { saturation: 13 }, {}, 'move'],
    ['more than the limit', { saturation: 4 }, {}, 'move'],
    ['slow commits', { p99: 60 }, { p99: 4 }, 'move when convenient'],
    ['slow commits where the topic is slow too', { p99: 60 }, { p99: 30 }, 'stay'],
    ['many times a few microseconds', { p99: 4 }, { p99: 0.01 }, 'stay'],
    ['harm to others by a load that is no burden', { othersP99: 500 }, {}, 'stay'],
    ['slow commits that harm others', { saturation: 30, p99: 60, othersP99: 500 }, { p99: 4 }, 'move'],
    ['slow commits that harm nobody', { saturation: 30, p99: 60, othersP99: 15 }, {}, 'move when convenient'],
  ]
  for (const [what, zooKeeper, kafka, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      expect(advice(zooKeeper, kafka)).to.equal(expected)
    })
  }

  it('judges by the loop where only that was measured', () => {
    const { sentence } = judge(aComparison([aContender('zookeeper-faithful'), aContender('kafka')]))
    expect(sentence).to.contain('ZooKeeper (v0, loop)')
  })

  it('has nothing to say about one store alone', () => {
    const { advice: given, reasons } = judge(aComparison([aContender('kafka')]))
    expect([given, reasons]).to.deep.equal(['stay', []])
  })
})

describe('figures', () => {
  it('are written as people read them', () => {
    expect([percent(0.0812), percent(0.34), percent(1.5)]).to.deep.equal(['8.1 %', '34 %', '150 %'])
    expect([perSecond(8), perSecond(12_345.6)]).to.deep.equal(['8.0', '12,346'])
    expect([ms(0.256), ms(12.3), ms(2345), ms(NaN)]).to.deep.equal(['0.26 ms', '12 ms', '2.3 s', '–'])
  })
})
