import type { BrokerKeyName, BrokerValues } from './broker-keys.ts'
import { brokerKeyNames, brokerKeys, isBrokerKey } from './broker-keys.ts'
import { ConfigError } from './config-error.ts'
import type { Key } from './define.ts'
import { keyOfName, listenerPrefix } from './listener-prefix.ts'
import { synonymsOf } from './synonyms.ts'

/** Texts by key name: what a file, an environment or a znode says. */
export type Properties = ReadonlyMap<string, string>

/**
 * The layers from which a broker's configuration is made, weakest first; the defaults of the key table lie below.
 * Source: KIP-226, DynamicBrokerConfig.
 */
export interface BrokerLayers {
  /** server.properties, the environment, the command line. */
  readonly static: Properties
  /** `/config/brokers/<default>`. */
  readonly clusterDefault: Properties
  /** `/config/brokers/N`. */
  readonly perBroker: Properties
}

/** Where a value came from, with the codes of DescribeConfigs answers. Source: DescribeConfigsResponse.ConfigSource. */
export const CONFIG_SOURCE_CODES = {
  TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
} as const
export type ConfigSource = keyof typeof CONFIG_SOURCE_CODES

/** Whoever can be asked for the value of a key: a snapshot, or what is in force now. */
export interface ConfigReader {
  get<Name extends BrokerKeyName>(name: Name): BrokerValues[Name]
}

export const NO_PROPERTIES: Properties = new Map()

/** All defaults. Copied for every snapshot, so that each has every key and reading one is a plain property access. */
const defaults = Object.fromEntries(brokerKeyNames.map((name) => [name, brokerKeys[name].default]))

/**
 * A broker's configuration at one moment: immutable, every value read and checked. Unknown names are kept (they are
 * somebody's custom configuration) and have no value here.
 */
export class BrokerConfig implements ConfigReader {
  readonly layers: BrokerLayers
  /** The texts in force by name: what Kafka calls the originals. */
  readonly texts: Properties
  private readonly values: BrokerValues

  /** Throws the ConfigError of the first text that is not legal. */
  constructor(layers: BrokerLayers) {
    this.layers = { ...layers, static: withBothIds(layers.static) }
    this.texts = mergeLayers(this.layers)
    const values: Record<string, unknown> = { ...defaults }
    for (const [name, text] of this.texts) {
      const value: unknown = keyOfName(name)?.type.parse(name, text)
      if (isBrokerKey(name)) values[name] = value
    }
    this.values = values as unknown as BrokerValues
  }

  get<Name extends BrokerKeyName>(name: Name): BrokerValues[Name] {
    return this.values[name]
  }

  /** The value for one listener, or for one SASL mechanism of it: the most special that is set. */
  getForListener<Name extends BrokerKeyName>(
    name: Name,
    listener: string,
    mechanism?: string,
  ): BrokerValues[Name] {
    const prefix = listenerPrefix(listener)
    const special =
      mechanism === undefined ? undefined : this.texts.get(`${prefix}${mechanism.toLowerCase()}.${name}`)
    const text = special ?? this.texts.get(prefix + name)
    return text === undefined
      ? this.values[name]
      : (brokerKeys[name].type.parse(name, text) as BrokerValues[Name])
  }

  isSet(name: string): boolean {
    return this.texts.has(name)
  }

  /** The strongest layer that sets `name`; synonyms do not count. */
  sourceOf(name: string): ConfigSource {
    if (this.layers.perBroker.has(name)) return 'DYNAMIC_BROKER_CONFIG'
    if (this.layers.clusterDefault.has(name)) return 'DYNAMIC_DEFAULT_BROKER_CONFIG'
    if (this.layers.static.has(name)) return 'STATIC_BROKER_CONFIG'
    return 'DEFAULT_CONFIG'
  }

  /** Only names: what a log or a debugger shows of this must not hold passwords. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `BrokerConfig { ${[...this.texts.keys()].join(', ')} }`
  }

  /** The value in force as Kafka prints it; null when there is none. Secrets are printed: whoever shows it hides them. */
  textOf(name: string): string | null {
    const key = keyOfName(name)
    const text = this.texts.get(name)
    if (key === null) return text ?? null
    if (text !== undefined) return key.type.name === 'PASSWORD' ? text : key.type.canonical(text)
    return isBrokerKey(name) ? defaultTextOf(name) : null
  }
}

/** A key's default as Kafka prints it; null when it has none. */
export function defaultTextOf(name: BrokerKeyName): string | null {
  const { default: value, type }: Key<unknown> = brokerKeys[name]
  return value === null || value === undefined ? null : type.print(value)
}

/** What is wrong with texts, each by itself: one error per name whose text is not legal. Unknown names are never wrong. */
export function illegalTexts(properties: Properties): ConfigError[] {
  const errors: ConfigError[] = []
  for (const [name, text] of properties) {
    try {
      keyOfName(name)?.type.parse(name, text)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      errors.push(error)
    }
  }
  return errors
}

/**
 * Lays one layer over others. A name that is set takes its synonyms of the layers below away, so that a dynamic
 * `log.retention.ms` counts although a file says `log.retention.hours`.
 * Source: DynamicBrokerConfig.overrideProps.
 */
function mergeLayers({ static: file, clusterDefault, perBroker }: BrokerLayers): Properties {
  const merged = new Map(file)
  for (const layer of [clusterDefault, perBroker]) {
    // All goes before anything comes, so that two units in one layer do not hide each other.
    for (const name of layer.keys()) for (const synonym of synonymsOf(name)) merged.delete(synonym)
    for (const [name, text] of layer) merged.set(name, text)
  }
  return merged
}

/** `node.id` and `broker.id` are one thing: the one that is set sets the other. Source: KafkaConfig.populateSynonyms. */
function withBothIds(properties: Properties): Properties {
  const brokerId = properties.get('broker.id')
  const nodeId = properties.get('node.id')
  if ((brokerId === undefined) === (nodeId === undefined)) return properties
  return new Map(properties)
    .set('broker.id', brokerId ?? nodeId ?? '')
    .set('node.id', nodeId ?? brokerId ?? '')
}
