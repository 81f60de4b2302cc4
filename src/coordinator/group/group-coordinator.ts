import type { CoordinatorLog } from '../coordinator-log.ts'
import type { CoordinatorPartitions } from '../partition-lookup.ts'
import { CoordinatorRuntime, type RuntimeOptions } from '../runtime.ts'
import type { ErrorName } from '../../model/errors.ts'
import type { LeaderEpoch, PartitionIndex } from '../../model/ids.ts'
import type { TopicPartition } from '../../model/topic-partition.ts'
import type { Timer } from '../../platform/clock.ts'
import type { GroupEnvironment } from './group-environment.ts'
import { GroupShard } from './group-shard.ts'
import { DEAD_GROUP, overviewOf, summaryOf, type GroupOverview, type GroupSummary } from './group-summary.ts'
import type { Group } from './group.ts'
import type { JoinRequest } from './joining.ts'
import { leaveGroup, type LeavingMember } from './leaving.ts'
import { generationFault, type MemberClaim } from './membership.ts'
import type { CommitRequest, Committer, TransactionalCommitRequest } from './offset-commits.ts'
import type { OffsetEntry, OffsetSlot } from './offset-table.ts'
import { joinFailure, syncFailure, UNKNOWN_MEMBER, type JoinResult, type SyncResult } from './results.ts'
import type { SyncRequest } from './syncing.ts'

export interface HeartbeatRequest extends MemberClaim {
  readonly groupId: string
  readonly generationId: number
}

export interface LeaveResult {
  /** Of the request as a whole; then nobody has left. */
  readonly error: ErrorName
  /** One for each member, in their order; empty when the request failed as a whole. */
  readonly members: readonly ErrorName[]
}

/** Offsets that a transaction has changed, or that the end of one has. */
export interface ChangedOffsets {
  readonly groupId: string
  readonly entries: readonly OffsetEntry[]
}

export interface GroupCoordinatorOptions extends GroupEnvironment {
  readonly log: CoordinatorLog
  readonly partitions: CoordinatorPartitions
  readonly compression: RuntimeOptions<GroupShard>['compression']
  readonly append: RuntimeOptions<GroupShard>['append']
  readonly onLoaded?: (loadMs: number) => void
  /** A partition's groups can be asked from now on. */
  readonly onActive?: (shard: GroupShard) => void
}

/** A pass over all groups lets others have a turn after so many. */
const GROUPS_PER_TURN = 200

/**
 * Coordinates consumer groups of the classic protocol, and keeps their offsets in `__consumer_offsets`. A group lives in
 * the shard of the partition that its id falls to, at the broker that leads this partition.
 * Source: kafka.coordinator.group.{GroupCoordinator, GroupMetadataManager, GroupCoordinatorAdapter} (3.9).
 */
export class GroupCoordinator {
  private readonly options: GroupCoordinatorOptions
  private readonly runtime: CoordinatorRuntime<GroupShard>
  private readonly partitions: CoordinatorPartitions
  private expiryTimer: Timer | null = null
  private isRunning = false

  constructor(options: GroupCoordinatorOptions) {
    this.options = options
    this.partitions = options.partitions
    this.runtime = new CoordinatorRuntime({
      ...options,
      createShard: (log) => new GroupShard(log, options, (shard) => options.onActive?.(shard)),
    })
  }

  // --- life ---------------------------------------------------------------------------------------------------------

  start(): void {
    this.isRunning = true
    this.scheduleExpiry()
  }

  /** Whoever waits is told to look for another coordinator. */
  stop(): void {
    this.isRunning = false
    this.expiryTimer?.cancel()
    this.runtime.close()
  }

  /** This broker leads a partition of `__consumer_offsets` now. */
  onElected(partition: PartitionIndex, leaderEpoch: LeaderEpoch): void {
    if (this.isRunning) this.runtime.elect(partition, leaderEpoch)
  }

  /** It does not any more. `leaderEpoch` is null where the partition is gone for certain. */
  onResigned(partition: PartitionIndex, leaderEpoch: LeaderEpoch | null): void {
    this.runtime.resign(partition, leaderEpoch)
  }

  /** Topics are gone, and what was committed for them. */
  onPartitionsDeleted(partitions: readonly TopicPartition[]): void {
    const topics = new Set(partitions.map(({ topic }) => topic))
    let count = 0
    for (const shard of this.runtime.shards()) {
      for (const group of [...shard.groups.values()]) {
        const concerned = [...topics].some((topic) => group.offsets.hasTopic(topic)) ? partitions : []
        count += shard.deleteOffsets(group, concerned)
      }
    }
    this.options.metrics.offsetDeletions.add(count)
    if (count > 0) this.options.logger.info(`${count} offsets of deleted partitions are removed`)
  }

  // --- looking up ---------------------------------------------------------------------------------------------------

