import type { Log } from '../log/log.ts'
import { KafkaError } from '../model/errors.ts'
import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionEpoch, PartitionIndex } from '../model/ids.ts'
import { NO_BROKER, NO_LEADER_EPOCH } from '../model/ids.ts'
import { partitionKey } from '../model/topic-partition.ts'
import type { Uuid } from '../model/uuid.ts'
import { Follower } from './follower.ts'
import { Leader, type LeaderSurroundings } from './leader.ts'

/** What the controller orders for one partition (LeaderAndIsr). */
export interface PartitionOrder {
  readonly topic: string
  readonly partition: PartitionIndex
  /** Null when the topic has no id. */
  readonly topicId: Uuid | null
  readonly controllerEpoch: ControllerEpoch
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly inSyncReplicas: readonly BrokerId[]
  readonly partitionEpoch: PartitionEpoch
  readonly replicas: readonly BrokerId[]
  readonly addingReplicas: readonly BrokerId[]
  readonly removingReplicas: readonly BrokerId[]
  /** Whether nobody has had the partition before. */
  readonly isNew: boolean
}

/** The disk under this replica has failed. */
export interface Offline {
  readonly kind: 'offline'
}

/** Hosted, and not told yet what to be. */
export interface Idle {
  readonly kind: 'idle'
}

export type Role = Leader | Follower | Offline | Idle

/**
 * One partition hosted by this broker: its role, which changes only forward in leader epochs.
 * Source: kafka.cluster.Partition (3.9).
 */
export class Partition {
  readonly topic: string
  readonly partition: PartitionIndex
  /** `topic-partition`. */
  readonly key: string
  private current: Role = { kind: 'idle' }
  private order: PartitionOrder | null = null

  constructor(topic: string, partition: PartitionIndex) {
    this.topic = topic
    this.partition = partition
    this.key = partitionKey(topic, partition)
  }

  get role(): Role {
    return this.current
  }

  get leaderEpoch(): LeaderEpoch {
    return this.order?.leaderEpoch ?? NO_LEADER_EPOCH
  }

  get leaderId(): BrokerId {
    return this.order?.leader ?? NO_BROKER
  }

  get topicId(): Uuid | null {
    return this.order?.topicId ?? null
  }

  get replicas(): readonly BrokerId[] {
    return this.order?.replicas ?? []
  }

  get addingReplicas(): readonly BrokerId[] {
    return this.order?.addingReplicas ?? []
  }

  /** Whether its replicas are being exchanged for others. */
  get isReassigning(): boolean {
    const { addingReplicas = [], removingReplicas = [] } = this.order ?? {}
    return addingReplicas.length + removingReplicas.length > 0
  }

  get log(): Log | null {
    return this.current.kind === 'leader' || this.current.kind === 'follower' ? this.current.log : null
  }

  /** Takes office, or takes note of what has changed about it. The order's epoch must be newer than ours. */
  becomeLeader(order: PartitionOrder, log: Log, surroundings: LeaderSurroundings): Leader {
    this.leaveRole()
    this.order = order
    const { leaderEpoch, partitionEpoch, replicas, inSyncReplicas } = order
    const leader = new Leader({ log, leaderEpoch, partitionEpoch, replicas, inSyncReplicas, surroundings })
    this.current = leader
    return leader
  }

  becomeFollower(order: PartitionOrder, log: Log, onHighWatermark: () => void): Follower {
    this.leaveRole()
    this.order = order
    const { leader, leaderEpoch } = order
    const follower = new Follower({ log, leader, leaderEpoch, onHighWatermark })
    this.current = follower
    return follower
  }

  /** The topic has got an id since the order was given. */
  learnTopicId(topicId: Uuid): void {
    if (this.order !== null) this.order = { ...this.order, topicId }
    this.log?.assignTopicId(topicId)
  }

  /** The log lies in another directory from now on, and holds what it held. */
  replaceLog(log: Log): void {
    if (this.current.kind === 'leader' || this.current.kind === 'follower') this.current.log = log
  }

  /** The disk has failed: requests get KAFKA_STORAGE_ERROR until the controller has moved the leadership. */
  goOffline(): void {
    if (this.current.kind === 'leader') this.current.resign('KAFKA_STORAGE_ERROR')
    this.current = { kind: 'offline' }
  }

  /** The partition is no longer hosted here. */
  leave(): void {
    this.leaveRole()
    this.current = { kind: 'idle' }
  }

  private leaveRole(): void {
    if (this.current.kind === 'leader') this.current.resign('NOT_LEADER_OR_FOLLOWER')
  }

  /**
   * The leader, for a request that knows `currentLeaderEpoch` (-1: it does not say). Throws KafkaError
   * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER.
   */
  leaderFor(currentLeaderEpoch: number): Leader {
    this.checkEpoch(currentLeaderEpoch)
    if (this.current.kind === 'leader') return this.current
    throw this.notLeader()
  }

  /** The log of whatever replica this is. Throws as `leaderFor`. */
  logFor(currentLeaderEpoch: number): Log {
    this.checkEpoch(currentLeaderEpoch)
    const { log } = this
    if (log !== null) return log
    throw this.notLeader()
  }

  private checkEpoch(currentLeaderEpoch: number): void {
    if (this.current.kind === 'offline') {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Partition ${this.key} is in an offline log directory`)
    }
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return
    if (currentLeaderEpoch < this.leaderEpoch) {
      throw new KafkaError(
        'FENCED_LEADER_EPOCH',
        `The leader epoch ${currentLeaderEpoch} of the request for ${this.key} is older than the epoch ${this.leaderEpoch} of this broker`,
      )
    }
    throw new KafkaError(
      'UNKNOWN_LEADER_EPOCH',
      `The leader epoch ${currentLeaderEpoch} of the request for ${this.key} is newer than the epoch ${this.leaderEpoch} of this broker`,
    )
  }

  private notLeader(): KafkaError {
    return new KafkaError(
      'NOT_LEADER_OR_FOLLOWER',
      `Broker does not lead ${this.key}: the leader is ${this.leaderId}, epoch ${this.leaderEpoch}`,
    )
  }
}
