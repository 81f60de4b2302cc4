import { expect } from 'chai'
import type { DynamicScope } from '../../../src/config/dynamic-rules.ts'
import {
  checkDynamicProperties,
  checkReconfiguration,
  usableProperties,
} from '../../../src/config/dynamic-rules.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig, MINIMAL, properties } from './builders.ts'

function faultOf(act: () => void): string | null {
  try {
    act()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

// Each was asked of Kafka 3.9.1 by IncrementalAlterConfigs; the messages are its own.
describe('dynamic properties', () => {
  const READ_ONLY = 'Cannot update these configs dynamically: Set'
  const PREFIX =
    'These security configs can be dynamically updated only per-listener using the listener prefix: HashSet'
  const PER_BROKER = 'Cannot update these configs at default cluster level, broker id must be specified: Set'

  const cases: [scope: DynamicScope, texts: Texts, fault: string | null][] = [
    ['broker', { 'log.retention.ms': '5', 'my.custom.key': 'x' }, null],
    ['broker', { 'broker.id': '5' }, `${READ_ONLY}(broker.id)`],
    ['broker', { 'log.retention.hours': '5' }, `${READ_ONLY}(log.retention.hours)`],
    ['broker', { 'group.coordinator.new.enable': 'true' }, `${READ_ONLY}(group.coordinator.new.enable)`],
    ['broker', { 'zurau.log.level': 'debug' }, `${READ_ONLY}(zurau.log.level)`],
    ['broker', { 'ssl.keystore.location': '/x' }, `${PREFIX}(ssl.keystore.location)`],
    ['broker', { 'listener.name.a.ssl.keystore.location': '/x' }, null],
    ['broker', { 'ssl.client.auth': 'none', listeners: 'PLAINTEXT://:1' }, null],
    ['broker', { 'leader.replication.throttled.rate': '1000' }, null],
    [
      'broker',
      { 'leader.replication.throttled.rate': '-1' },
      'Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0',
    ],
    [
      'broker',
      { 'ssl.keystore.password': 'x', 'broker.id': '1', 'log.roll.ms': 'x' },
      `${READ_ONLY}(broker.id)`,
    ],
    ['broker', { 'ssl.keystore.password': 'x', 'log.roll.ms': 'x' }, `${PREFIX}(ssl.keystore.password)`],
    [
      'broker',
      { 'listener.name.plaintext.max.connections': 'x' },
      'Invalid value x for configuration max.connections: Not a number of type INT',
    ],
    ['broker', { 'listener.name.plaintext.broker.id': '10' }, null],
    ['cluster-default', { 'log.retention.ms': '5', 'my.custom.key': 'x', 'max.connections': '5' }, null],
    ['cluster-default', { listeners: 'PLAINTEXT://x:1' }, `${PER_BROKER}(listeners)`],
    ['cluster-default', { 'sasl.jaas.config': 'x' }, `${PER_BROKER}(sasl.jaas.config)`],
    [
      'cluster-default',
      { 'sasl.jaas.config': 'x', 'log.retention.ms': 'x' },
      'Invalid value x for configuration log.retention.ms: Not a number of type LONG',
    ],
    ['cluster-default', { 'listener.name.plaintext.foo': '1' }, `${PER_BROKER}(listener.name.plaintext.foo)`],
    ['cluster-default', { 'listener.name.plaintext.max.connections': '60' }, null],
    ['cluster-default', { 'listener.name.plaintext.num.network.threads': '6' }, null],
    [
      'cluster-default',
      { 'listener.name.plaintext.ssl.keystore.type': 'JKS' },
      `${PER_BROKER}(listener.name.plaintext.ssl.keystore.type)`,
    ],
  ]
  for (const [scope, texts, fault] of cases) {
    it(`${fault === null ? 'may' : 'may not'} be ${JSON.stringify(texts)} for ${scope}`, () => {
      expect(faultOf(() => checkDynamicProperties(properties(texts), scope))).to.equal(fault)
    })
  }

  it('are used as far as they can be', () => {
    const texts = { 'log.roll.ms': '5', 'broker.id': '1', 'num.io.threads': 'x', 'my.key': 'y' }
    const { usable, rejected } = usableProperties(properties(texts), 'broker')
    expect([...usable.keys()]).to.deep.equal(['log.roll.ms', 'my.key'])
    expect(rejected.map(({ name }) => name)).to.deep.equal(['broker.id', 'num.io.threads'])
  })
})

describe('reconfiguration of a running broker', () => {
  const THREADS = 'Dynamic thread count update validation failed for'
  const CLEANER = 'Log cleaner threads cannot be'
  const ONE: Texts = { listeners: 'PLAINTEXT://127.0.0.1:1' }
  const MAP = 'listener.security.protocol.map'

  const cases: [before: Texts, after: Texts, fault: string | null][] = [
    [{}, {}, null],
    [{}, { 'num.io.threads': '16' }, null],
    [{}, { 'num.io.threads': '4' }, null],
    [
      {},
      { 'num.io.threads': '17' },
      `${THREADS} num.io.threads=17, value should not be greater than double the current value 8`,
    ],
    [
      {},
      { 'background.threads': '4' },
      `${THREADS} background.threads=4, value should be at least half the current value 10`,
    ],
    [{}, { 'num.replica.fetchers': '0' }, `${THREADS} num.replica.fetchers=0, value should be at least 1`],
    [
      {},
      { 'num.recovery.threads.per.data.dir': '3' },
      `${THREADS} num.recovery.threads.per.data.dir=3, value should not be greater than double the current value 1`,
    ],
    [
      { 'num.io.threads': '3' },
      {},
      `${THREADS} num.io.threads=8, value should not be greater than double the current value 3`,
    ],
    [
      {},
      { 'listener.name.plaintext.num.network.threads': '100' },
      `${THREADS} num.network.threads=100, value should not be greater than double the current value 3`,
    ],
    [{}, { 'listener.name.other.num.network.threads': '100' }, null],
    [{}, { 'log.cleaner.threads': '2' }, null],
    [{}, { 'log.cleaner.threads': '3' }, `${CLEANER} increased to more than double the current value 1`],
    [
      { 'log.cleaner.threads': '4' },
      { 'log.cleaner.threads': '1' },
      `${CLEANER} reduced to less than half the current value 4`,
    ],
    [{}, { 'listener.name.plaintext.max.connections': '0' }, 'Invalid max.connections 0'],
    [
      {},
      { 'listener.name.plaintext.max.connection.creation.rate': '0' },
      'Invalid max.connection.creation.rate 0',
    ],
    [{}, { 'max.connections': '0' }, null],
    [
      { 'log.retention.hours': '24' },
      { 'log.retention.hours': '24', 'log.local.retention.ms': '-1' },
      'Invalid value -1 for configuration log.local.retention.ms: Value must not be -1 as log.retention.ms value is set ' +
        'as 86400000.',
    ],
    [
      { 'log.retention.hours': '24' },
      { 'log.retention.hours': '24', 'log.local.retention.ms': '100000000' },
      'Invalid value 100000000 for configuration log.local.retention.ms: Value must not be more than log.retention.ms ' +
        'property value: 86400000',
    ],
    [{}, { 'log.local.retention.bytes': '-1' }, null],
    [
      {},
      { 'metric.reporters': 'a.B' },
      'Validation of dynamic config update of Set(metric.reporters) failed with class class ' +
        'kafka.server.DynamicMetricsReporters',
    ],
    [{ 'metric.reporters': 'a.B' }, { 'metric.reporters': 'a.B', 'num.io.threads': '9' }, null],
    [ONE, { listeners: 'PLAINTEXT://127.0.0.1:1,SSL://127.0.0.1:2' }, null],
    [
      ONE,
      { ...ONE, [MAP]: 'PLAINTEXT:SASL_PLAINTEXT' },
      'Security protocol cannot be updated for existing listener ListenerName(PLAINTEXT)',
    ],
    [
      ONE,
      { listeners: 'PLAINTEXT://127.0.0.1:2', 'listener.name.plaintext.sasl.enabled.mechanisms': 'PLAIN' },
      'Configs cannot be updated dynamically for existing listener ListenerName(PLAINTEXT), restart broker or create a ' +
        'new listener for update',
    ],
    [ONE, { ...ONE, 'listener.name.plaintext.sasl.enabled.mechanisms': 'PLAIN' }, null],
    [
      ONE,
      {
        listeners: 'PLAINTEXT://127.0.0.1:1,SSL://127.0.0.1:2',
        'listener.name.plaintext.ssl.keystore.location': '/x',
        'listener.name.plaintext.max.connections': '5',
        'listener.name.ssl.ssl.client.auth': 'required',
      },
      null,
    ],
  ]
  for (const [before, after, fault] of cases) {
    it(`${fault === null ? 'may go' : 'may not go'} from ${JSON.stringify(before)} to ${JSON.stringify(after)}`, () => {
      const [one, other] = [before, after].map((texts) =>
        aBrokerConfig({ static: MINIMAL, perBroker: texts }),
      )
      if (!one || !other) throw new Error('unreachable')
      const wrapped =
        fault &&
        `Invalid value org.apache.kafka.common.config.ConfigException: ${fault} for configuration Invalid dynamic configuration`
      expect(faultOf(() => checkReconfiguration(one, other))).to.equal(wrapped)
    })
  }
})
