import { KafkaError } from '../model/errors.ts'
import type { BrokerKeyName } from './broker-keys.ts'
import { brokerKey, brokerKeyNames } from './broker-keys.ts'
import type { Key } from './define.ts'
import type { BrokerConfig, ConfigSource, Properties } from './layers.ts'
import { CONFIG_SOURCE_CODES, defaultTextOf } from './layers.ts'
import { parseJavaInt } from './java-text.ts'
import { keyOfName } from './listener-prefix.ts'
import { describedSynonymsOf } from './synonyms.ts'
import type { TopicConfig } from './topic-config.ts'
import { isTopicKey, topicKeyNames, topicKeyOf } from './topic-keys.ts'
import { CONFIG_TYPE_CODES, UNKNOWN_TYPE_CODE } from './types.ts'

/** A name that also says the key, with the text one layer gives it. */
interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  /** A code of CONFIG_SOURCE_CODES. */
  readonly source: number
}

/** An entry of a DescribeConfigs answer, all versions in one. */
export interface ConfigEntry {
  readonly name: string
  /** Null when there is none and when it is secret. */
  readonly value: string | null
  readonly readOnly: boolean
  /** Version 0 only, and always false there: Kafka does not fill it in any more. */
  readonly isDefault: false
  /** A code of CONFIG_SOURCE_CODES. */
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly ConfigSynonym[]
  /** A code of CONFIG_TYPE_CODES, or 0. */
  readonly configType: number
  readonly documentation: string | null
}

export interface DescribeOptions {
  /** The names asked for; null and an empty list stand for all. */
  readonly names: readonly string[] | null
  readonly includeSynonyms: boolean
  readonly includeDocumentation: boolean
}

/**
 * The entries for a broker, the one that answers, by name. Listed are Kafka's public keys and whatever is set.
 * Source: ConfigHelper.describeConfigs, createBrokerConfigEntry.
 */
export function describeBroker(config: BrokerConfig, options: DescribeOptions): ConfigEntry[] {
  const listed = brokerKeyNames.filter((name) => brokerKey(name)?.listed)
  return selectNames([...new Set([...listed, ...config.texts.keys()])], options).map((name) =>
    brokerEntry(name, config.textOf(name), synonymTexts(config, name), options),
  )
}

/** The entries for the default of all brokers: what its znode holds. */
export function describeClusterDefault(config: BrokerConfig, options: DescribeOptions): ConfigEntry[] {
  const layer = config.layers.clusterDefault
  return selectNames([...layer.keys()], options).map((name) => {
    const synonyms = synonymTexts(config, name).filter(
      ({ source }) => source === CONFIG_SOURCE_CODES.DYNAMIC_DEFAULT_BROKER_CONFIG,
    )
    return brokerEntry(name, layer.get(name) ?? null, synonyms, options)
  })
}

/** The entries for a topic. Source: ConfigHelper.createTopicConfigEntry. */
export function describeTopic(
  topic: TopicConfig,
  broker: BrokerConfig,
  options: DescribeOptions,
): ConfigEntry[] {
  return selectNames(topicKeyNames, options)
    .filter(isTopicKey)
    .map((name) => {
      const key = topicKeyOf(name)
      const value = topic.textOf(name)
      const inherited = key?.brokerKey ? synonymTexts(broker, key.brokerKey) : []
      const own = { name, value, source: CONFIG_SOURCE_CODES.TOPIC_CONFIG }
      const synonyms = topic.overrides.has(name) ? [own, ...inherited] : inherited
      return {
        name,
        value,
        readOnly: false,
        isDefault: false,
        configSource: sourceOf(synonyms),
        isSensitive: false,
        synonyms: options.includeSynonyms ? synonyms : [],
        configType: key ? CONFIG_TYPE_CODES[key.type.name] : UNKNOWN_TYPE_CODE,
        documentation: options.includeDocumentation ? (key?.doc ?? null) : null,
      }
    })
}

