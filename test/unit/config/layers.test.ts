import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import { brokerKeyNames, brokerKeys } from '../../../src/config/broker-keys.ts'
import type { ConfigSource } from '../../../src/config/layers.ts'
import { BrokerConfig, defaultTextOf, illegalTexts } from '../../../src/config/layers.ts'
import { aBrokerConfig, properties } from './builders.ts'

describe('config layers', () => {
  it('has the default of every key when nothing is set', () => {
    const config = aBrokerConfig()
    for (const name of brokerKeyNames) {
      expect(config.get(name), name).to.equal(brokerKeys[name].default)
      expect(config.textOf(name), name).to.equal(defaultTextOf(name))
      expect(config.sourceOf(name), name).to.equal('DEFAULT_CONFIG')
    }
  })

  it('types values by the name of their key', () => {
    const config = aBrokerConfig()
    const segmentBytes: number = config.get('log.segment.bytes')
    const retentionMs: number | null = config.get('log.retention.ms')
    const policy: readonly ('compact' | 'delete')[] = config.get('log.cleanup.policy')
    const compression: 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer' =
      config.get('compression.type')
    expect([segmentBytes, retentionMs, policy, compression]).to.deep.equal([
      1073741824,
      null,
      ['delete'],
      'producer',
    ])
  })

  it('reads LONG defaults without limit as Infinity and prints them exactly', () => {
    const config = aBrokerConfig()
    expect(config.get('log.flush.interval.messages')).to.equal(Infinity)
    expect(config.textOf('log.flush.interval.messages')).to.equal('9223372036854775807')
  })

  it('takes the strongest layer, and says which that was', () => {
    const config = aBrokerConfig({
      static: { 'log.segment.bytes': '100', 'num.io.threads': '4', 'message.max.bytes': '5' },
      clusterDefault: { 'log.segment.bytes': '200', 'num.io.threads': '5' },
      perBroker: { 'log.segment.bytes': '300' },
    })
    expect(config.get('log.segment.bytes')).to.equal(300)
    expect(config.sourceOf('log.segment.bytes')).to.equal('DYNAMIC_BROKER_CONFIG')
    expect(config.get('num.io.threads')).to.equal(5)
    expect(config.sourceOf('num.io.threads')).to.equal('DYNAMIC_DEFAULT_BROKER_CONFIG')
    expect(config.get('message.max.bytes')).to.equal(5)
    expect(config.sourceOf('message.max.bytes')).to.equal('STATIC_BROKER_CONFIG')
  })

  it('lets a dynamic time hide the other units of the layers below', () => {
    const config = aBrokerConfig({
      static: { 'log.retention.ms': '1000', 'log.retention.hours': '2' },
      clusterDefault: { 'log.retention.ms': '500' },
    })
    expect(config.get('log.retention.ms')).to.equal(500)
    expect(config.get('log.retention.hours')).to.equal(168)
    expect(config.layers.static.get('log.retention.hours')).to.equal('2')
  })

  it('keeps all units of one layer', () => {
    const config = aBrokerConfig({ static: { 'log.roll.ms': '7', 'log.roll.hours': '3' } })
    expect([config.get('log.roll.ms'), config.get('log.roll.hours')]).to.deep.equal([7, 3])
  })

  it('hides the interval of the flush scheduler below a dynamic flush interval, but not the other way round', () => {
    const flushed = aBrokerConfig({
      static: { 'log.flush.scheduler.interval.ms': '9' },
      perBroker: { 'log.flush.interval.ms': '5' },
    })
    expect(flushed.get('log.flush.scheduler.interval.ms')).to.equal(Infinity)
    expect(flushed.get('log.flush.interval.ms')).to.equal(5)
  })

  it('takes node.id for broker.id and the reverse', () => {
    expect(aBrokerConfig({ static: { 'node.id': '3' } }).get('broker.id')).to.equal(3)
    const config = aBrokerConfig({ static: { 'broker.id': '4' } })
    expect(config.get('node.id')).to.equal(4)
    expect(config.sourceOf('node.id')).to.equal('STATIC_BROKER_CONFIG')
  })

  it('prefers the value of a mechanism to that of its listener, and this to that of all', () => {
    const config = aBrokerConfig({
      static: {
        'connections.max.reauth.ms': '1',
        'listener.name.internal.connections.max.reauth.ms': '2',
        'listener.name.internal.scram-sha-256.connections.max.reauth.ms': '3',
      },
    })
    const key = 'connections.max.reauth.ms'
    expect(config.get(key)).to.equal(1)
    expect(config.getForListener(key, 'EXTERNAL')).to.equal(1)
    expect(config.getForListener(key, 'INTERNAL')).to.equal(2)
    expect(config.getForListener(key, 'INTERNAL', 'PLAIN')).to.equal(2)
    expect(config.getForListener(key, 'INTERNAL', 'SCRAM-SHA-256')).to.equal(3)
  })

  it('keeps unknown names without a value', () => {
    const config = aBrokerConfig({ static: { 'my.plugin': 'x' } })
    expect(config.textOf('my.plugin')).to.equal('x')
    expect(config.isSet('my.plugin')).to.equal(true)
    expect(config.textOf('no.plugin')).to.equal(null)
  })

  it('throws for a text that is not legal, prefixed or not', () => {
    expect(() => aBrokerConfig({ static: { 'log.segment.bytes': '13' } })).to.throw(
      'Invalid value 13 for configuration log.segment.bytes: Value must be at least 14',
    )
    expect(() => aBrokerConfig({ static: { 'listener.name.a.max.connections': 'x' } })).to.throw(
      'Not a number',
    )
  })

  it('finds every text that is not legal, and no unknown name', () => {
    const errors = illegalTexts(
      properties({
        'log.segment.bytes': '1',
        'my.key': '?',
        'num.partitions': '3',
        'listener.name.a.ssl.client.auth': 'x',
      }),
    )
    expect(errors.map(({ key }) => key)).to.deep.equal([
      'log.segment.bytes',
      'listener.name.a.ssl.client.auth',
    ])
  })

  it('shows no password to whoever prints it', () => {
    const config = aBrokerConfig({ static: { 'ssl.key.password': 'hunter2', 'my.token': 'hunter3' } })
    expect(inspect(config)).to.equal('BrokerConfig { ssl.key.password, my.token }')
    expect(JSON.stringify(config)).not.to.contain('hunter')
  })

  it('does not change when the maps that it was made of do', () => {
    const texts = properties({ 'num.partitions': '3' })
    const config = new BrokerConfig({ static: texts, clusterDefault: properties(), perBroker: properties() })
    texts.set('num.partitions', '4')
    expect(config.get('num.partitions')).to.equal(3)
  })

  // A second, naive implementation of one rule: of the layers that set any unit of a time, the strongest counts; in it
  // the finest unit. Other keys have one unit.
  const units: Readonly<Record<string, readonly string[]>> = {
    retention: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
    roll: ['log.roll.ms', 'log.roll.hours'],
    threads: ['num.io.threads'],
    custom: ['a.custom.key'],
  }
  const names = Object.values(units).flat()
  const layerNames = ['static', 'clusterDefault', 'perBroker'] as const
  const step = fc.record({
    layer: fc.constantFrom(...layerNames),
    name: fc.constantFrom(...names),
    text: fc.option(fc.integer({ min: 1, max: 9 }).map(String), { nil: null }),
  })

  it('agrees with a naive model after any sequence of settings and unsettings', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const model = { static: new Map<string, string>(), clusterDefault: new Map(), perBroker: new Map() }
        for (const { layer, name, text } of steps) {
          if (text === null) model[layer].delete(name)
          else model[layer].set(name, text)
          const config = new BrokerConfig(model)
          for (const group of Object.values(units)) {
            const layerInForce = layerNames.findLast((candidate) =>
              group.some((unit) => model[candidate].has(unit)),
            )
            const expected = layerInForce && group.find((unit) => model[layerInForce].has(unit))
            const actual = group.find((unit) => config.isSet(unit))
            expect(actual).to.equal(expected)
            if (layerInForce === undefined || expected === undefined) continue
            expect(config.textOf(expected)).to.equal(model[layerInForce].get(expected))
            expect(config.sourceOf(expected)).to.equal(SOURCES[layerInForce])
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})

const SOURCES = {
  static: 'STATIC_BROKER_CONFIG',
  clusterDefault: 'DYNAMIC_DEFAULT_BROKER_CONFIG',
  perBroker: 'DYNAMIC_BROKER_CONFIG',
} as const satisfies Record<string, ConfigSource>
