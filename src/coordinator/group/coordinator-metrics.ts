import type { Metrics } from '../../metrics/registry.ts'
import type { Clock } from '../../platform/clock.ts'
import { GROUP_STATES, type GroupCensus, type GroupState } from './group-states.ts'

/** What happens to groups and offsets, counted. */
export interface CoordinatorMetrics {
  readonly offsetCommits: { add(count: number): void }
  readonly offsetExpirations: { add(count: number): void }
  readonly offsetDeletions: { add(count: number): void }
  readonly completedRebalances: { add(count: number): void }
}

export function coordinatorMetrics(metrics: Metrics): CoordinatorMetrics {
  return {
    offsetCommits: metrics.counter('kafka_server_group_coordinator_metrics_offset_commit_count').with(),
    offsetExpirations: metrics
      .counter('kafka_server_group_coordinator_metrics_offset_expiration_count')
      .with(),
    offsetDeletions: metrics.counter('kafka_server_group_coordinator_metrics_offset_deletion_count').with(),
    completedRebalances: metrics
      .counter('kafka_server_group_coordinator_metrics_group_completed_rebalance_count')
      .with(),
  }
}

/** What the gauges are read from. */
export interface CountedShard {
  readonly census: Readonly<GroupCensus>
  readonly offsetCount: number
}

/** Has the gauges count groups and offsets at each scrape. */
export function countGroups(metrics: Metrics, shards: () => Iterable<CountedShard>): void {
  const groupsIn = (states: readonly GroupState[]): number => {
    let count = 0
    for (const { census } of shards()) for (const state of states) count += census[state]
    return count
  }
  const offsets = (): number => {
    let count = 0
    for (const { offsetCount } of shards()) count += offsetCount
    return count
  }
  const gauges = [
    [metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numgroups'), GROUP_STATES],
    [metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numgroupsempty'), ['Empty']],
    [metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numgroupsstable'), ['Stable']],
    [metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numgroupsdead'), ['Dead']],
    [
      metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance'),
      ['PreparingRebalance'],
    ],
    [
      metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance'),
      ['CompletingRebalance'],
    ],
  ] as const
  for (const [gauge, states] of gauges) gauge.with().readBy(() => groupsIn(states))
  metrics.gauge('kafka_coordinator_group_groupmetadatamanager_numoffsets').with().readBy(offsets)
}

const WINDOW_MS = 300_000

/** How long partitions took to load, of the loads in the last five minutes. */
export class LoadTimes {
  private readonly clock: Clock
  /** Oldest first; a partition is not loaded many times in five minutes. */
  private recent: { readonly endedMs: number; readonly loadMs: number }[] = []

  constructor(clock: Clock, metrics: Metrics) {
    this.clock = clock
    metrics
      .gauge('kafka_server_group_coordinator_metrics_partition_load_time_max')
      .with()
      .readBy(() => this.max)
    metrics
      .gauge('kafka_server_group_coordinator_metrics_partition_load_time_avg')
      .with()
      .readBy(() => this.average)
  }

  record(loadMs: number): void {
    this.forgetOld()
    this.recent.push({ endedMs: this.clock.monotonicMs(), loadMs })
  }

  /** NaN when nothing was loaded. */
  get max(): number {
    this.forgetOld()
    if (this.recent.length === 0) return NaN
    return this.recent.reduce((most, { loadMs }) => Math.max(most, loadMs), 0)
  }

  /** NaN when nothing was loaded. */
  get average(): number {
    this.forgetOld()
    return this.recent.reduce((sum, { loadMs }) => sum + loadMs, 0) / this.recent.length
  }

  private forgetOld(): void {
    const since = this.clock.monotonicMs() - WINDOW_MS
    if ((this.recent[0]?.endedMs ?? since) < since) {
      this.recent = this.recent.filter(({ endedMs }) => endedMs >= since)
    }
  }
}
