import { ConfigError } from './config-error.ts'
import { javaTrim } from './java-text.ts'
import type { ConfigType } from './types.ts'
import { configType, int, splitList } from './types.ts'

/** A level of gzip: 1 to 9, or -1 for its default. Source: GzipCompression.LevelValidator. */
export function gzipLevel(): ConfigType<number> {
  const whole = int()
  return configType('INT', 'from 1 to 9, or -1', (key, text) => {
    const level = whole.parse(key, text)
    if (level === -1 || (level >= 1 && level <= 9)) return level
    throw new ConfigError(key, String(level), 'Value must be between 1 and 9 or equal to -1')
  })
}

/** A number of threads, or -1 to follow another key. Source: RemoteLogManagerConfig. */
export function threadsOrFollow(): ConfigType<number> {
  const whole = int()
  return configType('INT', 'at least 1, or -1', (key, text) => {
    const threads = whole.parse(key, text)
    if (threads === -1 || threads > 0) return threads
    throw new ConfigError(key, String(threads), 'Value can be -1 or greater than 0')
  })
}

// Every version that Kafka 3.9 knows, oldest first; the part before "-IV" alone means the newest of that release.
const VERSIONS = (
  '0.8.0 0.8.1 0.8.2 0.9.0 0.10.0-IV0 0.10.0-IV1 0.10.1-IV0 0.10.1-IV1 0.10.1-IV2 0.10.2-IV0 0.11.0-IV0 0.11.0-IV1 ' +
  '0.11.0-IV2 1.0-IV0 1.1-IV0 2.0-IV0 2.0-IV1 2.1-IV0 2.1-IV1 2.1-IV2 2.2-IV0 2.2-IV1 2.3-IV0 2.3-IV1 2.4-IV0 ' +
  '2.4-IV1 2.5-IV0 2.6-IV0 2.7-IV0 2.7-IV1 2.7-IV2 2.8-IV0 2.8-IV1 3.0-IV0 3.0-IV1 3.1-IV0 3.2-IV0 3.3-IV0 3.3-IV1 ' +
  '3.3-IV2 3.3-IV3 3.4-IV0 3.5-IV0 3.5-IV1 3.5-IV2 3.6-IV0 3.6-IV1 3.6-IV2 3.7-IV0 3.7-IV1 3.7-IV2 3.7-IV3 3.7-IV4 ' +
  '3.8-IV0 3.9-IV0 4.0-IV0 4.0-IV1'
).split(' ')

/**
 * The full version that a text names, for example 2.8-IV1 for `2.8` and `2.8.1`; null when there is none.
 * Source: MetadataVersion.fromVersionString.
 */
export function kafkaVersionOf(text: string): string | null {
  const segments = text.split('.')
  const release = segments.slice(0, text.startsWith('0.') ? 3 : 2).join('.')
  return VERSIONS.findLast((version) => version === release || version.split('-')[0] === release) ?? null
}

/** Whether a version is at least as new as another; both as `kafkaVersionOf` gives them. */
export function isAtLeastVersion(version: string, other: string): boolean {
  return VERSIONS.indexOf(version) >= VERSIONS.indexOf(other)
}

/** A version of Kafka, kept as it was written. */
export function kafkaVersion(): ConfigType<string> {
  return configType('STRING', 'a version of Kafka, such as 3.9 or 3.9-IV0', (key, text) => {
    const version = javaTrim(text)
    if (kafkaVersionOf(version) === null) {
      throw new ConfigError(key, version, `Version ${version} is not a valid version`)
    }
    return version
  })
}

/** The replicas whose replication is throttled: `partition:broker` pairs, or `*`. Source: ThrottledReplicaListValidator. */
export function throttledReplicas(): ConfigType<readonly string[]> {
  return configType(
    'LIST',
    '* or partition:broker pairs with commas',
    (key, text): readonly string[] => {
      const entries = splitList(text)
      const all = entries.length === 1 && entries[0] === '*'
      if (all || entries.every((entry) => /^\d+:\d+$/.test(entry))) return entries
      throw new ConfigError(
        key,
        `[${entries.join(', ')}]`,
        `${key} must be the literal '*' or a list of replicas in the following format: ` +
          '[partitionId]:[brokerId],[partitionId]:[brokerId],...',
      )
    },
    (entries) => entries.join(','),
  )
}
