import type { Properties } from '../config/layers.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import { decryptPasswords, reencryptPasswords } from '../config/stored-passwords.ts'
import type { BrokerId } from '../model/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'

/**
 * Takes over what ZooKeeper says about brokers' configuration: for all of them (`/config/brokers/<default>`) and for
 * this one. What cannot be is left out and reported; it never stops the broker. Passwords are encrypted there and in
 * clear text in the configuration.
 * Source: kafka.server.DynamicBrokerConfig (3.9).
 */
export class DynamicConfig {
  private readonly store: ConfigStore
  private readonly config: LiveBrokerConfig
  private readonly self: string
  private readonly random: Random
  private readonly logger: Logger

  constructor(options: {
    store: ConfigStore
    config: LiveBrokerConfig
    self: BrokerId
    random: Random
    logger: Logger
  }) {
    this.store = options.store
    this.config = options.config
    this.self = `${options.self}`
    this.random = options.random
    this.logger = options.logger.child('DynamicConfig')
  }

  /** Reads both layers, before anything is made from the configuration. */
  async load(): Promise<void> {
    await this.refresh(null)
    await this.refresh(this.self)
    await this.storeReencrypted()
    this.config.start()
  }

  /** Reads the layer of one broker, or (null) of all; other brokers' layers do not concern us. */
  async refresh(name: string | null): Promise<void> {
    if (name !== null && name !== this.self) return
    const stored = this.withNewSecret(await this.store.read({ type: 'brokers', name }))
    const { properties, unreadable } = decryptPasswords(stored, this.config)
    const scope = name === null ? 'cluster-default' : 'broker'
    const { change, rejected } = this.config.replaceLayer(scope, properties)
    for (const { name, reason } of [...unreadable, ...rejected]) {
      this.logger.error(`the dynamic setting ${name} is not used`, { reason })
    }
    if (change !== null) this.logger.info('the configuration has changed', { names: [...change.names] })
  }

  /** With passwords that the old secret opens encrypted with the new one. */
  private withNewSecret(stored: Properties): Properties {
    return reencryptPasswords(stored, this.config, (count) => this.random.bytes(count)) ?? stored
  }

  /** So that the next start need not know `password.encoder.old.secret`. */
  private async storeReencrypted(): Promise<void> {
    if (this.config.get('password.encoder.old.secret') === null) return
    try {
      await this.store.update({ type: 'brokers', name: this.self }, (stored) => {
        const next = this.withNewSecret(stored)
        return [...next].some(([name, text]) => stored.get(name) !== text) ? next : null
      })
    } catch (error) {
      this.logger.warn('the passwords of this broker stay encrypted with the old secret for now', { error })
    }
  }
}
