import { expect } from 'chai'
import { brokerKey } from '../../../src/config/broker-keys.ts'
import type { ConfigEntry, DescribeOptions } from '../../../src/config/describe.ts'
import {
  describeBroker,
  describeClusterDefault,
  describedBroker,
  describeTopic,
  documentationOf,
} from '../../../src/config/describe.ts'
import { effectiveTopicConfig, topicDefaults } from '../../../src/config/topic-config.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig, properties } from './builders.ts'

const ALL: DescribeOptions = { names: null, includeSynonyms: true, includeDocumentation: true }

/** `value source RO SECRET type synonyms`, as far as they say something. */
function shown({ value, configSource, readOnly, isSensitive, configType, synonyms }: ConfigEntry): string {
  const flags = `${readOnly ? ' RO' : ''}${isSensitive ? ' SECRET' : ''}`
  const others = synonyms.map((synonym) => ` ${synonym.name}=${synonym.value}@${synonym.source}`).join('')
  return `${value}@${configSource}${flags} type ${configType}:${others}`
}

// The layers and the answers are those of a recording of Kafka 3.9.1.
const FILE: Texts = {
  'broker.id': '0',
  'log.retention.hours': '24',
  'log.flush.scheduler.interval.ms': '99',
  'custom.key': 'hello',
  'log.initial.task.delay.ms': '1000',
  'listener.name.plaintext.max.connections': '77',
  'log.cleanup.policy': ' compact , delete ',
  'num.io.threads': '+7',
  'log.message.timestamp.difference.max.ms': '5000',
}

describe('describing a broker', () => {
  const config = aBrokerConfig({
    static: FILE,
    clusterDefault: { 'log.roll.ms': '5555', 'log.cleaner.io.max.bytes.per.second': '100' },
    perBroker: {
      'log.roll.ms': '6666',
      'log.flush.interval.ms': '11',
      'no.such.key': '1',
      'leader.replication.throttled.rate': '1000',
      'unclean.leader.election.enable': 'TRUE',
      'listener.name.plaintext.ssl.keystore.password': 'secret',
    },
  })
  const answers: [name: string, answer: string][] = [
    ['broker.id', '0@4 RO type 3: broker.id=0@4 broker.id=-1@5'],
    ['node.id', '0@4 RO type 3: node.id=0@4 node.id=-1@5'],
    ['advertised.listeners', 'null@5 type 2:'],
    ['listeners', 'PLAINTEXT://:9092@5 type 2: listeners=PLAINTEXT://:9092@5'],
    ['custom.key', 'null@4 RO SECRET type 0: custom.key=null@4'],
    ['no.such.key', 'null@2 RO SECRET type 0: no.such.key=null@2'],
    [
      'listener.name.plaintext.max.connections',
      '77@4 RO type 3: listener.name.plaintext.max.connections=77@4 max.connections=2147483647@5',
    ],
    ['max.connections', '2147483647@5 type 3: max.connections=2147483647@5'],
    [
      'log.cleanup.policy',
      'compact,delete@4 type 7: log.cleanup.policy= compact , delete @4 log.cleanup.policy=delete@5',
    ],
    ['num.io.threads', '7@4 type 3: num.io.threads=+7@4 num.io.threads=8@5'],
    [
      'log.initial.task.delay.ms',
      '1000@4 RO type 5: log.initial.task.delay.ms=1000@4 log.initial.task.delay.ms=30000@5',
    ],
    ['log.retention.hours', '24@4 RO type 3: log.retention.hours=24@4 log.retention.hours=168@5'],
    ['log.retention.ms', 'null@5 type 5:'],
    ['log.roll.ms', '6666@2 type 5: log.roll.ms=6666@2 log.roll.ms=5555@3 log.roll.hours=168@5'],
    [
      'log.flush.interval.ms',
      '11@2 type 5: log.flush.interval.ms=11@2 log.flush.scheduler.interval.ms=99@4 ' +
        'log.flush.scheduler.interval.ms=9223372036854775807@5',
    ],
    [
      'log.flush.scheduler.interval.ms',
      '9223372036854775807@4 RO type 5: log.flush.scheduler.interval.ms=99@4 ' +
        'log.flush.scheduler.interval.ms=9223372036854775807@5',
    ],
    [
      'log.cleaner.io.max.bytes.per.second',
      '100.0@3 type 6: log.cleaner.io.max.bytes.per.second=100@3 ' +
        'log.cleaner.io.max.bytes.per.second=1.7976931348623157E308@5',
    ],
    ['leader.replication.throttled.rate', '1000@2 RO type 5: leader.replication.throttled.rate=1000@2'],
    [
      'unclean.leader.election.enable',
      'true@2 type 1: unclean.leader.election.enable=TRUE@2 unclean.leader.election.enable=false@5',
    ],
    ['ssl.keystore.password', 'null@5 SECRET type 9:'],
    [
      'listener.name.plaintext.ssl.keystore.password',
      'null@2 RO SECRET type 9: listener.name.plaintext.ssl.keystore.password=null@2',
    ],
  ]
  for (const [name, answer] of answers) {
    it(`answers ${name}: ${answer}`, () => {
      const entries = describeBroker(config, { ...ALL, names: [name] })
      expect(entries.map(shown)).to.deep.equal([answer])
    })
  }

  it('lists public keys and whatever is set, in order', () => {
    const names = describeBroker(config, ALL).map(({ name }) => name)
    expect(names).to.deep.equal([...names].sort())
    expect(names).to.have.length(314 + 6)
    expect(names).to.include.members(['custom.key', 'log.initial.task.delay.ms', 'no.such.key'])
    expect(names).not.to.include('zurau.log.level')
  })

  it('takes an empty list of names for all, and unknown names for none', () => {
    expect(describeBroker(config, { ...ALL, names: [] })).to.deep.equal(describeBroker(config, ALL))
    expect(describeBroker(config, { ...ALL, names: ['nope'] })).to.deep.equal([])
  })

  it('leaves synonyms and documentation out unless asked for', () => {
    const [entry] = describeBroker(config, {
      names: ['broker.id'],
      includeSynonyms: false,
      includeDocumentation: false,
    })
    expect(entry).to.deep.equal({
      name: 'broker.id',
      value: '0',
      readOnly: true,
      isDefault: false,
      configSource: 4,
      isSensitive: false,
      synonyms: [],
      configType: 3,
      documentation: null,
    })
  })

  it('documents keys in our own words, and says when they change nothing', () => {
    const key = brokerKey('metric.reporters')
    if (key === null) throw new Error('unreachable')
    expect(documentationOf(key)).to.match(/^Java classes that report metrics[.] Without effect: .+[.]$/)
    const [entry] = describeBroker(config, { ...ALL, names: ['metric.reporters'] })
    expect(entry?.documentation).to.equal(documentationOf(key))
  })

  it('answers for all brokers with what their znode holds', () => {
    expect(describeClusterDefault(config, ALL).map((entry) => `${entry.name} ${shown(entry)}`)).to.deep.equal(
      [
        'log.cleaner.io.max.bytes.per.second 100@3 type 6: log.cleaner.io.max.bytes.per.second=100@3',
        'log.roll.ms 5555@3 type 5: log.roll.ms=5555@3',
      ],
    )
  })

  it('knows whom a resource name means', () => {
    expect(describedBroker('', 0)).to.equal('cluster-default')
    expect(describedBroker('00', 0)).to.equal('broker')
    expect(() => describedBroker('7', 0)).to.throw(
      'Unexpected broker id, expected 0 or empty string, but received 7',
    )
    expect(() => describedBroker('x', 0)).to.throw('Broker id must be an integer, but it is: x')
  })
})

