import { groupKey, GroupRecordReader, offsetKey, type StoredGroup } from './group-records.ts'
import type { GroupEnvironment } from './group-environment.ts'
import { emptyCensus, type GroupCensus } from './group-states.ts'
import { Group } from './group.ts'
import { Joining, ownBytes } from './joining.ts'
import { OffsetCommits } from './offset-commits.ts'
import { expiredOffsets } from './offset-expiry.ts'
import type { OffsetEntry, OffsetValues } from './offset-table.ts'
import { Rebalance } from './rebalance.ts'
import { Syncing } from './syncing.ts'
import type { CoordinatorRecord } from '../record-batcher.ts'
import type { CoordinatorShard, ShardLog } from '../runtime.ts'
import type { StoredRecord } from '../stored-records.ts'

/** Faults of single records that are logged one by one during a load; the rest is counted. */
const MAX_LOGGED_FAULTS = 10

/** The groups of one partition of `__consumer_offsets`. Source: GroupMetadataManager.doLoadGroupsAndOffsets (3.9). */
export class GroupShard implements CoordinatorShard {
  readonly groups = new Map<string, Group>()
  readonly census: GroupCensus = emptyCensus()
  readonly log: ShardLog
  readonly rebalance: Rebalance
  readonly joining: Joining
  readonly syncing: Syncing
  readonly commits: OffsetCommits
  private readonly env: GroupEnvironment
  private readonly onActive: (shard: GroupShard) => void
  /** The groups in which each producer has open transactions. */
  private readonly byProducer = new Map<number, Set<Group>>()
  private readonly reader: GroupRecordReader
  private faults = 0

  constructor(log: ShardLog, env: GroupEnvironment, onActive: (shard: GroupShard) => void = () => undefined) {
    this.log = log
    this.env = env
    this.onActive = onActive
    this.rebalance = new Rebalance(log, env)
    this.joining = new Joining(log, env, this.rebalance)
    this.syncing = new Syncing(log, env, this.rebalance)
    this.commits = new OffsetCommits(log, env, this.rebalance)
    this.reader = new GroupRecordReader({
      onOffset: (group, topic, partition, values, record) =>
        this.replayOffset(group, topic, partition, values, record),
      onGroup: (group, value) => this.replayGroup(group, value),
      onUnknown: (version, record) => this.note(record, `key version ${version} is not known`),
      onFault: (fault, record) => this.note(record, fault),
    })
  }

  // --- groups -------------------------------------------------------------------------------------------------------

  get(groupId: string): Group | null {
    return this.groups.get(groupId) ?? null
  }

  getOrCreate(groupId: string): Group {
    const known = this.groups.get(groupId)
    if (known !== undefined) return known
    const group = new Group(groupId, this.env.clock.nowMs(), this.census)
    this.groups.set(groupId, group)
    return group
  }

  /** How many offsets its groups have committed. */
  get offsetCount(): number {
    let count = 0
    for (const { offsets } of this.groups.values()) count += offsets.count
    return count
  }

  /** Takes an empty group out, with all that it has committed. */
  delete(group: Group): void {
    group.moveTo('Dead', this.env.clock.nowMs())
    this.deleteOffsets(group, [...group.offsets.entries()])
  }

  /** Forgets offsets, and the group with them when nothing is left of it. Returns how many were committed. */
  deleteOffsets(group: Group, entries: readonly { topic: string; partition: number }[]): number {
    const removed = entries.filter(({ topic, partition }) => group.offsets.remove(topic, partition))
    const tombstones: CoordinatorRecord[] = removed.map(({ topic, partition }) => ({
      key: offsetKey(group.id, topic, partition),
      value: null,
    }))
    if (this.buryIfEmpty(group)) tombstones.push({ key: groupKey(group.id), value: null })
    this.log.appendCarelessly(tombstones)
    return removed.length
  }

  /** Removes offsets that are too old. Returns how many. */
  expire(group: Group): number {
    const expired = expiredOffsets(group, this.env.clock.nowMs(), this.env.settings.offsetsRetentionMs)
    return this.deleteOffsets(group, expired)
  }

  /**
   * An empty group without offsets is dead. Returns whether its record must be removed: a group that never had a
   * generation has none. Unlike Kafka, a group lives on while somebody holds a member id that was handed out.
   */
  private buryIfEmpty(group: Group): boolean {
    if (group.state === 'Empty' && group.offsets.isEmpty && group.pendingMembers.size === 0) {
      group.moveTo('Dead', this.env.clock.nowMs())
    }
    if (group.state !== 'Dead' || this.groups.get(group.id) !== group) return false
    for (const memberId of [...group.pendingMembers.keys()]) group.forgetPending(memberId)
    this.groups.delete(group.id)
    group.leaveCensus()
    return group.generation > 0
  }

  // --- transactions -------------------------------------------------------------------------------------------------

  /** Remembers where to look when the producer's transaction ends. */
  noteTransaction(producerId: number, group: Group): void {
    const groups = this.byProducer.get(producerId)
    if (groups === undefined) this.byProducer.set(producerId, new Set([group]))
    else groups.add(group)
  }

