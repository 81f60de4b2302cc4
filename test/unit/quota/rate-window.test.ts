import { expect } from 'chai'
import { RateWindow } from '../../../src/quota/rate-window.ts'

describe('RateWindow', () => {
  const cases: { it: string; records: [atMs: number, amount: number][]; nowMs: number; expected: number }[] =
    [
      { it: 'is 0 when nothing came', records: [], nowMs: 5000, expected: 0 },
      {
        it: 'counts what came at once as the amount of one sample',
        records: [[0, 500]],
        nowMs: 0,
        expected: 500,
      },
      {
        it: 'divides by the time since the oldest sample began',
        records: [[0, 900]],
        nowMs: 2500,
        expected: 360,
      },
      {
        it: 'adds up what falls into one sample',
        records: [
          [0, 100],
          [999, 100],
        ],
        nowMs: 1000,
        expected: 200,
      },
      {
        it: 'adds up samples',
        records: [
          [0, 100],
          [1000, 300],
        ],
        nowMs: 2000,
        expected: 200,
      },
      {
        it: 'remembers a sample until the window is over',
        records: [[0, 900]],
        nowMs: 2999,
        expected: 900 / 2.999,
      },
      {
        it: 'forgets the oldest when the window is full',
        records: [
          [0, 10_000],
          [1000, 100],
          [2000, 100],
          [3000, 100],
        ],
        nowMs: 3500,
        expected: 120,
      },
      { it: 'is 0 after a silence as long as the window', records: [[0, 900]], nowMs: 3001, expected: 0 },
    ]
  for (const { it: name, records, nowMs, expected } of cases) {
    it(name, () => {
      const window = new RateWindow({ samples: 3, sampleMs: 1000 })
      for (const [atMs, amount] of records) window.record(amount, atMs)
      expect(window.perSecond(nowMs)).to.be.closeTo(expected, 1e-9)
    })
  }
})
