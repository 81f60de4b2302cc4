import type { OffsetsStorage } from '../../config/derived.ts'
import type { ErrorName } from '../../model/errors.ts'
import type { PartitionIndex } from '../../model/ids.ts'
import { partitionKey, type TopicPartition } from '../../model/topic-partition.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { GroupCoordinator } from '../group/group-coordinator.ts'
import type { GroupShard } from '../group/group-shard.ts'
import type { CommitRequest, OffsetCommit, TransactionalCommitRequest } from '../group/offset-commits.ts'
import type { OffsetSlot, OffsetTable } from '../group/offset-table.ts'
import { isStorableGroup } from '../../../zk/stores/consumer-offset-store.ts'
import { DualRepair } from './dual-repair.ts'
import type { LegacyOffset, LegacyOffsets } from './legacy-offsets.ts'
import type { OffsetStoreMetrics } from './offset-store-metrics.ts'
import { OrderedWrites } from './ordered-writes.ts'

/** What a group has committed for one partition, for an answer. */
export interface FetchedOffset {
  readonly topic: string
  readonly partition: number
  /** -1: nothing is committed. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly error: ErrorName
}

/** The offsets that were asked for, in their order; or why nothing can be told. */
export interface FetchedOffsets {
  readonly error: ErrorName
  readonly offsets: readonly FetchedOffset[]
}

/**
 * Where the offsets of groups are kept, and the bridge between the two places.
 *
 * - Version 0 of OffsetCommit and OffsetFetch means ZooKeeper, always: no generation is checked, any broker answers.
 * - Later versions are checked against the group by its coordinator, wherever the offsets go; a member of an old
 *   generation is refused in every mode. They go where the group's storage says:
 *   - `kafka`: to `__consumer_offsets`;
 *   - `zookeeper`: to ZooKeeper, which keeps the offset and nothing else of a commit;
 *   - `dual`: to the topic, and when that has succeeded to ZooKeeper. The larger offset wins when they are read, except
 *     that an offset which has not reached ZooKeeper yet is read from the topic.
 *
 * A dual commit of which only the first half succeeded says so: REQUEST_TIMED_OUT when ZooKeeper did not answer, which
 * is true, it may and will be done. Clients repeat it; the broker does not wait for that (see DualRepair). A group whose
 * id cannot be part of a path (empty, or with a slash) cannot be kept in ZooKeeper: `dual` is `kafka` for it.
 * Sources: KIP-less: the consumer of Kafka 0.8.2, `offsets.storage` and `dual.commit.enabled`; KafkaApis (3.9) for
 * version 0.
 */
export class OffsetStores {
  readonly repair: DualRepair
  private readonly coordinator: GroupCoordinator
  private readonly legacy: LegacyOffsets
  private readonly configuredStorageOf: (group: string) => OffsetsStorage
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly metrics: OffsetStoreMetrics
  private readonly maxMetadataLength: number
  private readonly timeoutMs: number
  private readonly writes: OrderedWrites

  constructor(options: {
    coordinator: GroupCoordinator
    legacy: LegacyOffsets
    storageOf: (group: string) => OffsetsStorage
    clock: Clock
    logger: Logger
    metrics: OffsetStoreMetrics
    /** `offset.metadata.max.bytes`, which counts UTF-16 units. */
    maxMetadataLength: number
    /** How long a commit waits for ZooKeeper. */
    timeoutMs: number
  }) {
    this.coordinator = options.coordinator
    this.legacy = options.legacy
    this.configuredStorageOf = options.storageOf
    this.clock = options.clock
    this.logger = options.logger
    this.metrics = options.metrics
    this.maxMetadataLength = options.maxMetadataLength
    this.timeoutMs = options.timeoutMs
    this.writes = new OrderedWrites(options)
    this.repair = new DualRepair({
      ...options,
      repaired: options.metrics.repaired,
      writes: this.writes,
      groups: {
        offsetsOf: (group) => (this.storageOf(group) === 'dual' ? this.tableOf(group) : null),
        all: () => this.dualGroups(),
      },
    })
  }

  private storageOf(group: string): OffsetsStorage {
    const storage = this.configuredStorageOf(group)
    return storage === 'dual' && !isStorableGroup(group) ? 'kafka' : storage
  }

  start(): void {
    this.repair.start()
  }

  stop(): void {
    this.repair.stop()
  }

  // --- version 0 ----------------------------------------------------------------------------------------------------

  /** Answers for each offset, in their order. */
  async commitLegacy(group: string, offsets: readonly OffsetCommit[]): Promise<ErrorName[]> {
    const { answers, legal } = this.checkMetadata(offsets)
    const written = await this.timed(this.metrics.zooKeeperSeconds, () => this.legacy.commit(group, legal))
    return merged(answers, written)
  }

