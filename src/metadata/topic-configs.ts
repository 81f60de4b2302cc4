import type { LiveBrokerConfig } from '../config/live-config.ts'
import { effectiveTopicConfig, topicDefaults, type TopicConfig } from '../config/topic-config.ts'
import type { Properties } from '../config/layers.ts'
import type { Logger } from '../platform/logger.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import { MalformedZnodeError } from '../../zk/znode.ts'

const KEEP_EVERYTHING: Properties = new Map([
  ['cleanup.policy', 'delete'],
  ['retention.ms', '-1'],
  ['retention.bytes', '-1'],
])

/**
 * The configuration of topics as this broker has last read it: what the topic's znode says, over the broker's own. The
 * same object for as long as nothing changes; `onChange` is told of every topic that gets another one.
 */
export class TopicConfigs {
  private readonly store: ConfigStore
  private readonly config: LiveBrokerConfig
  private readonly logger: Logger
  private readonly onChange: (topic: string, config: TopicConfig) => void
  private readonly overrides = new Map<string, Properties>()
  private readonly effective = new Map<string, TopicConfig>()
  private fallback: TopicConfig

  constructor(options: {
    store: ConfigStore
    config: LiveBrokerConfig
    logger: Logger
    onChange: (topic: string, config: TopicConfig) => void
  }) {
    this.store = options.store
    this.config = options.config
    this.logger = options.logger
    this.onChange = options.onChange
    this.fallback = topicDefaults(this.config.current)
    this.config.onChange(null, () => this.rebase())
  }

  /** Of a topic that says nothing itself. */
  get defaults(): TopicConfig {
    return this.fallback
  }

  /** Of a topic whose configuration has been read; the defaults for any other. */
  get(topic: string): TopicConfig {
    return this.effective.get(topic) ?? this.fallback
  }

  /** Reads what every topic says. */
  async load(): Promise<void> {
    const entities = await this.store.entities('topics')
    await this.readFirst(entities.flatMap((entity) => (entity.type === 'topics' ? [entity.name] : [])))
  }

  /** Reads what the topics say that were not read before. Their logs must not be made with anything else. */
  async ensure(topics: Iterable<string>): Promise<void> {
    const unread = [...new Set(topics)].filter((topic) => !this.overrides.has(topic))
    if (unread.length === 0) return
    await this.readFirst(unread)
  }

  /**
   * A topic whose settings nobody can read is served all the same, and nothing of it is deleted until they can: its own
   * retention may have been longer than the broker's. Unlike Kafka, which takes the broker's settings then.
   */
  private async readFirst(topics: readonly string[]): Promise<void> {
    await mapPipelined(topics, async (topic) => {
      try {
        this.replace(topic, await this.store.read({ type: 'topics', name: topic }))
      } catch (error) {
        if (!(error instanceof MalformedZnodeError)) throw error
        this.logger.error(
          `The settings of topic ${topic} cannot be read; until they can, nothing of it is deleted`,
          {
            error,
          },
        )
        this.replace(topic, KEEP_EVERYTHING)
      }
    })
  }

  /**
   * What the topics say at this moment, whatever this broker has read before; an error for a topic whose znode cannot be
   * read.
   */
  async read(topics: readonly string[]): Promise<ReadonlyMap<string, TopicConfig | Error>> {
    const found = await mapPipelined(topics, (name) => this.readNow(name))
    return new Map(found)
  }

  private async readNow(name: string): Promise<[string, TopicConfig | Error]> {
    try {
      const overrides = await this.store.read({ type: 'topics', name })
      return [name, effectiveTopicConfig(this.fallback, overrides).config]
    } catch (error) {
      return [name, error instanceof Error ? error : new Error(String(error))]
    }
  }

  /** The topic has been given other settings: reads them. */
  async refresh(topic: string): Promise<void> {
    this.replace(topic, await this.store.read({ type: 'topics', name: topic }))
  }

  /** The topic is gone; the next one of its name is read anew. */
  forget(topic: string): void {
    this.overrides.delete(topic)
    this.effective.delete(topic)
  }

  private replace(topic: string, overrides: Properties): void {
    this.overrides.set(topic, overrides)
    const { config, ignored } = effectiveTopicConfig(this.fallback, overrides)
    for (const { name, reason } of ignored) {
      this.logger.warn(`the setting ${name} of topic ${topic} is ignored`, { reason })
    }
    this.put(topic, config)
  }

  private put(topic: string, config: TopicConfig): void {
    const known = this.get(topic)
    if (config === this.fallback) this.effective.delete(topic)
    else this.effective.set(topic, config)
    if (known !== config) this.onChange(topic, config)
  }

  /** The broker's own configuration has changed, and with it that of every topic which inherits from it. */
  private rebase(): void {
    this.fallback = topicDefaults(this.config.current)
    for (const [topic, overrides] of this.overrides) {
      const { config } = effectiveTopicConfig(this.fallback, overrides)
      if (config === this.fallback) this.effective.delete(topic)
      else this.effective.set(topic, config)
      this.onChange(topic, config)
    }
  }
}
