import { expect } from 'chai'
import type { Alteration, AlterOutcome } from '../../../src/config/alter.ts'
import {
  alterBroker,
  alterTopic,
  dynamicScopeOf,
  newTopicConfig,
  resourcesNamedTwice,
} from '../../../src/config/alter.ts'
import type { DynamicScope } from '../../../src/config/dynamic-rules.ts'
import { topicDefaults } from '../../../src/config/topic-config.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig, MINIMAL, properties } from './builders.ts'

const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

function incremental(
  ...entries: [name: string, configOperation: number, value: string | null][]
): Alteration {
  return {
    kind: 'incremental',
    entries: entries.map(([name, configOperation, value]) => ({ name, configOperation, value })),
  }
}

function replacing(...entries: [name: string, value: string | null][]): Alteration {
  return { kind: 'replace', entries: entries.map(([name, value]) => ({ name, value })) }
}

/** The new texts, or the error and its message. */
function shown(outcome: AlterOutcome): Texts | string {
  return outcome.kind === 'altered'
    ? Object.fromEntries(outcome.properties)
    : `${outcome.error}: ${outcome.message}`
}

function topicAfter(alteration: Alteration, current: Texts = {}, topic = 't'): Texts | string {
  const defaults = topicDefaults(aBrokerConfig())
  return shown(alterTopic({ topic, alteration, current: properties(current), defaults }))
}

describe('altering a topic', () => {
  const PREFIX = "INVALID_CONFIG: Invalid config value for resource ConfigResource(type=TOPIC, name='t'):"

  const cases: [what: string, alteration: Alteration, current: Texts, result: Texts | string][] = [
    [
      'sets a key',
      incremental(['retention.ms', SET, '5']),
      { preallocate: 'true' },
      { preallocate: 'true', 'retention.ms': '5' },
    ],
    ['deletes a key', incremental(['retention.ms', DELETE, null]), { 'retention.ms': '5' }, {}],
    ['deletes a key that is not set or not known', incremental(['a', DELETE, null]), {}, {}],
    [
      'replaces everything',
      replacing(['segment.bytes', '50']),
      { 'retention.ms': '5' },
      { 'segment.bytes': '50' },
    ],
    ['replaces everything by nothing', replacing(), { 'retention.ms': '5' }, {}],
    [
      'appends to the default of a list',
      incremental(['cleanup.policy', APPEND, 'compact']),
      {},
      { 'cleanup.policy': 'delete,compact' },
    ],
    [
      'appends only what is not there',
      incremental(['cleanup.policy', APPEND, 'compact,delete,compact']),
      { 'cleanup.policy': 'compact' },
      { 'cleanup.policy': 'compact,delete' },
    ],
    [
      'appends to an empty list',
      incremental(['cleanup.policy', APPEND, 'compact']),
      { 'cleanup.policy': '' },
      { 'cleanup.policy': 'compact' },
    ],
    [
      'appends to a list without default',
      incremental(['leader.replication.throttled.replicas', APPEND, '0:1']),
      {},
      { 'leader.replication.throttled.replicas': '0:1' },
    ],
    [
      'subtracts, down to an empty list',
      incremental(['cleanup.policy', SUBTRACT, 'delete']),
      {},
      { 'cleanup.policy': '' },
    ],
    [
      'subtracts one for one',
      incremental(['cleanup.policy', SUBTRACT, 'compact,compact']),
      { 'cleanup.policy': 'compact,delete' },
      { 'cleanup.policy': 'delete' },
    ],
    [
      'refuses to append nothing',
      incremental(['cleanup.policy', APPEND, '']),
      {},
      `${PREFIX} Invalid value  for configuration cleanup.policy: String must be one of: compact, delete`,
    ],
    [
      'refuses to append to what is no list',
      incremental(['retention.ms', APPEND, '5']),
      {},
      'INVALID_CONFIG: Config value append is not allowed for config key: retention.ms',
    ],
    [
      'refuses to subtract from what is no list',
      incremental(['retention.ms', SUBTRACT, '5']),
      {},
      'INVALID_CONFIG: Config value subtract is not allowed for config key: retention.ms',
    ],
    [
      'refuses to append to an unknown key',
      incremental(['nope', APPEND, '5']),
      {},
      'INVALID_CONFIG: Unknown config name: nope',
    ],
    [
      'refuses an unknown operation',
      incremental(['retention.ms', 7, '5']),
      {},
      'INVALID_REQUEST: Unknown operations type 7',
    ],
    [
      'refuses null values, all at once',
      incremental(['retention.ms', SET, null], ['segment.ms', APPEND, null]),
      {},
      'INVALID_REQUEST: Null value not supported for : retention.ms, segment.ms',
    ],
    [
      'refuses null values in a replacement',
      replacing(['a', null]),
      {},
      'INVALID_REQUEST: Null value not supported for : a',
    ],
    [
      'refuses a key twice',
      incremental(['retention.ms', SET, '1'], ['retention.ms', SET, '2']),
      {},
      'INVALID_REQUEST: Error due to duplicate config keys',
    ],
    [
      'refuses an unknown key',
      replacing(['nope', '1'], ['retention.ms', 'x']),
      {},
      'INVALID_CONFIG: Unknown topic config name: nope',
    ],
    [
      'refuses a bad value',
      replacing(['retention.ms', 'x']),
      {},
      `${PREFIX} Invalid value x for configuration retention.ms: Not a number of type LONG`,
    ],
    [
      'refuses values that contradict each other, without the prefix',
      replacing(['min.compaction.lag.ms', '10'], ['max.compaction.lag.ms', '5']),
      {},
      'INVALID_CONFIG: conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)',
    ],
    [
      'refuses tiered storage, with the prefix',
      replacing(['remote.storage.enable', 'true']),
      {},
      `${PREFIX} Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.`,
    ],
  ]
  for (const [what, alteration, current, result] of cases) {
    it(what, () => expect(topicAfter(alteration, current)).to.deep.equal(result))
  }

  it('refuses the topic without a name', () => {
    expect(topicAfter(replacing(), {}, '')).to.equal(
      'INVALID_REQUEST: Default topic resources are not allowed.',
    )
  })

  it('leaves the given properties alone', () => {
    const current = properties({ 'cleanup.policy': 'compact' })
    const defaults = topicDefaults(aBrokerConfig())
    alterTopic({
      topic: 't',
      alteration: incremental(['cleanup.policy', APPEND, 'delete']),
      current,
      defaults,
    })
    expect(Object.fromEntries(current)).to.deep.equal({ 'cleanup.policy': 'compact' })
  })
})

