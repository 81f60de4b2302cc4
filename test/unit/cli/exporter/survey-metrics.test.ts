import { expect } from 'chai'
import { showEnsemble } from '../../../../src/cli/exporter/ensemble-metrics.ts'
import { showSurvey } from '../../../../src/cli/exporter/survey-metrics.ts'
import type { GroupPosition, Survey } from '../../../../src/cli/exporter/survey.ts'
import { exposition } from '../../../../src/metrics/prometheus.ts'
import { createMetrics, type Metrics } from '../../../../src/metrics/registry.ts'
import { FakeClock } from '../../../fakes/clock.ts'
import { parseExposition } from '../../../support/parse-exposition.ts'

const NOW_MS = 1_000_000

function aPosition(partition: number, offset: number, oldestMs: number | null = null): GroupPosition {
  return { topic: 'orders', partition, offset, oldestMs }
}

/** Two partitions with the offsets 10 to 100, one whose topic nobody leads. */
function aSurvey(positions: readonly GroupPosition[], more: Partial<Survey> = {}): Survey {
  const ends = [0, 1].map((partition) => ({ topic: 'orders', partition, leader: 1, start: 10, end: 100 }))
  return {
    takenMs: NOW_MS,
    ends: new Map(ends.map((each) => [`orders-${each.partition}`, each])),
    groups: [{ groupId: 'readers', members: 2, positions }],
    legacy: [],
    ...more,
  }
}

/** Values by metric, with the labels that tell them apart. */
function shown(fill: (metrics: Metrics) => void): (name: string) => Record<string, number> {
  const metrics = createMetrics({ clock: new FakeClock() })
  fill(metrics)
  const parsed = parseExposition([...exposition(metrics, { includes: () => true })].join(''))
  return (name) =>
    Object.fromEntries(
      (parsed.get(name)?.samples ?? []).map(({ labels, value }) => [Object.values(labels).join(' '), value]),
    )
}

describe('what a survey shows', () => {
  const of = (survey: Survey | null) => shown((metrics) => showSurvey(metrics, () => survey))

  it('the ends of logs and the members of groups', () => {
    const value = of(aSurvey([]))
    expect(value('kafka_topic_partition_current_offset')).to.deep.equal({ 'orders 0': 100, 'orders 1': 100 })
    expect(value('kafka_topic_partition_oldest_offset')).to.deep.equal({ 'orders 0': 10, 'orders 1': 10 })
    expect(value('kafka_consumergroup_members')).to.deep.equal({ readers: 2 })
  })

  it('lag by partition and its sums', () => {
    const value = of(aSurvey([aPosition(0, 40), aPosition(1, 100)]))
    expect(value('kafka_consumergroup_current_offset')).to.deep.equal({
      'readers orders 0': 40,
      'readers orders 1': 100,
    })
    expect(value('kafka_consumergroup_lag')).to.deep.equal({ 'readers orders 0': 60, 'readers orders 1': 0 })
    expect(value('kafka_consumergroup_current_offset_sum')).to.deep.equal({ 'readers orders': 140 })
    expect(value('kafka_consumergroup_lag_sum')).to.deep.equal({ 'readers orders': 60 })
  })

  it('-1 where a member has committed nothing, which counts in no sum', () => {
    const value = of(aSurvey([aPosition(0, -1), aPosition(1, 90)]))
    expect(value('kafka_consumergroup_lag')).to.deep.equal({ 'readers orders 0': -1, 'readers orders 1': 10 })
    expect(value('kafka_consumergroup_current_offset')).to.deep.equal({ 'readers orders 1': 90 })
    expect(value('kafka_consumergroup_lag_sum')).to.deep.equal({ 'readers orders': 10 })
  })

  it('no negative lag of a group that is ahead of the end that was heard before', () => {
    expect(of(aSurvey([aPosition(0, 120)]))('kafka_consumergroup_lag')).to.deep.equal({
      'readers orders 0': 0,
    })
  })

  it('no lag in partitions that nobody leads', () => {
    const value = of(aSurvey([aPosition(7, 5)]))
    expect(value('kafka_consumergroup_lag')).to.deep.equal({})
    expect(value('kafka_consumergroup_current_offset')).to.deep.equal({ 'readers orders 7': 5 })
  })

  it('the age of the oldest record that is not committed, the worst over the partitions', () => {
    const worst = aSurvey([aPosition(0, 40, NOW_MS - 5000), aPosition(1, 99, NOW_MS - 9000)])
    expect(of(worst)('zurau_consumergroup_lag_seconds')).to.deep.equal({ 'readers orders': 9 })
    expect(of(aSurvey([aPosition(0, 100)]))('zurau_consumergroup_lag_seconds')).to.deep.equal({
      'readers orders': 0,
    })
    expect(of(aSurvey([aPosition(0, 40)]))('zurau_consumergroup_lag_seconds'), 'nobody knows').to.deep.equal(
      {},
    )
  })

  it('groups of the old kind under their own name', () => {
    const value = of(aSurvey([], { legacy: [{ groupId: 'old', members: 0, positions: [aPosition(0, 30)] }] }))
    expect(value('kafka_consumergroupzookeeper_lag_zookeeper')).to.deep.equal({ 'old orders 0': 70 })
    expect(value('kafka_consumergroup_lag')).to.deep.equal({})
  })

  it('nothing when there is none', () => {
    const value = of(null)
    expect(value('kafka_topic_partition_current_offset')).to.deep.equal({})
    expect(value('kafka_consumergroup_lag_sum')).to.deep.equal({})
  })
})

describe('what an ensemble shows', () => {
  it('how each server is, by its own account, and how many answer', () => {
    const counters = new Map([
      ['zk_avg_latency', 0.5],
      ['zk_outstanding_requests', 3],
      ['zk_num_alive_connections', 4],
      ['zk_znode_count', 55],
      ['zk_watch_count', 21],
    ])
    const value = shown((metrics) =>
      showEnsemble(metrics, () => [
        { server: 'zk1:2181', counters },
        { server: 'zk2:2181', counters: null },
      ]),
    )
    expect(value('zookeeper_avgrequestlatency')).to.deep.equal({ 'zk1:2181': 0.5 })
    expect(value('zookeeper_inmemorydatatree_watchcount')).to.deep.equal({ 'zk1:2181': 21 })
    expect(value('zookeeper_quorumsize')).to.deep.equal({ '': 2 })
  })
})
