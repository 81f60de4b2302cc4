import type { ErrorName } from '../model/errors.ts'
import { KafkaError } from '../model/errors.ts'
import { checkBrokerRules } from './broker-rules.ts'
import { ConfigError, ConfigRuleError } from './config-error.ts'
import { parseJavaInt } from './java-text.ts'
import type { DynamicScope } from './dynamic-rules.ts'
import { checkDynamicProperties, checkReconfiguration, usableProperties } from './dynamic-rules.ts'
import { BrokerConfig, defaultTextOf } from './layers.ts'
import type { Properties } from './layers.ts'
import { keyOfName, parsePrefixedName } from './listener-prefix.ts'
import { isBrokerKey } from './broker-keys.ts'
import { hasPasswords } from './stored-passwords.ts'
import type { TopicConfig } from './topic-config.ts'
import { TieredStorageError, TopicConfigError, validTopicConfig } from './topic-config.ts'
import { isTopicKey, topicKeyOf } from './topic-keys.ts'

/**
 * What AlterConfigs and IncrementalAlterConfigs do to the configuration of one topic or broker: the new properties, or
 * the error to answer, with Kafka's code and words. Nothing is written here.
 * Sources: ConfigAdminManager, ZkAdminManager; KIP-339 for the operations.
 */

/** The operations of IncrementalAlterConfigs by their code. Source: AlterConfigOp.OpType. */
const OPERATIONS = ['SET', 'DELETE', 'APPEND', 'SUBTRACT'] as const
type OperationKind = (typeof OPERATIONS)[number]

