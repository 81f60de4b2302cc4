import { expect } from 'chai'
import {
  aggregateOf,
  holds,
  parseStopCondition,
  parseThreshold,
  type Threshold,
} from '../../../../src/drill/experiment/thresholds.ts'

const threshold = (text: string): Threshold => {
  const parsed = parseThreshold(text)
  if (parsed === null) throw new Error(`${text} was not understood`)
  return parsed
}

describe('thresholds of drills', () => {
  const values = [5, 1, 4, 2, 3]
  const cases: [string, number][] = [
    ['count==5', 5],
    ['min<9', 1],
    ['max<9', 5],
    ['avg<9', 3],
    ['med<9', 3],
    ['p(80)<9', 4],
    ['p(100)<9', 5],
    ['p(0)<9', 1],
    ['rate<9', 3],
  ]
  for (const [text, expected] of cases)
    it(`reads ${text} and aggregates to ${expected}`, () => {
      expect(aggregateOf({ kind: 'trend', values }, threshold(text))).to.equal(expected)
    })

  for (const text of ['', 'p(101)<1', 'p99<250', 'max', 'max<', 'max<abc', 'max<1;drop', 'median<1'])
    it(`does not take ${JSON.stringify(text)} for a threshold`, () => {
      expect(parseThreshold(text)).to.equal(null)
    })

  const comparisons: [string, number, boolean][] = [
    ['value<1', 1, false],
    ['value<=1', 1, true],
    ['value>1', 1, false],
    ['value>=1', 1, true],
    ['value==1', 1, true],
    ['value!=1', 1, false],
  ]
  for (const [text, value, expected] of comparisons)
    it(`says that ${value} ${expected ? 'holds' : 'does not hold'} against ${text}`, () => {
      expect(holds(value, threshold(text))).to.equal(expected)
    })

  it('takes what was never measured for a breach, whatever the comparison', () => {
    for (const operator of ['<', '<=', '>', '>=', '==', '!='])
      expect(holds(NaN, threshold(`max${operator}1`))).to.equal(false)
    expect(aggregateOf({ kind: 'trend', values: [] }, threshold('max<1'))).to.be.NaN
  })

  it('reads a stop condition with its patience', () => {
    expect(parseStopCondition('offline_partitions>0 for 30s')).to.deep.equal({
      gauge: 'offline_partitions',
      operator: '>',
      limit: 0,
      forMs: 30_000,
    })
    expect(parseStopCondition('offline_partitions>0')?.forMs).to.equal(0)
    expect(parseStopCondition('offline partitions for ever')).to.equal(null)
  })
})
