import type { ThresholdSpec } from '../experiment/experiment.ts'
import { aggregateOf, holds, parseThreshold, type MetricValue } from '../experiment/thresholds.ts'
import type { LaneName, LaneTruth } from '../workload/ledger.ts'
import type { Delivery } from '../workload/workload.ts'
import type { Sample, TimelineEvent } from './recorder.ts'

/** Everything that was seen of a run, on one clock. */
export interface Evidence {
  readonly deliveries: readonly Delivery[]
  readonly samples: readonly Sample[]
  readonly events: readonly TimelineEvent[]
  readonly truth: readonly LaneTruth[]
  readonly partitions: number
  /** When the steady state had been seen, the first fault was injected (null: none), and the method was over. */
  readonly startMs: number
  readonly faultMs: number | null
  readonly endMs: number
  readonly measured: ReadonlyMap<string, number>
}

export interface ThresholdResult {
  readonly metric: string
  readonly threshold: string
  readonly window: 'run' | 'fault'
  readonly value: number
  readonly holds: boolean
}

/** Times that a report names, milliseconds from the first fault; null: it did not happen. */
export interface Times {
  readonly detectMs: number | null
  readonly serveAgainMs: number | null
  readonly replicatedMs: number | null
}

/** The metrics that thresholds may name. */
export const METRICS = [
  'acked_lost',
  'acked_lost_acks_1',
  'duplicated',
  'reordered',
  'failed',
  'unread',
  'produce_ms',
  'produce_acks_1_ms',
  'produce_errors',
  'write_gap_ms',
  'write_gap_acks_1_ms',
  'offline_seconds',
  'urp_seconds',
  'under_min_isr_seconds',
  'no_controller_seconds',
  'no_zookeeper_seconds',
  'controller_changes',
  'leader_changes',
  'isr_shrinks',
  'isr_expands',
  'sessions_lost',
  'surprising_deaths',
  'lag_records',
  'detect_ms',
  'serve_again_ms',
  'replicated_ms',
] as const

export function isMetric(name: string): boolean {
  return (METRICS as readonly string[]).includes(name) || name.startsWith('measured_')
}

/** A pause in writing that is no longer normal. */
const NOTICEABLE_GAP_MS = 500
const NOTICEABLE_LATENCY_MS = 1000

export function judge(
  evidence: Evidence,
  thresholds: Readonly<Record<string, readonly (string | ThresholdSpec)[]>>,
): ThresholdResult[] {
  return Object.entries(thresholds).flatMap(([metric, rules]) =>
    rules.map((rule) => {
      const { threshold, window = 'run' } = typeof rule === 'string' ? { threshold: rule } : rule
      const parsed = parseThreshold(threshold)
      const value = parsed === null ? NaN : aggregateOf(metricOf(evidence, metric, window), parsed)
      return { metric, threshold, window, value, holds: parsed !== null && holds(value, parsed) }
    }),
  )
}

export function timesOf(evidence: Evidence): Times {
  const { faultMs, samples, deliveries } = evidence
  if (faultMs === null) return { detectMs: null, serveAgainMs: null, replicatedMs: null }
  const after = samples.filter(({ atMs }) => atMs >= faultMs)
  const before = samples.filter(({ atMs }) => atMs < faultMs).at(-1)
  const symptoms = [
    after.find(
      (each) => each.offline > 0 || each.underReplicated > 0 || each.controller !== before?.controller,
    )?.atMs,
    deliveries.find((each) => each.doneMs >= faultMs && each.doneMs - each.dueMs > NOTICEABLE_LATENCY_MS)
      ?.doneMs,
    deliveries.find((each) => each.doneMs >= faultMs && each.error !== null)?.doneMs,
  ].filter((each) => each !== undefined)
  const longest = gaps(evidence, 'all', faultMs).sort((one, other) => other.ms - one.ms)[0]
  const lastShort = after.findLastIndex(({ underReplicated }) => underReplicated > 0)
  const full = lastShort < 0 ? undefined : after[lastShort + 1]
  return {
    detectMs: symptoms.length === 0 ? null : Math.round(Math.min(...symptoms) - faultMs),
    serveAgainMs:
      longest === undefined || longest.ms < NOTICEABLE_GAP_MS ? null : Math.round(longest.endMs - faultMs),
    replicatedMs: full === undefined ? null : Math.round(full.atMs - faultMs),
  }
}

