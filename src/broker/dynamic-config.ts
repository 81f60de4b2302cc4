import type { LiveBrokerConfig } from '../config/live-config.ts'
import type { BrokerId } from '../model/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'

/**
 * Takes over what ZooKeeper says about brokers' configuration: for all of them (`/config/brokers/<default>`) and for
 * this one. What cannot be is left out and reported; it never stops the broker.
 */
export class DynamicConfig {
  private readonly store: ConfigStore
  private readonly config: LiveBrokerConfig
  private readonly self: BrokerId
  private readonly logger: Logger

  constructor(options: { store: ConfigStore; config: LiveBrokerConfig; self: BrokerId; logger: Logger }) {
    this.store = options.store
    this.config = options.config
    this.self = options.self
    this.logger = options.logger.child('DynamicConfig')
  }

  /** Reads both layers, before anything is made from the configuration. */
  async load(): Promise<void> {
    await this.refresh(null)
    await this.refresh(`${this.self}`)
    this.config.start()
  }

  /** Reads the layer of one broker, or (null) of all; other brokers' layers do not concern us. */
  async refresh(name: string | null): Promise<void> {
    if (name !== null && name !== `${this.self}`) return
    const properties = await this.store.read({ type: 'brokers', name })
    const { change, rejected } = this.config.replaceLayer(
      name === null ? 'cluster-default' : 'broker',
      properties,
    )
    for (const { name, reason } of rejected)
      this.logger.error(`the dynamic setting ${name} is not used`, { reason })
    if (change !== null) this.logger.info('the configuration has changed', { names: [...change.names] })
  }
}
