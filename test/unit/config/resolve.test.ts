import { expect } from 'chai'
import { readEnvironment } from '../../../src/config/environment.ts'
import { parsePropertiesFile } from '../../../src/config/properties-file.ts'
import type { StaticConfig } from '../../../src/config/resolve.ts'
import { explainConfig, resolveStaticConfig } from '../../../src/config/resolve.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig } from './builders.ts'

const ZOOKEEPER = 'zookeeper.connect=localhost:2181\n'

function resolve({
  file = ZOOKEEPER,
  variables = {},
  overrides = [],
  fileTexts = {},
}: {
  file?: string | null
  variables?: Texts
  overrides?: string[]
  fileTexts?: Texts
} = {}): StaticConfig {
  return resolveStaticConfig({
    file: file === null ? null : parsePropertiesFile('server.properties', file),
    environment: readEnvironment(variables),
    fileTexts: new Map(Object.entries(fileTexts)),
    overrides,
  })
}

function warningsOf(config: StaticConfig): string[] {
  return config.notes.filter(({ level }) => level === 'warn').map(({ message }) => message)
}

describe('static configuration', () => {
  it('takes the command line before the environment before the file', () => {
    const config = resolve({
      file: `${ZOOKEEPER}broker.id=1\nnum.partitions=1\nlog.dirs=/a\n`,
      variables: { KAFKA_NUM_PARTITIONS: '2', KAFKA_LOG_DIRS: '/b' },
      overrides: ['log.dirs=/c'],
    })
    expect(config.faults).to.deep.equal([])
    expect(
      ['broker.id', 'num.partitions', 'log.dirs'].map((name) => config.properties.get(name)),
    ).to.deep.equal(['1', '2', '/c'])
    expect(Object.fromEntries(config.origins)).to.deep.equal({
      'zookeeper.connect': 'server.properties line 1',
      'broker.id': 'server.properties line 2',
      'num.partitions': 'KAFKA_NUM_PARTITIONS',
      'log.dirs': '--override',
    })
  })

  it('says file, line, key and what is allowed, for all faults at once', () => {
    const { faults } = resolve({
      file: `${ZOOKEEPER}\nlog.segment.bytes=13\nauto.create.topics.enable=yes\nssl.client.auth=maybe\n`,
      variables: { KAFKA_COMPRESSION_LZ4_LEVEL: '99' },
      overrides: ['num.io.threads=many'],
    })
    expect(faults).to.deep.equal([
      'server.properties line 3: log.segment.bytes=13 is not allowed; it must be a whole number, at least 14',
      'server.properties line 4: auto.create.topics.enable=yes is not allowed; it must be true or false',
      'server.properties line 5: ssl.client.auth=maybe is not allowed; it must be one of required, requested, none',
      'KAFKA_COMPRESSION_LZ4_LEVEL: compression.lz4.level=99 is not allowed; it must be a whole number from 1 to 17',
      '--override: num.io.threads=many is not allowed; it must be a whole number, at least 1',
    ])
  })

  it('checks the values together when each is legal', () => {
    expect(resolve({ file: 'log.roll.ms=0\n' }).faults).to.deep.equal([
      'Missing required configuration `zookeeper.connect` which has no default value.',
      'log.roll.ms must be greater than or equal to 1',
    ])
    expect(resolve().faults).to.deep.equal([])
  })

  it('lets the last of two equal lines count, and says which lines', () => {
    const config = resolve({ file: `${ZOOKEEPER}num.partitions=2\n# x\nnum.partitions=3\n` })
    expect(config.properties.get('num.partitions')).to.equal('3')
    expect(warningsOf(config)).to.deep.equal([
      'server.properties: num.partitions is set on line 2 and again on line 4; line 4 counts',
    ])
  })

  const notes: [line: string, warning: string][] = [
    [
      'zookeper.connect=x',
      'server.properties line 2: zookeper.connect is not a known key and has no effect (did you mean zookeeper.connect?)',
    ],
    [
      'LOG_DIRS=x',
      'server.properties line 2: LOG_DIRS is not a known key and has no effect (did you mean log.dirs?)',
    ],
    [
      'listener.name.internal.ssl.keystor.location=x',
      'server.properties line 2: listener.name.internal.ssl.keystor.location is not a known key and has no effect (did ' +
        'you mean listener.name.internal.ssl.keystore.location?)',
    ],
    [
      'my.plugin.of.mine=x',
      'server.properties line 2: my.plugin.of.mine is not a known key and has no effect',
    ],
    [
      'leader.replication.throttled.rate=5',
      'server.properties line 2: leader.replication.throttled.rate counts only as dynamic configuration ' +
        '(kafka-configs --alter)',
    ],
    [
      'max.request.size=5',
      'server.properties line 2: max.request.size has no effect: it is a key of producers; the broker has message.max.bytes',
    ],
  ]
  for (const [line, warning] of notes) {
    it(`warns about ${line}`, () => {
      const config = resolve({ file: `${ZOOKEEPER}${line}\n` })
      expect(warningsOf(config)).to.deep.equal([warning])
      expect(config.faults).to.deep.equal([])
    })
  }

  it('mentions keys without effect, unless they say what is the case anyway', () => {
    const infos = (line: string) =>
      resolve({ file: `${ZOOKEEPER}${line}\n` }).notes.map(({ message }) => message)
    expect(infos('metric.reporters=a.B')).to.deep.equal([
      'server.properties line 2: metric.reporters has no effect: metrics are served over HTTP, not through Java classes',
    ])
    expect(infos('num.io.threads=8')).to.deep.equal([])
    expect(infos('num.io.threads=9')).to.have.length(1)
  })

  it('refuses an override that is none', () => {
    expect(resolve({ overrides: ['a', '=b', 'num.partitions=2=3'] }).faults).to.deep.equal([
      '--override a: must be of the form key=value',
      '--override =b: must be of the form key=value',
      '--override: num.partitions=2=3 is not allowed; it must be a whole number, at least 1',
    ])
  })

  it('takes passwords from the first line of their files', () => {
    const variables = { KAFKA_SSL_KEY_CREDENTIALS: 'creds' }
    const path = '/etc/kafka/secrets/creds'
    const config = resolve({ variables, fileTexts: { [path]: 'hunter2\nmore\n' } })
    expect(config.properties.get('ssl.key.password')).to.equal('hunter2')
    expect(config.origins.get('ssl.key.password')).to.equal('KAFKA_SSL_KEY_CREDENTIALS')
    expect(resolve({ variables }).faults).to.deep.equal([
      `KAFKA_SSL_KEY_CREDENTIALS: ${path}, which holds ssl.key.password, cannot be read`,
    ])
  })

  const legacy: [texts: string, listeners: string | undefined, advertised: string | undefined][] = [
    ['port=9999', 'PLAINTEXT://:9999', undefined],
    ['host.name=h', 'PLAINTEXT://h:9092', undefined],
    ['advertised.host.name=a', undefined, 'PLAINTEXT://a:9092'],
    ['advertised.port=1\nhost.name=h\nport=2', 'PLAINTEXT://h:2', 'PLAINTEXT://h:1'],
    ['advertised.host.name=a\nport=2', 'PLAINTEXT://:2', 'PLAINTEXT://a:2'],
  ]
  for (const [texts, listeners, advertised] of legacy) {
    it(`reads ${texts.replaceAll('\n', ', ')} as listeners, with one warning`, () => {
      const config = resolve({ file: `${ZOOKEEPER}${texts}\n` })
      expect(config.properties.get('listeners')).to.equal(listeners)
      expect(config.properties.get('advertised.listeners')).to.equal(advertised)
      expect(config.properties.has('port')).to.equal(false)
      expect(warningsOf(config)).to.have.length(1)
      expect(warningsOf(config)[0]).to.contain('removed in Kafka 3.0; read as ')
    })
  }

  it('ignores the old names of listeners beside the new ones', () => {
    const config = resolve({ file: `${ZOOKEEPER}listeners=PLAINTEXT://:1\nport=2\n` })
    expect(config.properties.get('listeners')).to.equal('PLAINTEXT://:1')
    expect(warningsOf(config)).to.deep.equal([
      'port (server.properties line 3): removed in Kafka 3.0; ignored, for the listeners are set',
    ])
  })

  it('derives listeners from advertised ones of the environment only', () => {
    const variables = { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://a:9092,SSL://[::1]:9093' }
    expect(resolve({ variables }).properties.get('listeners')).to.equal(
      'PLAINTEXT://0.0.0.0:9092,SSL://0.0.0.0:9093',
    )
    const said = resolve({ variables, file: `${ZOOKEEPER}listeners=PLAINTEXT://:1,SSL://:2\n` })
    expect(said.properties.get('listeners')).to.equal('PLAINTEXT://:1,SSL://:2')
    const ofFile = resolve({ file: `${ZOOKEEPER}advertised.listeners=PLAINTEXT://a:1\n` })
    expect(ofFile.properties.has('listeners')).to.equal(false)
  })

  it('starts from nothing at all', () => {
    expect(resolve({ file: null }).faults).to.deep.equal([
      'Missing required configuration `zookeeper.connect` which has no default value.',
    ])
  })
})

describe('explaining a configuration', () => {
  const config = aBrokerConfig({
    static: { 'log.dirs': '/a', 'node.id': '1', 'password.encoder.secret': 'hunter2', 'my.token': 'hunter3' },
    clusterDefault: { 'log.segment.bytes': '50' },
    perBroker: { 'num.io.threads': '9' },
  })
  const origins = new Map([
    ['log.dirs', 'KAFKA_LOG_DIRS'],
    ['node.id', 'server.properties line 3'],
    ['password.encoder.secret', 'KAFKA_PASSWORD_ENCODER_SECRET'],
    ['my.token', 'server.properties line 4'],
  ])
  const rows = new Map(explainConfig(config, origins, { onlySet: false }).map((row) => [row.name, row]))

  const expected: [name: string, value: string | null, origin: string][] = [
    ['log.dirs', '/a', 'KAFKA_LOG_DIRS'],
    ['node.id', '1', 'server.properties line 3'],
    ['broker.id', '1', 'server.properties line 3'],
    ['log.segment.bytes', '50', 'dynamic configuration of all brokers'],
    ['num.io.threads', '9', 'dynamic configuration of this broker'],
    ['password.encoder.secret', '(hidden)', 'KAFKA_PASSWORD_ENCODER_SECRET'],
    ['my.token', '(hidden)', 'server.properties line 4'],
    ['sasl.jaas.config', null, 'default'],
    ['num.partitions', '1', 'default'],
  ]
  for (const [name, value, origin] of expected) {
    it(`says that ${name} is ${value} from ${origin}`, () => {
      expect(rows.get(name)).to.include({ name, value, origin })
    })
  }

  it('shows no secret anywhere', () => {
    expect(JSON.stringify([...rows])).not.to.contain('hunter')
  })

  it('says why a key has no effect', () => {
    expect(rows.get('num.io.threads')?.noEffect).to.contain('event loop')
    expect(rows.get('num.partitions')?.noEffect).to.equal(null)
  })

  it('leaves out what nobody set, on request', () => {
    const names = explainConfig(config, origins, { onlySet: true }).map(({ name }) => name)
    expect(names).to.deep.equal([
      'broker.id',
      'log.dirs',
      'log.segment.bytes',
      'my.token',
      'node.id',
      'num.io.threads',
      'password.encoder.secret',
    ])
  })
})
