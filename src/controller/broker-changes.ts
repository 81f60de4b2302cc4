import type { BrokerId } from '../model/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { RegisteredBroker } from '../../zk/stores/broker-registry.ts'
import type { BrokerSenders } from './broker-senders.ts'
import type { ControllerContext, Partition, Replica } from './controller-context.ts'
import type { Orders } from './orders.ts'
import type { PartitionStates } from './partition-states.ts'
import type { Reassignment } from './reassignment.ts'
import { targetReplicas } from './replica-assignment.ts'
import type { ReplicaStates } from './replica-states.ts'
import type { Slices } from './slices.ts'
import type { TopicDeletion } from './topic-deletion.ts'

export interface BrokerChangesOptions {
  readonly context: ControllerContext
  readonly senders: BrokerSenders
  readonly partitionStates: PartitionStates
  readonly replicaStates: ReplicaStates
  readonly deletion: TopicDeletion
  readonly reassignment: Reassignment
  readonly orders: Orders
  readonly slices: Slices
  readonly logger: Logger
}

/** What has become of the brokers since the last look. */
export interface BrokerDifference {
  readonly added: readonly RegisteredBroker[]
  /** Gone and back within one look: the same id, a later epoch. */
  readonly restarted: readonly RegisteredBroker[]
  readonly removed: readonly BrokerId[]
}

/** Compares the registered brokers with those that the context knows. All in the order of their ids. */
export function compareBrokers(
  known: ReadonlyMap<BrokerId, RegisteredBroker>,
  registered: readonly RegisteredBroker[],
): BrokerDifference {
  const sorted = [...registered].sort((one, other) => one.id - other.id)
  const present = new Set(sorted.map(({ id }) => id))
  return {
    added: sorted.filter(({ id }) => !known.has(id)),
    restarted: sorted.filter(({ id, epoch }) => epoch > (known.get(id)?.epoch ?? Infinity)),
    removed: [...known.keys()].filter((id) => !present.has(id)).sort((one, other) => one - other),
  }
}

/**
 * Brokers come, go and restart; disks fail.
 * Source: KafkaController.processBrokerChange, onBrokerStartup, onBrokerFailure, onReplicasBecomeOffline (3.9).
 */
export class BrokerChanges {
  private readonly options: BrokerChangesOptions
  private readonly context: ControllerContext

  constructor(options: BrokerChangesOptions) {
    this.options = options
    this.context = options.context
  }

  async apply(registered: readonly RegisteredBroker[]): Promise<void> {
    const { added, restarted, removed } = compareBrokers(this.context.brokers, registered)
    if (added.length + restarted.length + removed.length === 0) return
    this.options.logger.info('Brokers have changed', {
      added: idsOf(added),
      restarted: idsOf(restarted),
      removed,
    })
    const { senders } = this.options
    for (const broker of added) senders.add(broker)
    for (const broker of restarted) {
      senders.remove(broker.id)
      senders.add(broker)
    }
    for (const id of removed) senders.remove(id)
    if (added.length > 0) await this.start(added)
    if (restarted.length > 0) {
      await this.stop(idsOf(restarted))
      await this.start(restarted)
    }
    if (removed.length > 0) await this.stop(removed)
  }

  /** A broker has other endpoints: everybody is told. */
  async modify(broker: RegisteredBroker): Promise<void> {
    const known = this.context.brokers.get(broker.id)
    // Another life of the broker is a matter of `apply`. A changed rack alone is no news, as in Kafka.
    if (known === undefined || known.epoch !== broker.epoch || sameEndpoints(known, broker)) return
    this.context.setBroker(broker)
    this.options.senders.update(broker)
    await this.options.orders.issue([
      { kind: 'update-metadata', brokers: this.context.brokerIds, partitions: [] },
    ])
  }

  /** A broker that could not be told everything answers again: it is told all there is now. */
  async resync(id: BrokerId): Promise<void> {
    if (!this.context.brokers.has(id)) return
    const replicas = await this.replicasOn(new Set([id]))
    await this.introduce([id], replicas)
    await this.options.deletion.fail(
      replicas.filter(({ partition, broker }) => partition.replicaState(broker) === 'DeletionStarted'),
    )
  }

