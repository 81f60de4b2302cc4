import type { BrokerKeyName } from './broker-keys.ts'
import { parsePrefixedName } from './listener-prefix.ts'

const ROLL = ['log.roll.ms', 'log.roll.hours'] as const
const JITTER = ['log.roll.jitter.ms', 'log.roll.jitter.hours'] as const
const RETENTION = ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'] as const

const groups: ReadonlyMap<string, readonly BrokerKeyName[]> = new Map<string, readonly BrokerKeyName[]>([
  ...ROLL.map((name) => [name, ROLL] as const),
  ...JITTER.map((name) => [name, JITTER] as const),
  ...RETENTION.map((name) => [name, RETENTION] as const),
  // Not the other way round: the scheduler's interval is a key of its own.
  ['log.flush.interval.ms', ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms']],
])

/**
 * The names that say the same as `name`, it included, the one that counts most first.
 * Source: DynamicBrokerConfig.brokerConfigSynonyms without listener overrides.
 */
export function synonymsOf(name: string): readonly string[] {
  return groups.get(name) ?? [name]
}

/** The same for an answer about `name`: a key of one listener falls back to the key of all. */
export function describedSynonymsOf(name: string): readonly string[] {
  const prefixed = parsePrefixedName(name)
  return prefixed ? [name, prefixed.base] : synonymsOf(name)
}
