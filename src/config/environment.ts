import { brokerKeyNames } from './broker-keys.ts'
import { keyOfName } from './listener-prefix.ts'

/** Something worth a line in the log, or only in `zurau config explain`. */
export interface Note {
  readonly level: 'debug' | 'info' | 'warn'
  readonly message: string
}

interface EnvironmentProperty {
  readonly name: string
  readonly value: string
  /** The variable that says so. */
  readonly variable: string
}

/** A property whose value stands in a file. */
interface PropertyInFile {
  readonly name: string
  readonly path: string
  readonly variable: string
}

/** What the environment says about the broker's configuration, in the dialects of the images that people come from. */
export interface Environment {
  readonly properties: readonly EnvironmentProperty[]
  /** Whoever may read files reads them: the first line is the value. */
  readonly inFiles: readonly PropertyInFile[]
  readonly notes: readonly Note[]
}

/** What one variable comes to; several when one property hides behind two of them. */
type Reading =
  | { readonly kind: 'property'; readonly name: string; readonly value: string }
  | { readonly kind: 'file'; readonly name: string; readonly path: string }
  | { readonly kind: 'note'; readonly level: Note['level']; readonly message: string }

/**
 * Reads the variables of three dialects: apache/kafka and cp-kafka (`KAFKA_X_Y`, where `__` is an underscore and `___` a
 * dash), wurstmeister/kafka (no escapes, `KAFKA_CREATE_TOPICS`) and bitnami/kafka (`KAFKA_CFG_X_Y`), and `ZURAU_X_Y`.
 * Variables of the JVM, of Kubernetes and of the images themselves become notes.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const properties = new Map<string, EnvironmentProperty>()
  const inFiles: PropertyInFile[] = []
  const notes: Note[] = []
  // KAFKA_CFG_ sorts before most others and is the least ambiguous: the first to name a property counts.
  const names = Object.keys(variables).sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1))
  for (const variable of names) {
    const value = variables[variable]
    if (value === undefined) continue
    const reading = readVariable(variable, value, variables)
    if (reading === null) continue
    switch (reading.kind) {
      case 'note':
        notes.push({ level: reading.level, message: `${variable}: ${reading.message}` })
        break
      case 'file':
        inFiles.push({ name: reading.name, path: reading.path, variable })
        break
      case 'property': {
        const earlier = properties.get(reading.name)
        if (earlier === undefined) {
          properties.set(reading.name, { name: reading.name, value: reading.value, variable })
        } else if (earlier.value !== reading.value) {
          notes.push({
            level: 'warn',
            message: `${variable}: ${earlier.variable} sets ${reading.name} already and counts`,
          })
        }
      }
    }
  }
  return { properties: [...properties.values()], inFiles, notes }
}

function rank(variable: string): number {
  return variable.startsWith('KAFKA_CFG_') ? 0 : 1
}

function readVariable(
  variable: string,
  value: string,
  variables: Readonly<Record<string, string | undefined>>,
): Reading | null {
  if (variable.startsWith('ZURAU_')) return readOwn(variable, value)
  if (!variable.startsWith('KAFKA_')) return readForeign(variable)
  if (isOfKubernetes(variable, value))
    return note('debug', 'comes from Kubernetes, which announces services so')
  if (variable.startsWith('KAFKA_CFG_')) return readBitnami(variable, value)
  const special = readSpecial(variable, value, variables)
  if (special !== null) return special
  const why = IGNORED.get(variable)
  if (why !== undefined) return note('debug', why)
  return property(apacheName(variable), value)
}

function note(level: Note['level'], message: string): Reading {
  return { kind: 'note', level, message }
}

/** A property, unless it is an empty text where only something else is legal: a way to write "not set". */
function property(name: string, value: string): Reading {
  const type = keyOfName(name)?.type.name
  const mayBeEmpty = type === undefined || type === 'STRING' || type === 'LIST' || type === 'PASSWORD'
  if (value === '' && !mayBeEmpty) return note('debug', `is empty, so ${name} is not set`)
  if (/_\{[A-Z]+_COMMAND\}/.test(value)) {
    return note('warn', `commands are not run here; write what _{…_COMMAND} should become into ${name}`)
  }
  return { kind: 'property', name, value }
}

const byLowerCase = new Map(brokerKeyNames.map((name) => [name.toLowerCase(), name]))

