import { KafkaError } from '../../src/model/errors.ts'
import { persistently, setOnce } from '../client/retry.ts'
import { MalformedZnodeError } from '../znode.ts'
import { topic, topicPartitions, topics } from '../znodes/topics.ts'
import type { TopicAssignment } from '../znodes/topics.ts'
import type { Operation, Watcher } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import type { ControllerFence } from './fence.ts'
import { fencedMulti } from './fence.ts'
import { DEFAULT_MAX_OPERATIONS, writeFenced } from './fenced-batch.ts'
import { mapPipelined } from './pipeline.ts'
import { createRecursive, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

/** Topics and where their replicas are: `/brokers/topics`. */
export class TopicStore {
  private readonly context: StoreContext
  private readonly maxOperations: number

  /** `maxOperations`: in one multi of a deletion; 1 deletes as Kafka does. */
  constructor(options: StoreOptions & { readonly maxOperations?: number }) {
    this.context = storeContext(options)
    this.maxOperations = options.maxOperations ?? DEFAULT_MAX_OPERATIONS
  }

  /** The names of all topics, in no order. */
  async names(watcher?: Watcher): Promise<string[]> {
    const { zooKeeper } = this.context
    return (await persistently(this.context, () => zooKeeper.children(topics.at(), watcher))) ?? []
  }

  async exists(name: string): Promise<boolean> {
    const path = topic.at({ topic: name })
    return (await persistently(this.context, () => this.context.zooKeeper.exists(path))) !== null
  }

  /** Null when there is no such topic. Rejects with MalformedZnodeError. */
  async read(name: string, watcher?: Watcher): Promise<TopicAssignment | null> {
    const path = topic.at({ topic: name })
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path, watcher))
    return found === null ? null : topic.decode(found.data, path)
  }

  /** Many at once: topics that are gone or malformed have no entry; of the latter `onMalformed` is told. */
  async readAll(
    names: readonly string[],
    onMalformed: (error: MalformedZnodeError) => void,
    watcher?: Watcher,
  ): Promise<Map<string, TopicAssignment>> {
    const found = await mapPipelined(names, async (name) => {
      try {
        return await this.read(name, watcher)
      } catch (error) {
        if (!(error instanceof MalformedZnodeError)) throw error
        onMalformed(error)
        return null
      }
    })
    const known = new Map<string, TopicAssignment>()
    for (const [index, name] of names.entries()) {
      const assignment = found[index]
      if (assignment != null) known.set(name, assignment)
    }
    return known
  }

  /** Not guarded by the controller's epoch, as in Kafka. Throws KafkaError TOPIC_ALREADY_EXISTS. */
  async create(name: string, assignment: TopicAssignment): Promise<void> {
    try {
      await createRecursive(this.context, topic.at({ topic: name }), topic.encode(assignment))
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`, { cause: error })
    }
  }

  /**
   * Replaces the whole assignment: how partitions are added. Not guarded, the last writer wins, as in Kafka. Throws
   * KafkaError UNKNOWN_TOPIC_OR_PARTITION.
   */
  async set(name: string, assignment: TopicAssignment): Promise<void> {
    try {
      await setOnce(this.context, topic.at({ topic: name }), topic.encode(assignment), ANY_VERSION)
    } catch (error) {
      throw asUnknownTopic(error, name)
    }
  }

  /** As `set`, but by the controller: reassignments and topic ids. Rejects with ControllerMovedError. */
  async setFenced(fence: ControllerFence, name: string, assignment: TopicAssignment): Promise<void> {
    const path = topic.at({ topic: name })
    try {
      await fencedMulti(this.context, fence, [
        { kind: 'set', path, data: topic.encode(assignment), version: ANY_VERSION },
      ])
    } catch (error) {
      throw asUnknownTopic(error, name)
    }
  }

  /**
   * Removes a topic and all below it, leaves first. What is gone already counts as removed. Rejects with
   * ControllerMovedError, or with the first failure.
   */
  async deleteTree(fence: ControllerFence, name: string): Promise<void> {
    const paths = await this.descendants(name)
    const deletion = (path: string): Operation => ({ kind: 'delete', path, version: ANY_VERSION })
    const outcomes = await writeFenced(this.context, fence, paths, deletion, {
      maxOperations: this.maxOperations,
      isOrdered: true,
    })
    const failure = outcomes.find((outcome) => !outcome.isDone && outcome.error.error !== 'NO_NODE')
    if (failure?.isDone === false) throw failure.error
  }

  /** Everything that belongs to a topic, children before their parents, partitions in the order of their numbers. */
  private async descendants(name: string): Promise<string[]> {
    const root = topicPartitions.at({ topic: name })
    const partitions = (await this.children(root)).sort((one, other) => Number(one) - Number(other))
    const below = await mapPipelined(partitions, async (partition) => {
      const path = `${root}/${partition}`
      return [...(await this.children(path)).map((child) => `${path}/${child}`), path]
    })
    return [...below.flat(), root, topic.at({ topic: name })]
  }

  private async children(path: string): Promise<string[]> {
    return (await persistently(this.context, () => this.context.zooKeeper.children(path))) ?? []
  }
}

function asUnknownTopic(error: unknown, name: string): unknown {
  if (!isZooKeeperError(error, 'NO_NODE')) return error
  return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${name}' does not exist.`, { cause: error })
}