describe('the configuration of a new topic', () => {
  const of = (...entries: [string, string | null][]) =>
    shown(
      newTopicConfig({
        entries: entries.map(([name, value]) => ({ name, value })),
        defaults: topicDefaults(aBrokerConfig()),
      }),
    )

  it('is what was asked for', () => {
    expect(of(['retention.ms', '5'], ['cleanup.policy', ''])).to.deep.equal({
      'retention.ms': '5',
      'cleanup.policy': '',
    })
  })

  it('has no null values', () => {
    expect(of(['retention.ms', null], ['segment.ms', null])).to.equal(
      'INVALID_CONFIG: Null value not supported for topic configs: retention.ms,segment.ms',
    )
  })

  it('is refused in bare words', () => {
    expect(of(['retention.ms', 'soon'])).to.equal(
      'INVALID_CONFIG: Invalid value soon for configuration retention.ms: Not a number of type LONG',
    )
    expect(of(['remote.storage.enable', 'true'])).to.match(
      /^INVALID_CONFIG: Tiered Storage functionality is disabled/,
    )
  })
})

describe('altering a broker', () => {
  function brokerAfter(
    alteration: Alteration,
    {
      scope = 'broker',
      current = {},
      file = {},
      validateOnly = false,
    }: { scope?: DynamicScope; current?: Texts; file?: Texts; validateOnly?: boolean } = {},
  ): Texts | string {
    const config = aBrokerConfig({
      static: { ...MINIMAL, ...file },
      ...(scope === 'broker' ? { perBroker: current } : { clusterDefault: current }),
    })
    const resourceName = scope === 'broker' ? '1' : ''
    return shown(
      alterBroker({ scope, resourceName, alteration, current: properties(current), config, validateOnly }),
    )
  }

  it('sets, deletes and keeps unknown names', () => {
    const alteration = incremental(
      ['log.retention.ms', SET, '5'],
      ['my.key', SET, 'x'],
      ['log.roll.ms', DELETE, null],
    )
    expect(brokerAfter(alteration, { current: { 'log.roll.ms': '9' } })).to.deep.equal({
      'log.retention.ms': '5',
      'my.key': 'x',
    })
  })

  it('appends to the default of the table, not to what is in force', () => {
    const file = { 'log.cleanup.policy': 'compact' }
    expect(brokerAfter(incremental(['log.cleanup.policy', APPEND, 'compact']), { file })).to.deep.equal({
      'log.cleanup.policy': 'delete,compact',
    })
  })

  it('appends to the list of one listener', () => {
    const name = 'listener.name.plaintext.sasl.enabled.mechanisms'
    expect(brokerAfter(incremental([name, APPEND, 'PLAIN']))).to.deep.equal({ [name]: 'GSSAPI,PLAIN' })
  })

  it('drops what a znode held without right', () => {
    expect(
      brokerAfter(incremental(['log.roll.ms', SET, '9']), { current: {}, scope: 'cluster-default' }),
    ).to.deep.equal({
      'log.roll.ms': '9',
    })
    const config = aBrokerConfig({ static: MINIMAL })
    const current = properties({ 'broker.id': '7', 'log.roll.ms': '5' })
    const alteration = incremental(['my.key', SET, 'x'])
    const outcome = alterBroker({
      scope: 'broker',
      resourceName: '1',
      alteration,
      current,
      config,
      validateOnly: false,
    })
    expect(shown(outcome)).to.deep.equal({ 'log.roll.ms': '5', 'my.key': 'x' })
  })

  const refused: [what: string, alteration: Alteration, scope: DynamicScope, result: string][] = [
    [
      'a read-only key',
      replacing(['zookeeper.connect', 'x']),
      'cluster-default',
      'INVALID_REQUEST: Cannot update these configs dynamically: Set(zookeeper.connect)',
    ],
    [
      'a bad value',
      replacing(['num.io.threads', 'many']),
      'broker',
      'INVALID_REQUEST: Invalid value many for configuration num.io.threads: Not a number of type INT',
    ],
    ['a division by zero', replacing(['log.cleaner.threads', '0']), 'broker', 'INVALID_REQUEST: / by zero'],
    [
      'too many threads at once',
      replacing(['log.cleaner.threads', '100']),
      'cluster-default',
      'INVALID_REQUEST: Invalid value org.apache.kafka.common.config.ConfigException: Log cleaner threads cannot be ' +
        'increased to more than double the current value 1 for configuration Invalid dynamic configuration',
    ],
    [
      'what breaks a rule',
      replacing(['log.retention.ms', '0']),
      'broker',
      'INVALID_REQUEST: requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
    ],
    [
      'an append to what is no list',
      incremental(['broker.id', APPEND, '5']),
      'broker',
      'INVALID_CONFIG: Config value append is not allowed for config key: broker.id',
    ],
    [
      'a key twice',
      replacing(['log.roll.ms', '1'], ['log.roll.ms', '2']),
      'broker',
      'INVALID_REQUEST: Error due to duplicate config keys',
    ],
  ]
  for (const [what, alteration, scope, result] of refused) {
    it(`refuses ${what}`, () => expect(brokerAfter(alteration, { scope })).to.equal(result))
  }

  it('is judged by what it is now: halves go on from halves', () => {
    expect(
      brokerAfter(replacing(['num.io.threads', '2']), { current: { 'num.io.threads': '4' } }),
    ).to.deep.equal({
      'num.io.threads': '2',
    })
    expect(brokerAfter(replacing(), { current: { 'num.io.threads': '3' } })).to.contain(
      'double the current value 3',
    )
  })

  it('takes passwords only when they can be encrypted, and only for one broker', () => {
    const name = 'listener.name.plaintext.ssl.keystore.password'
    const alteration = replacing([name, 'secret'])
    expect(brokerAfter(alteration)).to.equal(
      "INVALID_CONFIG: Invalid config value for resource ConfigResource(type=BROKER, name='1'): " +
        'Password encoder secret not configured',
    )
    expect(brokerAfter(alteration, { validateOnly: true })).to.deep.equal({ [name]: 'secret' })
    const file = { 'password.encoder.secret': 's' }
    expect(brokerAfter(alteration, { file })).to.deep.equal({ [name]: 'secret' })
    expect(brokerAfter(alteration, { file, scope: 'cluster-default' })).to.equal(
      `INVALID_REQUEST: Cannot update these configs at default cluster level, broker id must be specified: Set(${name})`,
    )
  })

  it('means the broker that answers, or all', () => {
    expect(dynamicScopeOf('', 1)).to.equal('cluster-default')
    expect(dynamicScopeOf('1', 1)).to.equal('broker')
    expect(dynamicScopeOf('01', 1)).to.equal('broker')
    expect(() => dynamicScopeOf('7', 1)).to.throw('Unexpected broker id, expected 1, but received 7')
    expect(() => dynamicScopeOf('x', 1)).to.throw('Node id must be an integer, but it is: x')
  })
})

describe('resources of one request', () => {
  it('are refused when they come twice, each time', () => {
    const resources = [
      { resourceType: 2, resourceName: 'a' },
      { resourceType: 2, resourceName: 'b' },
      { resourceType: 4, resourceName: 'a' },
      { resourceType: 2, resourceName: 'a' },
    ]
    expect([...resourcesNamedTwice(resources)]).to.deep.equal([resources[0], resources[3]])
  })
})
