import { expect } from 'chai'
import { area, counter, gauge, histogram, rate } from '../../../src/metrics/define.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { createMetrics, type MetricsProblem, Registry } from '../../../src/metrics/registry.ts'

const table = area('Test', {
  records_total: counter({ labels: ['topic'], withTotal: true, unit: 'records', doc: 'Records.' }),
  size: gauge({ labels: ['topic', 'partition'], unit: 'bytes', doc: 'Size.' }),
  brokers: gauge({ unit: 'brokers', doc: 'Brokers.' }),
  busy: rate({ unit: 'fraction', doc: 'Busy.' }),
  waitms: histogram({ labels: ['request'], unit: 'ms', doc: 'Waiting.' }),
  clients: gauge({ labels: ['name'], unit: 'clients', doc: 'Clients.', maxSeries: 1 }),
}).metrics

function aRegistry(options: { maxSeriesPerMetric?: number } = {}) {
  const problems: MetricsProblem[] = []
  const at = { nowMs: 0 }
  const registry = new Registry(table, {
    clock: { monotonicMs: () => at.nowMs },
    onProblem: (problem) => problems.push(problem),
    ...options,
  })
  const shown = (): string[] => {
    const text = [...exposition(registry)].join('')
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  }
  return { registry, problems, at, shown }
}