/** Variables lose the capitals of a few keys, such as `zookeeper.clientCnxnSocket`. */
function withCapitals(name: string): string {
  return byLowerCase.get(name) ?? name
}

function isKnown(name: string): boolean {
  return keyOfName(name) !== null
}

/** The name by apache/kafka's rule. Where no underscores meet, wurstmeister/kafka's makes the same of it. */
function apacheName(variable: string): string {
  const dotted = variable.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.')
  return withCapitals(dotted.replaceAll('...', '-').replaceAll('..', '_'))
}

/** bitnami/kafka writes listener names with underscores as two words, and takes values from files. */
function readBitnami(variable: string, value: string): Reading {
  const name = bitnamiName(variable)
  const ofFile = variable.endsWith('_FILE') ? bitnamiName(variable.slice(0, -'_FILE'.length)) : null
  if (ofFile !== null && !isKnown(name) && isKnown(ofFile)) return { kind: 'file', name: ofFile, path: value }
  return property(name, value)
}

function bitnamiName(variable: string): string {
  const dotted = variable.slice('KAFKA_CFG_'.length).toLowerCase().replaceAll('_', '.')
  return withCapitals(
    dotted.replaceAll('sasl.ssl', 'sasl_ssl').replaceAll('sasl.plaintext', 'sasl_plaintext'),
  )
}

function readOwn(variable: string, value: string): Reading {
  const dotted = variable.toLowerCase().replaceAll('_', '.')
  const plain = dotted.slice('zurau.'.length)
  if (isKnown(dotted)) return property(dotted, value)
  if (isKnown(plain)) return property(plain, value)
  return note('debug', 'is not a key of the broker')
}

/** Variables without our prefixes that the images know. */
function readForeign(variable: string): Reading | null {
  if (
    ['BROKER_ID_COMMAND', 'HOSTNAME_COMMAND', 'PORT_COMMAND', 'RACK_COMMAND', 'CUSTOM_INIT_SCRIPT'].includes(
      variable,
    )
  ) {
    return note(
      'warn',
      'commands are not run here; set KAFKA_BROKER_ID, KAFKA_ADVERTISED_LISTENERS, KAFKA_BROKER_RACK',
    )
  }
  if (variable.startsWith('LOG4J_')) return note('debug', 'belongs to log4j; see ZURAU_LOG_LEVEL')
  if (variable === 'CLUSTER_ID') return note('debug', 'belongs to KRaft; the cluster id is in ZooKeeper')
  return null
}

/** A service named `kafka` puts KAFKA_PORT=tcp://… and a dozen more into every pod. */
function isOfKubernetes(variable: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$/.test(variable) ||
    /_PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?$/.test(variable) ||
    (variable.endsWith('_PORT') && /^(tcp|udp):\/\//.test(value))
  )
}

const JVM = 'belongs to the Java virtual machine'
const IMAGE = 'belongs to the image that it was made for'
const BITNAMI = 'is not read here'

const IGNORED: ReadonlyMap<string, string> = new Map([
  ...[
    'HEAP_OPTS',
    'OPTS',
    'JMX_OPTS',
    'JMX_PORT',
    'JMX_HOSTNAME',
    'JVM_PERFORMANCE_OPTS',
    'GC_LOG_OPTS',
    'DEBUG',
  ].map((name) => [`KAFKA_${name}`, JVM] as const),
  ['KAFKA_LOG4J_OPTS', JVM],
  ['KAFKA_LOG4J_LOGGERS', 'belongs to log4j; see ZURAU_LOG_LEVEL'],
  ['KAFKA_TOOLS_LOG4J_LOGLEVEL', 'belongs to log4j; see ZURAU_LOG_LEVEL'],
  ...[
    'VERSION',
    'HOME',
    'LOG',
    'BASE_DIR',
    'VOLUME_DIR',
    'DATA_DIR',
    'CONF_DIR',
    'CONF_FILE',
    'MOUNTED_CONF_DIR',
  ].map((name) => [`KAFKA_${name}`, IMAGE] as const),
  ...['CERTS_DIR', 'INITSCRIPTS_DIR', 'DAEMON_USER', 'DAEMON_GROUP', 'CREATE_TOPICS_SEPARATOR'].map(
    (name) => [`KAFKA_${name}`, IMAGE] as const,
  ),
  ['KAFKA_KRAFT_CLUSTER_ID', 'belongs to KRaft; the cluster id is in ZooKeeper'],
])

