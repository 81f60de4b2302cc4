import type { BrokerId } from '../model/ids.ts'
import { NO_LEADER } from '../model/leader-and-isr.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { Logger } from '../platform/logger.ts'
import type { AdminStore } from '../../zk/stores/admin-store.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import { canPreferredReplicaLead } from './elections.ts'
import type { ElectionResult, PartitionStates } from './partition-states.ts'
import type { ElectionKind, ElectionOutcome, Outcome } from './requests.ts'
import type { Slices } from './slices.ts'

export interface PreferredElectionOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly admin: AdminStore
  readonly partitionStates: PartitionStates
  readonly slices: Slices
  readonly logger: Logger
  /** Sees the next order in `/admin/preferred_replica_election`. */
  readonly orderWatcher: Watcher
  /** The order in ZooKeeper is gone: look for the next one. */
  readonly onOrderDone: () => void
}

/**
 * Elections that somebody asks for, by API or by a znode, or that are due to keep the load even: leadership goes back
 * to the first replicas, or, by API alone, to any replica where the leader is gone.
 * Source: KafkaController.processReplicaLeaderElection, checkAndTriggerAutoLeaderRebalance (3.9).
 */
export class PreferredElection {
  private readonly options: PreferredElectionOptions
  private readonly context: ControllerContext

  constructor(options: PreferredElectionOptions) {
    this.options = options
    this.context = options.context
  }

  /** ElectLeaders, of the given or of all partitions. Of all, those that need no election are left out. */
  async elect(
    election: ElectionKind,
    partitions: readonly TopicPartition[] | null,
  ): Promise<ElectionOutcome[]> {
    const asked = partitions ?? [...this.context.partitions()].map((partition) => partition.id)
    const electable: Partition[] = []
    const outcomes: ElectionOutcome[] = []
    for (const id of asked) {
      const partition = this.context.partition(id)
      const obstacle = partition === null ? UNKNOWN_PARTITION : this.obstacle(partition, election)
      if (partition !== null && obstacle === null) electable.push(partition)
      else if (obstacle !== null && (partitions !== null || obstacle.error !== 'ELECTION_NOT_NEEDED')) {
        outcomes.push({ ...id, ...obstacle, leader: null })
      }
    }
    const results = await this.options.partitionStates.bringOnline(
      new Set(electable),
      election === 'preferred' ? 'preferred' : 'unclean',
    )
    for (const [partition, result] of results)
      outcomes.push({ ...partition.id, ...outcomeOf(result, election) })
    return outcomes
  }

  /**
   * Carries out the order in `/admin/preferred_replica_election`, and removes it, however it went. At the start of a
   * term, `isFirstLook`, it is removed blindly: one round trip for what is hardly ever there.
   */
  async takeUpOrder(isFirstLook = false): Promise<void> {
    const { admin, fence, orderWatcher, onOrderDone, logger } = this.options
    const order = await admin.preferredElection(orderWatcher)
    if (order.kind === 'none' && !isFirstLook) return
    if (order.kind === 'malformed') logger.warn('Ignored an order to elect leaders', { error: order.fault })
    const electable = (order.kind === 'given' ? order.value : [])
      .map((id) => this.context.partition(id))
      .filter((partition) => partition !== null && this.obstacle(partition, 'preferred') === null)
    await this.electPreferred(new Set(electable.filter((partition) => partition !== null)))
    await admin.clearPreferredElection(fence)
    onOrderDone()
  }

  /**
   * Gives leadership back to each broker that leads too few of the partitions it is preferred for: more than
   * `maxImbalancePercent` of them are led elsewhere.
   */
  async balance(maxImbalancePercent: number): Promise<void> {
    const shares = new Map<BrokerId, { total: number; readonly ledElsewhere: Partition[] }>()
    await this.options.slices.each(this.context.partitions(), (partition) => {
      const { leadership, assignment, topic } = partition
      const [preferred] = assignment.replicas
      if (preferred === undefined || topic.isQueuedForDeletion) return
      const share = shares.get(preferred) ?? { total: 0, ledElsewhere: [] }
      shares.set(preferred, share)
      share.total++
      if (leadership !== null && leadership.leader !== preferred) share.ledElsewhere.push(partition)
    })
    for (const { total, ledElsewhere } of shares.values()) {
      if (ledElsewhere.length / total <= maxImbalancePercent / 100) continue
      await this.electPreferred(new Set(ledElsewhere.filter((partition) => this.canGoHome(partition))))
    }
  }

  private async electPreferred(partitions: ReadonlySet<Partition>): Promise<void> {
    const results = await this.options.partitionStates.bringOnline(partitions, 'preferred')
    for (const [partition, result] of results) {
      if (result.kind !== 'failed') continue
      this.options.logger.error(`The preferred replica of ${partition.name} was not elected`, {
        error: result.error,
      })
    }
  }

  private canGoHome(partition: Partition): boolean {
    const { leadership } = partition
    return leadership !== null && canPreferredReplicaLead(this.context.electorate(partition, leadership))
  }

  /** Why there is to be no election; null when there is. */
  private obstacle(partition: Partition, election: ElectionKind): Outcome | null {
    if (partition.topic.isQueuedForDeletion) {
      return { error: 'INVALID_TOPIC_EXCEPTION', message: 'The topic is being deleted' }
    }
    const leader = partition.leadership?.leader ?? NO_LEADER
    const isNeeded =
      election === 'preferred' ? leader !== partition.assignment.replicas[0] : !this.context.isLive(leader)
    return isNeeded ? null : { error: 'ELECTION_NOT_NEEDED', message: null }
  }
}

const UNKNOWN_PARTITION: Outcome = {
  error: 'UNKNOWN_TOPIC_OR_PARTITION',
  message: 'The partition does not exist.',
}

function outcomeOf(result: ElectionResult, election: ElectionKind): Outcome & { leader: BrokerId | null } {
  switch (result.kind) {
    case 'elected':
      return { error: 'NONE', message: null, leader: result.leadership.leader }
    case 'impossible': {
      const error =
        election === 'preferred' ? 'PREFERRED_LEADER_NOT_AVAILABLE' : 'ELIGIBLE_LEADERS_NOT_AVAILABLE'
      return { error, message: result.reason, leader: null }
    }
    case 'failed':
      return { error: 'UNKNOWN_SERVER_ERROR', message: null, leader: null }
  }
}
