import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionEpoch } from '../model/ids.ts'
import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import {
  elect,
  hasOnlineInSyncReplica,
  type Election,
  type ElectionStrategy,
  type Electorate,
} from './elections.ts'
import { whyNot, type Change, type LeadershipChanges, type Leadership } from './leadership-changes.ts'
import type { Orders } from './orders.ts'
import type { Effect } from './request-batch.ts'
import type { Slices } from './slices.ts'
import { mayPartitionMove, type PartitionState } from './transitions.ts'

/** What came of trying to give a partition a leader. */
export type ElectionResult =
  | { readonly kind: 'elected'; readonly leadership: LeaderAndIsr }
  /** Nobody may lead, or there is nothing in ZooKeeper to go by. The partition stays as it was. */
  | { readonly kind: 'impossible'; readonly reason: string }
  /** ZooKeeper refused the read or the write. */
  | { readonly kind: 'failed'; readonly error: Error }

/**
 * For each of the topics: whether a replica that lags may lead when no in-sync one can. Null: could not be found out,
 * and then there is no election.
 */
export type UncleanElectionPolicy = (
  topics: ReadonlySet<string>,
) => Promise<ReadonlyMap<string, boolean | null>>

export interface PartitionStatesOptions {
  readonly context: ControllerContext
  readonly leaderships: LeadershipChanges
  readonly orders: Orders
  readonly logger: Logger
  readonly mayElectUncleanly: UncleanElectionPolicy
  readonly onUncleanElection: () => void
  readonly slices: Slices
}

/**
 * Moves partitions through their states. Illegal moves are logged and left out; the others go on.
 * Source: kafka.controller.ZkPartitionStateMachine (3.9).
 */
export class PartitionStates {
  private readonly options: PartitionStatesOptions
  private readonly context: ControllerContext
  /** Since the last summary. */
  private readonly failures: string[] = []

  constructor(options: PartitionStatesOptions) {
    this.options = options
    this.context = options.context
  }

  /** For the start of a term: a partition's state follows from its leader. */
  async initialise(): Promise<void> {
    await this.options.slices.each(this.context.partitions(), (partition) => {
      const isLed = this.context.hasOnlineLeader(partition)
      partition.initialiseState(partition.leadership === null ? 'New' : isLed ? 'Online' : 'Offline')
    })
  }

  /** Moves that only the books know of: nothing is written, nobody is told. */
  async move(partitions: Iterable<Partition>, target: Exclude<PartitionState, 'Online'>): Promise<void> {
    await this.options.slices.each(await this.legal(partitions, target), (partition) =>
      partition.moveTo(target),
    )
  }

  /** Tries to give a leader to every partition without one, except those of topics that are to be deleted. */
  async bringAllOnline(topicName: string | null = null): Promise<Map<Partition, ElectionResult>> {
    const leaderless = await this.options.slices.filter(this.context.partitions(), ({ state, topic }) => {
      if (topic.isQueuedForDeletion || (topicName !== null && topic.name !== topicName)) return false
      return state === 'New' || state === 'Offline'
    })
    return this.bringOnline(leaderless, 'offline')
  }

  /**
   * Gives leaders: their first to partitions that are new, the next one to the others. Returns what came of it for
   * the others; a new partition that could not be created stays new.
   */
  async bringOnline(
    partitions: Iterable<Partition>,
    strategy: ElectionStrategy,
  ): Promise<Map<Partition, ElectionResult>> {
    const legal = await this.legal(partitions, 'Online')
    const fresh = legal.filter((partition) => partition.state === 'New')
    const others = legal.filter((partition) => partition.state !== 'New')
    const effects: Effect[] = []
    await this.createStates(fresh, effects)
    const results = await this.electLeaders(others, strategy, effects)
    this.summariseFailures()
    await this.options.orders.issue(effects)
    return results
  }

  private legal(partitions: Iterable<Partition>, target: PartitionState): Promise<Partition[]> {
    return this.options.slices.filter(partitions, (partition) => {
      if (mayPartitionMove(partition.state, target)) return true
      this.options.logger.error(
        `Partition ${partition.name} cannot move from ${partition.state} to ${target}`,
      )
      return false
    })
  }