/** The old names that bitnami/kafka still takes for other keys. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['KAFKA_LOGS_DIRS', 'log.dirs'],
  ['KAFKA_SEGMENT_BYTES', 'log.segment.bytes'],
  ['KAFKA_MAX_MESSAGE_BYTES', 'message.max.bytes'],
  ['KAFKA_LOG_RETENTION_CHECK_INTERVALS_MS', 'log.retention.check.interval.ms'],
  ['KAFKA_ZOOKEEPER_CONNECT_TIMEOUT_MS', 'zookeeper.connection.timeout.ms'],
])

/** Where apache/kafka and cp-kafka look for stores and for files with their passwords. */
const SECRETS_DIRECTORY = '/etc/kafka/secrets'
const SSL_FILES: ReadonlyMap<string, string> = new Map([
  ['KAFKA_SSL_KEYSTORE_FILENAME', 'ssl.keystore.location'],
  ['KAFKA_SSL_TRUSTSTORE_FILENAME', 'ssl.truststore.location'],
])
const SSL_CREDENTIALS: ReadonlyMap<string, string> = new Map([
  ['KAFKA_SSL_KEYSTORE_CREDENTIALS', 'ssl.keystore.password'],
  ['KAFKA_SSL_KEY_CREDENTIALS', 'ssl.key.password'],
  ['KAFKA_SSL_TRUSTSTORE_CREDENTIALS', 'ssl.truststore.password'],
])

const LOG_LEVELS: ReadonlyMap<string, string> = new Map([
  ['ALL', 'trace'],
  ['TRACE', 'trace'],
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['ERROR', 'error'],
  ['FATAL', 'fatal'],
  ['OFF', 'fatal'],
])

function readSpecial(
  variable: string,
  value: string,
  variables: Readonly<Record<string, string | undefined>>,
): Reading | null {
  const alias = ALIASES.get(variable)
  if (alias !== undefined) return property(alias, value)
  const store = SSL_FILES.get(variable)
  if (store !== undefined) return property(store, `${SECRETS_DIRECTORY}/${value}`)
  const password = SSL_CREDENTIALS.get(variable)
  if (password !== undefined) return { kind: 'file', name: password, path: `${SECRETS_DIRECTORY}/${value}` }
  if (variable === 'KAFKA_CREATE_TOPICS') {
    const separator = variables['KAFKA_CREATE_TOPICS_SEPARATOR'] ?? ','
    const entries = value.split(separator === '' ? ',' : separator).map((entry) => entry.trim())
    return property('zurau.create.topics', entries.filter((entry) => entry !== '').join(','))
  }
  if (variable === 'KAFKA_LOG4J_ROOT_LOGLEVEL') {
    // It may name appenders after the level, as log4j's own file does.
    const level = LOG_LEVELS.get((value.split(',')[0] ?? '').trim().toUpperCase())
    return level === undefined
      ? note('warn', `${value} is not a log level`)
      : property('zurau.log.level', level)
  }
  if (variable === 'KAFKA_ENABLE_KRAFT') {
    const isOn = /^(yes|true|1)$/i.test(value)
    return isOn ? note('warn', 'there is no KRaft mode here; metadata is in ZooKeeper') : note('debug', IMAGE)
  }
  if (variable === 'KAFKA_ZOOKEEPER_PROTOCOL' && value.toUpperCase() === 'PLAINTEXT')
    return note('debug', IMAGE)
  if (/^KAFKA_(ZOOKEEPER_(PROTOCOL|USER|PASSWORD|TLS_\w+)|TLS_\w+|CERTIFICATE_PASSWORD)$/.test(variable)) {
    return note(
      'warn',
      `${BITNAMI}; use the keys zookeeper.ssl.* and ssl.* (KAFKA_CFG_ZOOKEEPER_SSL_…, KAFKA_CFG_SSL_…)`,
    )
  }
  if (/^KAFKA_(CLIENT|INTER_BROKER|BROKER|CONTROLLER)_(USERS?|PASSWORDS?)$/.test(variable)) {
    return note('warn', `${BITNAMI}; users stand in sasl.jaas.config, or for SCRAM in ZooKeeper`)
  }
  return null
}