/** Whom a DescribeConfigs resource of type BROKER means. Throws KafkaError. */
export function describedBroker(resourceName: string, brokerId: number): 'broker' | 'cluster-default' {
  if (resourceName === '') return 'cluster-default'
  const id = parseJavaInt(resourceName)
  if (id === null)
    throw new KafkaError('INVALID_REQUEST', `Broker id must be an integer, but it is: ${resourceName}`)
  if (id === brokerId) return 'broker'
  throw new KafkaError(
    'INVALID_REQUEST',
    `Unexpected broker id, expected ${brokerId} or empty string, but received ${resourceName}`,
  )
}

/** What a key is, together with why it changes nothing. */
export function documentationOf(key: Key<unknown>): string {
  return key.noEffect === null ? key.doc : `${key.doc} Without effect: ${key.noEffect}.`
}

/** Secret are passwords, and all texts whose meaning nobody knows. */
function isSensitive(name: string): boolean {
  const key = keyOfName(name)
  return key === null || key.type.name === 'PASSWORD'
}

function selectNames<Name extends string>(
  names: readonly Name[],
  { names: wanted }: DescribeOptions,
): Name[] {
  const chosen =
    wanted === null || wanted.length === 0 ? names : names.filter((name) => wanted.includes(name))
  return [...chosen].sort()
}

function brokerEntry(
  name: string,
  value: string | null,
  synonyms: readonly ConfigSynonym[],
  { includeSynonyms, includeDocumentation }: DescribeOptions,
): ConfigEntry {
  const key = keyOfName(name)
  const own = brokerKey(name)
  const sensitive = isSensitive(name)
  return {
    name,
    value: sensitive ? null : value,
    // Only a key's own name counts as dynamic: with a listener's prefix, and for rates of throttles, Kafka says read-only.
    readOnly: own === null || own.update === 'read-only' || own.update === 'dynamic-only',
    isDefault: false,
    configSource: sourceOf(synonyms),
    isSensitive: sensitive,
    synonyms: includeSynonyms ? synonyms : [],
    configType: key === null ? UNKNOWN_TYPE_CODE : CONFIG_TYPE_CODES[key.type.name],
    documentation: includeDocumentation && own !== null ? documentationOf(own) : null,
  }
}

function sourceOf(synonyms: readonly ConfigSynonym[]): number {
  return synonyms[0]?.source ?? CONFIG_SOURCE_CODES.DEFAULT_CONFIG
}

/**
 * The texts of a key and its synonyms in all layers, strongest first, as they were written. What stands before the
 * first text of `name` itself is left out: the overrides of listeners, when their base is asked for. A time that is only
 * set in another unit therefore has none, and counts as default.
 * Source: ConfigHelper.configSynonyms.
 */
function synonymTexts(config: BrokerConfig, name: string): ConfigSynonym[] {
  const { perBroker, clusterDefault, static: file } = config.layers
  const layers: readonly (readonly [Properties, ConfigSource])[] = [
    [perBroker, 'DYNAMIC_BROKER_CONFIG'],
    [clusterDefault, 'DYNAMIC_DEFAULT_BROKER_CONFIG'],
    [file, 'STATIC_BROKER_CONFIG'],
  ]
  const names = describedSynonymsOf(name)
  const texts: ConfigSynonym[] = []
  const add = (synonym: string, text: string | null | undefined, source: ConfigSource): void => {
    if (text === null || text === undefined) return
    const value = isSensitive(synonym) || isSensitive(name) ? null : text
    texts.push({ name: synonym, value, source: CONFIG_SOURCE_CODES[source] })
  }
  for (const [layer, source] of layers) {
    for (const synonym of names) add(synonym, layer.get(synonym), source)
  }
  for (const synonym of names) {
    // Keys that only ZooKeeper holds are not in Kafka's table of defaults.
    const key = brokerKey(synonym)
    if (key !== null && key.update !== 'dynamic-only') {
      add(synonym, defaultTextOf(synonym as BrokerKeyName), 'DEFAULT_CONFIG')
    }
  }
  const first = texts.findIndex((text) => text.name === name)
  return first < 0 ? [] : texts.slice(first)
}
