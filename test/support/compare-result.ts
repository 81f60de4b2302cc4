import type { ContenderName } from '../../src/cli/offsets/compare/contender.ts'
import { figureOf, type CompareResult, type ContenderResult } from '../../src/cli/offsets/compare/result.ts'

/** What one store did, of which a test says what it is about. */
export function aContender(
  contender: ContenderName,
  more: {
    readonly saturation?: number
    readonly p99?: number
    readonly othersP99?: number
    readonly rest?: Partial<ContenderResult>
  } = {},
): ContenderResult {
  return {
    contender,
    saturation: figureOf([more.saturation ?? 1000]),
    p50: figureOf([1]),
    p99: figureOf([more.p99 ?? 4]),
    failures: 0,
    cdf: [
      [0.5, 0],
      [1, 50],
      [4, 100],
    ],
    rates: [
      { perSecond: 100, done: 100, p50: 1, p99: 3 },
      { perSecond: 900, done: 890, p50: 2, p99: 30 },
    ],
    fsyncsPerSecond: null,
    packetsPerCommit: 1.04,
    othersP99: figureOf([more.othersP99 ?? 2]),
    zombie: { isAccepted: contender !== 'kafka', error: contender === 'kafka' ? 'ILLEGAL_GENERATION' : null },
    ...more.rest,
  }
}

/** 40 groups that commit 120 partitions every 5 s: 8 commits per second. */
export function aComparison(
  contenders: readonly ContenderResult[],
  more: Partial<CompareResult> = {},
): CompareResult {
  return {
    startedAt: '2024-05-01T10:00:00.000Z',
    setup: { ensemble: 'zk1:2181', brokers: '3' },
    load: { groups: 40, partitions: 120, everyMs: 5000, source: 'as given' },
    repeats: 1,
    secondsEach: 5,
    quietP99: 1,
    contenders,
    faults: [],
    ...more,
  }
}
