import type { BrokerId, ControllerEpoch, PartitionIndex } from '../model/ids.ts'
import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import { NO_LEADER } from '../model/leader-and-isr.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import { assert } from '../std/assert.ts'
import type { RegisteredBroker } from '../../zk/stores/broker-registry.ts'
import type { ReplicaAssignment, TopicAssignment } from '../../zk/znodes/topics.ts'
import type { Electorate } from './elections.ts'
import { isBeingReassigned } from './replica-assignment.ts'
import { mayPartitionMove, mayReplicaMove, type PartitionState, type ReplicaState } from './transitions.ts'

/** One replica of one partition. */
export interface Replica {
  readonly partition: Partition
  readonly broker: BrokerId
}

/** How far the deletion of a topic has come. Started: its partitions are gone from the brokers' metadata. */
export type DeletionStage = 'none' | 'queued' | 'started'

/** A topic as the controller knows it. */
export class Topic {
  readonly name: string
  id: Uuid
  readonly partitions = new Map<PartitionIndex, Partition>()
  deletion: DeletionStage = 'none'
  /** Deletion has to wait: a replica is offline or could not delete, or a reassignment is in progress. */
  isIneligibleForDeletion = false

  constructor(name: string, id: Uuid) {
    this.name = name
    this.id = id
  }

  get isQueuedForDeletion(): boolean {
    return this.deletion !== 'none'
  }

  *replicas(): Generator<Replica, void, void> {
    for (const partition of this.partitions.values()) {
      for (const broker of partition.assignment.replicas) yield { partition, broker }
    }
  }

  get hasId(): boolean {
    return this.id !== ZERO_UUID
  }

  /** What its znode should say, where `next` goes before what holds now. */
  znode(next: ReadonlyMap<Partition, ReplicaAssignment> = new Map()): TopicAssignment {
    const partitions = [...this.partitions.values()].map(
      (partition) => [partition.index, next.get(partition) ?? partition.assignment] as const,
    )
    return { topicId: this.hasId ? this.id : null, partitions: new Map(partitions) }
  }
}

/** A partition as the controller knows it. */
export class Partition {
  readonly topic: Topic
  readonly index: PartitionIndex
  assignment: ReplicaAssignment
  /** The content of its state znode, as far as it is known. */
  leadership: LeaderAndIsr | null = null
  private currentState: PartitionState = 'NonExistent'
  /** Short and scanned: a map per partition would cost more than it saves. */
  private replicaStates: { readonly broker: BrokerId; state: ReplicaState }[] = []

  constructor(topic: Topic, index: PartitionIndex, assignment: ReplicaAssignment) {
    this.topic = topic
    this.index = index
    this.assignment = assignment
  }

  get id(): TopicPartition {
    return { topic: this.topic.name, partition: this.index }
  }

  /** `orders-3`: for people, and as a key. */
  get name(): string {
    return partitionKey(this.topic.name, this.index)
  }

  get state(): PartitionState {
    return this.currentState
  }

  /** Makes a legal move. */
  moveTo(target: PartitionState): void {
    assert(
      mayPartitionMove(this.currentState, target),
      `${this.name}: ${this.currentState} → ${target} is not a move`,
    )
    this.currentState = target
  }

  replicaState(broker: BrokerId): ReplicaState {
    return this.replicaStates.find((replica) => replica.broker === broker)?.state ?? 'NonExistent'
  }

  /** Makes a legal move of one replica. */
  moveReplicaTo(broker: BrokerId, target: ReplicaState): void {
    const from = this.replicaState(broker)
    assert(mayReplicaMove(from, target), `${this.name}, replica ${broker}: ${from} → ${target} is not a move`)
    this.setReplicaState(broker, target)
  }

  /** For the start of a term: a state that follows from what ZooKeeper says, not from a move. */
  initialiseState(state: PartitionState): void {
    this.currentState = state
  }

  /** For the start of a term. */
  initialiseReplicaState(broker: BrokerId, state: ReplicaState): void {
    this.setReplicaState(broker, state)
  }