  /** The first replica that is online leads, and all that are online are in sync. */
  private async createStates(partitions: readonly Partition[], effects: Effect[]): Promise<void> {
    const { context, options } = this
    const writes: Leadership[] = []
    await options.slices.each(partitions, (partition) => {
      const online = partition.assignment.replicas.filter((broker) =>
        context.isReplicaOnline(broker, partition),
      )
      const [leader] = online
      if (leader === undefined) this.logFailure(partition, 'no assigned replica is alive')
      else writes.push({ partition, state: firstLeadership(leader, online, context.epoch) })
    })
    await options.slices.each(await options.leaderships.create(writes), ([partition, result]) => {
      if (result.kind === 'written') {
        partition.moveTo('Online')
        effects.push({ kind: 'leader-and-isr', brokers: result.state.inSyncReplicas, partition, isNew: true })
      } else {
        this.logFailure(
          partition,
          result.kind === 'conflict' ? 'it has a state in ZooKeeper' : whyNot(result),
        )
      }
    })
  }

  private async electLeaders(
    partitions: readonly Partition[],
    strategy: ElectionStrategy,
    effects: Effect[],
  ): Promise<Map<Partition, ElectionResult>> {
    const elections = new Map<Partition, Election>()
    const changes = await this.options.leaderships.change(partitions, async (current) => {
      const electorates = current.map(({ partition, state }) => this.context.electorate(partition, state))
      const strategies = await this.strategies(current, electorates, strategy)
      return current.map(({ partition }, place) => {
        const [chosen, electorate] = [strategies[place], electorates[place]]
        const election = chosen && electorate ? elect(chosen, electorate) : null
        if (election !== null) elections.set(partition, election)
        return election?.elected ?? null
      })
    })
    const results = new Map<Partition, ElectionResult>()
    await this.options.slices.each(changes, ([partition, change]) => {
      const election = elections.get(partition)
      if (change.kind === 'written' && election !== undefined) {
        partition.moveTo('Online')
        effects.push({ kind: 'leader-and-isr', brokers: election.recipients, partition, isNew: false })
        if (election.isUnclean) this.options.onUncleanElection()
        results.set(partition, { kind: 'elected', leadership: change.state })
      } else {
        results.set(partition, this.electionFailed(partition, strategy, change))
      }
    })
    return results
  }

  /** Per candidate: how it is elected, or null when it cannot be found out whether an unclean leader may be taken. */
  private async strategies(
    current: readonly Leadership[],
    electorates: readonly Electorate[],
    strategy: ElectionStrategy,
  ): Promise<(ElectionStrategy | null)[]> {
    if (strategy !== 'offline') return current.map(() => strategy)
    const forlorn = current.map((_, place) => !hasOnlineInSyncReplica(electorates[place] as Electorate))
    const topics = new Set(
      current.filter((_, place) => forlorn[place]).map(({ partition }) => partition.topic.name),
    )
    if (topics.size === 0) return current.map(() => strategy)
    const policies = await this.options.mayElectUncleanly(topics)
    return current.map(({ partition }, place) => {
      if (forlorn[place] !== true) return 'offline'
      const isAllowed = policies.get(partition.topic.name) ?? null
      return isAllowed === null ? null : isAllowed ? 'unclean' : 'offline'
    })
  }

  private electionFailed(partition: Partition, strategy: ElectionStrategy, change: Change): ElectionResult {
    const isUnelectable = change.kind === 'kept' || change.kind === 'written'
    const reason = isUnelectable
      ? `Failed to elect leader for partition ${partition.name} under strategy ${strategy}`
      : `Failed to elect leader for partition ${partition.name}: ${whyNot(change)}`
    this.logFailure(
      partition,
      isUnelectable ? `no replica is eligible under strategy ${strategy}` : whyNot(change),
    )
    return change.kind === 'failed' ? { kind: 'failed', error: change.error } : { kind: 'impossible', reason }
  }

  /** One line for each is for those who look for it; a broker that dies may leave thousands. */
  private logFailure(partition: Partition, reason: string): void {
    this.failures.push(partition.name)
    const { assignment, leadership, state, name } = partition
    this.options.logger.debug(`Partition ${name} stays ${state}: ${reason}`, {
      replicas: assignment.replicas,
      inSyncReplicas: leadership?.inSyncReplicas ?? null,
      leader: leadership?.leader ?? null,
    })
  }

  private summariseFailures(): void {
    const failures = this.failures.splice(0)
    if (failures.length === 0) return
    this.options.logger.warn(`${failures.length} partitions could not be given a leader`, {
      partitions: failures.slice(0, 20),
    })
  }
}

/** What a new partition starts with. */
function firstLeadership(
  leader: BrokerId,
  online: readonly BrokerId[],
  epoch: ControllerEpoch,
): LeaderAndIsr {
  return {
    leader,
    leaderEpoch: 0 as LeaderEpoch,
    inSyncReplicas: online,
    leaderRecoveryState: 'RECOVERED',
    partitionEpoch: 0 as PartitionEpoch,
    controllerEpoch: epoch,
  }
}
