import { KafkaError } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import type { Orders } from './orders.ts'
import type { PartitionStates } from './partition-states.ts'
import type { ReplicaStates } from './replica-states.ts'

export interface ControlledShutdownOptions {
  readonly context: ControllerContext
  readonly partitionStates: PartitionStates
  readonly replicaStates: ReplicaStates
  readonly orders: Orders
  readonly logger: Logger
}

/**
 * Takes leadership and followers off a broker that wants to stop. From now on, until its znode is gone, it does not
 * count as live. Source: KafkaController.doControlledShutdown (3.9).
 */
export class ControlledShutdown {
  private readonly options: ControlledShutdownOptions
  private readonly context: ControllerContext

  constructor(options: ControlledShutdownOptions) {
    this.options = options
    this.context = options.context
  }

  /**
   * Returns the partitions that the broker still leads, of those that have other replicas: when there are none it may
   * stop. A null epoch (-1 on the wire) comes from a broker that does not know its own. Throws KafkaError
   * STALE_BROKER_EPOCH or BROKER_NOT_AVAILABLE.
   */
  async handle(broker: BrokerId, epoch: BrokerEpoch | null): Promise<TopicPartition[]> {
    const known = this.context.brokers.get(broker)
    if (known === undefined)
      throw new KafkaError('BROKER_NOT_AVAILABLE', `Broker id ${broker} does not exist.`)
    if (epoch !== null && epoch < known.epoch) {
      throw new KafkaError(
        'STALE_BROKER_EPOCH',
        `Received controlled shutdown request from an old broker epoch ${epoch} for broker ${broker}. ` +
          `Current broker epoch is ${known.epoch}.`,
      )
    }
    this.options.logger.info(`Broker ${broker} is shutting down`)
    this.context.markShuttingDown(broker)
    const { led, followed } = this.partitionsOf(broker)
    await this.options.partitionStates.bringOnline(led, 'controlled-shutdown')
    // All followers stop at once, before any leader hears that they are out of sync.
    await this.options.orders.issue(
      followed.map((partition) => ({ kind: 'stop-replica', broker, partition, deletes: false })),
    )
    await this.options.replicaStates.move(
      followed.map((partition) => ({ partition, broker })),
      'Offline',
    )
    return this.partitionsOf(broker).led.map((partition) => partition.id)
  }

  /** Those that have other replicas, and are not about to be deleted. */
  private partitionsOf(broker: BrokerId): { readonly led: Partition[]; readonly followed: Partition[] } {
    const led: Partition[] = []
    const followed: Partition[] = []
    for (const { partition } of this.context.replicasOn(new Set([broker]))) {
      const { leadership, assignment, topic } = partition
      if (leadership === null || assignment.replicas.length <= 1 || topic.isQueuedForDeletion) continue
      if (leadership.leader === broker) led.push(partition)
      else followed.push(partition)
    }
    return { led, followed }
  }
}
