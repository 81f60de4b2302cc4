import { expect } from 'chai'
import type { TopicConfig } from '../../../src/config/topic-config.ts'
import { effectiveTopicConfig, topicDefaults, validTopicConfig } from '../../../src/config/topic-config.ts'
import type { TopicKeyName } from '../../../src/config/topic-keys.ts'
import { topicKeyNames } from '../../../src/config/topic-keys.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig, properties } from './builders.ts'

function topicOf(overrides: Texts, broker: Texts = {}): TopicConfig {
  return effectiveTopicConfig(topicDefaults(aBrokerConfig({ static: broker })), properties(overrides)).config
}

describe('topic config', () => {
  const inherited: [broker: Texts, name: TopicKeyName, value: unknown, text: string][] = [
    [{}, 'segment.bytes', 1073741824, '1073741824'],
    [{ 'log.segment.bytes': '5000' }, 'segment.bytes', 5000, '5000'],
    [{ 'message.max.bytes': '20000' }, 'max.message.bytes', 20000, '20000'],
    [{}, 'retention.ms', 604_800_000, '604800000'],
    [{ 'log.retention.hours': '1' }, 'retention.ms', 3_600_000, '3600000'],
    [{ 'log.retention.minutes': '1', 'log.retention.hours': '1' }, 'retention.ms', 60_000, '60000'],
    [{ 'log.retention.ms': '7', 'log.retention.minutes': '1' }, 'retention.ms', 7, '7'],
    [{ 'log.retention.ms': '-2' }, 'retention.ms', -1, '-1'],
    [{ 'log.retention.ms': '9223372036854775806' }, 'retention.ms', Infinity, '9223372036854775806'],
    [{ 'log.roll.hours': '2' }, 'segment.ms', 7_200_000, '7200000'],
    [{ 'log.roll.jitter.hours': '2' }, 'segment.jitter.ms', 7_200_000, '7200000'],
    [{}, 'flush.ms', Infinity, '9223372036854775807'],
    [{ 'log.flush.scheduler.interval.ms': '99' }, 'flush.ms', 99, '99'],
    [{}, 'flush.messages', Infinity, '9223372036854775807'],
    [{ 'log.message.timestamp.difference.max.ms': '5' }, 'message.timestamp.before.max.ms', 5, '5'],
    [{ 'log.message.timestamp.difference.max.ms': '5' }, 'message.timestamp.after.max.ms', 5, '5'],
    [
      { 'log.cleanup.policy': ' compact , delete ' },
      'cleanup.policy',
      ['compact', 'delete'],
      'compact,delete',
    ],
    [{}, 'min.cleanable.dirty.ratio', 0.5, '0.5'],
    [{}, 'leader.replication.throttled.replicas', [], ''],
    [{}, 'remote.storage.enable', false, 'false'],
    [{}, 'message.format.version', '3.0-IV1', '3.0-IV1'],
  ]
  for (const [broker, name, value, text] of inherited) {
    it(`inherits ${name}=${text} from ${JSON.stringify(broker)}`, () => {
      const topic = topicOf({}, broker)
      expect(topic.get(name)).to.deep.equal(value)
      expect(topic.textOf(name)).to.equal(text)
    })
  }

  it('has a value for every key', () => {
    const topic = topicOf({})
    for (const name of topicKeyNames) {
      expect(topic.get(name), name).not.to.equal(undefined)
      expect(topic.get(name), name).not.to.equal(null)
    }
  })

  it('types values by the name of their key', () => {
    const topic = topicOf({})
    const retentionMs: number = topic.get('retention.ms')
    const policy: readonly ('compact' | 'delete')[] = topic.get('cleanup.policy')
    const timestampType: 'CreateTime' | 'LogAppendTime' = topic.get('message.timestamp.type')
    expect([retentionMs, policy, timestampType]).to.deep.equal([604_800_000, ['delete'], 'CreateTime'])
  })

  it('prefers its own texts, and prints them as Kafka does', () => {
    const topic = topicOf({ 'retention.ms': ' +7 ', 'cleanup.policy': 'compact', preallocate: 'TRUE' })
    expect(topic.get('retention.ms')).to.equal(7)
    expect(topic.textOf('retention.ms')).to.equal('7')
    expect(topic.textOf('preallocate')).to.equal('true')
    expect(topic.isCompacted()).to.equal(true)
    expect(topicOf({}).isCompacted()).to.equal(false)
  })

  it('leaves out stored texts that cannot be, and says which', () => {
    const defaults = topicDefaults(aBrokerConfig())
    const overrides = properties({ 'retention.ms': 'soon', 'no.such': '1', 'segment.bytes': '20' })
    const { config, ignored } = effectiveTopicConfig(defaults, overrides)
    expect(config.get('segment.bytes')).to.equal(20)
    expect(config.get('retention.ms')).to.equal(604_800_000)
    expect([...config.overrides.keys()]).to.deep.equal(['segment.bytes'])
    expect(ignored).to.deep.equal([
      {
        name: 'retention.ms',
        reason: 'Invalid value soon for configuration retention.ms: Not a number of type LONG',
      },
      { name: 'no.such', reason: 'Unknown topic config name: no.such' },
    ])
  })

  it('shares one object among topics that say nothing', () => {
    const defaults = topicDefaults(aBrokerConfig())
    expect(effectiveTopicConfig(defaults, properties()).config).to.equal(defaults)
  })

  const refused: [overrides: Texts, message: string][] = [
    [{ nope: '1', 'retention.ms': 'x' }, 'Unknown topic config name: nope'],
    [{ 'retention.ms': '-2' }, 'Invalid value -2 for configuration retention.ms: Value must be at least -1'],
    [{ 'flush.ms': '-1' }, 'Invalid value -1 for configuration flush.ms: Value must be at least 0'],
    [{ 'segment.ms': '0' }, 'Invalid value 0 for configuration segment.ms: Value must be at least 1'],
    [
      { 'local.retention.ms': '-3' },
      'Invalid value -3 for configuration local.retention.ms: Value must be at least -2',
    ],
    [
      { 'min.cleanable.dirty.ratio': '1.5' },
      'Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1',
    ],
    [
      { 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' },
      'conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
    ],
    [
      { 'min.compaction.lag.ms': '9223372036854775806', 'max.compaction.lag.ms': '5' },
      'conflict topic config setting min.compaction.lag.ms (9223372036854775806) > max.compaction.lag.ms (5)',
    ],
    [
      { 'remote.storage.enable': 'true' },
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    ],
    [
      { 'remote.log.copy.disable': 'true' },
      "It is invalid to set `remote.log.delete.on.disable` or `remote.log.copy.disable` under Zookeeper's mode.",
    ],
  ]
  for (const [overrides, message] of refused) {
    it(`refuses ${JSON.stringify(overrides)} in Kafka's words`, () => {
      const defaults = topicDefaults(aBrokerConfig())
      expect(() => validTopicConfig(defaults, properties(overrides))).to.throw(message)
    })
  }

  it('judges a topic together with what it inherits', () => {
    const defaults = topicDefaults(aBrokerConfig({ static: { 'log.cleaner.min.compaction.lag.ms': '1000' } }))
    expect(() => validTopicConfig(defaults, properties({ 'max.compaction.lag.ms': '50' }))).to.throw(
      'conflict topic config setting min.compaction.lag.ms (1000) > max.compaction.lag.ms (50)',
    )
    expect(
      validTopicConfig(defaults, properties({ 'max.compaction.lag.ms': '1000' })).get(
        'max.compaction.lag.ms',
      ),
    ).to.equal(1000)
  })

  for (const overrides of [
    { 'retention.ms': '-1' },
    { 'cleanup.policy': '' },
    { 'local.retention.ms': '100', 'retention.ms': '10' },
    { 'remote.log.delete.on.disable': 'false' },
    { 'message.format.version': '0.9.0' },
    { 'leader.replication.throttled.replicas': '*' },
  ]) {
    it(`accepts ${JSON.stringify(overrides)}, as Kafka does`, () => {
      const config = validTopicConfig(topicDefaults(aBrokerConfig()), properties(overrides))
      expect(Object.fromEntries(config.overrides)).to.deep.equal(overrides)
    })
  }
})
