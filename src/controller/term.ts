import { KafkaError } from '../model/errors.ts'
import type { Timer } from '../platform/clock.ts'
import type { RegisteredBroker } from '../../zk/stores/broker-registry.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import { MalformedZnodeError } from '../../zk/znode.ts'
import type { ControllerContext, Replica } from './controller-context.ts'
import type { ControllerEvent } from './events.ts'
import { updateFeatures } from './feature-updates.ts'
import { readLeaderships } from './unnoticed-restarts.ts'
import { assembleTerm, type TermParts, type TermTools } from './term-parts.ts'

/** The events of an active controller. */
export type TermEvent = Exclude<
  ControllerEvent,
  {
    kind:
      | 'Startup'
      | 'ControllerChange'
      | 'Reelect'
      | 'RegisterBrokerAndReelect'
      | 'Expire'
      | 'Abandon'
      | 'ShutDown'
  }
>

/** When leadership is balanced for the first time in a term. */
const FIRST_BALANCE_MS = 5000

/**
 * One term of office, from winning the election until losing it. Everything that the controller believes belongs to
 * the term and goes with it; the next one reads everything anew.
 */
export class Term {
  readonly fence: ControllerFence
  private readonly tools: TermTools
  private readonly putEvent: (event: ControllerEvent) => void
  private readonly parts: TermParts
  private balanceTimer: Timer | null = null
  private hasEnded = false

  constructor(tools: TermTools, fence: ControllerFence, put: (event: ControllerEvent) => void) {
    this.tools = tools
    this.fence = fence
    this.putEvent = put
    this.parts = assembleTerm(tools, fence, (event) => {
      if (!this.hasEnded) put(event)
    })
  }

  get context(): ControllerContext {
    return this.parts.context
  }

  /** Requests that wait for each broker. */
  queueSizes(): Iterable<readonly [broker: number, size: number]> {
    return this.parts.senders.queueSizes()
  }

  /**
   * Takes office. The order is Kafka's, and matters: brokers hear who is alive before they are told whom to follow;
   * replicas that are gone leave the in-sync sets before leaders are elected; orders come last.
   * Source: KafkaController.onControllerFailover (3.9).
   */
  async begin(): Promise<void> {
    const { parts } = this
    const { context, admin, watchers, fence } = parts
    await this.enableFeatures()
    await admin.clearLogDirFailures(fence, (await admin.logDirFailures(watchers.logDirFailures)).paths)
    await admin.clearIsrChanges(fence, (await admin.isrChanges(watchers.isrChanges)).paths)
    for (const broker of await this.readBrokers()) context.setBroker(broker)
    await parts.topicChanges.load(await parts.topics.names(watchers.topics))
    await readLeaderships({ ...parts, logger: this.tools.logger })
    for (const broker of context.brokers.values()) parts.senders.add(broker)
    await parts.deletion.initialise(await admin.deletionRequests(watchers.deletions))
    await parts.orders.issue([{ kind: 'update-metadata', brokers: context.brokerIds, partitions: [] }])
    await parts.replicaStates.initialise()
    await parts.partitionStates.initialise()
    await parts.partitionStates.bringAllOnline()
    await parts.reassignment.initialise()
    await parts.deletion.resume()
    await parts.preferredElection.takeUpOrder(true)
    this.scheduleBalance(FIRST_BALANCE_MS)
  }

  /** Nothing more is sent or scheduled. What is being handled may still run to its end, unheard. */
  end(): void {
    this.hasEnded = true
    this.balanceTimer?.cancel()
    this.parts.senders.close()
  }