  partitionOf(groupId: string): PartitionIndex {
    return this.partitions.of(groupId)
  }

  shards(): Iterable<GroupShard> {
    return this.runtime.shards()
  }

  /** The group's shard, or why this broker cannot answer. */
  private shardOf(groupId: string): GroupShard | ErrorName {
    if (!this.isRunning) return 'COORDINATOR_NOT_AVAILABLE'
    return this.runtime.find(this.partitions.of(groupId))
  }

  /** As `shardOf`, for requests that mean something only to groups with members: these have a name. */
  private shardOfNamed(groupId: string): GroupShard | ErrorName {
    return groupId === '' ? 'INVALID_GROUP_ID' : this.shardOf(groupId)
  }

  // --- membership ---------------------------------------------------------------------------------------------------

  join(request: JoinRequest): JoinResult | Promise<JoinResult> {
    const { groupId, memberId, sessionTimeoutMs } = request
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.options.settings
    const shard = this.shardOfNamed(groupId)
    if (typeof shard === 'string') return joinFailure(shard, memberId)
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      return joinFailure('INVALID_SESSION_TIMEOUT', memberId)
    }
    const group = memberId === UNKNOWN_MEMBER ? shard.getOrCreate(groupId) : shard.get(groupId)
    return group === null ? joinFailure('UNKNOWN_MEMBER_ID', memberId) : shard.joining.join(group, request)
  }

  sync(request: SyncRequest): SyncResult | Promise<SyncResult> {
    const shard = this.shardOfNamed(request.groupId)
    // What was being agreed on is lost with the broker that knew it: the member has to join again. Its client may be
    // too old for COORDINATOR_LOAD_IN_PROGRESS.
    if (shard === 'COORDINATOR_LOAD_IN_PROGRESS') return syncFailure('REBALANCE_IN_PROGRESS')
    if (typeof shard === 'string') return syncFailure(shard)
    const group = shard.get(request.groupId)
    return group === null ? syncFailure('UNKNOWN_MEMBER_ID') : shard.syncing.sync(group, request)
  }

  heartbeat(request: HeartbeatRequest): ErrorName {
    const shard = this.shardOfNamed(request.groupId)
    // Nobody knows yet; the member learns with the next one.
    if (shard === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE'
    if (typeof shard === 'string') return shard
    const group = shard.get(request.groupId)
    if (group === null) return 'UNKNOWN_MEMBER_ID'
    const fault = generationFault(group, request)
    if (fault !== null) return fault
    shard.rebalance.renewSession(group.member(request.memberId))
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
  }

  leave(groupId: string, members: readonly LeavingMember[]): LeaveResult {
    const shard = this.shardOfNamed(groupId)
    if (typeof shard === 'string') return { error: shard, members: [] }
    const group = shard.get(groupId)
    return {
      error: 'NONE',
      members: members.map((member) =>
        group === null ? 'UNKNOWN_MEMBER_ID' : leaveGroup(group, member, shard.rebalance),
      ),
    }
  }

  // --- administration -----------------------------------------------------------------------------------------------

  describe(groupId: string): GroupSummary | ErrorName {
    const shard = this.shardOf(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.get(groupId)
    return group === null ? DEAD_GROUP : summaryOf(group)
  }

  /** The groups that are coordinated here, of these states (in any case of letters); empty: of all. */
  list(states: readonly string[]): { readonly error: ErrorName; readonly groups: readonly GroupOverview[] } {
    if (!this.isRunning) return { error: 'COORDINATOR_NOT_AVAILABLE', groups: [] }
    const wanted = new Set(states.map((state) => state.toLowerCase()))
    const groups: GroupOverview[] = []
    for (const shard of this.runtime.shards()) {
      for (const group of shard.groups.values()) {
        if (wanted.size === 0 || wanted.has(group.state.toLowerCase())) groups.push(overviewOf(group))
      }
    }
    return { error: this.runtime.isLoading ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NONE', groups }
  }

  /** Removes an empty group with its offsets. */
  deleteGroup(groupId: string): ErrorName {
    const shard = this.shardOf(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.get(groupId)
    if (group === null) return 'GROUP_ID_NOT_FOUND'
    if (group.state !== 'Empty') return 'NON_EMPTY_GROUP'
    this.options.metrics.offsetDeletions.add(group.offsets.count)
    shard.delete(group)
    return 'NONE'
  }

  // --- offsets ------------------------------------------------------------------------------------------------------

  /** Whether a commit that is kept elsewhere would be accepted here. Counts as a sign of life. */
  checkCommit(committer: Committer): ErrorName {
    const { groupId, generationId } = committer
    const shard = this.shardOf(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.get(groupId)
    if (group !== null) return shard.commits.refusal(group, committer) ?? 'NONE'
    return generationId < 0 ? 'NONE' : 'ILLEGAL_GENERATION'
  }

  /** Answers for each offset, in their order, when they are replicated. The first commit brings a group into being. */
  commit(request: CommitRequest): ErrorName[] | Promise<ErrorName[]> {
    const { groupId, generationId, offsets } = request
    const refuseAll = (error: ErrorName): ErrorName[] => offsets.map(() => error)
    const shard = this.shardOf(groupId)
    if (typeof shard === 'string') return refuseAll(shard)
    let group = shard.get(groupId)
    if (group === null) {
      // A generation of a group that nobody has heard of is an old one.
      if (generationId >= 0) return refuseAll('ILLEGAL_GENERATION')
      group = shard.getOrCreate(groupId)
    }
    const refusal = shard.commits.refusal(group, request)
    return refusal === null ? shard.commits.commit(group, request) : refuseAll(refusal)
  }

  /** As `commit`; the offsets count when the producer's transaction is committed (see `onTransactionCompleted`). */
  commitInTransaction(request: TransactionalCommitRequest): ErrorName[] | Promise<ErrorName[]> {
    const { groupId, offsets, producerId } = request
    const refuseAll = (error: ErrorName): ErrorName[] => offsets.map(() => error)
    const shard = this.shardOfNamed(groupId)
    if (typeof shard === 'string') return refuseAll(shard)
    const group = shard.getOrCreate(groupId)
    const refusal = shard.commits.refusalInTransaction(group, request)
    if (refusal !== null) return refuseAll(refusal)
    shard.noteTransaction(producerId, group)
    return shard.commits.commitInTransaction(group, request)
  }

  /**
   * The marker that ends a producer's transaction is replicated in these partitions of `__consumer_offsets`. Returns
   * what has changed. A partition that is being loaded finds the marker in its log.
   */
  onTransactionCompleted(
    producerId: number,
    partitions: Iterable<PartitionIndex>,
    isCommitted: boolean,
  ): ChangedOffsets[] {
    const changes: ChangedOffsets[] = []
    for (const partition of partitions) {
      const shard = this.runtime.find(partition)
      if (typeof shard === 'string') continue
      for (const { group, changed } of shard.completeTransaction(producerId, isCommitted)) {
        if (changed.length > 0) changes.push({ groupId: group.id, entries: changed })
      }
    }
    return changes
  }

  /** The group's offsets, whatever its state; null when it has none. Or why this broker cannot answer. */
  offsetsOf(groupId: string): Group['offsets'] | null | ErrorName {
    const shard = this.shardOf(groupId)
    if (typeof shard === 'string') return shard
    return shard.get(groupId)?.offsets ?? null
  }

  /** What is committed for one partition, where this broker knows. */
  committedOffset(groupId: string, topic: string, partition: number): OffsetSlot | null {
    const offsets = this.offsetsOf(groupId)
    if (offsets === null || typeof offsets === 'string') return null
    const slot = offsets.find(topic, partition)
    return slot?.isCommitted === true ? slot : null
  }

  /** Removes offsets. Answers for each partition in their order, or for the request as a whole. */
  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): readonly ErrorName[] | ErrorName {
    const shard = this.shardOfNamed(groupId)
    if (typeof shard === 'string') return shard
    const group = shard.get(groupId)
    if (group === null) return 'GROUP_ID_NOT_FOUND'
    if (group.state !== 'Empty' && group.protocolType !== 'consumer') return 'NON_EMPTY_GROUP'
    const isIdle = group.state === 'Empty'
    const answers = partitions.map(({ topic }) =>
      isIdle || !group.isSubscribedTo(topic) ? 'NONE' : 'GROUP_SUBSCRIBED_TO_TOPIC',
    )
    // The last offset takes an empty group with it.
    const count = shard.deleteOffsets(
      group,
      partitions.filter((_, index) => answers[index] === 'NONE'),
    )
    this.options.metrics.offsetDeletions.add(count)
    return answers
  }

  // --- expiry -------------------------------------------------------------------------------------------------------

  private scheduleExpiry(): void {
    const { clock, settings, logger } = this.options
    this.expiryTimer = clock.after(settings.expiryIntervalMs, () => {
      this.expireOffsets()
        .catch((error: unknown) => logger.error('expired offsets could not be looked for', { error }))
        .finally(() => {
          if (this.isRunning) this.scheduleExpiry()
        })
    })
  }

  private async expireOffsets(): Promise<void> {
    const { clock, metrics, logger } = this.options
    let count = 0
    let sinceBreak = 0
    for (const shard of [...this.runtime.shards()]) {
      for (const group of [...shard.groups.values()]) {
        if (!shard.log.isActive) break
        count += shard.expire(group)
        if (++sinceBreak % GROUPS_PER_TURN === 0) {
          await new Promise<void>((resolve) => clock.endOfTurn(resolve))
        }
      }
    }
    metrics.offsetExpirations.add(count)
    if (count > 0) logger.info(`${count} offsets have expired`)
  }
}
