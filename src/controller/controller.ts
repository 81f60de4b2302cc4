import { KafkaError } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId, ControllerEpoch } from '../model/ids.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { Timer } from '../platform/clock.ts'
import type { ControllerElection } from '../../zk/stores/controller-election.ts'
import { ControllerMovedError, type ControllerFence } from '../../zk/stores/fence.ts'
import { isZooKeeperError, type Session, type SessionEvent } from '../../zk/zookeeper.ts'
import { Candidacy } from './candidacy.ts'
import type { ControllerMetrics } from './controller-metrics.ts'
import { EventQueue, refuse } from './event-queue.ts'
import type { ControllerEvent, Reply } from './events.ts'
import { isRefusal } from './refusals.ts'
import type {
  AlterPartitionProposal,
  AlterPartitionReply,
  ElectionKind,
  ElectionOutcome,
  FeatureUpdate,
  FeatureUpdateOutcome,
  OngoingReassignment,
  PartitionOutcome,
  ProducerIdRange,
  ReassignmentRequest,
} from './requests.ts'
import { Term } from './term.ts'
import type { TermTools } from './term-parts.ts'
import type {
  CreatedTopic,
  MorePartitions,
  NewTopic,
  TopicAdmin,
  TopicChangeMode,
  TopicOutcome,
} from './topic-admin.ts'

export interface ControllerOptions extends Omit<TermTools, 'onUncleanElection' | 'onSent'> {
  readonly session: Session
  readonly election: ControllerElection
  readonly topicAdmin: TopicAdmin
  readonly metrics: ControllerMetrics
  /** Registers the broker in a new session, before it stands for election again. */
  readonly reregister: () => Promise<void>
  /** Has taken office, or has left it: for work that only one broker of the cluster should do. */
  readonly onOffice?: (isActive: boolean) => void
}

/**
 * Every broker has one; that of the broker which holds `/controller` is active. Everything happens in one queue of
 * events, one at a time. Requests to a controller that is not active, or stops being it before they are handled, fail
 * with KafkaError NOT_CONTROLLER (a controlled shutdown with STALE_CONTROLLER_EPOCH).
 * Source: kafka.controller.KafkaController (3.9).
 */
export class Controller {
  private readonly options: ControllerOptions
  private readonly queue: EventQueue
  private readonly candidacy: Candidacy
  private term: Term | null = null
  /** Whether the broker is registered in the present session. */
  private isRegistered = true
  private deadlineTimer: Timer | null = null
  private stopListening: (() => void) | null = null

  constructor(options: ControllerOptions) {
    this.options = options
    const { clock, metrics } = options
    this.queue = new EventQueue({
      clock,
      handle: (event) => this.process(event),
      onTaken: (event, waitedMs) => metrics.eventTaken(event.kind, waitedMs),
    })
    this.candidacy = new Candidacy({ ...options, put: (event) => this.queue.put(event) })
    metrics.follow({
      isActive: () => this.isActive,
      queuedEvents: () => this.queue.size,
      counts: () => this.term?.context.count() ?? null,
      queueSizes: () => this.term?.queueSizes() ?? [],
    })
  }

  // --- What it is ---------------------------------------------------------------------------------------------------

  /** Whether this broker is the controller. Not any more from the moment at which others may have been elected. */
  get isActive(): boolean {
    return this.term !== null && !this.isSessionOverdue()
  }

  /** The epoch of the present term; null when not active. */
  get epoch(): ControllerEpoch | null {
    return this.isActive ? (this.term?.fence.epoch ?? null) : null
  }

  /** The controller as this broker last saw it in ZooKeeper; null when there was none. */
  get activeControllerId(): BrokerId | null {
    return this.candidacy.controllerId
  }

  /** Whether the active controller has been asked to delete the topic. */
  isTopicQueuedForDeletion(name: string): boolean {
    return this.term?.context.topic(name)?.isQueuedForDeletion ?? false
  }

  // --- Its life -----------------------------------------------------------------------------------------------------

  /** Stands for election, now and whenever there is no controller. The broker must be registered. */
  start(): void {
    this.stopListening = this.options.session.listen({
      beforeNewSession: () => this.queue.preempt({ kind: 'Expire' }),
      afterNewSession: () => this.queue.put({ kind: 'RegisterBrokerAndReelect' }),
      onState: (event) => this.onSessionState(event),
    })
    this.queue.put({ kind: 'Startup' })
  }

  /** Resigns for good. `/controller` goes with the session, which the caller ends. */
  async stop(): Promise<void> {
    this.stopListening?.()
    this.deadlineTimer?.cancel()
    const stopped = this.queue.preempt({ kind: 'ShutDown' })
    this.queue.close()
    await stopped
    this.candidacy.close()
  }

  /** Resolves when nothing waits to be handled. */
  idle(): Promise<void> {
    return this.queue.drained()
  }

  // --- Requests -----------------------------------------------------------------------------------------------------

  /** CreateTopics, in the order of the topics. The caller waits for leaders. */
  async createTopics(topics: readonly NewTopic[], mode: TopicChangeMode): Promise<CreatedTopic[]> {
    this.mustBeActive()
    return this.options.topicAdmin.createTopics(topics, mode)
  }