  /** The marker is in the log. Returns the groups whose offsets it has changed, with what has changed. */
  completeTransaction(
    producerId: number,
    isCommitted: boolean,
  ): { readonly group: Group; readonly changed: readonly OffsetEntry[] }[] {
    const groups = this.byProducer.get(producerId)
    if (groups === undefined) return []
    this.byProducer.delete(producerId)
    return Array.from(groups, (group) => ({
      group,
      changed: group.offsets.endTransaction(producerId, isCommitted),
    }))
  }

  endTransaction(producerId: number, isCommitted: boolean): void {
    this.completeTransaction(producerId, isCommitted)
  }

  // --- replay -------------------------------------------------------------------------------------------------------

  replay(record: StoredRecord): void {
    this.reader.read(record)
  }

  private replayOffset(
    groupId: string,
    topic: string,
    partition: number,
    values: OffsetValues | null,
    { offset: position, producerId }: StoredRecord,
  ): void {
    const group = this.getOrCreate(groupId)
    const { offsets } = group
    if (producerId >= 0) {
      this.replayTransactional(group, topic, partition, values, position, producerId)
    } else if (values === null) {
      offsets.remove(topic, partition)
    } else {
      offsets.apply(offsets.slot(topic, partition), values, position)
    }
  }

  private replayTransactional(
    group: Group,
    topic: string,
    partition: number,
    values: OffsetValues | null,
    position: number,
    producerId: number,
  ): void {
    const { offsets } = group
    if (values === null) {
      const slot = offsets.find(topic, partition)
      slot?.transactions?.delete(producerId)
      return
    }
    const kept = { ...values }
    const slot = offsets.stageInTransaction(topic, partition, producerId, kept)
    offsets.settleInTransaction(slot, producerId, kept, position)
    this.noteTransaction(producerId, group)
  }

  private replayGroup(groupId: string, value: StoredGroup | null): void {
    const group = this.getOrCreate(groupId)
    for (const memberId of [...group.members.keys()]) group.remove(memberId)
    if (value === null) {
      group.generation = 0
      group.protocolType = null
      group.protocolName = null
      group.leaderId = null
      group.restore('Empty', this.env.clock.nowMs())
      return
    }
    for (const stored of value.members) {
      const member = this.rebalance.newMember(group, {
        memberId: stored.memberId,
        groupInstanceId: stored.groupInstanceId,
        clientId: stored.clientId,
        clientHost: stored.clientHost,
        rebalanceTimeoutMs: stored.rebalanceTimeout < 0 ? stored.sessionTimeout : stored.rebalanceTimeout,
        sessionTimeoutMs: stored.sessionTimeout,
        protocolType: value.protocolType,
        protocols: [{ name: value.protocol ?? '', metadata: ownBytes(stored.subscription) }],
      })
      member.assignment = ownBytes(stored.assignment)
      if (!this.canBeMember(group, stored)) continue
      group.add(member)
    }
    group.generation = value.generation
    group.protocolType = value.protocolType === '' ? null : value.protocolType
    group.protocolName = group.size === 0 ? null : (value.protocol ?? '')
    group.leaderId = value.leader !== null && group.members.has(value.leader) ? value.leader : group.leaderId
    group.restore(group.size === 0 ? 'Empty' : 'Stable', value.currentStateTimestamp)
  }

  /** A record that names a member twice is not Kafka's: the first mention counts. */
  private canBeMember(group: Group, stored: StoredGroup['members'][number]): boolean {
    const { memberId, groupInstanceId } = stored
    return (
      !group.members.has(memberId) && (groupInstanceId === null || group.memberIdOf(groupInstanceId) === null)
    )
  }

  private note(record: StoredRecord, fault: string): void {
    this.faults++
    if (this.faults > MAX_LOGGED_FAULTS) return
    this.env.logger.warn(`partition ${this.log.partition} has a record that is left out: ${fault}`, {
      offset: record.offset,
    })
  }

  activate(): void {
    const { logger, settings } = this.env
    if (this.faults > MAX_LOGGED_FAULTS) {
      logger.warn(`partition ${this.log.partition} has ${this.faults} records that were left out`)
    }
    for (const group of [...this.groups.values()]) {
      // Removed, or no more than tombstones and aborted transactions.
      if (group.protocolType === null && group.generation === 0 && group.offsets.isEmpty) {
        this.groups.delete(group.id)
        group.leaveCensus()
        continue
      }
      group.learnSubscribedTopics()
      for (const member of group.members.values()) this.rebalance.renewSession(member)
      if (group.size > settings.maxGroupSize)
        this.rebalance.prepare(group, 'it has more members than allowed')
    }
    this.onActive(this)
  }

  retire(): void {
    for (const group of this.groups.values()) {
      this.rebalance.retire(group)
      group.leaveCensus()
    }
    this.groups.clear()
    this.byProducer.clear()
  }
}
