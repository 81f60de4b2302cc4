import { brokerKey } from './broker-keys.ts'
import { ConfigError, ConfigRuleError } from './config-error.ts'
import { endpointsOf, logRetentionMs } from './derived.ts'
import type { BrokerConfig, Properties } from './layers.ts'
import { illegalTexts } from './layers.ts'
import { listenerPrefix, parsePrefixedName } from './listener-prefix.ts'

/** Which znode dynamic configuration belongs to: one broker's or that of all. */
export type DynamicScope = 'broker' | 'cluster-default'

/** Keys with a listener prefix that may be set for all brokers. Source: DynamicBrokerConfig.ClusterLevelListenerConfigs. */
const CLUSTER_LEVEL_LISTENER_KEYS: readonly string[] = [
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
]

function isReadOnly(name: string): boolean {
  return brokerKey(name)?.update === 'read-only'
}

/** Key stores and trust stores belong to a listener; without its prefix they cannot change. */
function needsListenerPrefix(name: string): boolean {
  return brokerKey(name)?.update === 'per-listener'
}

function needsBroker(name: string): boolean {
  const prefixed = parsePrefixedName(name)
  if (prefixed) return !CLUSTER_LEVEL_LISTENER_KEYS.includes(prefixed.rest)
  const update = brokerKey(name)?.update
  return update === 'per-broker' || update === 'per-listener'
}

/**
 * Checks names and texts of dynamic configuration, each by itself. Unknown names are fine: they are custom configuration.
 * Throws ConfigRuleError or ConfigError in Kafka's words. Source: DynamicBrokerConfig.validateConfigs.
 */
export function checkDynamicProperties(properties: Properties, scope: DynamicScope): void {
  const names = [...properties.keys()]
  refuse(names.filter(isReadOnly), 'Cannot update these configs dynamically: Set')
  refuse(
    names.filter(needsListenerPrefix),
    'These security configs can be dynamically updated only per-listener using the listener prefix: HashSet',
  )
  const [illegal] = illegalTexts(withoutPrefixes(properties))
  if (illegal) throw illegal
  if (scope === 'broker') return
  refuse(
    names.filter(needsBroker),
    'Cannot update these configs at default cluster level, broker id must be specified: Set',
  )
}

function refuse(names: readonly string[], message: string): void {
  if (names.length > 0) throw new ConfigRuleError(`${message}(${names.join(', ')})`)
}

/** The same texts under the keys' own names, as Kafka's messages call them. */
function withoutPrefixes(properties: Properties): Properties {
  return new Map([...properties].map(([name, text]) => [parsePrefixedName(name)?.base ?? name, text]))
}

/** A property of a znode that is not used, and why. */
export interface RejectedProperty {
  readonly name: string
  readonly reason: string
}

/**
 * The part of a znode's properties that may count: what an older broker or a tool without checks wrote there must not
 * keep this one from starting. Source: DynamicBrokerConfig.fromPersistentProps.
 */
export function usableProperties(
  properties: Properties,
  scope: DynamicScope,
): { readonly usable: Properties; readonly rejected: readonly RejectedProperty[] } {
  const usable = new Map<string, string>()
  const rejected: RejectedProperty[] = []
  for (const [name, text] of properties) {
    try {
      checkDynamicProperties(new Map([[name, text]]), scope)
      usable.set(name, text)
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof ConfigRuleError)) throw error
      rejected.push({ name, reason: error.message })
    }
  }
  return { usable, rejected }
}

/**
 * Checks that a running broker may go from one configuration to another. Throws ConfigRuleError in Kafka's words.
 * Source: DynamicBrokerConfig.processReconfiguration and what it calls.
 */
export function checkReconfiguration(before: BrokerConfig, after: BrokerConfig): void {
  try {
    checkReporters(before, after)
    checkListenerLimits(before, after)
    checkThreads(before, after)
    checkCleanerThreads(before, after)
    checkLocalRetention(before, after)
    checkListeners(before, after)
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ConfigRuleError)) throw error
    throw new ConfigRuleError(
      `Invalid value org.apache.kafka.common.config.ConfigException: ${error.message} for configuration ` +
        'Invalid dynamic configuration',
      { cause: error },
    )
  }
}

const JMX_REPORTER = 'org.apache.kafka.common.metrics.JmxReporter'

/** A file may name reporters, without effect; but who adds one to a running broker would wait for it in vain. */
function checkReporters(before: BrokerConfig, after: BrokerConfig): void {
  const names = 'metric.reporters'
  const added = after.get(names).filter((name) => !before.get(names).includes(name) && name !== JMX_REPORTER)
  if (added.length === 0) return
  throw new ConfigRuleError(
    `Validation of dynamic config update of Set(${names}) failed with class class kafka.server.DynamicMetricsReporters`,
  )
}

