import { createOnce, persistently, setOnce } from '../client/retry.ts'
import { dataOrAbsence } from '../client/watch.ts'
import { feature } from '../znodes/cluster.ts'
import type { FinalizedFeatures } from '../znodes/cluster.ts'
import type { Watcher } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import { storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

export interface VersionedFeatures {
  readonly content: FinalizedFeatures
  /** The data version: the finalized features epoch. */
  readonly epoch: number
}

const NO_FEATURES: FinalizedFeatures = { version: 2, enabled: true, features: new Map() }

/** Finalized features: `/feature`. In ZooKeeper mode there are none, but clients ask for their epoch. */
export class FeatureStore {
  private readonly context: StoreContext

  constructor(options: StoreOptions) {
    this.context = storeContext(options)
  }

  /** Null when there is no znode; the watch sees its creation, too. Rejects with MalformedZnodeError. */
  async read(watcher?: Watcher): Promise<VersionedFeatures | null> {
    const { zooKeeper } = this.context
    const path = feature.at()
    const found = await persistently(this.context, () =>
      watcher === undefined ? zooKeeper.get(path) : dataOrAbsence(zooKeeper, path, watcher),
    )
    return found === null ? null : { content: feature.decode(found.data, path), epoch: found.stat.version }
  }

  /**
   * What a new controller does first: the znode is there, enabled and of the present version. Features that were
   * finalized are kept, unless versioning was disabled. Not guarded by the controller's epoch, as in Kafka. Returns the
   * epoch. Source: KafkaController.enableFeatureVersioning.
   */
  async enable(): Promise<number> {
    const present = await this.read()
    if (present === null) return this.create()
    const { version, enabled, features } = present.content
    if (version === 2 && enabled) return present.epoch
    return this.write({ version: 2, enabled: true, features: enabled ? features : new Map() })
  }

  /** Replaces the content, whatever it is, and returns the new epoch. */
  async write(content: FinalizedFeatures): Promise<number> {
    return (await setOnce(this.context, feature.at(), feature.encode(content), ANY_VERSION)).version
  }

  private async create(): Promise<number> {
    const path = feature.at()
    try {
      await createOnce(this.context, path, feature.encode(NO_FEATURES), { acl: this.context.acls(path) })
      return 0
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      return this.enable()
    }
  }
}
