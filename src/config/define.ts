import type { ConfigType } from './types.ts'

/**
 * How a broker's key may change while the broker runs.
 * - read-only: only by a restart;
 * - per-broker: in `/config/brokers/N`;
 * - per-listener: there too, and only with the prefix `listener.name.NAME.` (key stores and trust stores);
 * - cluster-wide: there and, for all brokers, in `/config/brokers/<default>`;
 * - dynamic-only: like cluster-wide, but not a key of server.properties.
 */
type UpdateMode = 'read-only' | 'per-broker' | 'per-listener' | 'cluster-wide' | 'dynamic-only'
export type Importance = 'high' | 'medium' | 'low'

/** One line of the key table: everything there is to know about a key. */
export interface Key<T, TopicKey extends string | null = string | null> {
  readonly type: ConfigType<NonNullable<T>>
  /** The value when no layer sets the key. Null only for keys that may be without a value. */
  readonly default: T
  readonly update: UpdateMode
  readonly importance: Importance
  /** One or two sentences in our own words: meaning, unit. */
  readonly doc: string
  /** The topic configuration whose default this key is. */
  readonly topicKey: TopicKey
  /** Whether DescribeConfigs lists the key also when nobody set it. Kafka hides its internal keys, and we our own. */
  readonly listed: boolean
  /** Why the key is accepted, checked and reported but changes nothing; null for a key that works. */
  readonly noEffect: string | null
}

interface Definition<T, Default, TopicKey extends string | null> {
  readonly type: ConfigType<T>
  readonly default: Default
  readonly update: UpdateMode
  readonly importance: Importance
  readonly doc: string
  readonly topicKey?: TopicKey
  readonly listed?: boolean
  readonly noEffect?: string
}

/** Declares a key. The value's type comes from `type`; a default of null makes the value nullable. */
export function key<T, const TopicKey extends string | null = null>(
  definition: Definition<T, NoInfer<T>, TopicKey>,
): Key<T, TopicKey>
export function key<T, const TopicKey extends string | null = null>(
  definition: Definition<T, null, TopicKey>,
): Key<T | null, TopicKey>
export function key(definition: Definition<unknown, unknown, string | null>): Key<unknown> {
  // Written out: all keys have one shape.
  return {
    type: definition.type as ConfigType<NonNullable<unknown>>,
    default: definition.default,
    update: definition.update,
    importance: definition.importance,
    doc: definition.doc,
    topicKey: definition.topicKey ?? null,
    listed: definition.listed ?? true,
    noEffect: definition.noEffect ?? null,
  }
}
