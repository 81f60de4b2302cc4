import type { Metrics } from '../../metrics/registry.ts'

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
