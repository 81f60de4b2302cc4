import type { BrokerId } from '../model/ids.ts'
import { NO_LEADER, type LeaderAndIsr } from '../model/leader-and-isr.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerContext, Partition, Replica } from './controller-context.ts'
import { succeed } from './elections.ts'
import { whyNot, type LeadershipChanges } from './leadership-changes.ts'
import type { Orders } from './orders.ts'
import { without, withoutReplica } from './replica-assignment.ts'
import type { Effect } from './request-batch.ts'
import type { Slices } from './slices.ts'
import { mayReplicaMove, type ReplicaState } from './transitions.ts'

export interface ReplicaStatesOptions {
  readonly context: ControllerContext
  readonly leaderships: LeadershipChanges
  readonly orders: Orders
  readonly slices: Slices
  readonly logger: Logger
}

/**
 * Moves replicas through their states, broker by broker. Illegal moves are logged and left out; the others go on.
 * Source: kafka.controller.ZkReplicaStateMachine (3.9).
 */
export class ReplicaStates {
  private readonly options: ReplicaStatesOptions
  private readonly context: ControllerContext

  constructor(options: ReplicaStatesOptions) {
    this.options = options
    this.context = options.context
  }

  /**
   * For the start of a term. Every broker is told about all of its replicas; those that are offline leave the in-sync
   * sets, and leadership, before anybody is elected.
   */
  async initialise(): Promise<void> {
    const online: Replica[] = []
    const offline: Replica[] = []
    await this.options.slices.each(this.context.partitions(), (partition) => {
      for (const broker of partition.assignment.replicas) {
        const isOnline = this.context.isReplicaOnline(broker, partition)
        // What is known offline could be on its way to being deleted; so it may, again.
        partition.initialiseReplicaState(broker, isOnline ? 'Online' : 'DeletionIneligible')
        ;(isOnline ? online : offline).push({ partition, broker })
      }
    })
    await this.move(online, 'Online')
    await this.move(offline, 'Offline')
  }

  async move(replicas: Iterable<Replica>, target: ReplicaState): Promise<void> {
    const { slices, orders } = this.options
    const effects: Effect[] = []
    for (const [broker, partitions] of await this.byBroker(replicas)) {
      const legal = await this.legal(broker, partitions, target)
      if (target === 'Offline') await this.takeOffline(broker, legal, effects)
      else await slices.each(legal, (partition) => this.moveOne(broker, partition, target, effects))
    }
    await orders.issue(effects)
  }

  /** The partitions of each broker, brokers in the order of their ids. */
  private async byBroker(replicas: Iterable<Replica>): Promise<[BrokerId, Partition[]][]> {
    const brokers = new Map<BrokerId, Partition[]>()
    await this.options.slices.each(replicas, ({ partition, broker }) => {
      const partitions = brokers.get(broker)
      if (partitions === undefined) brokers.set(broker, [partition])
      else partitions.push(partition)
    })
    return [...brokers].sort(([one], [other]) => one - other)
  }

  private legal(
    broker: BrokerId,
    partitions: readonly Partition[],
    target: ReplicaState,
  ): Promise<Partition[]> {
    return this.options.slices.filter(partitions, (partition) => {
      const from = partition.replicaState(broker)
      if (mayReplicaMove(from, target)) return true
      this.options.logger.error(
        `Replica ${broker} of partition ${partition.name} cannot move from ${from} to ${target}`,
      )
      return false
    })
  }

  private moveOne(
    broker: BrokerId,
    partition: Partition,
    target: Exclude<ReplicaState, 'Offline'>,
    effects: Effect[],
  ): void {
    // An assignment written by hand may name a broker twice.
    if (!mayReplicaMove(partition.replicaState(broker), target)) return
    switch (target) {
      case 'New':
        if (partition.leadership?.leader === broker) {
          this.options.logger.error(
            `Replica ${broker} of partition ${partition.name} cannot be new: it leads`,
          )
          return
        }
        if (partition.leadership !== null) {
          effects.push({ kind: 'leader-and-isr', brokers: [broker], partition, isNew: true })
        }
        break
      case 'Online':
        // A new replica has been told already.
        if (partition.replicaState(broker) !== 'New' && partition.leadership !== null) {
          effects.push({ kind: 'leader-and-isr', brokers: [broker], partition, isNew: false })
        }
        break
      case 'DeletionStarted':
        effects.push({ kind: 'stop-replica', broker, partition, deletes: true })
        break
      case 'NonExistent':
        partition.assignment = withoutReplica(partition.assignment, broker)
        break
      case 'DeletionSuccessful':
      case 'DeletionIneligible':
        break
    }
    partition.moveReplicaTo(broker, target)
  }

  /** Stops replicas and takes them out of the in-sync sets; their fellow replicas hear of it. */
  private async takeOffline(
    broker: BrokerId,
    partitions: readonly Partition[],
    effects: Effect[],
  ): Promise<void> {
    const { slices, leaderships, logger } = this.options
    const led: Partition[] = []
    const neverLed: Partition[] = []
    await slices.each(partitions, (partition) => {
      effects.push({ kind: 'stop-replica', broker, partition, deletes: false })
      ;(partition.leadership === null ? neverLed : led).push(partition)
    })
    const changes = await leaderships.change(led, (current) =>
      current.map(({ state }) => withoutInSyncReplica(state, broker)),
    )
    await slices.each(changes, ([partition, change]) => {
      const isGone = change.kind === 'missing' && partition.topic.isQueuedForDeletion
      if (change.kind !== 'written' && change.kind !== 'kept' && !isGone) {
        logger.error(`Replica ${broker} of ${partition.name} cannot go offline: ${whyNot(change)}`)
        return
      }
      if (!partition.topic.isQueuedForDeletion) {
        const fellows = without(partition.assignment.replicas, [broker])
        effects.push({ kind: 'leader-and-isr', brokers: fellows, partition, isNew: false })
      }
      partition.moveReplicaTo(broker, 'Offline')
    })
    for (const partition of neverLed) {
      effects.push({ kind: 'update-metadata', brokers: this.context.brokerIds, partitions: [partition] })
      partition.moveReplicaTo(broker, 'Offline')
    }
  }
}

/**
 * The state without a replica that is gone; null when it is not in sync anyway. The last in-sync replica stays, for
 * nobody else knows all records; but it does not lead any more.
 */
export function withoutInSyncReplica(state: LeaderAndIsr, broker: BrokerId): LeaderAndIsr | null {
  if (!state.inSyncReplicas.includes(broker)) return null
  const leader = state.leader === broker ? NO_LEADER : state.leader
  const isLast = state.inSyncReplicas.length === 1
  return succeed(state, leader, isLast ? state.inSyncReplicas : without(state.inSyncReplicas, [broker]))
}
