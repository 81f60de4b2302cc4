import { LiveBrokerConfig } from '../../src/config/live-config.ts'
import { ConfigAdmin } from '../../src/metadata/config-admin.ts'
import { MetadataCache } from '../../src/metadata/metadata-cache.ts'
import { TopicConfigs } from '../../src/metadata/topic-configs.ts'
import type { BrokerId } from '../../src/model/ids.ts'
import { ClusterStore } from '../../zk/stores/cluster-store.ts'
import type { ConfigEntity } from '../../zk/stores/config-entity.ts'
import { ConfigStore } from '../../zk/stores/config-store.ts'
import { controller } from '../../zk/znodes/controller.ts'
import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { FakeClock } from '../fakes/clock.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { FakeRandom } from '../fakes/random.ts'
import { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { tellOfTopic } from './metadata.ts'

export const SELF = 1 as BrokerId

/** What the handlers of configuration, quotas and credentials need of a broker, on a ZooKeeper in memory. */
export class ConfigWorld {
  readonly clock = new FakeClock()
  readonly logger = new FakeLogger()
  readonly random = new FakeRandom('configuration')
  readonly cache = new MetadataCache()
  readonly config: LiveBrokerConfig
  readonly store: ConfigStore
  readonly topicConfigs: TopicConfigs
  readonly configAdmin: ConfigAdmin
  readonly zooKeeper: ZooKeeper

  private constructor(properties: Readonly<Record<string, string>>) {
    const { clock, logger, random, cache } = this
    const minimal = { 'broker.id': `${SELF}`, 'zookeeper.connect': 'localhost:2181' }
    this.config = new LiveBrokerConfig(new Map(Object.entries({ ...minimal, ...properties })))
    this.zooKeeper = new FakeZooKeeperService({ clock }).connect({
      clock,
      random,
      sessionTimeoutMs: 6000,
      logger,
    })
    this.store = new ConfigStore({ zooKeeper: this.zooKeeper, clock })
    const { config, store } = this
    this.topicConfigs = new TopicConfigs({ store, config, logger, onChange: () => undefined })
    this.configAdmin = new ConfigAdmin({
      store,
      cache,
      config,
      topicDefaults: () => this.topicConfigs.defaults,
      self: SELF,
      random,
    })
  }

  /** With a controller, as writes need one. */
  static async open(properties: Readonly<Record<string, string>> = {}): Promise<ConfigWorld> {
    const world = new ConfigWorld(properties)
    const { zooKeeper, clock } = world
    await world.run(new ClusterStore({ zooKeeper, clock }).createTopLevelPaths())
    const data = controller.encode({ broker: SELF, timestampMs: 0, kraftControllerEpoch: -1 })
    await world.run(zooKeeper.create(controller.at(), data))
    return world
  }

  /** The broker has heard of a topic. */
  addTopic(name: string): void {
    tellOfTopic(this.cache, name)
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.clock.until(promise)
  }

  /** What ZooKeeper says of an entity. */
  async stored(entity: ConfigEntity): Promise<Record<string, string>> {
    return Object.fromEntries(await this.run(this.store.read(entity)))
  }

  async put(entity: ConfigEntity, properties: Readonly<Record<string, string>>): Promise<void> {
    await this.run(this.store.change(entity, new Map(Object.entries(properties))))
  }
}
