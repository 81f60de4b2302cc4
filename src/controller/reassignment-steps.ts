import type { LeaderEpoch } from '../model/ids.ts'
import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import type { TopicStore } from '../../zk/stores/topic-store.ts'
import type { ReplicaAssignment } from '../../zk/znodes/topics.ts'
import type { ControllerContext, Partition, Replica, Topic } from './controller-context.ts'
import { whyNot, type LeadershipChanges } from './leadership-changes.ts'
import type { Orders } from './orders.ts'
import type { PartitionStates } from './partition-states.ts'
import { isRefusal } from './refusals.ts'
import {
  assigned,
  isBeingReassigned,
  originReplicas,
  sameAssignment,
  targetReplicas,
  without,
} from './replica-assignment.ts'
import type { ReplicaStates } from './replica-states.ts'
import type { Effect } from './request-batch.ts'
import { DONE, type Outcome } from './requests.ts'
import type { TopicDeletion } from './topic-deletion.ts'

export interface ReassignmentStepsOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly topics: TopicStore
  readonly leaderships: LeadershipChanges
  readonly partitionStates: PartitionStates
  readonly replicaStates: ReplicaStates
  readonly deletion: TopicDeletion
  readonly orders: Orders
  readonly logger: Logger
}

type Fail = (partition: Partition, error: Error) => void

/** Topics whose assignment is being written at a time. */
const TOPICS_AT_ONCE = 100

/**
 * The steps of reassignments, for many partitions at once: each step is taken by all of them before any takes the next
 * one, and the partitions of a topic share the writes of its znode.
 * Source: KafkaController.onPartitionReassignment (3.9), whose letters are kept.
 */
export class ReassignmentSteps {
  private readonly options: ReassignmentStepsOptions
  private readonly context: ControllerContext

  constructor(options: ReassignmentStepsOptions) {
    this.options = options
    this.context = options.context
  }

  /**
   * Takes the steps that are possible now towards each of the assignments. `onDone` is told, in the midst of the last
   * steps, which partitions have arrived.
   */
  async advance(
    wanted: ReadonlyMap<Partition, ReplicaAssignment>,
    onDone: (partitions: ReadonlySet<Partition>) => Promise<void>,
  ): Promise<Map<Partition, Outcome>> {
    const outcomes = new Map<Partition, Outcome>([...wanted.keys()].map((partition) => [partition, DONE]))
    const going = () => [...wanted.keys()].filter((partition) => outcomes.get(partition) === DONE)
    const fail: Fail = (partition, error) => {
      this.options.logger.error(`The reassignment of partition ${partition.name} failed`, { error })
      outcomes.set(partition, { error: 'UNKNOWN_SERVER_ERROR', message: null })
    }
    this.options.deletion.halt(topicsOf(wanted.keys()), 'it is being reassigned')
    await this.adopt(wanted, fail)
    for (const partition of going()) this.context.reassigning.add(partition)
    const complete = new Set(await this.complete(going()))
    await this.startNewReplicas(
      going().filter((partition) => !complete.has(partition)),
      fail,
    )
    if (complete.size > 0) await this.finish([...complete], fail, onDone)
    return outcomes
  }

  /**
   * Those of the partitions that have all they wait for: every target is in sync. Unlike Kafka, at least one of them
   * must be online, because otherwise the last steps would leave the partition without a leader.
   */
  async complete(partitions: readonly Partition[]): Promise<Partition[]> {
    const moving = partitions.filter(({ assignment }) => isBeingReassigned(assignment))
    await this.options.leaderships.refresh(moving)
    return partitions.filter((partition) => {
      if (!isBeingReassigned(partition.assignment)) return true
      const inSync = partition.leadership?.inSyncReplicas ?? []
      const target = targetReplicas(partition.assignment)
      return (
        target.every((broker) => inSync.includes(broker)) &&
        target.some((broker) => this.context.isReplicaOnline(broker, partition))
      )
    })
  }

  /** U: the assignments, in ZooKeeper and in memory. Replicas that a former reassignment had begun to add are deleted. */
  private async adopt(wanted: ReadonlyMap<Partition, ReplicaAssignment>, fail: Fail): Promise<void> {
    const before = new Map([...wanted.keys()].map((partition) => [partition, partition.assignment]))
    const changed = new Map(
      [...wanted].filter(([partition, next]) => !sameAssignment(partition.assignment, next)),
    )
    if (changed.size === 0) return
    await this.write(changed, fail)
    const unneeded: Replica[] = []
    for (const partition of changed.keys()) {
      const dropped = without(before.get(partition)?.replicas ?? [], partition.assignment.replicas)
      for (const broker of dropped) unneeded.push({ partition, broker })
    }
    await this.deleteReplicas(unneeded)
  }