  /** Handles one event to its end. Requests are answered, or what it throws is the answer. */
  async handle(event: TermEvent): Promise<void> {
    const { parts } = this
    switch (event.kind) {
      case 'BrokerChange':
        return parts.brokerChanges.apply(await this.readBrokers())
      case 'BrokerModifications': {
        const broker = await this.readBroker(event.broker)
        return broker === null ? undefined : parts.brokerChanges.modify(broker)
      }
      case 'BrokerResync':
        return parts.brokerChanges.resync(event.broker)
      case 'TopicChange':
        return parts.topicChanges.apply(await parts.topics.names(parts.watchers.topics))
      case 'PartitionModifications':
        return parts.topicChanges.applyModification(event.topic)
      case 'TopicDeletion':
        return parts.deletion.enqueue(await parts.admin.deletionRequests(parts.watchers.deletions))
      case 'ZkPartitionReassignment':
        await parts.reassignment.takeUpOrder()
        return
      case 'ZkPreferredElection':
        return parts.preferredElection.takeUpOrder()
      case 'IsrChangeNotification':
        return parts.isrNotifications.handle()
      case 'LogDirEventNotification':
        return parts.logDirFailures.handle()
      case 'LeaderAndIsrAnswered':
        return parts.logDirFailures.learn(event)
      case 'ReplicasDeleted':
        return this.noteDeletions(event)
      case 'AutoPreferredElection':
        return this.balance()
      case 'UncleanElectionEnabled':
        await parts.partitionStates.bringAllOnline(event.topic)
        return
      case 'ApiPartitionReassignment':
        return event.reply.resolve(await parts.reassignment.alter(event.requests))
      case 'ListPartitionReassignments':
        return event.reply.resolve(parts.reassignment.list(event.partitions))
      case 'ElectLeaders':
        return event.reply.resolve(await parts.preferredElection.elect(event.election, event.partitions))
      case 'ControlledShutdown':
        return event.reply.resolve(await parts.controlledShutdown.handle(event.broker, event.brokerEpoch))
      case 'AlterPartition':
        return this.alterPartition(event)
      case 'AllocateProducerIds':
        return this.allocateProducerIds(event)
      case 'UpdateFeatures':
        return event.reply.resolve(await updateFeatures(this.tools.stores.features, event.updates))
    }
  }

  private async enableFeatures(): Promise<void> {
    try {
      await this.tools.stores.features.enable()
    } catch (error) {
      if (!(error instanceof MalformedZnodeError)) throw error
      // Finalized features mean nothing to brokers in ZooKeeper mode: no reason to have no controller.
      this.tools.logger.error('Finalized features are left as they are', { error })
    }
  }

  private async readBrokers(): Promise<RegisteredBroker[]> {
    const ids = await this.tools.stores.brokers.ids(this.parts.watchers.brokers)
    const brokers = await mapPipelined(ids, (id) => this.readBroker(id))
    return brokers.filter((broker) => broker !== null)
  }

  /** Null also when its znode is malformed: nobody could reach such a broker. */
  private async readBroker(id: RegisteredBroker['id']): Promise<RegisteredBroker | null> {
    try {
      return await this.tools.stores.brokers.broker(id, this.parts.watchers.broker)
    } catch (error) {
      if (!(error instanceof MalformedZnodeError)) throw error
      this.tools.logger.error(`Broker ${id} does not count as alive, because its znode is malformed`, {
        error,
      })
      return null
    }
  }

  /** A broker has answered what became of replicas that it was to delete. */
  private async noteDeletions({ broker, results }: TermEvent & { kind: 'ReplicasDeleted' }): Promise<void> {
    const failed: Replica[] = []
    const deleted: Replica[] = []
    for (const { topic, partition: index, error } of results) {
      const partition = this.context.partition({ topic, partition: index })
      if (partition === null || partition.topic.deletion !== 'started') continue
      ;(error === 'NONE' ? deleted : failed).push({ partition, broker })
    }
    await this.parts.deletion.fail(failed)
    if (deleted.length > 0) await this.parts.deletion.complete(deleted)
  }

  private async alterPartition({ proposal, reply }: TermEvent & { kind: 'AlterPartition' }): Promise<void> {
    const answer = await this.parts.alterPartition.handle(proposal)
    // The leader waits for this; what it means for reassignments comes after.
    reply.resolve(answer)
    const changed = answer.topics.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ error }) => error === 'NONE')
        .map(({ partition }) => this.context.partition({ topic: name, partition })),
    )
    await this.parts.reassignment.completeIfDone(changed.filter((partition) => partition !== null))
  }

  private async allocateProducerIds(event: TermEvent & { kind: 'AllocateProducerIds' }): Promise<void> {
    const { broker, brokerEpoch, reply } = event
    const known = this.context.brokers.get(broker)
    if (known === undefined) throw new KafkaError('BROKER_ID_NOT_REGISTERED')
    if (known.epoch !== brokerEpoch) throw new KafkaError('STALE_BROKER_EPOCH')
    const { firstId, lastId } = await this.tools.stores.producerIds.allocate(broker)
    reply.resolve({ firstId, count: lastId - firstId + 1 })
  }

  private async balance(): Promise<void> {
    const { config } = this.tools
    try {
      await this.parts.preferredElection.balance(config.get('leader.imbalance.per.broker.percentage'))
    } finally {
      this.scheduleBalance(config.get('leader.imbalance.check.interval.seconds') * 1000)
    }
  }

  private scheduleBalance(delayMs: number): void {
    if (this.hasEnded || !this.tools.config.get('auto.leader.rebalance.enable')) return
    this.balanceTimer = this.tools.clock.after(delayMs, () =>
      this.putEvent({ kind: 'AutoPreferredElection' }),
    )
  }
}
