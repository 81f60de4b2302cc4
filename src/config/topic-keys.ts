import type { BrokerKeyName } from './broker-keys.ts'
import { brokerKeyNames, brokerKeys } from './broker-keys.ts'
import type { Importance, Key } from './define.ts'
import {
  logFlushIntervalMs,
  logRetentionMs,
  logRollJitterMs,
  logRollMs,
  timestampAfterMaxMs,
  timestampBeforeMaxMs,
} from './derived.ts'
import type { ConfigReader } from './layers.ts'
import { throttledReplicas } from './special-types.ts'
import type { ConfigType } from './types.ts'
import { boolean, long } from './types.ts'

/** One line of the topic key table. Every topic key has a value for every topic. */
export interface TopicKey<T> {
  readonly type: ConfigType<T>
  readonly importance: Importance
  readonly doc: string
  /** The broker key that gives the default, under which DescribeConfigs names its sources; null when there is none. */
  readonly brokerKey: BrokerKeyName | null
  /** The value of a topic that says nothing itself. */
  readonly fallback: (config: ConfigReader) => T
}

type TopicNameOf<BrokerKey> = BrokerKey extends { readonly topicKey: infer Name extends string }
  ? Name
  : never

/** The topic keys that are the broker's keys under another name, with the broker keys' types. */
type DerivedTopicKeys = {
  readonly [Name in BrokerKeyName as TopicNameOf<(typeof brokerKeys)[Name]>]: TopicKey<
    NonNullable<(typeof brokerKeys)[Name]['default']>
  >
}

function derivedTopicKey(name: BrokerKeyName): readonly [string, TopicKey<unknown>] {
  const brokerKey: Key<unknown> = brokerKeys[name]
  const topicKey: TopicKey<unknown> = {
    type: brokerKey.type,
    // Source: LogConfig: everything about a topic matters as much as the next, but for the conversion for old clients.
    importance: brokerKey.topicKey === 'message.downconversion.enable' ? 'low' : 'medium',
    doc:
      brokerKey.noEffect === null ? brokerKey.doc : `${brokerKey.doc} Without effect: ${brokerKey.noEffect}.`,
    brokerKey: name,
    fallback: (config) => config.get(name),
  }
  return [brokerKey.topicKey ?? '', topicKey]
}

const derivedTopicKeys = Object.fromEntries(
  brokerKeyNames.filter((name) => brokerKeys[name].topicKey !== null).map(derivedTopicKey),
) as unknown as DerivedTopicKeys

function topicKey<T>(key: Omit<TopicKey<T>, 'importance'>): TopicKey<T> {
  return { ...key, importance: 'medium' }
}

const TIERED = 'Only false is accepted: there is no tiered storage.'

/**
 * THE key table of topics: the broker's keys that name a topic key; the times, whose broker keys come in several units;
 * and the keys that only topics have.
 * Source: LogConfig, KafkaConfig.extractLogConfigMap.
 */
export const topicKeys = {
  ...derivedTopicKeys,
  'message.timestamp.before.max.ms': {
    ...derivedTopicKeys['message.timestamp.before.max.ms'],
    fallback: timestampBeforeMaxMs,
  },
  'message.timestamp.after.max.ms': {
    ...derivedTopicKeys['message.timestamp.after.max.ms'],
    fallback: timestampAfterMaxMs,
  },
  'retention.ms': topicKey({
    type: long({ min: -1 }),
    doc: 'How long records are kept, in milliseconds; -1 for ever.',
    brokerKey: 'log.retention.ms',
    fallback: logRetentionMs,
  }),
  'segment.ms': topicKey({
    type: long({ min: 1 }),
    doc: 'Age at which the active segment is closed, in milliseconds.',
    brokerKey: 'log.roll.ms',
    fallback: logRollMs,
  }),
  'segment.jitter.ms': topicKey({
    type: long({ min: 0 }),
    doc: 'The most by which that age is shortened at random, in milliseconds, so that segments do not all roll together.',
    brokerKey: 'log.roll.jitter.ms',
    fallback: logRollJitterMs,
  }),
  'flush.ms': topicKey({
    type: long({ min: 0 }),
    doc: 'The longest that a record waits before its log is forced to disk, in milliseconds.',
    brokerKey: 'log.flush.interval.ms',
    fallback: logFlushIntervalMs,
  }),
  'leader.replication.throttled.replicas': topicKey({
    type: throttledReplicas(),
    doc: 'Replicas whose leaders send no faster than `leader.replication.throttled.rate`: `partition:broker` pairs, or `*`.',
    brokerKey: null,
    fallback: (): readonly string[] => [],
  }),
  'follower.replication.throttled.replicas': topicKey({
    type: throttledReplicas(),
    doc: 'Replicas that fetch no faster than `follower.replication.throttled.rate`: `partition:broker` pairs, or `*`.',
    brokerKey: null,
    fallback: (): readonly string[] => [],
  }),
  'remote.storage.enable': topicKey({
    type: boolean(),
    doc: `Whether the topic uses tiered storage. ${TIERED}`,
    brokerKey: null,
    fallback: () => false,
  }),
  'remote.log.copy.disable': topicKey({
    type: boolean(),
    doc: `Whether no more segments are copied to remote storage. ${TIERED}`,
    brokerKey: null,
    fallback: () => false,
  }),
  'remote.log.delete.on.disable': topicKey({
    type: boolean(),
    doc: `Whether turning tiered storage off deletes what is there. ${TIERED}`,
    brokerKey: null,
    fallback: () => false,
  }),
}

export type TopicKeyName = keyof typeof topicKeys
/** The value of every topic key, by name. */
export type TopicValues = {
  readonly [Name in TopicKeyName]: (typeof topicKeys)[Name] extends TopicKey<infer T> ? T : never
}

/** The names of all topic keys, in the order of the table. */
export const topicKeyNames = Object.keys(topicKeys) as readonly TopicKeyName[]

export function isTopicKey(name: string): name is TopicKeyName {
  return Object.hasOwn(topicKeys, name)
}

/** The declaration of a topic key, or null when there is no such key. */
export function topicKeyOf(name: string): TopicKey<unknown> | null {
  return isTopicKey(name) ? topicKeys[name] : null
}
