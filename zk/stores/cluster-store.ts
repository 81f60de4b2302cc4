import type { Uuid } from '../../src/model/uuid.ts'
import { persistently } from '../client/retry.ts'
import { deleteTopics } from '../znodes/admin.ts'
import { brokerIds, brokerSequence } from '../znodes/brokers.ts'
import { clusterId, migration } from '../znodes/cluster.ts'
import type { Migration } from '../znodes/cluster.ts'
import {
  brokerConfigs,
  clientConfigs,
  configChanges,
  ipConfigs,
  topicConfigs,
  userConfigs,
} from '../znodes/config.ts'
import { consumers } from '../znodes/consumers.ts'
import { isrChangeNotifications, logDirEventNotifications } from '../znodes/notifications.ts'
import { latestProducerIdBlock } from '../znodes/producer-ids.ts'
import { topics } from '../znodes/topics.ts'
import { isZooKeeperError } from '../zookeeper.ts'
import { createRecursive, ensurePath, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

/** Source: kafka.zk.ZkData.PersistentZkPaths, in its order. */
const topLevelPaths: readonly string[] = [
  consumers.at(),
  brokerIds.at(),
  topics.at(),
  configChanges.at(),
  deleteTopics.at(),
  brokerSequence.at(),
  isrChangeNotifications.at(),
  latestProducerIdBlock.at(),
  logDirEventNotifications.at(),
  topicConfigs.at(),
  clientConfigs.at(),
  userConfigs.at(),
  brokerConfigs.at(),
  ipConfigs.at(),
]

/** What a cluster is before it has brokers. */
export class ClusterStore {
  private readonly context: StoreContext

  constructor(options: StoreOptions) {
    this.context = storeContext(options)
  }

  /**
   * Makes what every broker expects to find. Unlike Kafka, which tries to create all of it at every start, because a
   * refused create costs the ensemble a sync to disk: it looks first, at all of them at once.
   */
  async createTopLevelPaths(): Promise<void> {
    const { zooKeeper } = this.context
    const found = await persistently(this.context, () =>
      Promise.all(topLevelPaths.map((path) => zooKeeper.exists(path))),
    )
    for (const [index, path] of topLevelPaths.entries()) {
      if (found[index] === null) await ensurePath(this.context, path)
    }
  }

  /** The cluster's id; the first broker that asks gives it one. */
  async getOrCreateClusterId(newId: () => Uuid): Promise<string> {
    const existing = await this.clusterId()
    if (existing !== null) return existing
    const id = newId()
    try {
      await createRecursive(this.context, clusterId.at(), clusterId.encode(id))
      return id
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      const winner = await this.clusterId()
      if (winner === null) throw new Error('the cluster id has vanished again', { cause: error })
      return winner
    }
  }

  async clusterId(): Promise<string | null> {
    const found = await this.read(clusterId.at())
    return found === null ? null : clusterId.decode(found, clusterId.at())
  }

  /** What a migration to KRaft has written; null when there is none, as it must be. */
  async migration(): Promise<Migration | null> {
    const found = await this.read(migration.at())
    return found === null ? null : migration.decode(found, migration.at())
  }

  /** Null when the znode is not there, empty when it has no data. */
  private async read(path: string): Promise<Buffer | null> {
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
    return found === null ? null : (found.data ?? Buffer.alloc(0))
  }
}