/** An entry of IncrementalAlterConfigs, as it is on the wire. */
export interface IncrementalEntry {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

/** An entry of AlterConfigs, as it is on the wire. */
export interface ReplacingEntry {
  readonly name: string
  readonly value: string | null
}

export type AlterOutcome =
  | { readonly kind: 'altered'; readonly properties: Properties }
  | { readonly kind: 'refused'; readonly error: ErrorName; readonly message: string }

/** A change to one resource: single operations, or the whole set anew. */
export type Alteration =
  | { readonly kind: 'incremental'; readonly entries: readonly IncrementalEntry[] }
  | { readonly kind: 'replace'; readonly entries: readonly ReplacingEntry[] }

/** Changes the configuration of an existing topic. `current` are the topic's own texts, `defaults` what the broker gives. */
export function alterTopic(request: {
  readonly topic: string
  readonly alteration: Alteration
  readonly current: Properties
  readonly defaults: TopicConfig
}): AlterOutcome {
  const { topic, alteration, current, defaults } = request
  return outcome(() => {
    checkEntries(alteration)
    if (topic === '') throw new KafkaError('INVALID_REQUEST', 'Default topic resources are not allowed.')
    const properties = apply(alteration, current, topicListDefault)
    try {
      validTopicConfig(defaults, properties)
    } catch (error) {
      if (error instanceof ConfigError || error instanceof TieredStorageError) {
        throw new KafkaError(
          'INVALID_CONFIG',
          `Invalid config value for resource ConfigResource(type=TOPIC, name='${topic}'): ${error.message}`,
        )
      }
      throw error
    }
    return properties
  })
}

/**
 * The configuration that a new topic gets. Null values are named all at once; other faults come without the prefix that
 * altering gives them. Source: ZkAdminManager.createTopics.
 */
export function newTopicConfig(request: {
  readonly entries: readonly ReplacingEntry[]
  readonly defaults: TopicConfig
}): AlterOutcome {
  const { entries, defaults } = request
  return outcome(() => {
    const missing = entries.filter(({ value }) => value === null).map(({ name }) => name)
    if (missing.length > 0) {
      throw new KafkaError(
        'INVALID_CONFIG',
        `Null value not supported for topic configs: ${missing.join(',')}`,
      )
    }
    const properties = new Map(entries.map(({ name, value }) => [name, value ?? '']))
    try {
      validTopicConfig(defaults, properties)
    } catch (error) {
      if (error instanceof ConfigError || error instanceof TieredStorageError) {
        throw new KafkaError('INVALID_CONFIG', error.message)
      }
      throw error
    }
    return properties
  })
}

/**
 * Changes the dynamic configuration of this broker or the default of all. `current` are the properties of that znode,
 * `config` what is in force. Every refusal is INVALID_REQUEST, as Kafka's clients know it (KAFKA-13609), but for those
 * that concern passwords and lists.
 */
export function alterBroker(request: {
  readonly scope: DynamicScope
  readonly resourceName: string
  readonly alteration: Alteration
  readonly current: Properties
  readonly config: BrokerConfig
  /** Kafka looks whether passwords can be encrypted only when it writes them. */
  readonly validateOnly: boolean
}): AlterOutcome {
  const { scope, resourceName, alteration, current, config, validateOnly } = request
  return outcome(() => {
    checkEntries(alteration)
    const properties = apply(alteration, usableProperties(current, scope).usable, brokerListDefault)
    try {
      checkDynamicProperties(properties, scope)
      const layer = scope === 'broker' ? 'perBroker' : 'clusterDefault'
      const after = new BrokerConfig({ ...config.layers, [layer]: properties })
      checkBrokerRules(after)
      checkReconfiguration(config, after)
    } catch (error) {
      if (error instanceof ConfigError || error instanceof ConfigRuleError) {
        throw new KafkaError('INVALID_REQUEST', error.message)
      }
      throw error
    }
    if (!validateOnly) checkPasswords(properties, scope, resourceName, config)
    return properties
  })
}

/** Which znode a broker resource means: its own or, for the empty name, that of all. Throws KafkaError. */
export function dynamicScopeOf(resourceName: string, brokerId: number): DynamicScope {
  if (resourceName === '') return 'cluster-default'
  const id = parseJavaInt(resourceName)
  if (id === null)
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${resourceName}`)
  if (id !== brokerId) {
    throw new KafkaError(
      'INVALID_REQUEST',
      `Unexpected broker id, expected ${brokerId}, but received ${resourceName}`,
    )
  }
  return 'broker'
}

/** Of the resources of one request those that it names more than once: all of them are refused. */
export function resourcesNamedTwice<
  Resource extends { readonly resourceType: number; readonly resourceName: string },
>(resources: readonly Resource[]): ReadonlySet<Resource> {
  const byName = new Map<string, Resource[]>()
  for (const resource of resources) {
    const name = `${resource.resourceType} ${resource.resourceName}`
    byName.set(name, [...(byName.get(name) ?? []), resource])
  }
  return new Set([...byName.values()].filter((same) => same.length > 1).flat())
}

export const NAMED_TWICE = {
  error: 'INVALID_REQUEST',
  message: 'Each resource must appear at most once.',
} as const

function outcome(alter: () => Properties): AlterOutcome {
  try {
    return { kind: 'altered', properties: alter() }
  } catch (error) {
    if (error instanceof KafkaError) return { kind: 'refused', error: error.error, message: error.message }
    if (error instanceof TopicConfigError)
      return { kind: 'refused', error: 'INVALID_CONFIG', message: error.message }
    throw error
  }
}

/** What must hold of the entries of any resource, before anything is looked up. Throws KafkaError INVALID_REQUEST. */
export function checkEntries(alteration: Alteration): void {
  const { kind, entries } = alteration
  if (new Set(entries.map(({ name }) => name)).size !== entries.length) {
    throw new KafkaError('INVALID_REQUEST', 'Error due to duplicate config keys')
  }
  const missing =
    kind === 'replace'
      ? alteration.entries.filter(({ value }) => value === null)
      : alteration.entries.filter(
          ({ value, configOperation }) => value === null && operationOf(configOperation) !== 'DELETE',
        )
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(', ')
  throw new KafkaError('INVALID_REQUEST', `Null value not supported for : ${names}`)
}

function operationOf(code: number): OperationKind | null {
  return OPERATIONS[code] ?? null
}

/** The texts after an alteration. `listDefault` gives the default of a list key, and null for what is not a list. */
function apply(
  alteration: Alteration,
  current: Properties,
  listDefault: (name: string) => readonly string[] | null,
): Map<string, string> {
  if (alteration.kind === 'replace') {
    return new Map(alteration.entries.map(({ name, value }) => [name, value ?? '']))
  }
  const properties = new Map(current)
  for (const { name, configOperation, value } of alteration.entries) {
    const operation = operationOf(configOperation)
    switch (operation) {
      case null:
        throw new KafkaError('INVALID_REQUEST', `Unknown operations type ${configOperation}`)
      case 'SET':
        properties.set(name, value ?? '')
        break
      case 'DELETE':
        properties.delete(name)
        break
      case 'APPEND':
      case 'SUBTRACT': {
        const defaultEntries = listDefault(name)
        if (defaultEntries === null) {
          const word = operation.toLowerCase()
          throw new KafkaError(
            'INVALID_CONFIG',
            `Config value ${word} is not allowed for config key: ${name}`,
          )
        }
        const text = properties.get(name)
        const old = text === undefined ? defaultEntries : text.split(',').filter((entry) => entry !== '')
        const given = (value ?? '').split(',')
        const entries = operation === 'APPEND' ? [...new Set([...old, ...given])] : subtract(old, given)
        properties.set(name, entries.join(','))
      }
    }
  }
  return properties
}

/** The entries without those given; each given one takes one away. */
function subtract(entries: readonly string[], given: readonly string[]): string[] {
  const left = [...entries]
  for (const entry of given) {
    const index = left.indexOf(entry)
    if (index >= 0) left.splice(index, 1)
  }
  return left
}

// Unlike Kafka, which fails with UNKNOWN_SERVER_ERROR, an unknown key is called unknown here.
function unknownName(name: string): KafkaError {
  return new KafkaError('INVALID_CONFIG', `Unknown config name: ${name}`)
}

function topicListDefault(name: string): readonly string[] | null {
  const key = topicKeyOf(name)
  if (key === null || !isTopicKey(name)) throw unknownName(name)
  // Both the broker's default and, where it has none, an empty list are what Kafka starts from, not what is in force.
  if (key.type.name !== 'LIST') return null
  return key.brokerKey === null ? [] : (defaultTextOf(key.brokerKey)?.split(',') ?? [])
}

function brokerListDefault(name: string): readonly string[] | null {
  const key = keyOfName(name)
  if (key === null) throw unknownName(name)
  if (key.type.name !== 'LIST') return null
  const base = parsePrefixedName(name)?.base ?? name
  const text = isBrokerKey(base) ? defaultTextOf(base) : null
  return text === null || text === '' ? [] : text.split(',')
}

/** Passwords are kept encrypted, and never for all brokers. Source: DynamicBrokerConfig.toPersistentProps. */
function checkPasswords(
  properties: Properties,
  scope: DynamicScope,
  resourceName: string,
  config: BrokerConfig,
): void {
  if (!hasPasswords(properties)) return
  const why =
    scope === 'cluster-default'
      ? 'Password config can be defined only at broker level'
      : config.get('password.encoder.secret') === null
        ? 'Password encoder secret not configured'
        : null
  if (why === null) return
  throw new KafkaError(
    'INVALID_CONFIG',
    `Invalid config value for resource ConfigResource(type=BROKER, name='${resourceName}'): ${why}`,
  )
}