/** Threads may double or halve per change. Most of them do not exist here; operators' scripts meet the same answers. */
function checkThreadCount(name: string, before: number, after: number): void {
  if (after === before) return
  const prefix = `Dynamic thread count update validation failed for ${name}=${after}`
  if (after <= 0) throw new ConfigRuleError(`${prefix}, value should be at least 1`)
  if (after < Math.trunc(before / 2)) {
    throw new ConfigRuleError(`${prefix}, value should be at least half the current value ${before}`)
  }
  if (after > before * 2) {
    throw new ConfigRuleError(
      `${prefix}, value should not be greater than double the current value ${before}`,
    )
  }
}

function checkListenerLimits(before: BrokerConfig, after: BrokerConfig): void {
  for (const { listenerName } of endpointsOf(before).listeners) {
    const threads = 'num.network.threads'
    checkThreadCount(
      threads,
      before.getForListener(threads, listenerName),
      after.getForListener(threads, listenerName),
    )
    for (const limit of ['max.connections', 'max.connection.creation.rate'] as const) {
      if (!after.isSet(listenerPrefix(listenerName) + limit)) continue
      const value = after.getForListener(limit, listenerName)
      if (value <= 0) throw new ConfigRuleError(`Invalid ${limit} ${value}`)
    }
  }
}

function checkThreads(before: BrokerConfig, after: BrokerConfig): void {
  const pools = [
    'num.io.threads',
    'num.replica.fetchers',
    'num.recovery.threads.per.data.dir',
    'background.threads',
  ] as const
  for (const pool of pools) checkThreadCount(pool, before.get(pool), after.get(pool))
}

function checkCleanerThreads(before: BrokerConfig, after: BrokerConfig): void {
  const current = before.get('log.cleaner.threads')
  const wanted = after.get('log.cleaner.threads')
  if (wanted < 1) throw new ConfigRuleError('Log cleaner threads should be at least 1')
  if (wanted < Math.trunc(current / 2)) {
    throw new ConfigRuleError(
      `Log cleaner threads cannot be reduced to less than half the current value ${current}`,
    )
  }
  if (wanted > current * 2) {
    throw new ConfigRuleError(
      `Log cleaner threads cannot be increased to more than double the current value ${current}`,
    )
  }
}

function checkLocalRetention(before: BrokerConfig, after: BrokerConfig): void {
  const limits = [
    ['log.local.retention.ms', 'log.retention.ms', logRetentionMs(after)],
    ['log.local.retention.bytes', 'log.retention.bytes', after.get('log.retention.bytes')],
  ] as const
  for (const [local, whole, limit] of limits) {
    const isTouched = [local, whole].some((name) => before.textOf(name) !== after.textOf(name))
    const value = after.get(local)
    if (!isTouched || limit < 0 || value === -2) continue
    if (value === -1) {
      throw new ConfigError(local, '-1', `Value must not be -1 as ${whole} value is set as ${limit}.`)
    }
    if (value > limit) {
      throw new ConfigError(
        local,
        String(value),
        `Value must not be more than ${whole} property value: ${limit}`,
      )
    }
  }
}

/** What a listener is, its protocol and its prefixed keys, stays as long as it lives. */
function checkListeners(before: BrokerConfig, after: BrokerConfig): void {
  const isTouched = ['listeners', 'advertised.listeners', 'listener.security.protocol.map'].some(
    (name) => before.textOf(name) !== after.textOf(name),
  )
  if (!isTouched) return
  const listenersBefore = endpointsOf(before).listeners
  for (const { listenerName, securityProtocol } of endpointsOf(after).listeners) {
    const old = listenersBefore.find((listener) => listener.listenerName === listenerName)
    if (old === undefined) continue
    if (lastingTexts(before, listenerName) !== lastingTexts(after, listenerName)) {
      throw new ConfigRuleError(
        `Configs cannot be updated dynamically for existing listener ListenerName(${listenerName}), restart broker or ` +
          'create a new listener for update',
      )
    }
    if (old.securityProtocol !== securityProtocol) {
      throw new ConfigRuleError(
        `Security protocol cannot be updated for existing listener ListenerName(${listenerName})`,
      )
    }
  }
}

/** A listener's prefixed texts that cannot change while it lives, in a form that compares. */
function lastingTexts(config: BrokerConfig, listenerName: string): string {
  const prefix = listenerPrefix(listenerName)
  const lasting = [...config.texts].filter(([name]) => {
    if (!name.startsWith(prefix)) return false
    const rest = name.slice(prefix.length)
    return !needsListenerPrefix(rest) && !CLUSTER_LEVEL_LISTENER_KEYS.includes(rest)
  })
  return JSON.stringify(lasting.sort(([one], [other]) => (one < other ? -1 : 1)))
}
