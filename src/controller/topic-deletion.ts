import type { Logger } from '../platform/logger.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import type { ControllerContext, Partition, Replica, Topic } from './controller-context.ts'
import type { Orders } from './orders.ts'
import type { PartitionStates } from './partition-states.ts'
import type { ReplicaStates } from './replica-states.ts'
import type { ReplicaState } from './transitions.ts'

/** The znodes of a deletion. */
export interface DeletionZnodes {
  /** Removes a topic's tree, then its config, then the order to delete it. What is gone already is fine. */
  deleteTopic(name: string): Promise<void>
  /** Removes orders that will not be carried out. */
  dismiss(names: readonly string[]): Promise<void>
}

export interface TopicDeletionOptions {
  readonly context: ControllerContext
  readonly znodes: DeletionZnodes
  readonly partitionStates: PartitionStates
  readonly replicaStates: ReplicaStates
  readonly orders: Orders
  readonly logger: Logger
  /** `delete.topic.enable`. */
  readonly isEnabled: boolean
}

/** Topics whose znodes are being removed at a time. */
const TOPICS_AT_ONCE = 20

/**
 * Deletes topics. Every replica must delete its log; until all of them have, the topic is queued: its partitions are
 * gone from the brokers' metadata, but its name is taken. A replica that is offline makes the topic ineligible, until
 * its broker is back and the deletion starts again. So does a reassignment, until it is done.
 * Source: kafka.controller.TopicDeletionManager (3.9).
 */
export class TopicDeletion {
  private readonly options: TopicDeletionOptions
  private readonly context: ControllerContext

  constructor(options: TopicDeletionOptions) {
    this.options = options
    this.context = options.context
  }

  /** For the start of a term: `names` are the orders in ZooKeeper. Nothing is deleted before `resume`. */
  async initialise(names: readonly string[]): Promise<void> {
    if (!this.options.isEnabled) return this.dismissAll(names)
    const gone = names.filter((name) => this.context.topic(name) === null)
    // Another controller was stopped between the topic's own znodes and its order.
    await mapPipelined(gone, (name) => this.options.znodes.deleteTopic(name), TOPICS_AT_ONCE)
    for (const name of names) {
      const topic = this.context.topic(name)
      if (topic === null) continue
      this.context.queueForDeletion(topic)
      if (this.hasOfflineReplica(topic) || this.isBeingReassigned(topic)) topic.isIneligibleForDeletion = true
    }
  }

  /** Takes up the orders in ZooKeeper: those that are known already go on as they are. */
  async enqueue(names: readonly string[]): Promise<void> {
    const unknown = names.filter((name) => this.context.topic(name) === null)
    if (unknown.length > 0) {
      this.options.logger.warn('Ignored orders to delete topics that do not exist', { topics: unknown })
      await this.options.znodes.dismiss(unknown)
    }
    const topics = names.map((name) => this.context.topic(name)).filter((topic) => topic !== null)
    if (!this.options.isEnabled) return this.dismissAll(topics.map((topic) => topic.name))
    if (topics.length === 0) return
    for (const topic of topics) {
      this.context.queueForDeletion(topic)
      if (this.isBeingReassigned(topic)) this.halt([topic], 'it is being reassigned')
    }
    await this.resume()
  }

  /** What held these topics up is over. */
  async resumeFor(topics: Iterable<Topic>): Promise<void> {
    const queued = [...topics].filter((topic) => topic.isQueuedForDeletion)
    if (queued.length === 0) return
    for (const topic of queued) topic.isIneligibleForDeletion = false
    await this.resume()
  }

  /** Deletion of these topics, if any is asked for, has to wait. */
  halt(topics: Iterable<Topic>, reason: string): void {
    for (const topic of topics) {
      if (!topic.isQueuedForDeletion || topic.isIneligibleForDeletion) continue
      topic.isIneligibleForDeletion = true
      this.options.logger.info(`Deletion of topic ${topic.name} has to wait: ${reason}`)
    }
  }

  /** These replicas cannot delete, or say that they could not. */
  async fail(replicas: Iterable<Replica>): Promise<void> {
    // What has deleted its log already has nothing to fail at.
    const failed = queuedOnly(replicas).filter((replica) => stateOf(replica) !== 'DeletionSuccessful')
    if (failed.length === 0) return
    await this.options.replicaStates.move(failed, 'DeletionIneligible')
    this.halt(topicsOf(failed), 'a replica could not be deleted')
    await this.resume()
  }