  private setReplicaState(broker: BrokerId, state: ReplicaState): void {
    const known = this.replicaStates.find((replica) => replica.broker === broker)
    if (state === 'NonExistent')
      this.replicaStates = this.replicaStates.filter((replica) => replica !== known)
    else if (known === undefined) this.replicaStates.push({ broker, state })
    else known.state = state
  }
}

/** Numbers for people and monitors. */
export interface ClusterCounts {
  readonly topics: number
  readonly partitions: number
  readonly offlinePartitions: number
  readonly preferredReplicaImbalance: number
  readonly topicsToDelete: number
  readonly replicasToDelete: number
  readonly topicsIneligibleToDelete: number
  readonly replicasIneligibleToDelete: number
  readonly brokers: number
}

/**
 * The cluster as the controller knows it, for one term of office. Changed only inside the controller's event queue.
 * Source: kafka.controller.ControllerContext (3.9).
 */
export class ControllerContext {
  readonly epoch: ControllerEpoch
  private readonly brokersById = new Map<BrokerId, RegisteredBroker>()
  private readonly shuttingDown = new Set<BrokerId>()
  private readonly topicsByName = new Map<string, Topic>()
  private readonly topicsById = new Map<Uuid, Topic>()
  private readonly offlineReplicas = new Map<BrokerId, Set<Partition>>()
  /** Topics of any deletion stage but none. */
  readonly topicsToDelete = new Set<Topic>()
  readonly reassigning = new Set<Partition>()

  constructor(epoch: ControllerEpoch) {
    this.epoch = epoch
  }

  // --- Brokers ------------------------------------------------------------------------------------------------------

  /** Every registered broker, those that are shutting down included. */
  get brokers(): ReadonlyMap<BrokerId, RegisteredBroker> {
    return this.brokersById
  }

  get brokerIds(): BrokerId[] {
    return [...this.brokersById.keys()]
  }

  setBroker(broker: RegisteredBroker): void {
    this.brokersById.set(broker.id, broker)
  }

  removeBroker(id: BrokerId): void {
    this.brokersById.delete(id)
  }

  markShuttingDown(id: BrokerId): void {
    assert(this.brokersById.has(id), `broker ${id} is registered`)
    this.shuttingDown.add(id)
  }

  clearShuttingDown(id: BrokerId): void {
    this.shuttingDown.delete(id)
  }

  readonly isShuttingDown = (id: BrokerId): boolean => this.shuttingDown.has(id)

  /** Registered and not shutting down: may lead, may be in sync. */
  readonly isLive = (id: BrokerId): boolean => this.brokersById.has(id) && !this.shuttingDown.has(id)

  // --- Topics -------------------------------------------------------------------------------------------------------

  get topics(): ReadonlyMap<string, Topic> {
    return this.topicsByName
  }

  topic(name: string): Topic | null {
    return this.topicsByName.get(name) ?? null
  }

  topicOfId(id: Uuid): Topic | null {
    return this.topicsById.get(id) ?? null
  }

  partition({ topic, partition }: TopicPartition): Partition | null {
    return this.topicsByName.get(topic)?.partitions.get(partition) ?? null
  }

  *partitions(): Generator<Partition, void, void> {
    for (const topic of this.topicsByName.values()) yield* topic.partitions.values()
  }

  addTopic(name: string, id: Uuid | null): Topic {
    assert(!this.topicsByName.has(name), `topic ${name} is new`)
    const topic = new Topic(name, id ?? ZERO_UUID)
    this.topicsByName.set(name, topic)
    if (id !== null) this.topicsById.set(id, topic)
    return topic
  }

  addPartition(topic: Topic, index: PartitionIndex, assignment: ReplicaAssignment): Partition {
    assert(!topic.partitions.has(index), `partition ${index} of ${topic.name} is new`)
    const partition = new Partition(topic, index, assignment)
    topic.partitions.set(index, partition)
    if (isBeingReassigned(assignment)) this.reassigning.add(partition)
    return partition
  }

