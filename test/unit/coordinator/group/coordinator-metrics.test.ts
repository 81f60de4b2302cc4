import { expect } from 'chai'
import {
  coordinatorMetrics,
  countGroups,
  LoadTimes,
} from '../../../../src/coordinator/group/coordinator-metrics.ts'
import { exposition } from '../../../../src/metrics/prometheus.ts'
import { createMetrics, type Metrics } from '../../../../src/metrics/registry.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { GroupWorld } from '../../../support/group-world.ts'

/** The value of a metric without labels, as a scrape shows it. */
function scraped(metrics: Metrics, name: string): string | undefined {
  const text = [...exposition(metrics)].join('')
  return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]
}

const gauge = (state: string): string => `kafka_coordinator_group_groupmetadatamanager_num${state}`

describe('the metrics of the group coordinator', () => {
  it('count groups by their states, and offsets', async () => {
    const world = await GroupWorld.ready({ partitionCount: 3 })
    const metrics = createMetrics({ clock: world.clock })
    countGroups(metrics, () => world.coordinator.shards())
    await world.stable(1, { groupId: 'stable' })
    await world.stable(1, { groupId: 'preparing' })
    void world.join({ groupId: 'preparing' })
    await world.commit({ groupId: 'empty' })
    await world.commit({ groupId: 'other' })
    expect(
      ['groups', 'groupsstable', 'groupspreparingrebalance', 'groupscompletingrebalance', 'groupsempty'].map(
        (state) => scraped(metrics, gauge(state)),
      ),
    ).to.deep.equal(['4', '1', '1', '0', '2'])
    expect(scraped(metrics, gauge('offsets'))).to.equal('2')
  })

  it('follow groups that go, also with their partition', async () => {
    const world = await GroupWorld.ready()
    const metrics = createMetrics({ clock: world.clock })
    countGroups(metrics, () => world.coordinator.shards())
    await world.commit({ groupId: 'a' })
    await world.commit({ groupId: 'b' })
    world.coordinator.deleteGroup('a')
    expect(scraped(metrics, gauge('groups'))).to.equal('1')
    world.coordinator.onResigned(world.partitionOf('b'), null)
    expect(scraped(metrics, gauge('groups'))).to.equal('0')
  })

  it('count what happens', () => {
    const metrics = createMetrics({ clock: new FakeClock() })
    const counted = coordinatorMetrics(metrics)
    counted.offsetCommits.add(3)
    counted.completedRebalances.add(1)
    expect(scraped(metrics, 'kafka_server_group_coordinator_metrics_offset_commit_count')).to.equal('3')
    expect(
      scraped(metrics, 'kafka_server_group_coordinator_metrics_group_completed_rebalance_count'),
    ).to.equal('1')
  })

  it('remember loads for five minutes', async () => {
    const clock = new FakeClock()
    const times = new LoadTimes(clock, createMetrics({ clock }))
    expect(times.max).to.be.NaN
    times.record(100)
    await clock.advance(200_000)
    times.record(50)
    expect([times.max, times.average]).to.deep.equal([100, 75])
    await clock.advance(200_000)
    expect([times.max, times.average]).to.deep.equal([50, 50])
    await clock.advance(200_000)
    expect(times.average).to.be.NaN
  })
})
