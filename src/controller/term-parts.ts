import type { ConfigReader } from '../config/layers.ts'
import type { BrokerId } from '../model/ids.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { AdminStore } from '../../zk/stores/admin-store.ts'
import type { BrokerRegistry } from '../../zk/stores/broker-registry.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { FeatureStore } from '../../zk/stores/feature-store.ts'
import type { PartitionStateStore } from '../../zk/stores/partition-state-store.ts'
import type { ProducerIdStore } from '../../zk/stores/producer-id-store.ts'
import type { TopicStore } from '../../zk/stores/topic-store.ts'
import { brokerInfo } from '../../zk/znodes/brokers.ts'
import { topic } from '../../zk/znodes/topics.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import { AlterPartition } from './alter-partition.ts'
import { answerOf } from './broker-answers.ts'
import { BrokerChanges } from './broker-changes.ts'
import { BrokerSenders, type OpenChannel } from './broker-senders.ts'
import { ControlledShutdown } from './controlled-shutdown.ts'
import { ControllerContext } from './controller-context.ts'
import type { ControllerEvent } from './events.ts'
import { IsrNotifications } from './isr-notifications.ts'
import { LeadershipChanges } from './leadership-changes.ts'
import { LogDirFailures } from './log-dir-failures.ts'
import { Orders } from './orders.ts'
import { PartitionStates } from './partition-states.ts'
import { PreferredElection } from './preferred-election.ts'
import { ReassignmentSteps } from './reassignment-steps.ts'
import { Reassignment } from './reassignment.ts'
import { ReplicaStates } from './replica-states.ts'
import { RequestBatch } from './request-batch.ts'
import { Slices } from './slices.ts'
import { TopicChanges } from './topic-changes.ts'
import { TopicDeletion } from './topic-deletion.ts'
import { uncleanElectionPolicy } from './unclean-elections.ts'

/** What ZooKeeper keeps for the controller. */
export interface ControllerStores {
  readonly brokers: BrokerRegistry
  readonly topics: TopicStore
  readonly states: PartitionStateStore
  readonly admin: AdminStore
  readonly configs: ConfigStore
  readonly features: FeatureStore
  readonly producerIds: ProducerIdStore
}

/** What a term needs of the world: the same for every term. */
export interface TermTools {
  readonly broker: BrokerId
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly config: ConfigReader
  readonly stores: ControllerStores
  readonly openChannel: OpenChannel
  /** The listener that brokers use among themselves. */
  readonly interBrokerListener: string
  /** The listener for requests of the controller: another one only when `control.plane.listener.name` is set. */
  readonly controlListener: string
  /** Requests that may wait for one broker. Default: plenty. */
  readonly maxQueuedRequests?: number
  readonly onUncleanElection: () => void
  /** A request was sent to a broker: how long it waited, and how long the broker took, in milliseconds. */
  readonly onSent: (broker: BrokerId, waitedMs: number, tookMs: number) => void
}

/** The watches of a term: each puts an event, as long as the term lasts. */
export class TermWatchers {
  readonly brokers: Watcher
  readonly broker: Watcher
  readonly topics: Watcher
  readonly topic: Watcher
  readonly deletions: Watcher
  readonly reassignment: Watcher
  readonly preferredElection: Watcher
  readonly isrChanges: Watcher
  readonly logDirFailures: Watcher

  constructor(put: (event: ControllerEvent) => void) {
    // The end of the session ends the term; who watches has nothing to add.
    const on =
      (toEvent: (path: string) => ControllerEvent | null): Watcher =>
      (event, path) => {
        const seen = event === 'lost' ? null : toEvent(path)
        if (seen !== null) put(seen)
      }
    this.brokers = on(() => ({ kind: 'BrokerChange' }))
    this.broker = on((path) => {
      const id = brokerInfo.match(path)?.broker
      return id === undefined ? null : { kind: 'BrokerModifications', broker: id as BrokerId }
    })
    this.topics = on(() => ({ kind: 'TopicChange' }))
    this.topic = on((path) => {
      const name = topic.match(path)?.topic
      return name === undefined ? null : { kind: 'PartitionModifications', topic: name }
    })
    this.deletions = on(() => ({ kind: 'TopicDeletion' }))
    this.reassignment = on(() => ({ kind: 'ZkPartitionReassignment' }))
    this.preferredElection = on(() => ({ kind: 'ZkPreferredElection' }))
    this.isrChanges = on(() => ({ kind: 'IsrChangeNotification' }))
    this.logDirFailures = on(() => ({ kind: 'LogDirEventNotification' }))
  }
}

/** The parts of one term, wired together. */
export type TermParts = ReturnType<typeof assembleTerm>

export function assembleTerm(
  tools: TermTools,
  fence: ControllerFence,
  put: (event: ControllerEvent) => void,
) {
  const { broker, clock, random, logger, config, stores, interBrokerListener } = tools
  const { topics, admin, configs } = stores
  const watchers = new TermWatchers(put)
  const context = new ControllerContext(fence.epoch)
  const senders = new BrokerSenders({
    clock,
    logger,
    open: tools.openChannel,
    listenerName: tools.controlListener,
    onAnswer: (answered) => {
      const event = answerOf(answered, logger)
      if (event !== null) put(event)
    },
    onResync: (id) => put({ kind: 'BrokerResync', broker: id }),
    onSent: tools.onSent,
    ...(tools.maxQueuedRequests === undefined ? {} : { maxQueuedRequests: tools.maxQueuedRequests }),
  })
  const slices = new Slices({ clock })
  const orders = new Orders({
    batch: new RequestBatch({ context, controllerId: broker, interBrokerListener }),
    senders,
    slices,
  })
  const leaderships = new LeadershipChanges({ states: stores.states, fence, slices })
  const shared = { context, fence, topics, admin, leaderships, orders, senders, slices, random, logger }
  const partitionStates = new PartitionStates({
    ...shared,
    mayElectUncleanly: uncleanElectionPolicy({ configs, config, logger }),
    onUncleanElection: tools.onUncleanElection,
  })
  const moving = { ...shared, partitionStates, replicaStates: new ReplicaStates(shared) }
  const deletion = new TopicDeletion({
    ...moving,
    isEnabled: config.get('delete.topic.enable'),
    znodes: {
      deleteTopic: async (name) => {
        await topics.deleteTree(fence, name)
        await configs.deleteFenced(fence, { type: 'topics', name })
        await admin.clearDeletionRequests(fence, [name])
      },
      dismiss: (names) => admin.clearDeletionRequests(fence, names),
    },
  })
  const reassignment = new Reassignment({
    ...moving,
    steps: new ReassignmentSteps({ ...moving, deletion }),
    orderWatcher: watchers.reassignment,
    onOrderDone: () => put({ kind: 'ZkPartitionReassignment' }),
  })
  const brokerChanges = new BrokerChanges({ ...moving, deletion, reassignment })
  return {
    ...moving,
    watchers,
    deletion,
    reassignment,
    brokerChanges,
    topicChanges: new TopicChanges({ ...moving, topicWatcher: watchers.topic }),
    preferredElection: new PreferredElection({
      ...moving,
      orderWatcher: watchers.preferredElection,
      onOrderDone: () => put({ kind: 'ZkPreferredElection' }),
    }),
    alterPartition: new AlterPartition(shared),
    controlledShutdown: new ControlledShutdown(moving),
    logDirFailures: new LogDirFailures({ ...moving, brokerChanges, watcher: watchers.logDirFailures }),
    isrNotifications: new IsrNotifications({ ...moving, reassignment, watcher: watchers.isrChanges }),
  }
}