  /** In the order of the partitions; UNKNOWN_TOPIC_OR_PARTITION where nothing is committed. */
  async fetchLegacy(group: string, partitions: readonly TopicPartition[]): Promise<FetchedOffset[]> {
    const found = await this.legacy.fetch(group, partitions)
    return partitions.map(({ topic, partition }, index) => {
      const { offset, error } = found[index] ?? { offset: null, error: 'NONE' }
      if (offset !== null) return plainOffset(topic, partition, offset)
      return nothing(topic, partition, error === 'NONE' ? 'UNKNOWN_TOPIC_OR_PARTITION' : error)
    })
  }

  // --- commits of later versions ------------------------------------------------------------------------------------

  /** Answers for each offset, in their order. */
  commit(request: CommitRequest): ErrorName[] | Promise<ErrorName[]> {
    switch (this.storageOf(request.groupId)) {
      case 'kafka':
        return this.commitToTopic(request)
      case 'zookeeper':
        return this.commitToZooKeeper(request)
      case 'dual':
        return this.commitToBoth(request)
    }
  }

  private commitToTopic(request: CommitRequest): ErrorName[] | Promise<ErrorName[]> {
    const startMs = this.clock.monotonicMs()
    const answers = this.coordinator.commit(request)
    if (!(answers instanceof Promise)) return answers
    return answers.then((errors) => {
      this.metrics.kafkaSeconds.record((this.clock.monotonicMs() - startMs) / 1000)
      return errors
    })
  }

  private async commitToZooKeeper(request: CommitRequest): Promise<ErrorName[]> {
    const { groupId, offsets } = request
    const refusal = isStorableGroup(groupId) ? this.coordinator.checkCommit(request) : 'INVALID_GROUP_ID'
    if (refusal !== 'NONE') return offsets.map(() => refusal)
    const { answers, legal } = this.checkMetadata(offsets)
    return merged(answers, await this.writeInTurn(groupId, legal))
  }

  private async commitToBoth(request: CommitRequest): Promise<ErrorName[]> {
    const { groupId, offsets } = request
    const answers = await this.commitToTopic(request)
    const committed = offsets.filter((_, index) => answers[index] === 'NONE')
    if (committed.length === 0) return answers
    const written = await this.writeInTurn(groupId, committed)
    const failed = committed.filter((_, index) => written[index] !== 'NONE')
    if (failed.length > 0) {
      this.logger.warn(`a commit of group ${groupId} is in the offsets topic and not in ZooKeeper`, {
        partitions: failed.length,
      })
      this.repair.owe(groupId, failed)
    }
    return merged(answers, written)
  }

  /** Writes to ZooKeeper when the group's writes before it are done. */
  private async writeInTurn(group: string, offsets: readonly LegacyOffset[]): Promise<ErrorName[]> {
    if (offsets.length === 0) return []
    let written: ErrorName[] = []
    const hadItsTurn = await this.timed(this.metrics.zooKeeperSeconds, () =>
      this.writes.run(group, this.timeoutMs, async () => {
        written = await this.legacy.commit(group, offsets)
      }),
    )
    return hadItsTurn ? written : offsets.map(() => 'REQUEST_TIMED_OUT')
  }

  /**
   * Commits offsets that count when a transaction does. These are in the topic by nature: a group whose offsets are in
   * ZooKeeper alone cannot have any, and gets UNSUPPORTED_FOR_MESSAGE_FORMAT.
   */
  commitInTransaction(request: TransactionalCommitRequest): ErrorName[] | Promise<ErrorName[]> {
    if (this.storageOf(request.groupId) === 'zookeeper') {
      return request.offsets.map(() => 'UNSUPPORTED_FOR_MESSAGE_FORMAT')
    }
    return this.coordinator.commitInTransaction(request)
  }

  /** See GroupCoordinator.onTransactionCompleted. What a transaction has committed in both stores is owed to ZooKeeper. */
  onTransactionCompleted(
    producerId: number,
    partitions: Iterable<PartitionIndex>,
    isCommitted: boolean,
  ): void {
    for (const { groupId, entries } of this.coordinator.onTransactionCompleted(
      producerId,
      partitions,
      isCommitted,
    )) {
      if (this.storageOf(groupId) === 'dual') this.repair.owe(groupId, entries)
    }
  }

  // --- reading ------------------------------------------------------------------------------------------------------

