import { percentile } from '../experiment/thresholds.ts'
import type { ActivityResult, DrillResult, Verdict } from '../run/drill-result.ts'
import type { ThresholdResult, Times } from '../run/judge.ts'
import type { TimelineEvent } from '../run/recorder.ts'
import type { LaneTruth } from '../workload/ledger.ts'

/** A quarter of a second of a run. */
export interface Slice {
  readonly atMs: number
  readonly acknowledged: number
  readonly failed: number
  /** Null where nothing came back. */
  readonly p50: number | null
  readonly p99: number | null
}

/** What a report shows of one run; small enough to be kept, and compared with later ones. */
export interface ReportData {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly level: number
  readonly number: number | null
  readonly symptom: string
  readonly good: string
  readonly verdict: Verdict
  readonly reason: string
  readonly startedAt: string
  readonly wallMs: number
  readonly brokers: string
  readonly brokerCount: number
  readonly zookeepers: number
  readonly version: string
  readonly node: string
  readonly isMutated: boolean
  readonly mutation: string
  readonly topology: string | null
  readonly faultMs: number | null
  readonly endMs: number
  readonly times: Times
  readonly thresholds: readonly ThresholdResult[]
  readonly truth: readonly LaneTruth[]
  readonly steps: readonly ActivityResult[]
  readonly rollbacks: readonly ActivityResult[]
  readonly events: readonly TimelineEvent[]
  readonly slices: readonly Slice[]
  readonly gauges: readonly {
    atMs: number
    offline: number
    urp: number
    underMin: number
    lag: number
    zk: number
  }[]
}

export interface ReportContext {
  readonly name: string
  readonly version: string
  readonly node: string
  readonly isMutated: boolean
  readonly topology: string | null
}

const SLICE_MS = 250
/** Longer runs are shown in coarser slices: charts have so many points at most. */
const MAX_SLICES = 2400

export function reportData(result: DrillResult, context: ReportContext): ReportData {
  const [extension] = result.experiment.extensions
  return {
    ...context,
    title: result.experiment.title,
    description: result.experiment.description,
    level: extension.level,
    number: extension.number ?? null,
    symptom: extension.coach.symptom,
    good: extension.coach.good,
    verdict: result.verdict,
    reason: result.reason,
    startedAt: new Date(result.startedMs).toISOString(),
    wallMs: result.wallMs,
    brokers: result.brokerName,
    brokerCount: extension.sandbox.brokers,
    zookeepers: result.zookeepers,
    mutation: extension.mutation.title,
    faultMs: result.faultMs,
    endMs: result.endMs,
    times: result.times,
    thresholds: result.thresholds,
    truth: result.truth,
    steps: result.run,
    rollbacks: result.rollbacks,
    events: result.events,
    slices: slicesOf(result),
    gauges: result.samples.map((each) => ({
      atMs: each.atMs,
      offline: each.offline,
      urp: each.underReplicated,
      underMin: each.underMinInSync,
      lag: each.lag,
      zk: each.controller === null ? 0 : 1,
    })),
  }
}

function slicesOf({ deliveries, samples }: DrillResult): Slice[] {
  const lastMs = Math.max(deliveries.at(-1)?.doneMs ?? 0, samples.at(-1)?.atMs ?? 0)
  const sliceMs = Math.max(SLICE_MS, Math.ceil(lastMs / MAX_SLICES))
  const slices = Array.from({ length: Math.ceil(lastMs / sliceMs) }, () => ({
    latencies: [] as number[],
    failed: 0,
  }))
  for (const { doneMs, dueMs, error } of deliveries) {
    const slice = slices[Math.floor(doneMs / sliceMs)]
    if (error !== null && slice !== undefined) slice.failed++
    else slice?.latencies.push(doneMs - dueMs)
  }
  return slices.map(({ latencies, failed }, index) => {
    latencies.sort((one, other) => one - other)
    const isEmpty = latencies.length === 0
    return {
      atMs: index * sliceMs,
      acknowledged: latencies.length,
      failed,
      p50: isEmpty ? null : Math.round(percentile(latencies, 50) * 10) / 10,
      p99: isEmpty ? null : Math.round(percentile(latencies, 99) * 10) / 10,
    }
  })
}
