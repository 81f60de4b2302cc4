import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { ChangeNotifications } from '../../zk/stores/change-notifications.ts'
import { parseEntityName, type ConfigEntity } from '../../zk/stores/config-entity.ts'
import { configChange } from '../../zk/znodes/config.ts'
import type { ZooKeeper } from '../../zk/zookeeper.ts'

/**
 * Follows `/config/changes` and says whom each change concerns. Whoever is told reads the settings themselves: a
 * notification only says that it is time to look.
 * Source: kafka.server.ZkConfigManager.
 */
export class ConfigChanges {
  private readonly notifications: ChangeNotifications<string>

  constructor(options: {
    zooKeeper: ZooKeeper
    clock: Clock
    logger: Logger
    onChange: (entity: ConfigEntity) => Promise<void>
  }) {
    const { zooKeeper, clock, onChange } = options
    const logger = options.logger.child('ConfigChanges')
    this.notifications = new ChangeNotifications({
      zooKeeper,
      clock,
      logger,
      znode: configChange,
      onNotification: async (name) => {
        const entity = parseEntityName(name)
        if (entity === null) logger.warn(`a configuration change names nothing that is known: ${name}`)
        else await onChange(entity)
      },
    })
  }

  /** Handles what is there, then whatever comes. */
  start(): Promise<void> {
    return this.notifications.start()
  }

  stop(): Promise<void> {
    return this.notifications.stop()
  }
}
