import { expect } from 'chai'
import { MAX_SCRAPES, metricsRoute } from '../../../src/http/metrics.ts'
import { HttpError, type HttpAnswer, type HttpRequest } from '../../../src/http/route.ts'
import { createMetrics } from '../../../src/metrics/registry.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { parseExposition } from '../../support/parse-exposition.ts'

type Body = AsyncIterableIterator<string>

function aMetricsSide() {
  const clock = new FakeClock()
  const metrics = createMetrics({ clock })
  metrics.gauge('kafka_brokers').with().set(3)
  metrics.gauge('kafka_log_log_size').with({ topic: 'a', partition: 0 })
  metrics.gauge('kafka_topic_partition_leader').with({ topic: 'a', partition: 0 })
  metrics.gauge('kafka_server_replicamanager_leadercount').with()
  const role = { showPartitions: true, isController: false }
  const route = metricsRoute({
    clock,
    metrics,
    showPartitions: () => role.showPartitions,
    isController: () => role.isController,
  })
  const get = (query: HttpRequest['query'] = {}): HttpAnswer =>
    route.answer({ path: '/metrics', query }) as HttpAnswer
  const names = async (query: HttpRequest['query'] = {}): Promise<string[]> => {
    const read = async (): Promise<string> => {
      let text = ''
      for await (const piece of get(query).body as Body) text += piece
      return text
    }
    return [...parseExposition(await clock.until(read())).keys()]
  }
  return { clock, metrics, role, get, names }
}

describe('metrics route', () => {
  it('shows partitions, and leaves the cluster to the controller', async () => {
    const { names, role } = aMetricsSide()
    const own = ['kafka_server_replicamanager_leadercount', 'kafka_log_log_size']
    const cluster = ['kafka_brokers', 'kafka_topic_partition_leader']
    expect(await names()).to.deep.equal(own)
    expect(await names({ cluster: '1' })).to.deep.equal([...own, ...cluster])
    role.isController = true
    expect(await names()).to.deep.equal([...own, ...cluster])
    expect(await names({ cluster: '0' })).to.deep.equal([...own, ...cluster])
  })

  it('leaves out series per partition where they are switched off', async () => {
    const { names, role } = aMetricsSide()
    role.showPartitions = false
    expect(await names({ cluster: '1' })).to.deep.equal([
      'kafka_server_replicamanager_leadercount',
      'kafka_brokers',
    ])
  })

  it('lets the event loop turn between two pieces', async () => {
    const { get, metrics, clock } = aMetricsSide()
    for (let partition = 0; partition < 2_000; partition++) {
      metrics.gauge('kafka_log_log_size').with({ topic: 'a-rather-long-topic-name', partition })
    }
    const body = get().body as Body
    expect((await body.next()).done).to.equal(false)
    let hasSecond = false
    const second = body.next().then(() => {
      hasSecond = true
    })
    await Promise.resolve()
    expect(hasSecond).to.equal(false)
    await clock.until(second)
    expect(hasSecond).to.equal(true)
  })

  it('refuses one scrape too many, and takes it when another has ended', async () => {
    const { get } = aMetricsSide()
    const bodies = Array.from({ length: MAX_SCRAPES }, () => get().body as Body)
    expect(() => get())
      .to.throw(HttpError, 'running already')
      .with.property('status', 503)
    await bodies[0]?.return?.()
    await bodies[0]?.return?.()
    bodies[0] = get().body as Body
    expect(() => get()).to.throw(HttpError)
  })

  it('counts a scrape that was read to its end as ended', async () => {
    const { get, names } = aMetricsSide()
    for (let n = 0; n <= MAX_SCRAPES; n++) await names()
    expect(get().status).to.equal(200)
  })

  it('says nothing more once its reader has gone', async () => {
    const { get } = aMetricsSide()
    const body = get().body as Body
    await body.return?.()
    expect(await body.next()).to.deep.equal({ done: true, value: undefined })
  })
})