describe('describing a topic', () => {
  const broker = aBrokerConfig({ static: FILE, perBroker: { 'log.retention.ms': '777' } })
  const { config: topic } = effectiveTopicConfig(
    topicDefaults(broker),
    properties({ 'segment.bytes': ' 5000' }),
  )
  const answers: [name: string, answer: string][] = [
    ['segment.bytes', '5000@1 type 3: segment.bytes=5000@1 log.segment.bytes=1073741824@5'],
    [
      'cleanup.policy',
      'compact,delete@4 type 7: log.cleanup.policy= compact , delete @4 log.cleanup.policy=delete@5',
    ],
    [
      'retention.ms',
      '777@2 type 5: log.retention.ms=777@2 log.retention.hours=24@4 log.retention.hours=168@5',
    ],
    ['flush.ms', '99@5 type 5:'],
    ['segment.ms', '604800000@5 type 5:'],
    [
      'message.timestamp.before.max.ms',
      '5000@5 type 5: log.message.timestamp.before.max.ms=9223372036854775807@5',
    ],
    ['remote.storage.enable', 'false@5 type 1:'],
    ['leader.replication.throttled.replicas', '@5 type 7:'],
  ]
  for (const [name, answer] of answers) {
    it(`answers ${name}: ${answer}`, () => {
      expect(describeTopic(topic, broker, { ...ALL, names: [name] }).map(shown)).to.deep.equal([answer])
    })
  }

  it('lists all keys, in order, each documented', () => {
    const entries = describeTopic(topic, broker, ALL)
    expect(entries).to.have.length(36)
    expect(entries.map(({ name }) => name)).to.deep.equal(entries.map(({ name }) => name).sort())
    expect(entries.every(({ documentation }) => (documentation ?? '').length > 10)).to.equal(true)
  })
})
