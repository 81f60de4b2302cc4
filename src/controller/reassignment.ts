import type { BrokerId } from '../model/ids.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import type { Logger } from '../platform/logger.ts'
import type { AdminStore } from '../../zk/stores/admin-store.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { ReassignmentTarget } from '../../zk/znodes/admin.ts'
import type { ReplicaAssignment } from '../../zk/znodes/topics.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import type { ReassignmentSteps } from './reassignment-steps.ts'
import {
  assigned,
  isBeingReassigned,
  originReplicas,
  reassignTo,
  sameList,
  targetReplicas,
} from './replica-assignment.ts'
import type { OngoingReassignment, Outcome, PartitionOutcome, ReassignmentRequest } from './requests.ts'

export interface ReassignmentOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly admin: AdminStore
  readonly steps: ReassignmentSteps
  readonly logger: Logger
  /** Sees the next order in `/admin/reassign_partitions`. */
  readonly orderWatcher: Watcher
  /** The order in ZooKeeper is gone: look for the next one. */
  readonly onOrderDone: () => void
}

const UNKNOWN_PARTITION: Outcome = {
  error: 'UNKNOWN_TOPIC_OR_PARTITION',
  message: 'The partition does not exist.',
}
const NOTHING_IN_PROGRESS: Outcome = { error: 'NO_REASSIGNMENT_IN_PROGRESS', message: null }

/**
 * Moves partitions to other brokers, asked for by API or by a znode. First the partition has its old and its new
 * replicas; when the new ones are in sync, leadership moves to one of them and the old ones are deleted. What is asked
 * for together takes its steps together.
 * Source: KafkaController.onPartitionReassignment (3.9), whose phases and letters the steps below keep; KIP-455.
 */
export class Reassignment {
  private readonly options: ReassignmentOptions
  private readonly context: ControllerContext

  constructor(options: ReassignmentOptions) {
    this.options = options
    this.context = options.context
  }

  /** AlterPartitionReassignments: one outcome for each request, in their order. */
  async alter(requests: readonly ReassignmentRequest[]): Promise<PartitionOutcome[]> {
    const outcomes = new Map<string, Outcome>()
    const wanted = new Map<Partition, ReplicaAssignment>()
    for (const request of requests) {
      const key = partitionKey(request.topic, request.partition)
      const partition = this.context.partition(request)
      const built = this.build(partition, request.replicas)
      if ('error' in built) outcomes.set(key, built)
      else if (partition === null || partition.topic.isQueuedForDeletion) outcomes.set(key, UNKNOWN_PARTITION)
      else wanted.set(partition, built)
    }
    // The latest word counts, wherever it was said.
    await this.withdraw(({ topic, partition }) => {
      const known = this.context.partition({ topic, partition })
      return known !== null && wanted.has(known)
    })
    for (const [partition, outcome] of await this.advance(wanted)) outcomes.set(partition.name, outcome)
    return requests.map(({ topic, partition }) => {
      const outcome = outcomes.get(partitionKey(topic, partition)) ?? UNKNOWN_PARTITION
      return { topic, partition, ...outcome }
    })
  }

  /** Those in progress, of all or of the given partitions. */
  list(partitions: readonly TopicPartition[] | null): OngoingReassignment[] {
    const asked =
      partitions === null
        ? [...this.context.reassigning]
        : partitions
            .map((partition) => this.context.partition(partition))
            .filter((partition) => partition !== null)
    return asked
      .filter(({ assignment }) => isBeingReassigned(assignment))
      .map((partition) => ({ ...partition.id, ...partition.assignment }))
  }

  /** For the start of a term: the order in ZooKeeper, if there is one, and what was in progress. */
  async initialise(): Promise<void> {
    const takenUp = await this.takeUpOrder()
    await this.resume((partition) => !takenUp.has(partition))
  }

