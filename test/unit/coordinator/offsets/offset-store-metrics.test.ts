import { expect } from 'chai'
import { offsetStoreMetrics, watchDrift } from '../../../../src/coordinator/offsets/offset-store-metrics.ts'
import { exposition } from '../../../../src/metrics/prometheus.ts'
import { createMetrics } from '../../../../src/metrics/registry.ts'
import { FakeClock } from '../../../fakes/clock.ts'

describe('the metrics of the offset stores', () => {
  it('show commits by store, and how far the stores are apart', () => {
    const metrics = createMetrics({ clock: new FakeClock() })
    const stores = offsetStoreMetrics(metrics)
    stores.kafkaSeconds.record(0.5)
    stores.zooKeeperSeconds.record(0.25)
    stores.repaired.add(2)
    watchDrift(metrics, { owedCount: 3, drifts: () => [['my "group"', 7]] })
    const text = [...exposition(metrics)].join('')
    expect(text).to.include('zurau_offsets_commit_seconds_count{store="kafka"} 1')
    expect(text).to.include('zurau_offsets_commit_seconds_sum{store="zookeeper"} 0.25')
    expect(text).to.include('zurau_offsets_repaired_total 2')
    expect(text).to.include('zurau_offsets_owed 3')
    expect(text).to.include('zurau_offsets_drift{group="my \\"group\\""} 7')
  })
})
