import { randomUuid, type Uuid } from '../model/uuid.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import type { TopicStore } from '../../zk/stores/topic-store.ts'
import type { ReplicaAssignment, TopicAssignment } from '../../zk/znodes/topics.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import type { ControllerContext, Partition, Replica, Topic } from './controller-context.ts'
import type { PartitionStates } from './partition-states.ts'
import { isRefusal } from './refusals.ts'
import type { ReplicaStates } from './replica-states.ts'
import type { Slices } from './slices.ts'

export interface TopicChangesOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly topics: TopicStore
  readonly partitionStates: PartitionStates
  readonly replicaStates: ReplicaStates
  readonly random: Random
  readonly slices: Slices
  readonly logger: Logger
  /** Sees changes of the topics' znodes. */
  readonly topicWatcher: Watcher
}

const MAX_INT32 = 2 ** 31 - 1
/** Topic ids that are being written at a time. */
const TOPICS_AT_ONCE = 100

/**
 * Topics appear, grow and vanish. Topics of old tools have no id and get one.
 * Source: KafkaController.processTopicChange, processPartitionModifications, processTopicIds (3.9).
 */
export class TopicChanges {
  private readonly options: TopicChangesOptions
  private readonly context: ControllerContext

  constructor(options: TopicChangesOptions) {
    this.options = options
    this.context = options.context
  }

  /** Reads topics into the context, with watches on them. Those that are malformed are left out, and said so. */
  async load(names: readonly string[]): Promise<Topic[]> {
    const { topics, topicWatcher, slices, logger } = this.options
    const sorted = [...names].sort()
    const found = await topics.readAll(
      sorted,
      (error) => logger.error('A topic is left out, because its znode is malformed', { error }),
      topicWatcher,
    )
    const usable = new Map([...found].filter(([name, assignment]) => this.isUsable(name, assignment)))
    const ids = await this.giveIds(usable)
    const added: Topic[] = []
    for (const [name, assignment] of usable) {
      const id = this.unusedId(name, assignment.topicId ?? ids.get(name) ?? null)
      const topic = this.context.addTopic(name, id)
      await slices.each(byIndex(assignment), ([index, replicas]) =>
        this.context.addPartition(topic, index, replicas),
      )
      added.push(topic)
    }
    return added
  }

  /** `names` are the topics there are now. */
  async apply(names: readonly string[]): Promise<void> {
    const { context, options } = this
    const present = new Set(names)
    const removed = [...context.topics.values()].filter((topic) => !present.has(topic.name))
    for (const topic of removed) context.removeTopic(topic)
    const added = await this.load(names.filter((name) => context.topic(name) === null))
    if (added.length + removed.length > 0) {
      options.logger.info('Topics have changed', { added: namesOf(added), removed: namesOf(removed) })
    }
    await this.bringToLife(partitionsOf(added))
  }

  /**
   * A topic's znode has changed: partitions that are new are created. What it says of existing partitions is ignored;
   * only the controller moves them.
   */
  async applyModification(name: string): Promise<void> {
    const topic = this.context.topic(name)
    // It was left out because of what its znode said; now that may make sense.
    if (topic === null) return this.bringToLife(partitionsOf(await this.load([name])))
    const assignment = await this.read(name)
    if (assignment === null || !this.isUsable(name, assignment)) return
    const fresh = [...byIndex(assignment)].filter(([index]) => !topic.partitions.has(index))
    if (topic.isQueuedForDeletion) {
      if (fresh.length === 0) return
      this.options.logger.warn(`Topic ${name} is being deleted and gets no more partitions`)
      return this.restore(topic)
    }
    const partitions = fresh.map(([index, replicas]) => this.context.addPartition(topic, index, replicas))
    // Old tools write the znode without the id; a later controller would give the topic another one.
    if (assignment.topicId === null && topic.hasId) await this.restore(topic)
    if (partitions.length === 0) return
    this.options.logger.info(`Topic ${name} has grown`, { partitions: fresh.map(([index]) => index) })
    await this.bringToLife(partitions)
  }

  private async bringToLife(partitions: readonly Partition[]): Promise<void> {
    if (partitions.length === 0) return
    const { partitionStates, replicaStates } = this.options
    const replicas = partitions.flatMap((partition) =>
      partition.assignment.replicas.map((broker): Replica => ({ partition, broker })),
    )
    await partitionStates.move(partitions, 'New')
    await replicaStates.move(replicas, 'New')
    await partitionStates.bringOnline(partitions, 'offline')
    await replicaStates.move(replicas, 'Online')
  }

  /** Writes what the context knows of a topic over what somebody else wrote. */
  private async restore(topic: Topic): Promise<void> {
    try {
      await this.options.topics.setFenced(this.options.fence, topic.name, topic.znode())
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.options.logger.warn(`The znode of topic ${topic.name} could not be restored`, { error })
    }
  }

  private async read(name: string): Promise<TopicAssignment | null> {
    const { topics, topicWatcher, logger } = this.options
    const found = await topics.readAll(
      [name],
      (error) => logger.error('A change of a topic is ignored, because its znode is malformed', { error }),
      topicWatcher,
    )
    return found.get(name) ?? null
  }

  /** Writes ids for the topics that have none; returns them. */
  private async giveIds(found: ReadonlyMap<string, TopicAssignment>): Promise<ReadonlyMap<string, Uuid>> {
    const { fence, topics, random, logger } = this.options
    const ids = new Map<string, Uuid>()
    const without = [...found].filter(([, assignment]) => assignment.topicId === null)
    await mapPipelined(
      without,
      async ([name, assignment]) => {
        const topicId = randomUuid((count) => random.bytes(count))
        try {
          await topics.setFenced(fence, name, { ...assignment, topicId })
          ids.set(name, topicId)
        } catch (error) {
          if (!isRefusal(error)) throw error
          logger.warn(`Topic ${name} could not be given an id`, { error })
        }
      },
      TOPICS_AT_ONCE,
    )
    return ids
  }

  /** Two topics with one id can only come from a znode that was copied by hand; the second one goes without. */
  private unusedId(name: string, id: Uuid | null): Uuid | null {
    const holder = id === null ? null : this.context.topicOfId(id)
    if (holder === null) return id
    this.options.logger.error(`Topic ${name} has the id of topic ${holder.name}, and is used without an id`)
    return null
  }

  /** Numbers that no request could carry come from another hand; one of them must not stop every other topic. */
  private isUsable(name: string, { partitions }: TopicAssignment): boolean {
    for (const [index, { replicas, adding, removing }] of partitions) {
      const numbers: readonly number[] = [index, ...replicas, ...adding, ...removing]
      const strange = numbers.find((number) => Math.abs(number) > MAX_INT32)
      if (strange === undefined) continue
      this.options.logger.error(`Topic ${name} is left out: partition ${index} names ${strange}`)
      return false
    }
    return true
  }
}

function byIndex({ partitions }: TopicAssignment): [PartitionIndex, ReplicaAssignment][] {
  return [...partitions].sort(([one], [other]) => one - other)
}

function partitionsOf(topics: readonly Topic[]): Partition[] {
  return topics.flatMap((topic) => [...topic.partitions.values()])
}

function namesOf(topics: readonly Topic[]): string[] {
  return topics.map((topic) => topic.name)
}
