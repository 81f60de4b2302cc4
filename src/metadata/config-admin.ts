import {
  alterBroker,
  alterTopic,
  dynamicScopeOf,
  type Alteration,
  type AlterOutcome,
} from '../config/alter.ts'
import type { Properties } from '../config/layers.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import { decryptPasswords, encryptPasswords } from '../config/stored-passwords.ts'
import type { TopicConfig } from '../config/topic-config.ts'
import { KafkaError } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import type { Random } from '../platform/random.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'
import type { MetadataCache } from './metadata-cache.ts'

/**
 * Changes the configuration of topics and brokers in ZooKeeper, from where every broker takes it. Any broker does that
 * for any topic and for the default of all brokers; for one broker only that broker itself.
 * Source: kafka.server.ZkAdminManager.alterConfigs and incrementalAlterConfigs (3.9).
 */
export class ConfigAdmin {
  private readonly store: ConfigStore
  private readonly cache: MetadataCache
  private readonly config: LiveBrokerConfig
  private readonly topicDefaults: () => TopicConfig
  private readonly self: BrokerId
  private readonly random: Random

  constructor(options: {
    store: ConfigStore
    cache: MetadataCache
    config: LiveBrokerConfig
    /** The configuration of a topic that says nothing itself. */
    topicDefaults: () => TopicConfig
    self: BrokerId
    random: Random
  }) {
    this.store = options.store
    this.cache = options.cache
    this.config = options.config
    this.topicDefaults = options.topicDefaults
    this.self = options.self
    this.random = options.random
  }

  /** Throws KafkaError INVALID_REQUEST, INVALID_CONFIG, UNKNOWN_TOPIC_OR_PARTITION. */
  async alterTopic(topic: string, alteration: Alteration, validateOnly: boolean): Promise<void> {
    const outcomeOf = (current: Properties): AlterOutcome =>
      alterTopic({ topic, alteration, current, defaults: this.topicDefaults() })
    // What is wrong with the request itself is said whether there is such a topic or not.
    const judged = outcomeOf(new Map())
    if (judged.kind === 'refused' && judged.error === 'INVALID_REQUEST') propertiesOf(judged)
    if (this.cache.topic(topic) === null) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${topic}' does not exist.`)
    }
    await this.store.update({ type: 'topics', name: topic }, (current) => {
      const properties = propertiesOf(outcomeOf(current))
      return validateOnly ? null : properties
    })
  }

  /** `resourceName`: this broker's id, or empty for all brokers. Throws KafkaError INVALID_REQUEST, INVALID_CONFIG. */
  async alterBroker(resourceName: string, alteration: Alteration, validateOnly: boolean): Promise<void> {
    const { config, random } = this
    const scope = dynamicScopeOf(resourceName, this.self)
    const name = scope === 'broker' ? `${this.self}` : null
    await this.store.update({ type: 'brokers', name }, (stored) => {
      const current = decryptPasswords(stored, config).properties
      const properties = propertiesOf(
        alterBroker({ scope, resourceName, alteration, current, config: config.current, validateOnly }),
      )
      return validateOnly ? null : encryptPasswords(properties, config, (count) => random.bytes(count))
    })
  }
}

function propertiesOf(outcome: AlterOutcome): Properties {
  if (outcome.kind === 'altered') return outcome.properties
  throw new KafkaError(outcome.error, outcome.message)
}