  /**
   * The group's offsets for these partitions, or (null) for all that it has committed. With `requireStable` an offset
   * that an open transaction may replace is UNSTABLE_OFFSET_COMMIT.
   */
  fetch(
    group: string,
    partitions: readonly TopicPartition[] | null,
    requireStable: boolean,
  ): FetchedOffsets | Promise<FetchedOffsets> {
    const table = this.coordinator.offsetsOf(group)
    if (typeof table === 'string') return { error: table, offsets: [] }
    switch (this.storageOf(group)) {
      case 'kafka':
        return { error: 'NONE', offsets: fromTopic(table, partitions, requireStable) }
      case 'zookeeper':
        return this.fetchFromZooKeeper(group, partitions)
      case 'dual':
        return this.fetchFromBoth(group, partitions, requireStable)
    }
  }

  private async fetchFromZooKeeper(
    group: string,
    partitions: readonly TopicPartition[] | null,
  ): Promise<FetchedOffsets> {
    if (!isStorableGroup(group)) return { error: 'INVALID_GROUP_ID', offsets: [] }
    if (partitions === null) {
      const all = await this.legacy.fetchAll(group)
      if (typeof all === 'string') return { error: retriable(all), offsets: [] }
      return {
        error: 'NONE',
        offsets: all.map(({ topic, partition, offset }) => plainOffset(topic, partition, offset)),
      }
    }
    const found = await this.legacy.fetch(group, partitions)
    return {
      error: 'NONE',
      offsets: partitions.map(({ topic, partition }, index) => {
        const { offset, error } = found[index] ?? { offset: null, error: 'NONE' }
        return offset === null
          ? nothing(topic, partition, retriable(error))
          : plainOffset(topic, partition, offset)
      }),
    }
  }

  private async fetchFromBoth(
    group: string,
    partitions: readonly TopicPartition[] | null,
    requireStable: boolean,
  ): Promise<FetchedOffsets> {
    const inZooKeeper = await this.fetchFromZooKeeper(group, partitions)
    if (inZooKeeper.error !== 'NONE') return inZooKeeper
    // What the topic has is looked at last: it may have moved on while ZooKeeper was asked.
    const table = this.coordinator.offsetsOf(group)
    if (typeof table === 'string') return { error: table, offsets: [] }
    const inTopic = fromTopic(table, partitions, requireStable)
    const legacy = new Map(
      inZooKeeper.offsets.map((found) => [partitionKey(found.topic, found.partition), found]),
    )
    const offsets = inTopic.map((found) => {
      const key = partitionKey(found.topic, found.partition)
      const other = legacy.get(key)
      legacy.delete(key)
      if (other === undefined || found.error !== 'NONE') return found
      if (this.repair.isOwed(group, found.topic, found.partition)) return found
      if (other.error !== 'NONE') return other.error === 'UNKNOWN_SERVER_ERROR' ? found : other
      return other.offset > found.offset ? other : found
    })
    return { error: 'NONE', offsets: partitions === null ? [...offsets, ...legacy.values()] : offsets }
  }

  // --- removing -----------------------------------------------------------------------------------------------------