  /**
   * Takes up the order in `/admin/reassign_partitions`. What it lists is not checked; what fails is struck off it.
   * Returns the partitions that are on their way because of it.
   */
  async takeUpOrder(): Promise<ReadonlySet<Partition>> {
    const { admin, orderWatcher, logger } = this.options
    const order = await admin.reassignment(orderWatcher)
    if (order.kind === 'malformed')
      logger.warn('Ignored an order to reassign partitions', { error: order.fault })
    if (order.kind !== 'given') return new Set()
    const wanted = new Map<Partition, ReplicaAssignment>()
    const failed = new Set<string>()
    for (const { topic, partition: index, replicas } of order.value) {
      const partition = this.context.partition({ topic, partition: index })
      if (partition === null || partition.topic.isQueuedForDeletion) failed.add(partitionKey(topic, index))
      // What is on its way there already, as after each of our own rewrites of the order, goes on.
      else if (!this.isUnderWay(partition, replicas))
        wanted.set(partition, reassignTo(partition.assignment, replicas))
    }
    for (const [partition, outcome] of await this.advance(wanted)) {
      if (outcome.error === 'NONE') continue
      failed.add(partition.name)
      wanted.delete(partition)
    }
    if (failed.size > 0) {
      logger.warn('Could not reassign partitions as ordered in ZooKeeper', { partitions: [...failed] })
      await this.withdraw(({ topic, partition }) => failed.has(partitionKey(topic, partition)))
    }
    return new Set(wanted.keys())
  }

  /** Goes on with reassignments that may have been held up. */
  async resume(mayGoOn: (partition: Partition) => boolean): Promise<void> {
    const partitions = [...this.context.reassigning].filter(mayGoOn)
    await this.advance(new Map(partitions.map((partition) => [partition, partition.assignment])))
  }

  /** In-sync replicas of these partitions have changed: finishes those that have all they wait for. */
  async completeIfDone(partitions: Iterable<Partition>): Promise<void> {
    const candidates = [...partitions].filter((partition) => this.context.reassigning.has(partition))
    if (candidates.length === 0) return
    const done = await this.options.steps.complete(candidates)
    await this.advance(new Map(done.map((partition) => [partition, partition.assignment])))
  }

  /** Takes the steps that are possible now, and strikes what is done off the order in ZooKeeper. */
  private async advance(wanted: ReadonlyMap<Partition, ReplicaAssignment>): Promise<Map<Partition, Outcome>> {
    return this.options.steps.advance(wanted, (done) =>
      this.withdraw(({ topic, partition, replicas }) => {
        const known = this.context.partition({ topic, partition })
        return known !== null && done.has(known) && sameList(known.assignment.replicas, replicas)
      }),
    )
  }

  /** Strikes entries off the order in ZooKeeper, if there is one; an empty order is removed. */
  private async withdraw(isOver: (target: ReassignmentTarget) => boolean): Promise<void> {
    const { admin, fence, onOrderDone } = this.options
    const order = await admin.reassignment()
    if (order.kind === 'none') return
    // An order that cannot be read holds up the next one; as in Kafka, it goes when there is other work.
    const targets = order.kind === 'given' ? order.value : []
    const left = targets.filter((target) => !isOver(target))
    if (left.length === targets.length && left.length > 0) return
    await admin.writeReassignment(fence, left)
    if (left.length === 0) onOrderDone()
  }

  /** The assignment that a request means, or why it means none. A partition that does not exist has no replicas. */
  private build(
    partition: Partition | null,
    replicas: readonly BrokerId[] | null,
  ): ReplicaAssignment | Outcome {
    const current = partition?.assignment ?? assigned([])
    if (replicas === null) {
      return isBeingReassigned(current) ? reassignTo(current, originReplicas(current)) : NOTHING_IN_PROGRESS
    }
    const listed = replicas.join(', ')
    if (replicas.length === 0) return invalid('Empty replica list specified in partition reassignment.')
    if (new Set(replicas).size !== replicas.length) {
      return invalid(`Duplicate replica ids in partition reassignment replica list: ${listed}`)
    }
    if (replicas.some((broker) => broker < 0)) return invalid(`Invalid broker id in replica list: ${listed}`)
    const next = reassignTo(current, replicas)
    if (next.adding.every(this.context.isLive)) return next
    const live = this.context.brokerIds.filter(this.context.isLive)
    return invalid(
      `Replica assignment has brokers that are not alive. ` +
        `Replica list: ${next.adding.join(', ')}, live broker list: ${live.join(', ')}`,
    )
  }

  private isUnderWay(partition: Partition, replicas: readonly BrokerId[]): boolean {
    return this.context.reassigning.has(partition) && sameList(targetReplicas(partition.assignment), replicas)
  }
}

function invalid(message: string): Outcome {
  return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
}