describe('Registry', () => {
  it('gives the same series for the same labels', () => {
    const { registry } = aRegistry()
    const family = registry.counter('records_total')
    expect(family.with({ topic: 'a' })).to.equal(registry.counter('records_total').with({ topic: 'a' }))
    expect(family.with({ topic: 'a' })).not.to.equal(family.with({ topic: 'b' }))
    expect(family.with()).not.to.equal(family.with({ topic: 'a' }))
  })

  it('shows nothing that nobody has asked for', () => {
    const { registry, shown } = aRegistry()
    expect(shown()).to.deep.equal([])
    registry.gauge('brokers').with()
    expect(shown()).to.deep.equal(['brokers 0'])
  })

  it('adds up counters, with a total beside the labelled ones', () => {
    const { registry, shown } = aRegistry()
    registry.counter('records_total').with().add(5)
    const ofTopic = registry.counter('records_total').with({ topic: 'a' })
    ofTopic.add(2)
    ofTopic.add(3)
    expect(shown()).to.deep.equal(['records_total 5', 'records_total{topic="a"} 5'])
  })

  it('sets, moves and computes gauges', () => {
    const { registry, shown } = aRegistry()
    const size = registry.gauge('size').with({ topic: 'a', partition: 0 })
    size.set(10)
    size.add(-3)
    let brokers = 3
    registry
      .gauge('brokers')
      .with()
      .readBy(() => brokers)
    expect(shown()).to.deep.equal(['size{topic="a",partition="0"} 7', 'brokers 3'])
    brokers = 2
    expect(shown()).to.include('brokers 2')
  })

  it('shows rates per second over the last minute', () => {
    const { registry, at, shown } = aRegistry()
    const busy = registry.rate('busy').with()
    at.nowMs = 10_000
    busy.mark(5)
    expect(shown()).to.deep.equal(['busy 0.5'])
    at.nowMs = 80_000
    expect(shown()).to.deep.equal(['busy 0'])
  })

  it('knows names, kinds and labels at compile time', () => {
    const { registry } = aRegistry()
    // Never called: the compiler is the test.
    const mistakes = (): void => {
      // @ts-expect-error -- no such metric
      registry.counter('records')
      // @ts-expect-error -- a gauge
      registry.counter('size')
      // @ts-expect-error -- partition is missing
      registry.gauge('size').with({ topic: 'a' })
      // @ts-expect-error -- there is no total
      registry.gauge('size').with()
      // @ts-expect-error -- no labels
      registry.gauge('brokers').with({ topic: 'a' })
      // @ts-expect-error -- a distribution cannot be collected
      registry.collect('waitms', () => undefined)
      // @ts-expect-error -- no such label
      registry.collect('size', (emit) => emit(1, { topic: 'a', partition: 0, broker: 1 }))
    }
    expect(mistakes).to.be.a('function')
  })

  describe('removal', () => {
    it('forgets one series and starts it at 0 when it is asked for again', () => {
      const { registry, shown } = aRegistry()
      registry.counter('records_total').with({ topic: 'a' }).add(1)
      expect(registry.remove('records_total', { topic: 'a' })).to.equal(true)
      expect(registry.remove('records_total', { topic: 'a' })).to.equal(false)
      expect(shown()).to.deep.equal([])
      registry.counter('records_total').with({ topic: 'a' })
      expect(shown()).to.deep.equal(['records_total{topic="a"} 0'])
    })

    it('lets a handle of a forgotten series lead nowhere', () => {
      const { registry, shown } = aRegistry()
      const handle = registry.counter('records_total').with({ topic: 'a' })
      registry.remove('records_total', { topic: 'a' })
      handle.add(1)
      expect(shown()).to.deep.equal([])
    })

    it('forgets a deleted topic in every metric, and nothing else', () => {
      const { registry, shown } = aRegistry()
      registry.counter('records_total').with().add(2)
      registry.counter('records_total').with({ topic: 'a' }).add(1)
      registry.counter('records_total').with({ topic: 'ab' }).add(1)
      registry.gauge('size').with({ topic: 'a', partition: 0 })
      registry.gauge('size').with({ topic: 'a', partition: 1 })
      registry.histogram('waitms').with({ request: 'a' })
      expect(registry.removeWhere({ topic: 'a' })).to.equal(3)
      expect(shown().filter((line) => line.includes('topic'))).to.deep.equal(['records_total{topic="ab"} 1'])
      expect(shown()).to.include('records_total 2').and.to.include('waitms_count{request="a"} 0')
    })

    it('forgets one partition of a topic', () => {
      const { registry, shown } = aRegistry()
      registry.gauge('size').with({ topic: 'a', partition: 1 })
      registry.gauge('size').with({ topic: 'a', partition: 11 })
      expect(registry.removeWhere({ topic: 'a', partition: 1 })).to.equal(1)
      expect(shown()).to.deep.equal(['size{topic="a",partition="11"} 0'])
    })

    it('does nothing for a metric that nobody has asked for', () => {
      const { registry } = aRegistry()
      expect(registry.remove('records_total', { topic: 'a' })).to.equal(false)
    })
  })

  describe('collecting at each scrape', () => {
    it('shows what the sources emit, and nothing once they have ended', () => {
      const { registry, shown } = aRegistry()
      const end = registry.collect('size', (emit) => {
        for (const partition of [0, 1]) emit(partition * 10, { topic: 'a', partition })
      })
      expect(shown()).to.deep.equal(['size{topic="a",partition="0"} 0', 'size{topic="a",partition="1"} 10'])
      end()
      expect(shown()).to.deep.equal([])
    })

    it('drops a label set that is there already', () => {
      const { registry, shown } = aRegistry()
      registry.gauge('size').with({ topic: 'a', partition: 0 }).set(1)
      registry.collect('size', (emit) => {
        emit(2, { topic: 'a', partition: 0 })
        emit(3, { topic: 'b', partition: 0 })
        emit(4, { topic: 'b', partition: 0 })
      })
      expect(shown()).to.deep.equal(['size{topic="a",partition="0"} 1', 'size{topic="b",partition="0"} 3'])
      expect(registry.droppedCount).to.equal(2)
    })
  })

  describe('limits', () => {
    it('sum up counters beyond the limit under one series', () => {
      const { registry, problems, shown } = aRegistry({ maxSeriesPerMetric: 2 })
      for (const topic of ['a', 'b', 'c', 'd']) registry.counter('records_total').with({ topic }).add(1)
      expect(shown()).to.deep.equal([
        'records_total{topic="a"} 1',
        'records_total{topic="b"} 1',
        'records_total{topic="_other"} 2',
      ])
      expect(registry.droppedCount).to.equal(2)
      expect(problems).to.deep.equal([{ kind: 'too many series', metric: 'records_total', limit: 2 }])
    })

    it('give gauges beyond the limit a handle that nobody sees', () => {
      const { registry, shown } = aRegistry()
      registry.gauge('clients').with({ name: 'a' }).set(1)
      registry.gauge('clients').with({ name: 'b' }).set(2)
      expect(shown()).to.deep.equal(['clients{name="a"} 1'])
      expect(registry.droppedCount).to.equal(1)
    })

    it('hold for what is collected', () => {
      const { registry, problems, shown } = aRegistry({ maxSeriesPerMetric: 3 })
      registry.collect('size', (emit) => {
        for (let partition = 0; partition < 10; partition++) emit(1, { topic: 'a', partition })
      })
      expect(shown()).to.have.length(3)
      expect(registry.droppedCount).to.equal(7)
      shown()
      expect(problems).to.have.length(1)
    })

    it('leave room again when series are removed', () => {
      const { registry, shown } = aRegistry({ maxSeriesPerMetric: 1 })
      registry.counter('records_total').with({ topic: 'a' })
      registry.removeWhere({ topic: 'a' })
      registry.counter('records_total').with({ topic: 'b' })
      expect(shown()).to.deep.equal(['records_total{topic="b"} 0'])
    })
  })

  it('loses only the line of a callback that throws', () => {
    const { registry, problems, shown } = aRegistry()
    const error = new Error('gone')
    registry
      .gauge('brokers')
      .with()
      .readBy(() => {
        throw error
      })
    registry.collect('size', (emit) => {
      emit(1, { topic: 'a', partition: 0 })
      throw error
    })
    registry.counter('records_total').with().add(1)
    expect(shown()).to.deep.equal(['records_total 1', 'size{topic="a",partition="0"} 1'])
    expect(shown()).to.have.length(2)
    expect(registry.failedReadCount).to.equal(4)
    expect(problems).to.deep.equal([
      { kind: 'callback failed', metric: 'size', error },
      { kind: 'callback failed', metric: 'brokers', error },
    ])
  })

  it('counts its series', () => {
    const { registry } = aRegistry()
    registry.counter('records_total').with()
    registry.counter('records_total').with({ topic: 'a' })
    registry.histogram('waitms').with({ request: 'Fetch' })
    expect(registry.seriesCount).to.equal(3)
  })

  it('keeps the metrics of two brokers apart', () => {
    const clock = { monotonicMs: () => 0 }
    const [one, other] = [createMetrics({ clock }), createMetrics({ clock })]
    one.counter('kafka_server_brokertopicmetrics_messagesin_total').with({ topic: 'a' }).add(1)
    expect([...exposition(other)].join('')).to.equal('')
  })
})
