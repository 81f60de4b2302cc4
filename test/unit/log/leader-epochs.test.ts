import { expect } from 'chai'
import { LeaderEpochs } from '../../../src/log/leader-epochs.ts'

function epochs(...entries: [number, number][]): LeaderEpochs {
  return new LeaderEpochs(entries.map(([epoch, startOffset]) => ({ epoch, startOffset })))
}

function pairs(epochs: LeaderEpochs): [number, number][] {
  return epochs.all.map(({ epoch, startOffset }) => [epoch, startOffset])
}

describe('leader epochs', () => {
  const assignments: [string, [number, number][], [number, number], [number, number][], boolean][] = [
    ['the first', [], [3, 10], [[3, 10]], true],
    [
      'a later one',
      [[1, 0]],
      [2, 10],
      [
        [1, 0],
        [2, 10],
      ],
      true,
    ],
    ['the same again further on', [[1, 0]], [1, 7], [[1, 0]], false],
    [
      'the same again further back',
      [
        [1, 5],
        [2, 10],
      ],
      [2, 8],
      [
        [1, 5],
        [2, 8],
      ],
      true,
    ],
    [
      'a later one at an offset that was taken',
      [
        [1, 0],
        [2, 10],
      ],
      [3, 10],
      [
        [1, 0],
        [3, 10],
      ],
      true,
    ],
    [
      'a later one further back',
      [
        [1, 0],
        [2, 10],
        [3, 20],
      ],
      [4, 5],
      [
        [1, 0],
        [4, 5],
      ],
      true,
    ],
    [
      'an older one',
      [
        [1, 0],
        [5, 10],
        [7, 20],
      ],
      [5, 30],
      [
        [1, 0],
        [5, 30],
      ],
      true,
    ],
    [
      'an older one at the end',
      [
        [0, 0],
        [3, 1],
        [7, 2],
        [9, 3],
      ],
      [0, 3],
      [[0, 3]],
      true,
    ],
  ]
  for (const [name, before, [epoch, offset], after, changed] of assignments) {
    it(`takes ${name}`, () => {
      const cache = epochs(...before)
      expect(cache.assign(epoch, offset)).to.equal(changed)
      expect(pairs(cache)).to.deep.equal(after)
    })
  }

  const ends: [string, [number, number][], number, [number, number]][] = [
    ['of no epoch', [[1, 0]], -1, [-1, -1]],
    [
      'of the latest',
      [
        [1, 0],
        [3, 10],
      ],
      3,
      [3, 50],
    ],
    [
      'of an older one',
      [
        [1, 0],
        [3, 10],
      ],
      1,
      [1, 10],
    ],
    [
      'of one between',
      [
        [1, 0],
        [3, 10],
        [5, 20],
      ],
      4,
      [3, 20],
    ],
    [
      'of one before all',
      [
        [3, 10],
        [5, 20],
      ],
      1,
      [1, 10],
    ],
    ['of one that is to come', [[1, 0]], 2, [-1, -1]],
    ['when nothing is known', [], 0, [-1, -1]],
  ]
  for (const [name, entries, epoch, [foundEpoch, endOffset]] of ends) {
    it(`says the end ${name}`, () => {
      expect(epochs(...entries).endOffsetFor(epoch, 50)).to.deep.equal({ epoch: foundEpoch, endOffset })
    })
  }

  it('knows the epoch at an offset', () => {
    const cache = epochs([1, 5], [3, 10])
    expect([4, 5, 9, 10, 99].map((offset) => cache.epochAt(offset))).to.deep.equal([-1, 1, 1, 3, 3])
  })

  it('forgets what began where the log was cut, or behind', () => {
    const cache = epochs([1, 0], [2, 10], [3, 20])
    expect(cache.truncateFromEnd(21)).to.equal(false)
    expect(cache.truncateFromEnd(20)).to.equal(true)
    expect(pairs(cache)).to.deep.equal([
      [1, 0],
      [2, 10],
    ])
    expect(cache.truncateFromEnd(0)).to.equal(true)
    expect(cache.latest).to.equal(null)
    expect(cache.latestEpoch).to.equal(-1)
  })

  it('lets the epoch of the new log start begin there', () => {
    const cache = epochs([1, 0], [2, 10], [3, 20])
    expect(cache.truncateFromStart(0)).to.equal(false)
    expect(cache.truncateFromStart(15)).to.equal(true)
    expect(pairs(cache)).to.deep.equal([
      [2, 15],
      [3, 20],
    ])
    expect(cache.truncateFromStart(20)).to.equal(true)
    expect(pairs(cache)).to.deep.equal([[3, 20]])
    expect(cache.truncateFromStart(99)).to.equal(true)
    expect(pairs(cache)).to.deep.equal([[3, 99]])
  })

  it('does not change when it begins later than the log', () => {
    const cache = epochs([4, 10])
    expect(cache.truncateFromStart(5)).to.equal(false)
    expect(pairs(cache)).to.deep.equal([[4, 10]])
  })
})
