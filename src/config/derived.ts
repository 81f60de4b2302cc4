import type { Secret } from './secret.ts'
import { ConfigRuleError } from './config-error.ts'
import type { BrokerEndpoints } from './endpoints.ts'
import { brokerEndpoints, parsePairs } from './endpoints.ts'
import type { BrokerConfig, ConfigReader } from './layers.ts'
import { splitList } from './types.ts'

/**
 * What a broker needs to know and no single key says: the strongest of several synonyms, lists inside texts.
 * Sources: KafkaConfig's accessors of the same meaning.
 */

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** How long records are kept, in milliseconds; -1 for ever. */
export function logRetentionMs(config: ConfigReader): number {
  const minutes = config.get('log.retention.minutes')
  const fallback = minutes === null ? config.get('log.retention.hours') * HOUR_MS : minutes * MINUTE_MS
  const ms = config.get('log.retention.ms') ?? fallback
  return ms < 0 ? -1 : ms
}

/** Age at which the active segment is closed, in milliseconds. */
export function logRollMs(config: ConfigReader): number {
  return config.get('log.roll.ms') ?? config.get('log.roll.hours') * HOUR_MS
}

/** The most by which that age is shortened at random, in milliseconds. */
export function logRollJitterMs(config: ConfigReader): number {
  return config.get('log.roll.jitter.ms') ?? config.get('log.roll.jitter.hours') * HOUR_MS
}

/** The longest that a record waits before its log is forced to disk, in milliseconds. */
export function logFlushIntervalMs(config: ConfigReader): number {
  return config.get('log.flush.interval.ms') ?? config.get('log.flush.scheduler.interval.ms')
}

/** How far a record's timestamp may be behind the clock: the newer key, or while that is not set the deprecated one. */
export function timestampBeforeMaxMs(config: ConfigReader): number {
  const beforeMs = config.get('log.message.timestamp.before.max.ms')
  return beforeMs === Infinity ? config.get('log.message.timestamp.difference.max.ms') : beforeMs
}

/** How far a record's timestamp may be ahead of the clock: the newer key, or while that is not set the deprecated one. */
export function timestampAfterMaxMs(config: ConfigReader): number {
  const afterMs = config.get('log.message.timestamp.after.max.ms')
  return afterMs === Infinity ? config.get('log.message.timestamp.difference.max.ms') : afterMs
}

/** The log directories, at least one when the configuration was checked. */
export function logDirs(config: ConfigReader): readonly string[] {
  return splitList(config.get('log.dirs') ?? config.get('log.dir')).filter((directory) => directory !== '')
}

/** How many replicas move between log directories at a time. */
export function alterLogDirsConcurrency(config: ConfigReader): number {
  return config.get('num.replica.alter.log.dirs.threads') ?? logDirs(config).length
}

/** How long the first connection to ZooKeeper may take, in milliseconds. */
export function zookeeperConnectionTimeoutMs(config: ConfigReader): number {
  return config.get('zookeeper.connection.timeout.ms') ?? config.get('zookeeper.session.timeout.ms')
}

/** The secret of delegation tokens; null when there are none. */
export function delegationTokenSecret(config: ConfigReader): Secret | null {
  return config.get('delegation.token.secret.key') ?? config.get('delegation.token.master.key')
}

/** The connection limits of single addresses. Throws ConfigRuleError. */
export function connectionsPerIpOverrides(config: ConfigReader): ReadonlyMap<string, number> {
  const key = 'max.connections.per.ip.overrides'
  const limits = new Map<string, number>()
  for (const [address, count] of parsePairs(key, config.get(key))) {
    if (!/^[+-]?\d{1,10}$/.test(count)) throw new ConfigRuleError(`For input string: "${count}"`)
    limits.set(address, Number(count))
  }
  const invalid = [...limits.keys()].filter((address) => !/^[0-9a-zA-Z\-%._:]*$/.test(address))
  if (invalid.length > 0)
    throw new ConfigRuleError(`${key} contains invalid addresses : ${invalid.join(',')}`)
  return limits
}

/** Where the broker listens and is reached. Throws ConfigRuleError. */
export function endpointsOf(config: BrokerConfig): BrokerEndpoints {
  return brokerEndpoints({
    listeners: config.get('listeners'),
    advertisedListeners: config.get('advertised.listeners'),
    securityProtocolMap: config.get('listener.security.protocol.map'),
    interBrokerListenerName: config.get('inter.broker.listener.name'),
    interBrokerSecurityProtocol: config.get('security.inter.broker.protocol'),
    isInterBrokerSecurityProtocolSet: config.isSet('security.inter.broker.protocol'),
    controlPlaneListenerName: config.get('control.plane.listener.name'),
  })
}

/** Principals of `super.users`: `User:a;User:b`. */
export function superUsers(config: ConfigReader): readonly string[] {
  return config
    .get('super.users')
    .split(';')
    .map((principal) => principal.trim())
    .filter((principal) => principal !== '')
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly cleanupPolicy: string | null
}

/** The topics of `zurau.create.topics`: `name:partitions:replicas[:cleanup.policy]`. Throws ConfigRuleError. */
export function topicsToCreate(config: ConfigReader): readonly NewTopic[] {
  return splitList(config.get('zurau.create.topics'))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const match = /^([^:\s]+):([1-9]\d{0,5}):([1-9]\d{0,3})(?::([a-z]+))?$/.exec(entry)
      if (!match) {
        throw new ConfigRuleError(
          `zurau.create.topics: ${entry} is not of the form name:partitions:replicas[:cleanup.policy]`,
        )
      }
      return {
        name: match[1] ?? '',
        partitions: Number(match[2]),
        replicationFactor: Number(match[3]),
        cleanupPolicy: match[4] ?? null,
      }
    })
}

export type OffsetsStorage = ReturnType<typeof defaultOffsetsStorage>

function defaultOffsetsStorage(config: ConfigReader) {
  return config.get('offsets.storage')
}

/** Where a group's offsets go, from `offsets.storage` and its overrides. Throws ConfigRuleError. */
export function offsetsStorageOf(config: ConfigReader): (group: string) => OffsetsStorage {
  const overrides = new Map<string, OffsetsStorage>()
  for (const entry of config.get('offsets.storage.overrides').split(';')) {
    if (entry.trim() === '') continue
    const equals = entry.lastIndexOf('=')
    const storage = entry.slice(equals + 1).trim()
    if (equals < 0 || (storage !== 'kafka' && storage !== 'zookeeper' && storage !== 'dual')) {
      throw new ConfigRuleError(
        `offsets.storage.overrides: ${entry.trim()} is not of the form group=kafka|zookeeper|dual`,
      )
    }
    overrides.set(decodedGroup(entry.slice(0, equals).trim()), storage)
  }
  const fallback = defaultOffsetsStorage(config)
  return (group) => overrides.get(group) ?? fallback
}

function decodedGroup(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    throw new ConfigRuleError(`offsets.storage.overrides: ${text} is not a URL-encoded group id`, {
      cause: error,
    })
  }
}

/** Where the HTTP side listens; null for nowhere. Throws ConfigRuleError. */
export function httpAddress(config: ConfigReader): { readonly host: string; readonly port: number } | null {
  const text = config.get('zurau.http.listen')
  if (text === '') return null
  const match = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535)
    throw new ConfigRuleError(`zurau.http.listen: ${text} is not of the form host:port`)
  return { host: match[1] ?? match[2] ?? '', port }
}
