import { expect } from 'chai'
import { brokenRules, checkBrokerRules } from '../../../src/config/broker-rules.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig, MINIMAL } from './builders.ts'

function faultOf(texts: Texts): string | null {
  try {
    checkBrokerRules(aBrokerConfig({ static: { ...MINIMAL, ...texts } }))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

const FAILED = 'requirement failed:'
const IDS = `${FAILED} broker.id must be greater than or equal to -1 and not greater than reserved.broker.max.id`
const RETENTION = `${FAILED} log.retention.ms must be unlimited (-1) or, greater than or equal to 1`
const MEMORY = `${FAILED} log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.`
const ACKS =
  'offsets.commit.required.acks must be greater or equal to -1 and less or equal to offsets.topic.replication.factor'
const MECHANISM =
  `${FAILED} sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for ` +
  'inter-broker communication'
const SASL: Texts = { listeners: 'SASL_PLAINTEXT://:1', 'security.inter.broker.protocol': 'SASL_PLAINTEXT' }

// Each was asked of Kafka 3.9.1 (KafkaConfig.fromProps); the messages are its own unless said otherwise.
const cases: [texts: Texts, fault: string | null][] = [
  [{}, null],
  [{ 'broker.id': '1001' }, IDS],
  [{ 'broker.id': '-2' }, IDS],
  [{ 'broker.id': '1001', 'broker.id.generation.enable': 'false' }, null],
  [
    { 'broker.id': '-1', 'broker.id.generation.enable': 'false' },
    `${FAILED} broker.id must be greater than or equal to 0`,
  ],
  [{ 'node.id': '2' }, 'You must set `node.id` to the same value as `broker.id`.'],
  [{ 'log.roll.ms': '0' }, `${FAILED} log.roll.ms must be greater than or equal to 1`],
  [{ 'log.roll.jitter.ms': '-1' }, `${FAILED} log.roll.jitter.ms must be greater than or equal to 0`],
  [{ 'log.retention.ms': '0' }, RETENTION],
  [{ 'log.retention.hours': '0' }, RETENTION],
  [{ 'log.retention.ms': '-5' }, null],
  [{ 'log.dirs': '' }, `${FAILED} At least one log directory must be defined via log.dirs or log.dir.`],
  [{ 'log.cleaner.threads': '0' }, '/ by zero'],
  [{ 'log.cleaner.threads': '200' }, MEMORY],
  [{ 'log.cleaner.dedupe.buffer.size': '1048576' }, MEMORY],
  [{ 'log.cleaner.dedupe.buffer.size': '1048577' }, null],
  [
    { 'replica.fetch.wait.max.ms': '40000' },
    `${FAILED} replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary ` +
      'socket timeouts',
  ],
  [
    { 'replica.fetch.wait.max.ms': '20000', 'replica.lag.time.max.ms': '10000' },
    `${FAILED} replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent ` +
      'frequent changes in ISR',
  ],
  [{ 'offsets.commit.required.acks': '-2' }, ACKS],
  [{ 'offsets.commit.required.acks': '9' }, ACKS],
  [{ 'offsets.commit.required.acks': '3' }, null],
  [{ 'group.coordinator.rebalance.protocols': 'classic,share' }, null],
  [
    { 'group.coordinator.rebalance.protocols': 'classic,consumer' },
    "The new 'consumer' rebalance protocol is only supported in KRaft cluster.",
  ],
  [{ 'group.coordinator.rebalance.protocols': '' }, "Disabling the 'classic' protocol is not supported."],
  [
    { listeners: 'PLAINTEXT' },
    "Error creating broker listeners from 'PLAINTEXT': Unable to parse PLAINTEXT to a broker endpoint",
  ],
  [
    { 'inter.broker.protocol.version': '0.10.2' },
    `${FAILED} log.message.format.version 3.0-IV1 can only be used when inter.broker.protocol.version is set to ` +
      'version 0.11.0 or higher',
  ],
  [
    { 'inter.broker.protocol.version': '0.9.0', 'log.message.format.version': '0.10.0' },
    `${FAILED} log.message.format.version 0.10.0 can only be used when inter.broker.protocol.version is set to version ` +
      '0.10.0 or higher',
  ],
  [{ 'inter.broker.protocol.version': '0.9.0', 'log.message.format.version': '0.8.2' }, null],
  [{ 'inter.broker.protocol.version': '2.8' }, null],
  [SASL, null],
  [{ ...SASL, 'sasl.mechanism.inter.broker.protocol': 'PLAIN' }, MECHANISM],
  [
    {
      ...SASL,
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.sasl_plaintext.sasl.enabled.mechanisms': 'PLAIN',
    },
    null,
  ],
  [
    { 'queued.max.request.bytes': '100' },
    `${FAILED} queued.max.request.bytes must be larger or equal to socket.request.max.bytes`,
  ],
  [
    { 'max.connections.per.ip': '0' },
    `${FAILED} max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.`,
  ],
  [{ 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': '127.0.0.1:5' }, null],
  [
    { 'connection.failed.authentication.delay.ms': '600000' },
    `${FAILED} connection.failed.authentication.delay.ms=600000 should always be less than ` +
      'connections.max.idle.ms=600000 to prevent failed authentication responses from timing out',
  ],
  [{ 'connections.max.idle.ms': '-1' }, null],
  [
    { 'controller.listener.names': 'X' },
    `${FAILED} controller.listener.names must be empty when not running in KRaft mode: [X]`,
  ],
  // Our own words from here.
  [
    { 'process.roles': 'broker' },
    'process.roles asks for KRaft mode; this broker keeps its metadata in ZooKeeper.',
  ],
  [
    { 'zookeeper.metadata.migration.enable': 'true' },
    'zookeeper.metadata.migration.enable: a migration to KRaft is not possible.',
  ],
  [{ 'zurau.http.listen': 'x' }, 'zurau.http.listen: x is not of the form host:port'],
  [
    { 'zurau.create.topics': 'x' },
    'zurau.create.topics: x is not of the form name:partitions:replicas[:cleanup.policy]',
  ],
  [
    { 'offsets.storage.overrides': 'x' },
    'offsets.storage.overrides: x is not of the form group=kafka|zookeeper|dual',
  ],
]

describe('broker rules', () => {
  for (const [texts, fault] of cases) {
    it(`${fault === null ? 'accepts' : 'refuses'} ${JSON.stringify(texts)}`, () =>
      expect(faultOf(texts)).to.equal(fault))
  }

  it('wants to know where ZooKeeper is', () => {
    expect(() => checkBrokerRules(aBrokerConfig({ static: { 'broker.id': '1' } }))).to.throw(
      'Missing required configuration `zookeeper.connect` which has no default value.',
    )
  })

  it('names all broken rules at once, each once and without the words of a failed requirement', () => {
    const config = aBrokerConfig({ static: { 'log.roll.ms': '0', listeners: 'FOO://:1' } })
    expect(brokenRules(config)).to.deep.equal([
      'Missing required configuration `zookeeper.connect` which has no default value.',
      'log.roll.ms must be greater than or equal to 1',
      "Error creating broker listeners from 'FOO://:1': No security protocol defined for listener FOO",
    ])
    expect(brokenRules(aBrokerConfig({ static: MINIMAL }))).to.deep.equal([])
  })
})
