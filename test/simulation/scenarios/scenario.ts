import { expect } from 'chai'
import type { Plan, PlannedAction } from '../plan.ts'
import { runPlan, type RunCounts } from '../run-plan.ts'

const TOPIC = 'ledger'

/** What is different from the usual: three brokers, one topic with three replicas, an idempotent producer, a reader. */
export interface ScenarioOptions {
  readonly brokers?: number
  readonly partitions?: number
  readonly durationMs?: number
  readonly settings?: Readonly<Record<string, string>>
  /** Default: acks=all alone. */
  readonly acks?: readonly (1 | -1)[]
}

export function scenarioPlan(
  seed: string,
  actions: readonly PlannedAction[],
  options: ScenarioOptions = {},
): Plan {
  const { brokers = 3, partitions = 3, durationMs = 15_000, settings = {}, acks = [-1] } = options
  return {
    seed,
    mode: brokers === 1 ? 'one-broker' : 'cluster',
    brokers,
    durationMs,
    settings: {
      'unclean.leader.election.enable': 'false',
      'auto.leader.rebalance.enable': 'false',
      ...settings,
    },
    latencyMs: [0.5, 2],
    chunking: 'sent',
    tickTimeMs: 500,
    clockRates: {},
    topics: [
      {
        name: TOPIC,
        partitions,
        replicationFactor: Math.min(3, brokers),
        configs: { 'min.insync.replicas': `${Math.min(2, brokers)}` },
        promise: 'kept',
      },
    ],
    workloads: [
      ...acks.map((each, i) => ({
        kind: 'producer' as const,
        name: `producer-${i + 1}`,
        topic: TOPIC,
        partitions,
        acks: each,
        everyMs: 20,
        lingerMs: 0,
        maxValueBytes: 30,
        compression: 'none' as const,
        deliveryTimeoutMs: 10_000,
      })),
      { kind: 'reader', name: 'reader', topic: TOPIC, partitions, maxVersion: 10, everyMs: 100 },
    ],
    actions: [...actions].sort((one, other) => one.atMs - other.atMs),
  }
}

/** Runs the scenario with some seeds, which decide who leads and what happens at the same time; returns the counts. */
export async function mustHold(
  name: string,
  seeds: number,
  actions: readonly PlannedAction[],
  options: ScenarioOptions = {},
): Promise<RunCounts[]> {
  const counts: RunCounts[] = []
  for (let i = 1; i <= seeds; i++) {
    const report = await runPlan(scenarioPlan(`${name} ${i}`, actions, options))
    expect(report.violations, report.trace.slice(-40).join('\n')).to.deep.equal([])
    expect(report.counts.acknowledged, 'records acknowledged').to.be.greaterThan(50)
    counts.push(report.counts)
  }
  return counts
}
