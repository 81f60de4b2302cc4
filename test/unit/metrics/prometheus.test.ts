import { expect } from 'chai'
import { area, counter, gauge, histogram, isPerPartition, summary } from '../../../src/metrics/define.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { Registry } from '../../../src/metrics/registry.ts'
import { parseExposition } from '../../support/parse-exposition.ts'

const table = area('Test', {
  kafka_log_log_size: gauge({
    labels: ['topic', 'partition'],
    unit: 'bytes',
    doc: 'Bytes, indexes\\excluded.',
  }),
  kafka_records_total: counter({ labels: ['topic'], withTotal: true, unit: 'records', doc: 'One\ntwo.' }),
  kafka_totaltimems: histogram({ labels: ['request'], unit: 'ms', doc: 'Time.' }),
  kafka_flushms: histogram({ unit: 'ms', doc: 'Flushing.' }),
  zurau_commit_seconds: summary({ labels: ['store'], unit: 's', doc: 'Committing.' }),
  kafka_brokers: gauge({ scope: 'cluster', unit: 'brokers', doc: 'Brokers.' }),
}).metrics

function aRegistry(): Registry<typeof table> {
  return new Registry(table, { clock: { monotonicMs: () => 0 } })
}

describe('exposition', () => {
  it('is nothing for nothing', () => {
    expect([...exposition(aRegistry())]).to.deep.equal([])
  })

  it('prints the text of format 0.0.4', () => {
    const registry = aRegistry()
    registry.gauge('kafka_brokers').with().set(3)
    registry
      .counter('kafka_records_total')
      .with({ topic: 'b' })
      .add(2 ** 53)
    registry.counter('kafka_records_total').with().add(0.5)
    registry.counter('kafka_records_total').with({ topic: 'a"b\\c\nd' }).add(1e21)
    registry.gauge('kafka_log_log_size').with({ topic: 'a', partition: 0 }).set(NaN)
    registry.gauge('kafka_log_log_size').with({ topic: 'a', partition: 1 }).set(Infinity)
    registry.gauge('kafka_log_log_size').with({ topic: 'a', partition: 2 }).set(-Infinity)
    registry.histogram('kafka_totaltimems').with({ request: 'Fetch' }).record(500)
    registry.histogram('kafka_totaltimems').with({ request: 'Produce' })
    registry.histogram('kafka_flushms').with().record(2)
    registry.histogram('zurau_commit_seconds').with({ store: 'kafka' }).record(0.25)
    expect([...exposition(registry)].join('')).to.equal(
      [
        '# HELP kafka_log_log_size Bytes, indexes\\\\excluded.',
        '# TYPE kafka_log_log_size gauge',
        'kafka_log_log_size{topic="a",partition="0"} NaN',
        'kafka_log_log_size{topic="a",partition="1"} +Inf',
        'kafka_log_log_size{topic="a",partition="2"} -Inf',
        '# HELP kafka_records_total One\\ntwo.',
        '# TYPE kafka_records_total counter',
        'kafka_records_total{topic="b"} 9007199254740992',
        'kafka_records_total 0.5',
        'kafka_records_total{topic="a\\"b\\\\c\\nd"} 1e+21',
        '# HELP kafka_totaltimems Time.',
        '# TYPE kafka_totaltimems gauge',
        'kafka_totaltimems{request="Fetch",quantile="0.50"} 500',
        'kafka_totaltimems{request="Fetch",quantile="0.75"} 500',
        'kafka_totaltimems{request="Fetch",quantile="0.95"} 500',
        'kafka_totaltimems{request="Fetch",quantile="0.98"} 500',
        'kafka_totaltimems{request="Fetch",quantile="0.99"} 500',
        'kafka_totaltimems{request="Fetch",quantile="0.999"} 500',
        'kafka_totaltimems{request="Produce",quantile="0.50"} NaN',
        'kafka_totaltimems{request="Produce",quantile="0.75"} NaN',
        'kafka_totaltimems{request="Produce",quantile="0.95"} NaN',
        'kafka_totaltimems{request="Produce",quantile="0.98"} NaN',
        'kafka_totaltimems{request="Produce",quantile="0.99"} NaN',
        'kafka_totaltimems{request="Produce",quantile="0.999"} NaN',
        '# HELP kafka_totaltimems_count Time.',
        '# TYPE kafka_totaltimems_count counter',
        'kafka_totaltimems_count{request="Fetch"} 1',
        'kafka_totaltimems_count{request="Produce"} 0',
        '# HELP kafka_flushms Flushing.',
        '# TYPE kafka_flushms gauge',
        'kafka_flushms{quantile="0.50"} 2',
        'kafka_flushms{quantile="0.75"} 2',
        'kafka_flushms{quantile="0.95"} 2',
        'kafka_flushms{quantile="0.98"} 2',
        'kafka_flushms{quantile="0.99"} 2',
        'kafka_flushms{quantile="0.999"} 2',
        '# HELP kafka_flushms_count Flushing.',
        '# TYPE kafka_flushms_count counter',
        'kafka_flushms_count 1',
        '# HELP zurau_commit_seconds Committing.',
        '# TYPE zurau_commit_seconds summary',
        'zurau_commit_seconds{store="kafka",quantile="0.5"} 0.25',
        'zurau_commit_seconds{store="kafka",quantile="0.75"} 0.25',
        'zurau_commit_seconds{store="kafka",quantile="0.95"} 0.25',
        'zurau_commit_seconds{store="kafka",quantile="0.98"} 0.25',
        'zurau_commit_seconds{store="kafka",quantile="0.99"} 0.25',
        'zurau_commit_seconds{store="kafka",quantile="0.999"} 0.25',
        'zurau_commit_seconds_sum{store="kafka"} 0.25',
        'zurau_commit_seconds_count{store="kafka"} 1',
        '# HELP kafka_brokers Brokers.',
        '# TYPE kafka_brokers gauge',
        'kafka_brokers 3',
        '',
      ].join('\n'),
    )
  })

  it('leaves out what the predicate refuses', () => {
    const registry = aRegistry()
    registry.gauge('kafka_brokers').with()
    registry.gauge('kafka_log_log_size').with({ topic: 'a', partition: 0 })
    registry.counter('kafka_records_total').with()
    const names = (includes: Parameters<typeof exposition>[1]): string[] => [
      ...parseExposition([...exposition(registry, includes)].join('')).keys(),
    ]
    expect(names({ includes: (definition) => !isPerPartition(definition) })).to.deep.equal([
      'kafka_records_total',
      'kafka_brokers',
    ])
    expect(names({ includes: (definition) => definition.scope === 'broker' })).to.deep.equal([
      'kafka_log_log_size',
      'kafka_records_total',
    ])
    expect(names({ includes: (_, name) => name === 'kafka_brokers' })).to.deep.equal(['kafka_brokers'])
  })

  it('is the same text whatever the size of the pieces', () => {
    const registry = aRegistry()
    for (let partition = 0; partition < 100; partition++) {
      registry.gauge('kafka_log_log_size').with({ topic: 'a', partition }).set(partition)
      registry
        .histogram('kafka_totaltimems')
        .with({ request: `r${partition}` })
        .record(partition)
    }
    const whole = [...exposition(registry, { pieceChars: Infinity })]
    const pieces = [...exposition(registry, { pieceChars: 500 })]
    expect(whole).to.have.length(1)
    expect(pieces.length).to.be.greaterThan(20)
    for (const piece of pieces) expect(piece.length).to.be.lessThan(1_000)
    expect(pieces.join('')).to.equal(whole[0])
  })

  it('shows a series once that is removed and made again while the text is being written', () => {
    const registry = aRegistry()
    for (let partition = 0; partition < 100; partition++) {
      registry.gauge('kafka_log_log_size').with({ topic: 'a', partition })
    }
    const pieces = exposition(registry, { pieceChars: 100 })
    let text = String(pieces.next().value)
    registry.removeWhere({ topic: 'a', partition: 0 })
    registry.gauge('kafka_log_log_size').with({ topic: 'a', partition: 0 })
    for (const piece of pieces) text += piece
    expect(parseExposition(text).get('kafka_log_log_size')?.samples).to.have.length(100)
  })

  it('reads back what was written into labels', () => {
    const registry = aRegistry()
    const topic = 'a,b="c\\\n"}'
    registry.gauge('kafka_log_log_size').with({ topic, partition: 7 }).set(-1.5e-7)
    expect(
      parseExposition([...exposition(registry)].join('')).get('kafka_log_log_size')?.samples,
    ).to.deep.equal([{ name: 'kafka_log_log_size', labels: { topic, partition: '7' }, value: -1.5e-7 }])
  })
})
