import type { Metrics } from '../../metrics/registry.ts'

/** How long commits take, and what the broker had to mend. */
export interface OffsetStoreMetrics {
  readonly repaired: { add(count: number): void }
  readonly kafkaSeconds: { record(seconds: number): void }
  readonly zooKeeperSeconds: { record(seconds: number): void }
}

export function offsetStoreMetrics(metrics: Metrics): OffsetStoreMetrics {
  const seconds = metrics.histogram('zurau_offsets_commit_seconds')
  return {
    repaired: metrics.counter('zurau_offsets_repaired_total').with(),
    kafkaSeconds: seconds.with({ store: 'kafka' }),
    zooKeeperSeconds: seconds.with({ store: 'zookeeper' }),
  }
}

/** Has the gauges ask at each scrape how far the two stores are apart. */
export function watchDrift(
  metrics: Metrics,
  repair: { readonly owedCount: number; drifts(): Iterable<readonly [group: string, drift: number]> },
): void {
  metrics
    .gauge('zurau_offsets_owed')
    .with()
    .readBy(() => repair.owedCount)
  metrics.collect('zurau_offsets_drift', (emit) => {
    for (const [group, drift] of repair.drifts()) emit(drift, { group })
  })
}