  /** See GroupCoordinator.deleteOffsets. Where the group uses ZooKeeper the offsets are removed there, too. */
  async deleteOffsets(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly ErrorName[] | ErrorName> {
    const storage = this.storageOf(group)
    const answers = this.coordinator.deleteOffsets(group, partitions)
    if (storage === 'kafka' || typeof answers === 'string') return answers
    const removed = partitions.filter((_, index) => answers[index] === 'NONE')
    const error = await this.removeInTurn(group, removed)
    return error === 'NONE' ? answers : answers.map((answer) => (answer === 'NONE' ? error : answer))
  }

  /** See GroupCoordinator.deleteGroup. Where the group uses both stores its offsets are removed from both. */
  async deleteGroup(group: string): Promise<ErrorName> {
    const isDual = this.storageOf(group) === 'dual'
    const table = isDual ? this.tableOf(group) : null
    const partitions = table === null ? [] : partitionsOf(table)
    const answer = this.coordinator.deleteGroup(group)
    if (answer !== 'NONE' || !isDual) return answer
    const error = await this.removeInTurn(group, partitions)
    if (error !== 'NONE') {
      this.logger.warn(`group ${group} is deleted, but some of its offsets are still in ZooKeeper`, { error })
    }
    return error
  }

  /** Topics are gone, and what was committed for them: in both stores, for groups that use both. */
  onPartitionsDeleted(partitions: readonly TopicPartition[]): void {
    const removed = Array.from(this.dualGroups(), (group) => ({
      group,
      partitions: partitions.filter(
        ({ topic, partition }) => this.coordinator.committedOffset(group, topic, partition) !== null,
      ),
    }))
    this.coordinator.onPartitionsDeleted(partitions)
    for (const { group, partitions } of removed) {
      if (partitions.length === 0) continue
      void this.removeInTurn(group, partitions).then((error) => {
        if (error === 'NONE') return
        this.logger.warn(`offsets of deleted topics are still in ZooKeeper, for group ${group}`, { error })
      })
    }
  }

  private async removeInTurn(group: string, partitions: readonly TopicPartition[]): Promise<ErrorName> {
    if (partitions.length === 0) return 'NONE'
    let outcome: ErrorName = 'NONE'
    const hadItsTurn = await this.writes.run(group, this.timeoutMs, async () => {
      outcome = await this.legacy.remove(group, partitions)
    })
    return hadItsTurn ? outcome : 'REQUEST_TIMED_OUT'
  }

  // --- dual groups --------------------------------------------------------------------------------------------------

  /** A partition's groups are coordinated here from now on: what the broker before us still owed shows in a comparison. */
  onShardActive(shard: GroupShard): void {
    for (const group of shard.groups.keys()) if (this.storageOf(group) === 'dual') this.repair.compare(group)
  }

  /** Groups may be kept elsewhere than before. */
  onStorageChanged(): void {
    for (const group of this.dualGroups()) this.repair.compare(group)
  }

  private *dualGroups(): Generator<string, void, void> {
    for (const shard of this.coordinator.shards()) {
      for (const group of shard.groups.keys()) if (this.storageOf(group) === 'dual') yield group
    }
  }

  private tableOf(group: string): OffsetTable | null {
    const table = this.coordinator.offsetsOf(group)
    return typeof table === 'string' ? null : table
  }

  // --- both ---------------------------------------------------------------------------------------------------------

  /** What may not be stored because of its metadata; the topic's own commits check that themselves. */
  private checkMetadata(offsets: readonly OffsetCommit[]): {
    readonly answers: ErrorName[]
    readonly legal: OffsetCommit[]
  } {
    const legal: OffsetCommit[] = []
    const answers = offsets.map((commit): ErrorName => {
      if ((commit.metadata?.length ?? 0) > this.maxMetadataLength) return 'OFFSET_METADATA_TOO_LARGE'
      legal.push(commit)
      return 'NONE'
    })
    return { answers, legal }
  }

  private async timed<T>(seconds: { record(seconds: number): void }, work: () => Promise<T>): Promise<T> {
    const startMs = this.clock.monotonicMs()
    try {
      return await work()
    } finally {
      seconds.record((this.clock.monotonicMs() - startMs) / 1000)
    }
  }
}

/** Puts the answers of those that were tried in the places of the NONEs. */
function merged(answers: readonly ErrorName[], tried: readonly ErrorName[]): ErrorName[] {
  let next = 0
  return answers.map((answer) => (answer === 'NONE' ? (tried[next++] ?? 'NONE') : answer))
}

function fromTopic(
  table: OffsetTable | null,
  partitions: readonly TopicPartition[] | null,
  requireStable: boolean,
): FetchedOffset[] {
  if (partitions !== null) {
    return partitions.map(({ topic, partition }) =>
      fetched(topic, partition, table?.find(topic, partition) ?? null, requireStable),
    )
  }
  const all: FetchedOffset[] = []
  for (const { topic, partition, slot } of table?.entries() ?? []) {
    if (slot.isCommitted) all.push(fetched(topic, partition, slot, requireStable))
  }
  return all
}

function fetched(
  topic: string,
  partition: number,
  slot: OffsetSlot | null,
  requireStable: boolean,
): FetchedOffset {
  if (slot === null) return nothing(topic, partition, 'NONE')
  if (requireStable && slot.transactions !== null) return nothing(topic, partition, 'UNSTABLE_OFFSET_COMMIT')
  if (!slot.isCommitted) return nothing(topic, partition, 'NONE')
  const { offset, leaderEpoch, metadata } = slot
  return { topic, partition, offset, leaderEpoch, metadata, error: 'NONE' }
}

function nothing(topic: string, partition: number, error: ErrorName): FetchedOffset {
  return { topic, partition, offset: -1, leaderEpoch: -1, metadata: '', error }
}

/** ZooKeeper has the number and nothing else. */
function plainOffset(topic: string, partition: number, offset: number): FetchedOffset {
  return { topic, partition, offset, leaderEpoch: -1, metadata: '', error: 'NONE' }
}

/** Consumers ask again after COORDINATOR_LOAD_IN_PROGRESS; an offset that cannot be read in time must not look like none. */
function retriable(error: ErrorName): ErrorName {
  return error === 'REQUEST_TIMED_OUT' ? 'COORDINATOR_LOAD_IN_PROGRESS' : error
}

function partitionsOf(table: OffsetTable): TopicPartition[] {
  return Array.from(table.entries(), ({ topic, partition }) => ({
    topic,
    partition: partition as PartitionIndex,
  }))
}