  /** These replicas have deleted their logs. */
  async complete(replicas: Iterable<Replica>): Promise<void> {
    await this.options.replicaStates.move(queuedOnly(replicas), 'DeletionSuccessful')
    await this.resume()
  }

  /** Does what can be done for every queued topic: finishes, tries again, starts. */
  async resume(): Promise<void> {
    const done: Topic[] = []
    const toRetry: Topic[] = []
    const toStart: Topic[] = []
    for (const topic of this.context.topicsToDelete) {
      const states = replicaStatesOf(topic)
      if ([...states].every((state) => state === 'DeletionSuccessful')) {
        done.push(topic)
        continue
      }
      if (states.has('DeletionStarted')) continue
      if (states.has('DeletionIneligible')) toRetry.push(topic)
      if (!topic.isIneligibleForDeletion) toStart.push(topic)
    }
    await mapPipelined(done, (topic) => this.finish(topic), TOPICS_AT_ONCE)
    if (toRetry.length > 0) await this.options.replicaStates.move(ineligible(toRetry), 'Offline')
    if (toStart.length > 0) await this.start(toStart)
  }

  private async dismissAll(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    this.options.logger.info('Removed orders to delete topics: delete.topic.enable is false', {
      topics: names,
    })
    await this.options.znodes.dismiss(names)
  }

  private async finish(topic: Topic): Promise<void> {
    await this.options.replicaStates.move([...topic.replicas()], 'NonExistent')
    await this.options.znodes.deleteTopic(topic.name)
    this.context.removeTopic(topic)
    this.options.logger.info(`Topic ${topic.name} is deleted`)
  }

  private async start(topics: readonly Topic[]): Promise<void> {
    const { partitionStates, orders } = this.options
    for (const topic of topics) {
      if (topic.deletion === 'started') continue
      await partitionStates.move(topic.partitions.values(), 'Offline')
      await partitionStates.move(topic.partitions.values(), 'NonExistent')
      topic.deletion = 'started'
    }
    // First the brokers forget the partitions, so that clients are told that the topic is gone.
    const partitions = topics.flatMap((topic) => [...topic.partitions.values()])
    await orders.issue([{ kind: 'update-metadata', brokers: this.context.brokerIds, partitions }])
    await this.deleteReplicas(topics)
  }

  private async deleteReplicas(topics: readonly Topic[]): Promise<void> {
    const dead: Replica[] = []
    const toDelete: Replica[] = []
    for (const replica of topics.flatMap((topic) => [...topic.replicas()])) {
      if (stateOf(replica) === 'DeletionSuccessful') continue
      if (this.isOnline(replica)) toDelete.push(replica)
      else dead.push(replica)
    }
    const { replicaStates } = this.options
    await replicaStates.move(dead, 'DeletionIneligible')
    // Followers stop fetching before any of them loses its log.
    await replicaStates.move(toDelete, 'Offline')
    await replicaStates.move(toDelete, 'DeletionStarted')
    this.halt(topicsOf(dead), 'a replica is offline')
  }

  private isOnline({ partition, broker }: Replica): boolean {
    return this.context.isReplicaOnline(broker, partition)
  }

  private hasOfflineReplica(topic: Topic): boolean {
    return [...topic.replicas()].some((replica) => !this.isOnline(replica))
  }

  private isBeingReassigned(topic: Topic): boolean {
    return [...topic.partitions.values()].some((partition) => this.context.reassigning.has(partition))
  }
}

function stateOf({ partition, broker }: Replica): ReplicaState {
  return partition.replicaState(broker)
}

function replicaStatesOf(topic: Topic): Set<ReplicaState> {
  return new Set([...topic.replicas()].map(stateOf))
}

function ineligible(topics: readonly Topic[]): Replica[] {
  return topics
    .flatMap((topic) => [...topic.replicas()])
    .filter((replica) => stateOf(replica) === 'DeletionIneligible')
}

function queuedOnly(replicas: Iterable<Replica>): Replica[] {
  return [...replicas].filter(({ partition }) => partition.topic.isQueuedForDeletion)
}

function topicsOf(replicas: readonly Replica[]): Set<Topic> {
  return new Set(replicas.map(({ partition }: { partition: Partition }) => partition.topic))
}
