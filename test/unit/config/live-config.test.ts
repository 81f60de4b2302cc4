import { expect } from 'chai'
import type { ConfigChange } from '../../../src/config/live-config.ts'
import { LiveBrokerConfig } from '../../../src/config/live-config.ts'
import { MINIMAL, properties } from './builders.ts'

function aLiveConfig(texts = {}): LiveBrokerConfig {
  return new LiveBrokerConfig(properties({ ...MINIMAL, ...texts }))
}

describe('live broker config', () => {
  it('refuses a static layer that cannot be', () => {
    expect(() => new LiveBrokerConfig(properties({}))).to.throw(
      'Missing required configuration `zookeeper.connect`',
    )
    expect(() => aLiveConfig({ 'num.partitions': '0' })).to.throw('Value must be at least 1')
  })

  it('answers with what is in force now, while snapshots stay as they are', () => {
    const config = aLiveConfig()
    const before = config.current
    config.replaceLayer('cluster-default', properties({ 'log.segment.bytes': '1000' }))
    expect(config.get('log.segment.bytes')).to.equal(1000)
    expect(before.get('log.segment.bytes')).to.equal(1073741824)
  })

  it('tells those who follow a key, once per change, with the new value in force', () => {
    const config = aLiveConfig()
    const heard: (number | string)[] = []
    config.onChange(['log.segment.bytes'], () => heard.push(config.get('log.segment.bytes')))
    config.onChange(['num.io.threads'], () => heard.push('never'))
    config.onChange(null, ({ names }) => heard.push([...names].join()))
    config.replaceLayer('broker', properties({ 'log.segment.bytes': '500', 'my.key': 'x' }))
    expect(heard).to.deep.equal([500, 'log.segment.bytes,my.key'])
  })

  it('tells those who follow a key also about a single listener', () => {
    const config = aLiveConfig()
    const changes: ConfigChange[] = []
    config.onChange(['max.connections'], (change) => changes.push(change))
    config.replaceLayer('broker', properties({ 'listener.name.plaintext.max.connections': '7' }))
    expect(changes.map(({ names }) => [...names])).to.deep.equal([
      ['listener.name.plaintext.max.connections'],
    ])
  })

  it('is silent when a layer says what was in force already', () => {
    const config = aLiveConfig({ 'log.segment.bytes': '500' })
    config.onChange(null, () => expect.fail('nothing changed'))
    const { change, rejected } = config.replaceLayer('broker', properties({ 'log.segment.bytes': ' +500 ' }))
    expect(change).to.equal(null)
    expect(rejected).to.deep.equal([])
  })

  it('reports a value that came back when its override went', () => {
    const config = aLiveConfig({ 'log.retention.hours': '5' })
    config.replaceLayer('broker', properties({ 'log.retention.ms': '9' }))
    const { change } = config.replaceLayer('broker', properties())
    expect([...(change?.names ?? [])]).to.have.members(['log.retention.ms', 'log.retention.hours'])
    expect(config.get('log.retention.hours')).to.equal(5)
  })

  it('stops telling who does not want to hear any more', () => {
    const config = aLiveConfig()
    const stop = config.onChange(null, () => expect.fail('was told'))
    stop()
    config.replaceLayer('broker', properties({ 'log.segment.bytes': '500' }))
    expect(config.get('log.segment.bytes')).to.equal(500)
  })

  it('leaves out of a znode what cannot be, and uses the rest', () => {
    const config = aLiveConfig()
    const { rejected } = config.replaceLayer(
      'cluster-default',
      properties({
        'log.segment.bytes': '500',
        'broker.id': '7',
        'num.io.threads': 'x',
        listeners: 'PLAINTEXT://:1',
      }),
    )
    expect(config.get('log.segment.bytes')).to.equal(500)
    expect(config.get('broker.id')).to.equal(1)
    expect(rejected).to.deep.equal([
      { name: 'broker.id', reason: 'Cannot update these configs dynamically: Set(broker.id)' },
      {
        name: 'num.io.threads',
        reason: 'Invalid value x for configuration num.io.threads: Not a number of type INT',
      },
      {
        name: 'listeners',
        reason:
          'Cannot update these configs at default cluster level, broker id must be specified: Set(listeners)',
      },
    ])
  })

  it('keeps the old layer when the new one contradicts the rest', () => {
    const config = aLiveConfig()
    config.replaceLayer('broker', properties({ 'log.segment.bytes': '500' }))
    const { change, rejected } = config.replaceLayer('broker', properties({ 'log.retention.ms': '0' }))
    expect(change).to.equal(null)
    expect(rejected).to.deep.equal([
      {
        name: 'log.retention.ms',
        reason: 'requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
      },
    ])
    expect(config.get('log.segment.bytes')).to.equal(500)
  })

  it('takes any number of threads from ZooKeeper before the broker runs, and only near ones afterwards', () => {
    const config = aLiveConfig()
    config.replaceLayer('broker', properties({ 'num.io.threads': '100' }))
    expect(config.get('num.io.threads')).to.equal(100)
    config.start()
    const { rejected } = config.replaceLayer('broker', properties({ 'num.io.threads': '10' }))
    expect(rejected[0]?.reason).to.contain('value should be at least half the current value 100')
    expect(config.get('num.io.threads')).to.equal(100)
  })

  it('tells all before it passes on the error of one', () => {
    const config = aLiveConfig()
    const heard: string[] = []
    config.onChange(null, () => {
      throw new Error('first')
    })
    config.onChange(null, () => heard.push('second'))
    expect(() => config.replaceLayer('broker', properties({ 'log.segment.bytes': '500' }))).to.throw(
      AggregateError,
    )
    expect(heard).to.deep.equal(['second'])
    expect(config.get('log.segment.bytes')).to.equal(500)
  })
})
