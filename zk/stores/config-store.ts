import { SerialQueue } from '../../src/std/serial-queue.ts'
import { multiOnce, persistently, setOnce } from '../client/retry.ts'
import { configChange, topicConfig, userClientConfigs, userConfig } from '../znodes/config.ts'
import type { EntityConfig } from '../znodes/config.ts'
import { controller } from '../znodes/controller.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import { entityName, entityPath, entityRoot, parseEntityName } from './config-entity.ts'
import type { ConfigEntity, ConfigEntityType } from './config-entity.ts'
import { writeNotification } from './change-notifications.ts'
import { ControllerMovedError, fencedMulti } from './fence.ts'
import type { ControllerFence } from './fence.ts'
import { mapPipelined } from './pipeline.ts'
import { createRecursive, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

export interface EntityWithConfig {
  readonly entity: ConfigEntity
  readonly config: EntityConfig
}

/**
 * Settings of topics, brokers, users, clients and addresses: `/config`. Writes are guarded by the version of
 * `/controller`, so that none slips past a controller that has just changed; the last writer wins.
 * Source: KafkaZkClient.setOrCreateEntityConfigs, AdminZkClient.changeEntityConfig.
 */
export class ConfigStore {
  private readonly context: StoreContext
  private readonly isGuarded: boolean
  private readonly updates = new SerialQueue()

  /** `isGuarded` is false for tools that work without a controller, such as those that prepare a new cluster. */
  constructor(options: StoreOptions & { readonly isGuarded?: boolean }) {
    this.context = storeContext(options)
    this.isGuarded = options.isGuarded ?? true
  }

  /** Empty when the entity has none. Rejects with MalformedZnodeError. */
  async read(entity: ConfigEntity): Promise<EntityConfig> {
    return this.readAt(entityPath(entity))
  }

  /** In the order of the entities. */
  readMany(entities: readonly ConfigEntity[]): Promise<EntityWithConfig[]> {
    return mapPipelined(entities, async (entity) => ({ entity, config: await this.read(entity) }))
  }

  /** Every entity of a type that has settings; with `users` also their clients. */
  async readAll(type: ConfigEntityType): Promise<EntityWithConfig[]> {
    return this.readMany(await this.entities(type))
  }

  /** Which entities of a type have settings; with `users` also their clients. */
  async entities(type: ConfigEntityType): Promise<ConfigEntity[]> {
    const names = await this.children(entityRoot(type))
    const entities = entitiesOf(type, names)
    if (type === 'users') entities.push(...(await this.clientsOfUsers(names)))
    return entities
  }

  /** Replaces an entity's settings. Tells nobody: topics are created so. Rejects with ControllerMovedError. */
  async write(entity: ConfigEntity, config: EntityConfig): Promise<void> {
    const path = entityPath(entity)
    const data = topicConfig.encode(config)
    for (;;) {
      try {
        await this.set(path, data)
        return
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error
      }
      try {
        await createRecursive(this.context, path, data)
        return
      } catch (error) {
        // Made by somebody else since the set: then it is set after all.
        if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      }
    }
  }

  /**
   * Replaces an entity's settings and tells every broker. Quota entities without settings are removed, if nothing is
   * below them; topics and brokers keep an empty znode.
   */
  async change(entity: ConfigEntity, config: EntityConfig): Promise<void> {
    const isRemoved = config.size === 0 && isQuotaEntity(entity) && (await this.removeQuotaEntity(entity))
    if (!isRemoved) await this.write(entity, config)
    await this.announce(entity)
  }

  /**
   * Changes an entity's settings by what they are: reads them, lets `decide` say what they shall be (null: leave them),
   * and then does as `change`. What `decide` throws is thrown on. The updates of one store take turns, so that requests
   * to one broker do not undo each other; between brokers the last writer wins.
   */
  update(entity: ConfigEntity, decide: (current: EntityConfig) => EntityConfig | null): Promise<void> {
    return this.updates.run(async () => {
      const next = decide(await this.read(entity))
      if (next !== null) await this.change(entity, next)
    })
  }

  /** Tells every broker to read an entity's settings again. */
  async announce(entity: ConfigEntity): Promise<void> {
    await writeNotification(this.context, configChange, entityName(entity))
  }

  /** Removes the settings of a topic that is being deleted. Fine when there are none. */
  async deleteFenced(fence: ControllerFence, entity: ConfigEntity): Promise<void> {
    try {
      await fencedMulti(this.context, fence, [
        { kind: 'delete', path: entityPath(entity), version: ANY_VERSION },
      ])
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error
    }
  }

  private async set(path: string, data: Buffer | null): Promise<void> {
    if (!this.isGuarded) {
      await setOnce(this.context, path, data, ANY_VERSION)
      return
    }
    const version = await this.controllerVersion()
    try {
      await multiOnce(this.context, [
        { kind: 'check', path: controller.at(), version },
        { kind: 'set', path, data, version: ANY_VERSION },
      ])
    } catch (error) {
      if (!isZooKeeperError(error) || error.operationIndex !== 0) throw error
      throw new ControllerMovedError(`the controller has changed: ${error.message}`, { cause: error })
    }
  }

  private async controllerVersion(): Promise<number> {
    const path = controller.at()
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
    if (found === null) throw new ControllerMovedError('there is no controller')
    if (controller.decode(found.data, path).kraftControllerEpoch > 0) {
      throw new ControllerMovedError('a KRaft controller has taken the cluster over')
    }
    return found.stat.version
  }

  /**
   * Removes an entity without settings, and the levels above it that are left empty thereby. False when something is
   * below it. Not guarded, as in Kafka. Source: AdminZkClient.tryCleanQuotaNodes.
   */
  private async removeQuotaEntity(entity: ConfigEntity): Promise<boolean> {
    const { zooKeeper } = this.context
    const path = entityPath(entity)
    if ((await this.children(path)).length > 0) return false
    const paths = [path]
    if (entity.type === 'user-clients') {
      const clients = userClientConfigs.at({ user: entity.user })
      if ((await this.children(clients)).length <= 1) {
        paths.push(clients)
        const user = userConfig.at({ user: entity.user })
        const [settings, levels] = [await this.readAt(user), await this.children(user)]
        if (settings.size === 0 && levels.length <= 1) paths.push(user)
      }
    }
    for (const each of paths) {
      try {
        await persistently(this.context, () => zooKeeper.delete(each, ANY_VERSION))
      } catch (error) {
        // Gone already, or in use again.
        if (!isZooKeeperError(error, 'NO_NODE', 'NOT_EMPTY')) throw error
      }
    }
    return true
  }

  private async clientsOfUsers(users: readonly string[]): Promise<ConfigEntity[]> {
    const found = await mapPipelined(users, async (user) => {
      const names = await this.children(`${entityRoot('users')}/${user}/clients`)
      return names.map((name) => parseEntityName(`users/${user}/clients/${name}`))
    })
    return found.flat().filter((entity) => entity !== null)
  }

  private async children(path: string): Promise<string[]> {
    const names = await persistently(this.context, () => this.context.zooKeeper.children(path))
    return (names ?? []).sort()
  }

  private async readAt(path: string): Promise<EntityConfig> {
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
    // A level that was made on the way to another entity has no data.
    return found?.data == null || found.data.length === 0 ? new Map() : topicConfig.decode(found.data, path)
  }
}

function entitiesOf(type: ConfigEntityType, names: readonly string[]): ConfigEntity[] {
  return names.map((name) => parseEntityName(`${type}/${name}`)).filter((entity) => entity !== null)
}

function isQuotaEntity({ type }: ConfigEntity): boolean {
  return type !== 'topics' && type !== 'brokers'
}