  /**
   * A: the leader learns of the new replicas by a new epoch, and lets them fetch; then they are told to start. When
   * they have caught up the leader proposes them as in sync.
   */
  private async startNewReplicas(partitions: readonly Partition[], fail: Fail): Promise<void> {
    if (partitions.length === 0) return
    const raised = await this.raiseEpochs(partitions, fail)
    const fresh: Replica[] = []
    for (const partition of raised) {
      for (const broker of partition.assignment.adding) {
        if (partition.replicaState(broker) === 'NonExistent') fresh.push({ partition, broker })
      }
    }
    await this.options.replicaStates.move(fresh, 'New')
  }

  /** B: leadership moves to the target, what is not of the target is deleted, the assignment is at rest. */
  private async finish(
    partitions: readonly Partition[],
    fail: Fail,
    onDone: (partitions: ReadonlySet<Partition>) => Promise<void>,
  ): Promise<void> {
    const { replicaStates, orders, deletion } = this.options
    const added = replicasOf(partitions, ({ adding }) => adding)
    const removed = replicasOf(partitions, ({ removing }) => removing)
    await replicaStates.move(added, 'Online')
    const targets = new Map<Partition, ReplicaAssignment>()
    for (const partition of partitions) {
      partition.assignment = assigned(targetReplicas(partition.assignment))
      targets.set(partition, partition.assignment)
    }
    await this.moveLeaders(partitions, fail)
    await this.deleteReplicas(removed)
    const failed = new Set<Partition>()
    await this.write(targets, (partition, error) => {
      failed.add(partition)
      fail(partition, error)
    })
    const done = new Set(partitions.filter((partition) => !failed.has(partition)))
    await onDone(done)
    for (const partition of done) this.context.reassigning.delete(partition)
    await orders.issue([{ kind: 'update-metadata', brokers: this.context.brokerIds, partitions: done }])
    await deletion.resumeFor(topicsOf(done))
  }

  /** B3: a leader that stays gets a new epoch, so that all replicas hear of the new assignment. */
  private async moveLeaders(partitions: readonly Partition[], fail: Fail): Promise<void> {
    const mayStay = ({ leadership, assignment }: Partition): boolean =>
      leadership !== null && assignment.replicas.includes(leadership.leader)
    const [staying, leaving]: [Partition[], Partition[]] = [[], []]
    for (const partition of partitions) {
      const stays = mayStay(partition) && this.context.hasOnlineLeader(partition)
      ;(stays ? staying : leaving).push(partition)
    }
    await this.options.partitionStates.bringOnline(leaving, 'reassign')
    await this.raiseEpochs(staying, fail)
  }

  /** Raises the leader epochs and tells all replicas. Returns the partitions for which that worked. */
  private async raiseEpochs(partitions: readonly Partition[], fail: Fail): Promise<Partition[]> {
    if (partitions.length === 0) return []
    const changes = await this.options.leaderships.change(partitions, (current) =>
      current.map(({ state }) => withNextEpoch(state)),
    )
    const effects: Effect[] = []
    const raised: Partition[] = []
    for (const [partition, change] of changes) {
      if (change.kind !== 'written') {
        fail(partition, new Error(change.kind === 'kept' ? 'its epoch stayed' : whyNot(change)))
        continue
      }
      raised.push(partition)
      const { assignment } = partition
      effects.push(
        { kind: 'leader-and-isr', brokers: originReplicas(assignment), partition, isNew: false },
        { kind: 'leader-and-isr', brokers: assignment.adding, partition, isNew: true },
      )
    }
    await this.options.orders.issue(effects)
    return raised
  }

  /** Without waiting for the brokers' answers, as in Kafka: nobody needs what they hold. */
  private async deleteReplicas(replicas: readonly Replica[]): Promise<void> {
    if (replicas.length === 0) return
    for (const state of ['Offline', 'DeletionStarted', 'DeletionSuccessful', 'NonExistent'] as const) {
      await this.options.replicaStates.move(replicas, state)
    }
  }

  /** Writes the topics' znodes with new assignments of these partitions, and takes them over where that worked. */
  private async write(next: ReadonlyMap<Partition, ReplicaAssignment>, fail: Fail): Promise<void> {
    await mapPipelined(
      [...topicsOf(next.keys())],
      async (topic) => {
        const changed = [...topic.partitions.values()].filter((partition) => next.has(partition))
        try {
          await this.options.topics.setFenced(this.options.fence, topic.name, topic.znode(next))
          for (const partition of changed) partition.assignment = next.get(partition) ?? partition.assignment
        } catch (error) {
          if (!isRefusal(error)) throw error
          for (const partition of changed) fail(partition, error as Error)
        }
      },
      TOPICS_AT_ONCE,
    )
  }
}

function withNextEpoch(state: LeaderAndIsr): LeaderAndIsr {
  return { ...state, leaderEpoch: (state.leaderEpoch + 1) as LeaderEpoch }
}

function topicsOf(partitions: Iterable<Partition>): Set<Topic> {
  return new Set([...partitions].map(({ topic }) => topic))
}

function replicasOf(
  partitions: readonly Partition[],
  choose: (assignment: ReplicaAssignment) => ReplicaAssignment['replicas'],
): Replica[] {
  return partitions.flatMap((partition) =>
    choose(partition.assignment).map((broker) => ({ partition, broker })),
  )
}