  /** DeleteTopics. The caller waits until the topics are gone. */
  async deleteTopics(
    names: readonly string[],
    mode: Pick<TopicChangeMode, 'charge'> = {},
  ): Promise<TopicOutcome[]> {
    this.mustBeActive()
    return this.options.topicAdmin.deleteTopics(names, mode)
  }

  /** CreatePartitions. The caller waits for leaders. */
  async createPartitions(topics: readonly MorePartitions[], mode: TopicChangeMode): Promise<TopicOutcome[]> {
    this.mustBeActive()
    const isGoing = ({ name }: MorePartitions): boolean => this.isTopicQueuedForDeletion(name)
    const refused = topics.filter(isGoing).map(({ name }): TopicOutcome => {
      return { name, error: 'INVALID_TOPIC_EXCEPTION', message: 'The topic is queued for deletion.' }
    })
    const others = topics.filter((topic) => !isGoing(topic))
    return [...refused, ...(await this.options.topicAdmin.createPartitions(others, mode))]
  }

  /** ElectLeaders. Null: of all partitions; then those that need none are left out of the answer. */
  electLeaders(
    election: ElectionKind,
    partitions: readonly TopicPartition[] | null,
  ): Promise<ElectionOutcome[]> {
    return this.ask((reply) => ({ kind: 'ElectLeaders', election, partitions, reply }))
  }

  /** One outcome per request, in their order. */
  alterPartitionReassignments(requests: readonly ReassignmentRequest[]): Promise<PartitionOutcome[]> {
    return this.ask((reply) => ({ kind: 'ApiPartitionReassignment', requests, reply }))
  }

  /** Null: all that are in progress. */
  listPartitionReassignments(partitions: readonly TopicPartition[] | null): Promise<OngoingReassignment[]> {
    return this.ask((reply) => ({ kind: 'ListPartitionReassignments', partitions, reply }))
  }

  /** Throws KafkaError STALE_BROKER_EPOCH. */
  alterPartition(proposal: AlterPartitionProposal): Promise<AlterPartitionReply> {
    return this.ask((reply) => ({ kind: 'AlterPartition', proposal, reply }))
  }

  /** The partitions that the broker still leads. Throws KafkaError STALE_BROKER_EPOCH, BROKER_NOT_AVAILABLE. */
  controlledShutdown(broker: BrokerId, brokerEpoch: BrokerEpoch | null): Promise<TopicPartition[]> {
    return this.ask((reply) => ({ kind: 'ControlledShutdown', broker, brokerEpoch, reply }))
  }

  /** Throws KafkaError BROKER_ID_NOT_REGISTERED, STALE_BROKER_EPOCH. */
  allocateProducerIds(broker: BrokerId, brokerEpoch: BrokerEpoch): Promise<ProducerIdRange> {
    return this.ask((reply) => ({ kind: 'AllocateProducerIds', broker, brokerEpoch, reply }))
  }

  /** One outcome per update, in their order. */
  updateFeatures(updates: readonly FeatureUpdate[]): Promise<FeatureUpdateOutcome[]> {
    return this.ask((reply) => ({ kind: 'UpdateFeatures', updates, reply }))
  }

  /** `unclean.leader.election.enable` has become true, for a topic or (null) for this broker. */
  onUncleanElectionEnabled(topic: string | null): void {
    if (this.term !== null) this.queue.put({ kind: 'UncleanElectionEnabled', topic })
  }

  private mustBeActive(): void {
    if (!this.isActive) throw new KafkaError('NOT_CONTROLLER')
  }

