import { ConfigError } from './config-error.ts'
import type { BrokerConfig, Properties } from './layers.ts'
import { NO_PROPERTIES } from './layers.ts'
import type { TopicKeyName, TopicValues } from './topic-keys.ts'
import type { ConfigType } from './types.ts'
import { isTopicKey, topicKeyNames, topicKeyOf, topicKeys } from './topic-keys.ts'

/** Topic configuration that cannot be: unknown names, or values that contradict each other. Its message is Kafka's. */
export class TopicConfigError extends Error {
  override readonly name = 'TopicConfigError'
}

/** A text of a topic's stored configuration that is not used, and why. */
export interface IgnoredOverride {
  readonly name: string
  readonly reason: string
}

/** The configuration of one topic at one moment: immutable, its own texts over what the broker gives. */
export class TopicConfig {
  /** The topic's own texts. */
  readonly overrides: Properties
  /** What is in force, by the official names. */
  readonly values: TopicValues
  /** The texts of inherited values that a number does not hold exactly. */
  private readonly inheritedTexts: Properties

  constructor(overrides: Properties, values: TopicValues, inheritedTexts: Properties) {
    this.overrides = overrides
    this.values = values
    this.inheritedTexts = inheritedTexts
  }

  /** The same topic with other texts of its own, and their values. */
  with(overrides: Properties, values: TopicValues): TopicConfig {
    return new TopicConfig(overrides, values, this.inheritedTexts)
  }

  get<Name extends TopicKeyName>(name: Name): TopicValues[Name] {
    return this.values[name]
  }

  /** The value in force as Kafka prints it. */
  textOf(name: TopicKeyName): string {
    const type: ConfigType<unknown> = topicKeys[name].type
    const text = this.overrides.get(name) ?? this.inheritedTexts.get(name)
    return text === undefined ? type.print(this.values[name]) : type.canonical(text)
  }

  isCompacted(): boolean {
    return this.values['cleanup.policy'].includes('compact')
  }
}

/** The configuration of a topic that says nothing itself. Shared by all such topics of a broker. */
export function topicDefaults(broker: BrokerConfig): TopicConfig {
  const values: Record<string, unknown> = {}
  const inexact = new Map<string, string>()
  for (const name of topicKeyNames) {
    const { brokerKey, fallback } = topicKeys[name]
    const value = fallback(broker)
    values[name] = value
    const text = value === Infinity && brokerKey !== null ? broker.textOf(brokerKey) : null
    if (text !== null && !Number.isSafeInteger(Number(text))) inexact.set(name, text)
  }
  return new TopicConfig(NO_PROPERTIES, values as unknown as TopicValues, inexact)
}

/**
 * The configuration of a topic whose znode holds `overrides`. What is unknown or not legal there is left out and
 * reported: a bad text in ZooKeeper must not stop a partition.
 */
export function effectiveTopicConfig(
  defaults: TopicConfig,
  overrides: Properties,
): { readonly config: TopicConfig; readonly ignored: readonly IgnoredOverride[] } {
  if (overrides.size === 0) return { config: defaults, ignored: [] }
  const own = new Map<string, string>()
  const ignored: IgnoredOverride[] = []
  const values: Record<string, unknown> = {}
  for (const name of topicKeyNames) values[name] = defaults.get(name)
  for (const [name, text] of overrides) {
    try {
      const key = topicKeyOf(name)
      if (key === null) {
        ignored.push({ name, reason: `Unknown topic config name: ${name}` })
      } else {
        values[name] = key.type.parse(name, text)
        own.set(name, text)
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      ignored.push({ name, reason: error.message })
    }
  }
  return { config: defaults.with(own, values as unknown as TopicValues), ignored }
}

/**
 * The configuration of a topic with `overrides`, all of which must be legal, alone and together with the defaults.
 * Throws ConfigError for a value, TopicConfigError for a name or a combination.
 * Source: LogConfig.validate with fromZK.
 */
export function validTopicConfig(defaults: TopicConfig, overrides: Properties): TopicConfig {
  for (const name of overrides.keys()) {
    if (!isTopicKey(name)) throw new TopicConfigError(`Unknown topic config name: ${name}`)
  }
  // Judged in the order of the table, so that of several faults always the same one is named.
  const own = new Map<string, string>()
  for (const name of topicKeyNames) {
    const text = overrides.get(name)
    if (text === undefined) continue
    topicKeys[name].type.parse(name, text)
    own.set(name, text)
  }
  const { config } = effectiveTopicConfig(defaults, own)
  checkCompactionLag(config)
  checkTieredStorage(config)
  return config
}

function checkCompactionLag(config: TopicConfig): void {
  const minMs = config.get('min.compaction.lag.ms')
  const maxMs = config.get('max.compaction.lag.ms')
  if (minMs <= maxMs) return
  throw new TopicConfigError(
    `conflict topic config setting min.compaction.lag.ms (${config.textOf('min.compaction.lag.ms')}) > ` +
      `max.compaction.lag.ms (${config.textOf('max.compaction.lag.ms')})`,
  )
}

/** A fault of the combination which Kafka reports like one of a value. */
export class TieredStorageError extends Error {
  override readonly name = 'TieredStorageError'
}

function checkTieredStorage(config: TopicConfig): void {
  if (config.get('remote.log.copy.disable') || config.get('remote.log.delete.on.disable')) {
    throw new TopicConfigError(
      "It is invalid to set `remote.log.delete.on.disable` or `remote.log.copy.disable` under Zookeeper's mode.",
    )
  }
  if (!config.get('remote.storage.enable')) return
  throw new TieredStorageError(
    'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
  )
}
