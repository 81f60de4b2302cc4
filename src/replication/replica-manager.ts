import type { Log } from '../log/log.ts'
import type { LogManager } from '../log/log-manager.ts'
import { RecordValidationError } from '../log/record-errors.ts'
import { RefusedBatchError } from '../log/refused-batch.ts'
import type { AppendOrigin } from '../log/producer-state.ts'
import { KafkaError, type ErrorName } from '../model/errors.ts'
import { NO_BROKER, type BrokerId, type ControllerEpoch, type PartitionIndex } from '../model/ids.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import { isInternalTopic } from '../model/topic-name.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import { MAGIC_V2, magicOf } from '../records/record-batch.ts'
import { SerialQueue } from '../std/serial-queue.ts'
import { DelayedProduce, unansweredAppend, type PartitionAppend } from './delayed-produce.ts'
import type { FetchedPartition, FetchParams } from './fetch-reader.ts'
import type { FetchPartition } from './fetch-session.ts'
import type { FetcherManager } from './fetcher-manager.ts'
import type { IsrProposals } from './isr-proposals.ts'
import type { Leader, LeaderSurroundings } from './leader.ts'
import { Partition, type PartitionOrder } from './partition.ts'
import { ReplicaReader } from './replica-reader.ts'
import type { ReplicationQuota } from './replication-quota.ts'
import type { TopicMetrics, TopicMetricsTable } from './topic-metrics.ts'

/** With these a producer is not told where the log begins: there is none, or the records did not reach it. */
const HIDES_LOG_START: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'CORRUPT_MESSAGE',
  'INVALID_TOPIC_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'MESSAGE_TOO_LARGE',
  'NOT_LEADER_OR_FOLLOWER',
  'RECORD_LIST_TOO_LARGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
])

/** What a produce request wants of one partition. */
export interface AppendEntry {
  readonly topic: string
  readonly partition: number
  /** Valid during the call. */
  readonly records: Buffer
}

export interface AppendOptions {
  /** 0, 1 or -1: whom the request waits for. */
  readonly acks: number
  /** How long it waits for in-sync replicas. */
  readonly timeoutMs: number
  readonly origin: AppendOrigin
  readonly mayWriteInternalTopics: boolean
}

export interface ReplicaManagerOptions {
  readonly self: BrokerId
  readonly clock: Clock
  readonly logger: Logger
  readonly logs: LogManager
  readonly metadata: MetadataCache
  /** Where fetch requests wait, keyed by partition. */
  readonly fetches: Purgatory
  readonly metrics: TopicMetricsTable
  readonly maxLagMs: () => number
  readonly minInSyncReplicas: (topic: string) => number
  readonly proposals: IsrProposals
  readonly fetchers: FetcherManager
  /** What followers that have to catch up may get of what this broker leads. */
  readonly leaderQuota: ReplicationQuota
  /** After leadership has changed hands: coordinators load and unload. */
  readonly onLeadershipChange: (changes: {
    leaders: readonly Partition[]
    followers: readonly Partition[]
  }) => void
  /** Partitions are not here any more: the controller had them deleted, or their disk has failed. */
  readonly onPartitionsGone?: (partitions: readonly Partition[]) => void
}

/** Why a partition order was not carried out, by partition key; `NONE` for those that were. */
export interface OrderResult {
  readonly topic: string
  readonly partition: PartitionIndex
  readonly error: ErrorName
}

/**
 * The partitions hosted by this broker: does what the controller orders, takes records in, reads them out.
 * Source: kafka.server.ReplicaManager (3.9).
 */
export class ReplicaManager {
  private readonly options: ReplicaManagerOptions
  private readonly logger: Logger
  private readonly partitions = new Map<string, Partition>()
  /** Orders are carried out one after the other, also those of two controllers. */
  private readonly orders = new SerialQueue()
  private controllerEpoch = 0 as ControllerEpoch
  private shrinkTimer: Timer | null = null
  private isStopped = false
  private readonly reader: ReplicaReader

  constructor(options: ReplicaManagerOptions) {
    this.options = options
    this.reader = new ReplicaReader({
      get: (topic, partition) => this.get(topic, partition),
      hosted: (topic, partition) => this.hosted(topic, partition),
      fetches: options.fetches,
      leaderQuota: options.leaderQuota,
    })
    this.logger = options.logger.child('ReplicaManager')
  }

  /** Begins to look for lagging followers. */
  start(): void {
    const { clock, maxLagMs } = this.options
    this.shrinkTimer = clock.after(maxLagMs() / 2, () => {
      for (const { role } of this.partitions.values()) if (role.kind === 'leader') role.maybeShrink()
      this.start()
    })
  }

