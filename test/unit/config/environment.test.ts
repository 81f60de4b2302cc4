import { expect } from 'chai'
import type { Environment } from '../../../src/config/environment.ts'
import { readEnvironment } from '../../../src/config/environment.ts'
import type { Texts } from './builders.ts'

function propertiesOf(variables: Texts): Texts {
  return Object.fromEntries(readEnvironment(variables).properties.map(({ name, value }) => [name, value]))
}

function notesOf(variables: Texts): string[] {
  return readEnvironment(variables).notes.map(({ level, message }) => `${level} ${message}`)
}

describe('environment', () => {
  const cases: [what: string, variables: Texts, properties: Texts][] = [
    ['a dot for an underscore', { KAFKA_LOG_SEGMENT_BYTES: '5' }, { 'log.segment.bytes': '5' }],
    [
      "apache/kafka's escapes of underscore and dash",
      { KAFKA_LISTENER_NAME_SASL__SSL_SCRAM___SHA___256_SASL_JAAS_CONFIG: 'x' },
      { 'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': 'x' },
    ],
    [
      'capitals within a key',
      { KAFKA_ZOOKEEPER_CLIENTCNXNSOCKET: 'x' },
      { 'zookeeper.clientCnxnSocket': 'x' },
    ],
    [
      'capitals within a key of bitnami',
      { KAFKA_CFG_ZOOKEEPER_CLIENTCNXNSOCKET: 'x' },
      { 'zookeeper.clientCnxnSocket': 'x' },
    ],
    ["bitnami's prefix", { KAFKA_CFG_NUM_PARTITIONS: '3' }, { 'num.partitions': '3' }],
    [
      "bitnami's listener names",
      { KAFKA_CFG_LISTENER_NAME_SASL_SSL_SSL_CLIENT_AUTH: 'required' },
      { 'listener.name.sasl_ssl.ssl.client.auth': 'required' },
    ],
    [
      "bitnami's older names",
      { KAFKA_LOGS_DIRS: '/a', KAFKA_SEGMENT_BYTES: '5', KAFKA_MAX_MESSAGE_BYTES: '6', KAFKA_BROKER_ID: '1' },
      { 'broker.id': '1', 'log.dirs': '/a', 'message.max.bytes': '6', 'log.segment.bytes': '5' },
    ],
    [
      "what Zürau's own keys are called",
      { ZURAU_HTTP_LISTEN: ':0', ZURAU_OFFSETS_STORAGE: 'dual', KAFKA_ZURAU_LOG_FORMAT: 'json' },
      { 'zurau.http.listen': ':0', 'offsets.storage': 'dual', 'zurau.log.format': 'json' },
    ],
    [
      "wurstmeister's topics",
      { KAFKA_CREATE_TOPICS: 'a:1:1, b:3:1:compact,' },
      { 'zurau.create.topics': 'a:1:1,b:3:1:compact' },
    ],
    [
      "wurstmeister's topics, a line each",
      { KAFKA_CREATE_TOPICS: '\na:1:1\nb:3:1\n', KAFKA_CREATE_TOPICS_SEPARATOR: '\n' },
      { 'zurau.create.topics': 'a:1:1,b:3:1' },
    ],
    ["log4j's level", { KAFKA_LOG4J_ROOT_LOGLEVEL: 'WARN, stdout' }, { 'zurau.log.level': 'warn' }],
    ["log4j's silence", { KAFKA_LOG4J_ROOT_LOGLEVEL: 'off' }, { 'zurau.log.level': 'fatal' }],
    [
      'stores in the directory of secrets',
      { KAFKA_SSL_KEYSTORE_FILENAME: 'k.p12' },
      { 'ssl.keystore.location': '/etc/kafka/secrets/k.p12' },
    ],
    [
      'an empty text where one is legal',
      { KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM: '' },
      { 'ssl.endpoint.identification.algorithm': '' },
    ],
    [
      'an empty text as "not set" where none is legal',
      { KAFKA_NUM_PARTITIONS: '', KAFKA_BROKER_ID: '1' },
      { 'broker.id': '1' },
    ],
    ['unknown keys as they are', { KAFKA_MY_PLUGIN: 'x' }, { 'my.plugin': 'x' }],
    [
      'old names of listeners as they are',
      { KAFKA_ADVERTISED_HOST_NAME: 'h', KAFKA_PORT: '9093' },
      { 'advertised.host.name': 'h', port: '9093' },
    ],
    ['backslashes and equal signs as they are', { KAFKA_BROKER_RACK: 'a\\n=b' }, { 'broker.rack': 'a\\n=b' }],
    [
      'KAFKA_LOG_DIR, which is a key and no variable of the image',
      { KAFKA_LOG_DIR: '/a' },
      { 'log.dir': '/a' },
    ],
    [
      'nothing of the machine, the image or Kubernetes',
      {
        PATH: '/bin',
        KAFKA_HEAP_OPTS: '-Xmx1g',
        KAFKA_JMX_PORT: '9999',
        KAFKA_VERSION: '3.9',
        KAFKA_PORT: 'tcp://10.0.0.1:9092',
        KAFKA_SERVICE_HOST: '10.0.0.1',
        KAFKA_SERVICE_PORT_CLIENT: '9092',
        KAFKA_PORT_9092_TCP: 'tcp://10.0.0.1:9092',
        KAFKA_PORT_9092_TCP_ADDR: '10.0.0.1',
        KAFKA_UI_PORT: 'tcp://10.0.0.2:80',
        KAFKA_UI_SERVICE_HOST: '10.0.0.2',
        ALLOW_PLAINTEXT_LISTENER: 'yes',
        CLUSTER_ID: 'x',
        ZURAU_SOMETHING: 'x',
      },
      {},
    ],
  ]
  for (const [what, variables, properties] of cases) {
    it(`reads ${what}`, () => expect(propertiesOf(variables)).to.deep.equal(properties))
  }

  it('names the variable of each property', () => {
    expect(readEnvironment({ KAFKA_CFG_LOG_DIRS: '/a' }).properties).to.deep.equal([
      { name: 'log.dirs', value: '/a', variable: 'KAFKA_CFG_LOG_DIRS' },
    ])
  })

  it("prefers bitnami's prefix and reports the loser", () => {
    const variables = { KAFKA_LOG_DIRS: '/b', KAFKA_CFG_LOG_DIRS: '/a' }
    expect(propertiesOf(variables)).to.deep.equal({ 'log.dirs': '/a' })
    expect(notesOf(variables)).to.deep.equal([
      'warn KAFKA_LOG_DIRS: KAFKA_CFG_LOG_DIRS sets log.dirs already and counts',
    ])
    expect(notesOf({ KAFKA_LOG_DIRS: '/a', KAFKA_CFG_LOG_DIRS: '/a' })).to.deep.equal([])
  })

  it('names the files in which passwords stand', () => {
    const inFiles: Environment['inFiles'] = readEnvironment({
      KAFKA_SSL_KEY_CREDENTIALS: 'key_creds',
      KAFKA_CFG_ZOOKEEPER_CONNECT_FILE: '/run/secrets/zk',
    }).inFiles
    expect(inFiles).to.deep.equal([
      { name: 'zookeeper.connect', path: '/run/secrets/zk', variable: 'KAFKA_CFG_ZOOKEEPER_CONNECT_FILE' },
      {
        name: 'ssl.key.password',
        path: '/etc/kafka/secrets/key_creds',
        variable: 'KAFKA_SSL_KEY_CREDENTIALS',
      },
    ])
  })

  it('says nothing aloud about variables of the JVM, only where it is asked', () => {
    expect(notesOf({ KAFKA_HEAP_OPTS: '-Xmx1g', KAFKA_OPTS: 'x' })).to.deep.equal([
      'debug KAFKA_HEAP_OPTS: belongs to the Java virtual machine',
      'debug KAFKA_OPTS: belongs to the Java virtual machine',
    ])
  })

  for (const [variable, value] of [
    ['BROKER_ID_COMMAND', 'hostname'],
    ['KAFKA_ADVERTISED_LISTENERS', 'PLAINTEXT://_{HOSTNAME_COMMAND}:9092'],
    ['KAFKA_CLIENT_USERS', 'a,b'],
    ['KAFKA_INTER_BROKER_PASSWORD', 'x'],
    ['KAFKA_ZOOKEEPER_PROTOCOL', 'SASL'],
    ['KAFKA_TLS_TYPE', 'PEM'],
    ['KAFKA_ENABLE_KRAFT', 'yes'],
    ['KAFKA_LOG4J_ROOT_LOGLEVEL', 'LOUD'],
  ] as const) {
    it(`warns that ${variable}=${value} is not followed`, () => {
      const { properties, notes } = readEnvironment({ [variable]: value })
      expect(properties).to.deep.equal([])
      expect(notes.map(({ level }) => level)).to.deep.equal(['warn'])
      expect(notes[0]?.message).to.contain(`${variable}: `)
    })
  }

  it('does not repeat a password in a note', () => {
    expect(notesOf({ KAFKA_INTER_BROKER_PASSWORD: 'hunter2' }).join()).not.to.contain('hunter2')
  })

  it('is quiet about the harmless settings of the images', () => {
    expect(
      notesOf({ KAFKA_ZOOKEEPER_PROTOCOL: 'PLAINTEXT', KAFKA_ENABLE_KRAFT: 'no' }).every((note) =>
        note.startsWith('debug'),
      ),
    ).to.equal(true)
  })
})
