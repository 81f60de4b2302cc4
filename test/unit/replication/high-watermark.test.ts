import { expect } from 'chai'
import type { BrokerId, PartitionEpoch } from '../../../src/model/ids.ts'
import { highWatermarkOf } from '../../../src/replication/high-watermark.ts'
import { effectiveMinIsr, laggards, mayJoin, proposedIsr, settledIsr } from '../../../src/replication/isr.ts'

const ids = (...numbers: number[]) => numbers as BrokerId[]
const EPOCH = 3 as PartitionEpoch

/** Followers at (id, end offset, ms since they were caught up); now is 100,000. */
const NOW = 100_000
const followers = (...entries: [id: number, end: number, lag?: number][]) =>
  entries.map(([id, logEndOffset, lag = 0]) => ({
    id: id as BrokerId,
    logEndOffset,
    logStartOffset: 0,
    lastCaughtUpMs: NOW - lag,
  }))

const common = { nowMs: NOW, maxLagMs: 30_000 }

describe('highWatermarkOf', () => {
  const cases: {
    it: string
    isr: number[]
    expandTo?: number[]
    shrinkTo?: number[]
    followers: [number, number, number?][]
    dead?: number[]
    minIsr?: number
    end: number
    expected: number | null
  }[] = [
    { it: 'is the end of a lone leader', isr: [1], followers: [], end: 100, expected: 100 },
    {
      it: 'is the lowest end in the ISR',
      isr: [1, 2, 3],
      followers: [
        [2, 90],
        [3, 95],
      ],
      end: 100,
      expected: 90,
    },
    {
      it: 'waits for a candidate that is caught up within the lag',
      isr: [1, 2],
      followers: [
        [2, 100],
        [3, 95],
      ],
      end: 100,
      expected: 95,
    },
    {
      it: 'does not wait for a candidate behind the lag',
      isr: [1, 2],
      followers: [
        [2, 100],
        [3, 95, 30_001],
      ],
      end: 100,
      expected: 100,
    },
    {
      it: 'does not wait for a candidate that is not alive',
      isr: [1, 2],
      followers: [
        [2, 100],
        [3, 95],
      ],
      dead: [3],
      end: 100,
      expected: 100,
    },
    {
      it: 'waits for a member however far behind',
      isr: [1, 2],
      followers: [[2, 5, 99_000]],
      end: 100,
      expected: 5,
    },
    {
      it: 'counts a member that is about to join',
      isr: [1, 2],
      expandTo: [1, 2, 3],
      followers: [
        [2, 100],
        [3, 60, 99_000],
      ],
      end: 100,
      expected: 60,
    },
    {
      it: 'counts a member that is about to leave',
      isr: [1, 2],
      shrinkTo: [1],
      followers: [[2, 50, 99_000]],
      end: 100,
      expected: 50,
    },
    {
      it: 'stands still below the minimum',
      isr: [1],
      followers: [[2, 100, 99_000]],
      minIsr: 2,
      end: 100,
      expected: null,
    },
    {
      it: 'does not go beyond a follower that has not fetched yet',
      isr: [1, 2],
      followers: [[2, -1]],
      end: 100,
      expected: -1,
    },
  ]
  for (const test of cases) {
    it(test.it, () => {
      let state = settledIsr(ids(...test.isr), EPOCH)
      if (test.expandTo) state = proposedIsr(state, { kind: 'expand', inSyncReplicas: ids(...test.expandTo) })
      if (test.shrinkTo) state = proposedIsr(state, { kind: 'shrink', inSyncReplicas: ids(...test.shrinkTo) })
      const watermark = highWatermarkOf(state, followers(...test.followers), {
        ...common,
        leaderEndOffset: test.end,
        minIsr: test.minIsr ?? 1,
        isAlive: (id) => !(test.dead ?? []).includes(id),
      })
      expect(watermark).to.equal(test.expected)
    })
  }
})

describe('laggards', () => {
  const state = settledIsr(ids(1, 2, 3), EPOCH)
  const end = { ...common, leaderEndOffset: 100 }

  it('are members that were not caught up for longer than the limit', () => {
    expect(laggards(state, followers([2, 99, 30_001], [3, 99, 30_000]), end)).to.deep.equal([2])
  })
  it('are not those who have everything, however long ago they fetched it', () => {
    expect(laggards(state, followers([2, 100, 99_000], [3, 100, 99_000]), end)).to.deep.equal([])
  })
  it('are not those outside the ISR', () => {
    expect(laggards(settledIsr(ids(1, 2), EPOCH), followers([3, 0, 99_000]), end)).to.deep.equal([])
  })
})

describe('mayJoin', () => {
  const [follower] = followers([3, 100])
  const state = settledIsr(ids(1, 2), EPOCH)
  const options = { highWatermark: 90, epochStartOffset: 80, isAlive: true }

  it('lets in a live follower that has everything committed', () => {
    expect(mayJoin(state, follower!, options)).to.equal(true)
  })
  const refusals = {
    'that is below the watermark': { ...options, highWatermark: 101 },
    'that is below the start of this epoch': { ...options, epochStartOffset: 101 },
    'that is not alive': { ...options, isAlive: false },
  }
  for (const [who, refused] of Object.entries(refusals)) {
    it(`keeps out a follower ${who}`, () => expect(mayJoin(state, follower!, refused)).to.equal(false))
  }
  it('keeps out everybody while a change is under way', () => {
    const pending = proposedIsr(state, { kind: 'shrink', inSyncReplicas: ids(1) })
    expect(mayJoin(pending, follower!, options)).to.equal(false)
  })
  it('keeps out who is in already', () => {
    expect(mayJoin(settledIsr(ids(1, 3), EPOCH), follower!, options)).to.equal(false)
  })
})

describe('effectiveMinIsr', () => {
  it('is never more than there are replicas', () => {
    expect([effectiveMinIsr(2, 3), effectiveMinIsr(3, 1)]).to.deep.equal([2, 1])
  })
})