function metricOf(evidence: Evidence, name: string, window: 'run' | 'fault'): MetricValue {
  const fromMs = window === 'fault' ? (evidence.faultMs ?? Infinity) : evidence.startMs
  const { endMs, events, truth, deliveries, samples } = evidence
  const within = ({ atMs }: { readonly atMs: number }): boolean => atMs >= fromMs && atMs <= endMs
  const eventCount = (isOne: (event: TimelineEvent) => boolean): MetricValue =>
    number(events.filter((event) => within(event) && isOne(event)).length)
  const sum = (valueOf: (lane: LaneTruth) => number): MetricValue =>
    number(truth.length === 0 ? NaN : truth.reduce((total, lane) => total + valueOf(lane), 0))
  const seconds = (isSo: (sample: Sample) => boolean): MetricValue =>
    number(secondsOf(samples.filter(within), isSo))
  const delivered = deliveries.filter(({ doneMs }) => doneMs >= fromMs && doneMs <= endMs)
  const latencies = (lane: LaneName): MetricValue => ({
    kind: 'trend',
    values: delivered
      .filter((each) => each.lane === lane && each.error === null)
      .map(({ doneMs, dueMs }) => doneMs - dueMs),
  })
  const times = timesOf(evidence)
  switch (name) {
    case 'acked_lost':
      return lost(truth, 'all')
    case 'acked_lost_acks_1':
      return lost(truth, '1')
    case 'duplicated':
      return sum((lane) => (lane.lane === 'all' ? lane.duplicated : 0))
    case 'reordered':
      return sum((lane) => (lane.lane === 'all' ? lane.reordered : 0))
    case 'failed':
      return sum(({ failed }) => failed)
    case 'unread':
      return sum(({ sent, read }) => sent - read)
    case 'produce_ms':
      return latencies('all')
    case 'produce_acks_1_ms':
      return latencies('1')
    case 'produce_errors':
      return { kind: 'trend', values: delivered.map(({ error }) => (error === null ? 0 : 1)) }
    case 'write_gap_ms':
      return { kind: 'trend', values: gaps(evidence, 'all', fromMs).map(({ ms }) => ms) }
    case 'write_gap_acks_1_ms':
      return { kind: 'trend', values: gaps(evidence, '1', fromMs).map(({ ms }) => ms) }
    case 'offline_seconds':
      return seconds(({ offline }) => offline > 0)
    case 'urp_seconds':
      return seconds(({ underReplicated }) => underReplicated > 0)
    case 'under_min_isr_seconds':
      return seconds(({ underMinInSync }) => underMinInSync > 0)
    case 'no_controller_seconds':
      return seconds(({ controller }) => controller === null)
    case 'no_zookeeper_seconds': {
      let total = 0
      let sinceMs: number | null = null
      for (const event of events.filter((each) => each.kind === 'zookeeper')) {
        if (event.text.endsWith('does not answer')) sinceMs ??= event.atMs
        else if (sinceMs !== null) {
          total += event.atMs - sinceMs
          sinceMs = null
        }
      }
      return number((total + (sinceMs === null ? 0 : endMs - sinceMs)) / 1000)
    }
    case 'controller_changes':
      return eventCount(({ kind, text }) => kind === 'controller' && !text.includes('nobody'))
    case 'leader_changes':
      return eventCount(({ kind }) => kind === 'election')
    case 'isr_shrinks':
      return eventCount(({ kind, text }) => kind === 'isr' && text.includes('shrank'))
    case 'isr_expands':
      return eventCount(({ kind, text }) => kind === 'isr' && text.includes('grew'))
    case 'sessions_lost':
      return eventCount(
        ({ kind, text }) => kind === 'session' && (text.includes('gone') || text.includes('anew')),
      )
    case 'surprising_deaths':
      return eventCount(({ kind }) => kind === 'process')
    case 'lag_records':
      return { kind: 'trend', values: samples.filter(within).map(({ lag }) => lag) }
    case 'detect_ms':
      return number(times.detectMs ?? NaN)
    case 'serve_again_ms':
      return number(times.serveAgainMs ?? NaN)
    case 'replicated_ms':
      return number(times.replicatedMs ?? NaN)
    default:
      return number(evidence.measured.get(name.replace(/^measured_/, '')) ?? NaN)
  }
}

function number(value: number): MetricValue {
  return { kind: 'number', value }
}

function lost(truth: readonly LaneTruth[], name: LaneName): MetricValue {
  return number(truth.find(({ lane }) => lane === name)?.lost ?? NaN)
}

function secondsOf(samples: readonly Sample[], isSo: (sample: Sample) => boolean): number {
  let ms = 0
  for (const [index, sample] of samples.entries()) {
    const next = samples[index + 1]
    if (next !== undefined && isSo(sample)) ms += next.atMs - sample.atMs
  }
  return ms / 1000
}

/** The times between one acknowledgement and the next, of each partition. */
function gaps(evidence: Evidence, lane: LaneName, fromMs: number): { ms: number; endMs: number }[] {
  const last = new Map<number, number>()
  const found: { ms: number; endMs: number }[] = []
  for (let partition = 0; partition < evidence.partitions; partition++) last.set(partition, fromMs)
  for (const { doneMs, lane: of, partition, error } of evidence.deliveries) {
    if (of !== lane || error !== null || doneMs < fromMs || doneMs > evidence.endMs) continue
    found.push({ ms: doneMs - (last.get(partition) ?? fromMs), endMs: doneMs })
    last.set(partition, doneMs)
  }
  for (const lastMs of last.values())
    found.push({ ms: Math.max(0, evidence.endMs - lastMs), endMs: evidence.endMs })
  return found
}
