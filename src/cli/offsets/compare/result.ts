import type { ContenderName } from './contender.ts'
import type { Fencing } from './fencing.ts'
import type { ReaderLoad } from './reader-load.ts'

/** A figure that was taken several times. */
export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].filter((value) => !Number.isNaN(value)).sort((one, other) => one - other)
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN
  return { median: middle, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN }
}

/** A rate that was tried in the open loop, and how long commits took. */
export interface RatePoint {
  readonly perSecond: number
  readonly done: number
  readonly p50: number
  readonly p99: number
}

export interface ContenderResult {
  readonly contender: ContenderName
  /** Commits per second in the closed loop. */
  readonly saturation: Figure
  /** At the reader's own rate, milliseconds. */
  readonly p50: Figure
  readonly p99: Figure
  readonly failures: number
  /** The distribution at the reader's own rate: [milliseconds, percent]. */
  readonly cdf: readonly (readonly [number, number])[]
  readonly rates: readonly RatePoint[]
  /** Per commit, while saturated; null where the ensemble does not tell. */
  readonly fsyncsPerSecond: number | null
  readonly packetsPerCommit: number | null
  /** What a small write of somebody else took meanwhile, milliseconds. */
  readonly othersP99: Figure
  readonly zombie: Fencing | null
}

export interface FaultResult {
  readonly name: string
  readonly command: string
  readonly gaps: readonly {
    readonly contender: ContenderName
    /** The longest time without a commit that succeeded. */
    readonly ms: number
    readonly failures: number
    /** Groups whose last acknowledged offset was not there any more. */
    readonly lost: number
  }[]
}

export interface CompareResult {
  readonly startedAt: string
  readonly setup: Readonly<Record<string, string>>
  readonly load: ReaderLoad
  readonly repeats: number
  readonly secondsEach: number
  /** What a small write took with nothing else going on. */
  readonly quietP99: number
  readonly contenders: readonly ContenderResult[]
  readonly faults: readonly FaultResult[]
}