  /** Gives every role up, for the logs are about to be closed; no order is taken after that. */
  stop(): void {
    this.isStopped = true
    this.shrinkTimer?.cancel()
    this.options.fetchers.close()
    for (const partition of this.partitions.values()) partition.leave()
  }

  /** The hosted partition, whatever its role; null when this broker has none of this name. */
  get(topic: string, partition: number): Partition | null {
    return this.partitions.get(partitionKey(topic, partition)) ?? null
  }

  all(): Iterable<Partition> {
    return this.partitions.values()
  }

  // --- what the controller orders -----------------------------------------------------------------------------------

  /** Takes note of a controller's epoch; false when a later controller has spoken already. */
  acceptController(epoch: ControllerEpoch): boolean {
    if (epoch < this.controllerEpoch || this.isStopped) return false
    this.controllerEpoch = epoch
    return true
  }

  /**
   * Takes the roles that the orders say, leaders first. Each order stands for itself. Null when the controller's epoch
   * is stale and nothing was done.
   * Source: ReplicaManager.becomeLeaderOrFollower.
   */
  applyOrders(
    controllerEpoch: ControllerEpoch,
    orders: readonly PartitionOrder[],
  ): Promise<OrderResult[] | null> {
    return this.orders.run(async () => {
      if (!this.acceptController(controllerEpoch)) return null
      // Whoever changes role is not being copied, nor its log cut.
      await this.options.fetchers.remove(
        orders
          .filter((order) => this.isNews(order))
          .map(({ topic, partition }) => partitionKey(topic, partition)),
      )
      return this.acceptController(controllerEpoch) ? this.takeRoles(orders) : null
    })
  }

  private isNews({ topic, partition, leaderEpoch }: PartitionOrder): boolean {
    const known = this.get(topic, partition)
    return known !== null && leaderEpoch > known.leaderEpoch
  }

  private takeRoles(orders: readonly PartitionOrder[]): OrderResult[] {
    const results: OrderResult[] = []
    const leaders: Partition[] = []
    const followers: Partition[] = []
    const { self, fetchers, fetches, onLeadershipChange } = this.options
    const take = (order: PartitionOrder): void => {
      const { topic, partition } = order
      try {
        const taken = this.apply(order)
        if (taken?.role.kind === 'leader') leaders.push(taken)
        else if (taken !== null) followers.push(taken)
        results.push({ topic, partition, error: 'NONE' })
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        // A controller that has just been elected repeats what is in force: no news.
        const isRepeated = order.leaderEpoch === this.get(topic, partition)?.leaderEpoch
        this.logger[isRepeated ? 'debug' : 'warn'](`order for ${topic}-${partition} refused`, {
          error: error.error,
          reason: error.message,
        })
        results.push({ topic, partition, error: error.error })
      }
    }
    for (const order of orders) if (order.leader === self) take(order)
    for (const order of orders) if (order.leader !== self) take(order)
    for (const partition of followers) {
      const { role } = partition
      if (role.kind === 'follower' && role.leader !== NO_BROKER) fetchers.add(partition, role)
    }
    for (const { key } of [...leaders, ...followers]) fetches.check(key)
    onLeadershipChange({ leaders, followers })
    return results
  }