  removeTopic(topic: Topic): void {
    this.topicsByName.delete(topic.name)
    if (this.topicsById.get(topic.id) === topic) this.topicsById.delete(topic.id)
    this.topicsToDelete.delete(topic)
    for (const partition of topic.partitions.values()) {
      this.reassigning.delete(partition)
      for (const offline of this.offlineReplicas.values()) offline.delete(partition)
    }
  }

  queueForDeletion(topic: Topic): void {
    if (topic.deletion === 'none') topic.deletion = 'queued'
    this.topicsToDelete.add(topic)
  }

  // --- Replicas -----------------------------------------------------------------------------------------------------

  /** All replicas on the given brokers. One pass over all partitions. */
  *replicasOn(brokers: ReadonlySet<BrokerId>): Generator<Replica, void, void> {
    for (const partition of this.partitions()) {
      for (const broker of partition.assignment.replicas) {
        if (brokers.has(broker)) yield { partition, broker }
      }
    }
  }

  /** The broker lives and is not shutting down, and the replica's log directory has not failed. */
  isReplicaOnline(broker: BrokerId, partition: Partition): boolean {
    return this.isLive(broker) && !this.hasFailedDisk(broker, partition)
  }

  isReplicaOnlineOrShuttingDown(broker: BrokerId, partition: Partition): boolean {
    return this.brokersById.has(broker) && !this.hasFailedDisk(broker, partition)
  }

  hasFailedDisk(broker: BrokerId, partition: Partition): boolean {
    return this.offlineReplicas.get(broker)?.has(partition) ?? false
  }

  /** The broker has said that the replica is on a failed disk, or that it is not. Returns whether that is news. */
  noteDisk(broker: BrokerId, partition: Partition, hasFailed: boolean): boolean {
    const offline = this.offlineReplicas.get(broker)
    if (!hasFailed) return offline?.delete(partition) ?? false
    if (offline === undefined) this.offlineReplicas.set(broker, new Set([partition]))
    else if (offline.has(partition)) return false
    else offline.add(partition)
    return true
  }

  hasFailedDisks(broker: BrokerId): boolean {
    return (this.offlineReplicas.get(broker)?.size ?? 0) > 0
  }

  forgetDisks(broker: BrokerId): void {
    this.offlineReplicas.delete(broker)
  }

  /** What an election of the partition's next leader looks at. */
  electorate(partition: Partition, current: LeaderAndIsr): Electorate {
    return {
      assignment: partition.assignment,
      current,
      isOnline: (broker) => this.isReplicaOnline(broker, partition),
      isShuttingDown: this.isShuttingDown,
      isOnlineOrShuttingDown: (broker) => this.isReplicaOnlineOrShuttingDown(broker, partition),
    }
  }

  hasOnlineLeader(partition: Partition): boolean {
    return partition.leadership !== null && this.isReplicaOnline(partition.leadership.leader, partition)
  }

  /** Counts everything, in one pass: for whoever asks from time to time. */
  count(): ClusterCounts {
    let partitions = 0
    let offlinePartitions = 0
    let preferredReplicaImbalance = 0
    let replicasToDelete = 0
    let replicasIneligibleToDelete = 0
    for (const partition of this.partitions()) {
      partitions++
      const { topic, leadership, assignment } = partition
      if (topic.isQueuedForDeletion) {
        for (const broker of assignment.replicas) {
          const state = partition.replicaState(broker)
          if (state !== 'DeletionSuccessful') replicasToDelete++
          if (state === 'DeletionIneligible') replicasIneligibleToDelete++
        }
        continue
      }
      if (partition.state === 'Offline') offlinePartitions++
      if (leadership !== null && leadership.leader !== (assignment.replicas[0] ?? NO_LEADER)) {
        preferredReplicaImbalance++
      }
    }
    return {
      topics: this.topicsByName.size,
      partitions,
      offlinePartitions,
      preferredReplicaImbalance,
      topicsToDelete: this.topicsToDelete.size,
      replicasToDelete,
      topicsIneligibleToDelete: [...this.topicsToDelete].filter((topic) => topic.isIneligibleForDeletion)
        .length,
      replicasIneligibleToDelete,
      brokers: this.brokersById.size,
    }
  }
}
