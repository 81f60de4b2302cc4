import { persistently } from '../client/retry.ts'
import { dataOrAbsence } from '../client/watch.ts'
import type { BrokerId } from '../../src/model/ids.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import type { Znode, ZnodeCodec } from '../znode.ts'
import { MalformedZnodeError } from '../znode.ts'
import { deleteTopic, deleteTopics, preferredReplicaElection, reassignPartitions } from '../znodes/admin.ts'
import type { ReassignmentTarget } from '../znodes/admin.ts'
import { isrChangeNotification, logDirEventNotification } from '../znodes/notifications.ts'
import type { Operation, Watcher } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import { writeNotification } from './change-notifications.ts'
import type { ControllerFence } from './fence.ts'
import { fencedMulti } from './fence.ts'
import { DEFAULT_MAX_OPERATIONS, writeFenced } from './fenced-batch.ts'
import { mapPipelined } from './pipeline.ts'
import { createRecursive, parentOf, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

/** An order that somebody has left for the controller: none, one, or one that cannot be read. */
export type Order<Value> =
  | { readonly kind: 'none' }
  | { readonly kind: 'given'; readonly value: Value }
  | { readonly kind: 'malformed'; readonly fault: MalformedZnodeError }

/** What is asked of the controller by znodes: `/admin`, `/isr_change_notification`, `/log_dir_event_notification`. */
export class AdminStore {
  private readonly context: StoreContext
  private readonly maxOperations: number

  /** `maxOperations`: in one multi of several deletions; 1 writes as Kafka does. */
  constructor(options: StoreOptions & { readonly maxOperations?: number }) {
    this.context = storeContext(options)
    this.maxOperations = options.maxOperations ?? DEFAULT_MAX_OPERATIONS
  }

  /** Asks for a topic's deletion. False when that has been asked for already. */
  async requestDeletion(topic: string): Promise<boolean> {
    try {
      await createRecursive(this.context, deleteTopic.at({ topic }), null)
      return true
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      return false
    }
  }

  async isDeletionRequested(topic: string): Promise<boolean> {
    const path = deleteTopic.at({ topic })
    return (await persistently(this.context, () => this.context.zooKeeper.exists(path))) !== null
  }

  /** The topics to be deleted, by name. */
  async deletionRequests(watcher?: Watcher): Promise<string[]> {
    return this.children(deleteTopics.at(), watcher)
  }

  /** The topics are deleted, or cannot be: takes the requests away. */
  async clearDeletionRequests(fence: ControllerFence, topics: readonly string[]): Promise<void> {
    await this.deleteAll(
      fence,
      topics.map((topic) => deleteTopic.at({ topic })),
    )
  }

  /** The watch also sees an order that is not there yet. */
  reassignment(watcher?: Watcher): Promise<Order<readonly ReassignmentTarget[]>> {
    return this.order(reassignPartitions.at(), reassignPartitions.codec, watcher)
  }

  /** What is left of the order; an empty one is removed. */
  async writeReassignment(fence: ControllerFence, targets: readonly ReassignmentTarget[]): Promise<void> {
    const path = reassignPartitions.at()
    if (targets.length === 0) {
      await this.deleteAll(fence, [path])
      return
    }
    const data = reassignPartitions.encode(targets)
    try {
      await fencedMulti(this.context, fence, [{ kind: 'set', path, data, version: ANY_VERSION }])
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error
      await fencedMulti(this.context, fence, [{ kind: 'create', path, data, acl: this.context.acls(path) }])
    }
  }

  /** The watch also sees an order that is not there yet. */
  preferredElection(watcher?: Watcher): Promise<Order<readonly TopicPartition[]>> {
    return this.order(preferredReplicaElection.at(), preferredReplicaElection.codec, watcher)
  }

  async clearPreferredElection(fence: ControllerFence): Promise<void> {
    await this.deleteAll(fence, [preferredReplicaElection.at()])
  }

  /** Tells the controller of a failed log directory. */
  async announceLogDirFailure(broker: BrokerId): Promise<void> {
    await writeNotification(this.context, logDirEventNotification, { broker })
  }

  /** The brokers that have lost a log directory, and the names by which to clear the news. */
  logDirFailures(watcher?: Watcher): Promise<News<{ readonly broker: BrokerId }>> {
    return this.news(logDirEventNotification, watcher)
  }

  async clearLogDirFailures(fence: ControllerFence, paths: readonly string[]): Promise<void> {
    await this.deleteAll(fence, paths)
  }

  /** Tells the controller of states that a leader has written by itself (inter-broker protocol before 2.7). */
  async announceIsrChange(partitions: readonly TopicPartition[]): Promise<void> {
    await writeNotification(this.context, isrChangeNotification, partitions)
  }

  isrChanges(watcher?: Watcher): Promise<News<readonly TopicPartition[]>> {
    return this.news(isrChangeNotification, watcher)
  }

  async clearIsrChanges(fence: ControllerFence, paths: readonly string[]): Promise<void> {
    await this.deleteAll(fence, paths)
  }

  private async order<Value>(
    path: string,
    codec: ZnodeCodec<Value>,
    watcher: Watcher | undefined,
  ): Promise<Order<Value>> {
    const { zooKeeper } = this.context
    const found = await persistently(this.context, () =>
      watcher === undefined ? zooKeeper.get(path) : dataOrAbsence(zooKeeper, path, watcher),
    )
    if (found === null) return { kind: 'none' }
    try {
      return { kind: 'given', value: codec.decode(found.data, path) }
    } catch (fault) {
      if (!(fault instanceof MalformedZnodeError)) throw fault
      return { kind: 'malformed', fault }
    }
  }

  private async news<Value>(
    znode: Znode<`${string}{sequence:sequence}`, Value>,
    watcher: Watcher | undefined,
  ): Promise<News<Value>> {
    const parent = parentOf(znode.prefix()) ?? '/'
    const paths = (await this.children(parent, watcher)).map((name) => `${parent}/${name}`)
    const read = await mapPipelined(paths, (path) =>
      persistently(this.context, () => this.context.zooKeeper.get(path)),
    )
    const values: Value[] = []
    for (const [index, path] of paths.entries()) {
      const found = read[index]
      if (found == null) continue
      try {
        values.push(znode.decode(found.data, path))
      } catch (fault) {
        // Nobody can act on it; it is cleared with the others.
        if (!(fault instanceof MalformedZnodeError)) throw fault
      }
    }
    return { paths, values }
  }

  private async children(path: string, watcher?: Watcher): Promise<string[]> {
    const names = await persistently(this.context, () => this.context.zooKeeper.children(path, watcher))
    return (names ?? []).sort()
  }

  /** What is gone already counts as removed. */
  private async deleteAll(fence: ControllerFence, paths: readonly string[]): Promise<void> {
    const deletion = (path: string): Operation => ({ kind: 'delete', path, version: ANY_VERSION })
    const { maxOperations } = this
    const outcomes = await writeFenced(this.context, fence, paths, deletion, { maxOperations })
    const failure = outcomes.find((outcome) => !outcome.isDone && outcome.error.error !== 'NO_NODE')
    if (failure?.isDone === false) throw failure.error
  }
}

/** What a row of notifications says, oldest first, and the paths of its members, readable or not. */
export interface News<Value> {
  readonly paths: readonly string[]
  readonly values: readonly Value[]
}
