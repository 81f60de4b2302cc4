import { expect } from 'chai'
import { deletableSegments, type RetentionLimits, type RetentionSegment } from '../../../src/log/retention.ts'

const HOUR = 3_600_000

function segment(endOffset: number, sizeBytes: number, ageHours = 0): RetentionSegment {
  return { endOffset, sizeBytes, largestTimestamp: () => 100 * HOUR - ageHours * HOUR }
}

const limits: RetentionLimits = {
  retentionMs: -1,
  retentionBytes: -1,
  logStartOffset: 0,
  highWatermark: 1000,
  nowMs: 100 * HOUR,
  deletesOld: true,
}

/** Oldest first: 0-9, 10-19, 20-29 and the active one 30-. */
const log = [segment(10, 100, 30), segment(20, 100, 20), segment(30, 100, 10), segment(35, 50, 0)]

describe('retention', () => {
  const cases: [string, readonly RetentionSegment[], Partial<RetentionLimits>, number, string | null][] = [
    ['keeps everything without limits', log, {}, 0, null],
    ['lets segments below the log start go', log, { logStartOffset: 25 }, 2, 'log start offset'],
    [
      'keeps the active segment though the log starts at its end',
      log,
      { logStartOffset: 35 },
      3,
      'log start offset',
    ],
    ['lets go what is too old', log, { retentionMs: 15 * HOUR }, 2, 'age'],
    ['keeps what is just as old as allowed', log, { retentionMs: 20 * HOUR }, 1, 'age'],
    ['lets the active segment go when it is too old', [segment(10, 50, 30)], { retentionMs: HOUR }, 1, 'age'],
    ['keeps an empty active segment', [segment(0, 0, 30)], { retentionMs: HOUR }, 0, null],
    ['lets go what makes the log too large', log, { retentionBytes: 250 }, 1, 'size'],
    ['keeps a log of exactly the size', log, { retentionBytes: 350 }, 0, null],
    ['lets nothing go for less than a segment', log, { retentionBytes: 251 }, 0, null],
    ['lets all go with size 0', log, { retentionBytes: 0 }, 4, 'size'],
    ['keeps what is not on every replica', log, { retentionMs: HOUR, highWatermark: 19 }, 1, 'age'],
    [
      'stops at a segment that stays, though later ones are old',
      [segment(10, 1, 0), segment(20, 1, 50)],
      { retentionMs: HOUR },
      0,
      null,
    ],
    [
      'goes on by age behind what the log start has freed',
      [segment(10, 1, 0), segment(20, 1, 50), segment(30, 1, 0)],
      { retentionMs: HOUR, logStartOffset: 10 },
      2,
      'age',
    ],
    [
      'goes by the log start only, when the policy is to compact',
      log,
      { retentionMs: 0, retentionBytes: 0, deletesOld: false, logStartOffset: 12 },
      1,
      'log start offset',
    ],
  ]
  for (const [name, segments, changed, count, reason] of cases) {
    it(name, () => {
      expect(deletableSegments(segments, { ...limits, ...changed })).to.deep.equal({ count, reason })
    })
  }

  it('does not ask for timestamps that do not matter', () => {
    const silent = { ...segment(10, 100), largestTimestamp: () => expect.fail('asked') }
    expect(deletableSegments([silent, silent], { ...limits, retentionBytes: 1000 }).count).to.equal(0)
  })
})