  private ask<T>(event: (reply: Reply<T>) => ControllerEvent): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const asked = event({ resolve, reject })
      if (this.isActive) this.queue.put(asked)
      else refuse(asked)
    })
  }

  // --- Events -------------------------------------------------------------------------------------------------------

  private async process(event: ControllerEvent): Promise<void> {
    const { clock, metrics } = this.options
    const startMs = clock.monotonicMs()
    try {
      await this.dispatch(event)
    } catch (error) {
      await this.onFailure(event, error)
    }
    const isOfTopic = event.kind === 'UncleanElectionEnabled' && event.topic !== null
    metrics.eventHandled(event.kind, clock.monotonicMs() - startMs, isOfTopic)
  }

  private async dispatch(event: ControllerEvent): Promise<void> {
    switch (event.kind) {
      case 'Startup':
      case 'Reelect':
      case 'RegisterBrokerAndReelect':
        return this.standForElection()
      case 'ControllerChange':
        return this.lookAtController()
      case 'Expire':
        this.isRegistered = false
        this.candidacy.forget()
        return this.resign('the ZooKeeper session has ended')
      case 'ShutDown':
        this.candidacy.forget()
        return this.resign('the broker stops')
      case 'Abandon':
        return this.abandon()
      default:
        if (this.term === null) return refuse(event)
        if (!this.isSessionOverdue()) return this.term.handle(event)
        // The event is lost to this term, which therefore must not go on.
        refuse(event)
        return this.abandon()
    }
  }

  private async onFailure(event: ControllerEvent, error: unknown): Promise<void> {
    const { logger } = this.options
    const hasMoved = error instanceof ControllerMovedError
    // What nobody knows the outcome of may have been done: only a new term sees the cluster as it is.
    const isUncertain = isZooKeeperError(error) && !isRefusal(error)
    if ('reply' in event) {
      if (hasMoved || isUncertain) refuse(event)
      else event.reply.reject(error instanceof KafkaError ? error : unexpected(error))
    }
    if (error instanceof KafkaError && 'reply' in event) return
    if (!hasMoved && !isUncertain) return logger.error(`${event.kind} was not handled`, { error })
    if (isZooKeeperError(error, 'SESSION_EXPIRED', 'CLOSED')) {
      logger.info(`${event.kind} was not handled to its end: the ZooKeeper session has ended`)
      return this.abandon()
    }
    try {
      if (hasMoved) {
        logger.info(`The controller has moved while ${event.kind} was handled`, { error })
        await this.lookAtController()
        if (this.term !== null) await this.giveUp('its epoch was changed behind its back')
      } else {
        logger.error(`${event.kind} was not handled to its end`, { error })
        await this.giveUp('it is not known what was written to ZooKeeper')
      }
    } catch (failure) {
      logger.error('It is not known who is the controller', { error: failure })
      this.abandon()
    }
  }

  // --- Office -------------------------------------------------------------------------------------------------------

  /** Becomes the controller if nobody is. What stands in the way today may be gone tomorrow: it is tried again. */
  private async standForElection(): Promise<void> {
    try {
      // In a new session the broker comes first: a controller whose own broker is unknown could not lead it.
      if (!this.isRegistered) await this.options.reregister()
      this.isRegistered = true
      await this.lookAtController()
      const fence = this.term === null ? await this.candidacy.stand() : null
      if (fence !== null) await this.takeOffice(fence)
    } catch (error) {
      this.candidacy.postpone()
      throw error
    }
  }

  /** Sees who is the controller. A term whose claim is gone ends. */
  private async lookAtController(): Promise<void> {
    if (await this.candidacy.look()) return
    this.resign(`the controller is ${this.activeControllerId ?? 'nobody that is known'}`)
  }

  private async takeOffice(fence: ControllerFence): Promise<void> {
    const { logger, broker, metrics } = this.options
    logger.info(`Broker ${broker} was elected as the controller, epoch ${fence.epoch}`)
    const tools: TermTools = {
      ...this.options,
      onUncleanElection: () => metrics.uncleanElection(),
      onSent: (receiver, waitedMs) => metrics.requestSent(receiver, waitedMs),
    }
    const term = new Term(tools, fence, (event) => this.queue.put(event))
    this.term = term
    try {
      await term.begin()
    } catch (error) {
      if (error instanceof ControllerMovedError) throw error
      logger.error(`Broker ${broker} could not take office as the controller`, { error })
      return this.giveUp('its term could not begin')
    }
    logger.info(`Broker ${broker} is the controller, epoch ${fence.epoch}`, { ...term.context.count() })
    this.options.onOffice?.(true)
  }

  /** Ends the term, if there is one. Everything that it knew is forgotten. */
  private resign(reason: string): void {
    const { term } = this
    if (term === null) return
    this.term = null
    term.end()
    this.options.logger.info(`Broker ${this.options.broker} is not the controller any more: ${reason}`)
    this.options.onOffice?.(false)
  }

  /** Ends the term and has another one elected: by us too, but not at once. */
  private async giveUp(reason: string): Promise<void> {
    this.resign(reason)
    this.candidacy.postpone()
    if (await this.candidacy.look()) await this.candidacy.withdraw()
  }

  /** Others may have been elected, and cannot be seen: nothing is done any more as controller. */
  private abandon(): void {
    this.resign('ZooKeeper has been silent for too long')
    this.candidacy.doubt()
    // If the session lives, `/controller` still has our claim, and is in everybody's way.
    this.candidacy.postpone()
  }

  // --- Sessions -----------------------------------------------------------------------------------------------------

  /** Whether the servers may have given our session up, and with it our office. */
  private isSessionOverdue(): boolean {
    return this.options.clock.monotonicMs() >= this.options.session.deadlineMs
  }

  private onSessionState({ state }: SessionEvent): void {
    this.deadlineTimer?.cancel()
    if (state === 'suspended') this.watchDeadline()
  }

  /** Nobody tells us that our time is up while we cannot be reached. */
  private watchDeadline(): void {
    const { clock, session } = this.options
    const leftMs = session.deadlineMs - clock.monotonicMs()
    this.deadlineTimer = clock.after(Math.max(0, leftMs), () => {
      if (session.state !== 'suspended') return
      if (!this.isSessionOverdue()) return this.watchDeadline()
      // What is being handled may take its time to fail; brokers hear nothing more from now on.
      this.term?.end()
      void this.queue.preempt({ kind: 'Abandon' })
    })
  }
}

function unexpected(error: unknown): KafkaError {
  return new KafkaError('UNKNOWN_SERVER_ERROR', undefined, { cause: error })
}