  /** These replicas cannot be reached any more, or their disks have failed: leaders and in-sync sets do without them. */
  async takeOffline(replicas: readonly Replica[]): Promise<void> {
    const { partitionStates, replicaStates, deletion, orders } = this.options
    const going = replicas.filter(({ partition }) => partition.topic.isQueuedForDeletion)
    const staying = replicas.filter(({ partition }) => !partition.topic.isQueuedForDeletion)
    await partitionStates.move(await this.withoutOnlineLeader(), 'Offline')
    // Elections leave the dead out of the new in-sync sets: one write, one epoch for each partition that they led.
    const elections = await partitionStates.bringAllOnline()
    await replicaStates.move(staying, 'Offline')
    await deletion.fail(going)
    const hasToldNobody = ![...elections.values()].some(({ kind }) => kind === 'elected')
    if (staying.length === 0 && hasToldNobody) {
      await orders.issue([{ kind: 'update-metadata', brokers: this.context.brokerIds, partitions: [] }])
    }
  }

  private async start(brokers: readonly RegisteredBroker[]): Promise<void> {
    const { partitionStates, deletion, reassignment, orders } = this.options
    const ids = new Set(idsOf(brokers))
    for (const broker of brokers) {
      this.context.setBroker(broker)
      this.context.forgetDisks(broker.id)
    }
    const others = this.context.brokerIds.filter((id) => !ids.has(id))
    await orders.issue([{ kind: 'update-metadata', brokers: others, partitions: [] }])
    const replicas = await this.replicasOn(ids)
    await this.introduce([...ids], replicas)
    await partitionStates.bringAllOnline()
    await reassignment.resume(({ assignment }) =>
      targetReplicas(assignment).some((broker) => ids.has(broker)),
    )
    await deletion.resumeFor(new Set(replicas.map(({ partition }) => partition.topic)))
  }

  /** Tells brokers of the whole cluster, then of all replicas that they host. */
  private async introduce(ids: readonly BrokerId[], replicas: readonly Replica[]): Promise<void> {
    const led = await this.options.slices.filter(
      this.context.partitions(),
      ({ leadership, topic }) => leadership !== null && !topic.isQueuedForDeletion,
    )
    await this.options.orders.issue([{ kind: 'update-metadata', brokers: ids, partitions: led }])
    // The first LeaderAndIsr of a broker's life must name all of its replicas.
    await this.options.replicaStates.move(replicas.filter(mayComeOnline), 'Online')
  }

  private async stop(ids: readonly BrokerId[]): Promise<void> {
    for (const id of ids) {
      this.context.removeBroker(id)
      this.context.forgetDisks(id)
      this.context.clearShuttingDown(id)
    }
    await this.takeOffline(await this.replicasOn(new Set(ids)))
  }

  private withoutOnlineLeader(): Promise<Partition[]> {
    return this.options.slices.filter(
      this.context.partitions(),
      (partition) =>
        partition.leadership !== null &&
        !partition.topic.isQueuedForDeletion &&
        !this.context.hasOnlineLeader(partition),
    )
  }

  private replicasOn(ids: ReadonlySet<BrokerId>): Promise<Replica[]> {
    return this.options.slices.filter(this.context.replicasOn(ids), () => true)
  }
}

/** Replicas that are being deleted, or have been, are not told to lead or follow. */
function mayComeOnline({ partition, broker }: Replica): boolean {
  const state = partition.replicaState(broker)
  return state !== 'DeletionStarted' && state !== 'DeletionSuccessful' && state !== 'NonExistent'
}

function idsOf(brokers: readonly RegisteredBroker[]): BrokerId[] {
  return brokers.map(({ id }) => id)
}

function sameEndpoints(one: RegisteredBroker, other: RegisteredBroker): boolean {
  return JSON.stringify(one.info.endpoints) === JSON.stringify(other.info.endpoints)
}