  /** The partition in its new role; null when there was nothing to do. Throws KafkaError. */
  private apply(order: PartitionOrder): Partition | null {
    const { self, logs } = this.options
    const { topic, partition: index, leaderEpoch, topicId } = order
    const partition = this.get(topic, index) ?? new Partition(topic, index)
    if (partition.role.kind === 'offline') {
      throw new KafkaError('KAFKA_STORAGE_ERROR', `${partition.key} is in an offline log directory`)
    }
    const known = partition.topicId ?? logs.get(partition)?.topicId ?? null
    if (topicId !== null && known !== null && known !== topicId) {
      throw new KafkaError(
        'INCONSISTENT_TOPIC_ID',
        `${partition.key} has topic id ${known} here, not ${topicId}`,
      )
    }
    if (leaderEpoch <= partition.leaderEpoch) {
      const onlyNamesTopic =
        leaderEpoch === partition.leaderEpoch && topicId !== null && partition.topicId === null
      if (!onlyNamesTopic) {
        throw new KafkaError(
          'STALE_CONTROLLER_EPOCH',
          `leader epoch ${leaderEpoch} is not newer than ${partition.leaderEpoch}`,
        )
      }
      partition.learnTopicId(topicId)
      return null
    }
    if (!order.replicas.includes(self)) {
      throw new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `broker ${self} is not a replica of ${partition.key}`,
      )
    }
    const log = logs.getOrCreate({ topic, partition: index }, { isNew: order.isNew, topicId })
    this.partitions.set(partition.key, partition)
    if (order.leader === self) partition.becomeLeader(order, log, this.surroundingsOf(partition))
    else partition.becomeFollower(order, log, () => this.options.fetches.check(partition.key))
    return partition
  }

  private surroundingsOf(partition: Partition): LeaderSurroundings {
    const { self, clock, metadata, maxLagMs, minInSyncReplicas, proposals, fetches } = this.options
    return {
      self,
      monotonicMs: () => clock.monotonicMs(),
      isAlive: (id) => metadata.isAlive(id),
      maxLagMs,
      minInSyncReplicas: () => minInSyncReplicas(partition.topic),
      proposeIsr: (leader, change) => proposals.propose(partition, leader, change),
      onProgress: () => fetches.check(partition.key),
    }
  }

  /**
   * Gives partitions up, and their logs where that is asked. Null when the controller's epoch is stale.
   * Source: ReplicaManager.stopReplicas.
   */
  stopReplicas(
    controllerEpoch: ControllerEpoch,
    stops: readonly { topic: string; partition: PartitionIndex; leaderEpoch: number; deletes: boolean }[],
  ): Promise<OrderResult[] | null> {
    return this.orders.run(async () => {
      if (!this.acceptController(controllerEpoch)) return null
      const results = stops.map(({ topic, partition, leaderEpoch }) => ({
        topic,
        partition,
        error: this.refusalToStop(topic, partition, leaderEpoch),
      }))
      const stopped = stops.filter((_, i) => results[i]?.error === 'NONE')
      await this.options.fetchers.remove(
        stopped.map(({ topic, partition }) => partitionKey(topic, partition)),
      )
      await Promise.all(
        stopped
          .filter(({ deletes }) => deletes)
          .map((stop) => this.deleteReplica(stop.topic, stop.partition)),
      )
      return results
    })
  }

  private async deleteReplica(topic: string, partition: PartitionIndex): Promise<void> {
    const key = partitionKey(topic, partition)
    const gone = this.partitions.get(key)
    gone?.leave()
    this.partitions.delete(key)
    this.options.fetches.check(key)
    if (gone !== undefined) this.options.onPartitionsGone?.([gone])
    await this.options.logs.delete({ topic, partition })
  }

  private refusalToStop(topic: string, index: PartitionIndex, leaderEpoch: number): ErrorName {
    const partition = this.get(topic, index)
    if (partition === null) return 'NONE'
    if (partition.role.kind === 'offline') return 'KAFKA_STORAGE_ERROR'
    // Negative epochs: the topic is being deleted (-2), or the controller does not know (-1).
    if (leaderEpoch >= 0 && leaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
    return 'NONE'
  }

  /** A log directory has failed: its partitions are offline, but not those of which only a copy was being made there. */
  onDirectoryOffline(logs: readonly Log[]): void {
    const lost = logs.flatMap((log) => {
      const partition = this.partitions.get(log.name)
      return partition === undefined || (partition.log !== null && partition.log !== log) ? [] : partition
    })
    void this.options.fetchers.remove(lost.map(({ key }) => key))
    for (const partition of lost) {
      partition.goOffline()
      this.options.fetches.check(partition.key)
      this.options.onPartitionsGone?.([partition])
    }
  }

  /**
   * Runs `swap` while nobody changes the partition's role and no fetcher touches its log; where that says so, the
   * partition uses the log that the log manager has for it now.
   */
  exchangeLog(topicPartition: TopicPartition, swap: () => boolean): Promise<boolean> {
    return this.orders.run(async () => {
      const { fetchers, logs } = this.options
      const partition = this.get(topicPartition.topic, topicPartition.partition)
      const key = partitionKey(topicPartition.topic, topicPartition.partition)
      await fetchers.remove([key])
      const hasSwapped = swap()
      const log = logs.get(topicPartition)
      if (hasSwapped && log !== null) partition?.replaceLog(log)
      const role = partition?.role
      if (partition !== null && role?.kind === 'follower' && role.leader !== NO_BROKER)
        fetchers.add(partition, role)
      return hasSwapped
    })
  }

  /** Bytes of a log are written: whoever waited for that goes on. */
  onWritten(log: Log): void {
    const role = this.partitions.get(log.name)?.role
    if ((role?.kind === 'leader' || role?.kind === 'follower') && role.log === log) role.onWritten()
  }

  // --- records in ---------------------------------------------------------------------------------------------------

  /**
   * Appends to each partition that this broker leads; returns what became of each. A promise as long as somebody has
   * to be waited for: the disk (acks=1), the in-sync replicas (acks=-1).
   */
  append(
    entries: readonly AppendEntry[],
    options: AppendOptions,
  ): PartitionAppend[] | Promise<PartitionAppend[]> {
    const { acks, timeoutMs } = options
    const request = new DelayedProduce()
    const results = entries.map((entry) => this.appendTo(entry, options, request))
    if (request.isFinished) return results
    if (acks === -1) request.expireWith(this.options.clock.after(timeoutMs, () => request.expire()))
    return request.finished.then(() => results)
  }

  private appendTo(entry: AppendEntry, options: AppendOptions, request: DelayedProduce): PartitionAppend {
    const { topic, partition, records } = entry
    const { acks, origin, mayWriteInternalTopics } = options
    const result = unansweredAppend(topic, partition)
    const metrics = this.options.metrics.of(topic)
    metrics.produceRequests.add(1)
    try {
      if (!mayWriteInternalTopics && isInternalTopic(topic)) {
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot append to internal topic ${topic}`)
      }
      const leader = this.leader(topic, partition, -1)
      const isOld = isOldFormat(records)
      const beganMs = isOld ? this.options.clock.monotonicMs() : 0
      const appended = leader.append(records, origin, acks === -1)
      result.firstOffset = appended.firstOffset
      result.logAppendTimeMs = appended.logAppendTimeMs
      result.logStartOffset = appended.logStartOffset
      metrics.messagesIn.add(appended.recordCount)
      metrics.bytesIn.add(appended.sizeBytes)
      if (isOld) {
        metrics.produceConversions.add(appended.recordCount)
        // Nearly all of such an append is the conversion.
        this.options.metrics.conversionMs.produce.record(this.options.clock.monotonicMs() - beganMs)
      }
      if (acks !== 0) leader.wait(appended.lastOffset + 1, acks === -1, result, request)
    } catch (error) {
      this.fail(result, error, metrics)
    }
    return result
  }

  private fail(result: PartitionAppend, error: unknown, metrics: TopicMetrics): void {
    metrics.failedProduceRequests.add(1)
    if (!(error instanceof KafkaError)) {
      this.logger.error(`append to ${result.topic}-${result.partition} failed`, { error })
      result.error = 'UNKNOWN_SERVER_ERROR'
      return
    }
    result.error = error.error
    result.message = error.message
    if (!HIDES_LOG_START.has(error.error)) {
      result.logStartOffset = this.get(result.topic, result.partition)?.log?.logStartOffset ?? -1
    }
    const { refusals } = this.options.metrics
    if (error instanceof RefusedBatchError) refusals[error.refusal].add(1)
    if (!(error instanceof RecordValidationError)) return
    result.faults = error.faults
    if (error.lacksKey) refusals.key.add(1)
  }

  // --- lookups ------------------------------------------------------------------------------------------------------

  /** The hosted partition. Throws KafkaError NOT_LEADER_OR_FOLLOWER or UNKNOWN_TOPIC_OR_PARTITION. */
  hosted(topic: string, partition: number): Partition {
    const found = this.get(topic, partition)
    if (found !== null) return found
    if (this.options.metadata.partition(topic, partition as PartitionIndex) !== null) {
      throw new KafkaError(
        'NOT_LEADER_OR_FOLLOWER',
        `Broker ${this.options.self} has no replica of ${topic}-${partition}`,
      )
    }
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Partition ${topic}-${partition} does not exist`)
  }

  /** Throws KafkaError as `hosted` and `Partition.leaderFor`. */
  leader(topic: string, partition: number, currentLeaderEpoch: number): Leader {
    return this.hosted(topic, partition).leaderFor(currentLeaderEpoch)
  }

  /** See ReplicaReader. */
  fetch(
    wanted: readonly FetchPartition[],
    params: FetchParams,
  ): FetchedPartition[] | Promise<FetchedPartition[]> {
    return this.reader.fetch(wanted, params)
  }
}

/** In every format: behind offset, size, and four bytes that are a checksum or an epoch. */
const MAGIC_AT = 16

/** Whether these are messages of magic 0 or 1, which are rewritten. */
function isOldFormat(records: Buffer): boolean {
  return records.length > MAGIC_AT && magicOf(records, 0) < MAGIC_V2
}
