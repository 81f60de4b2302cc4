import type { ErrorName } from '../../model/errors.ts'
import type { PartitionIndex } from '../../model/ids.ts'
import { partitionKey } from '../../model/topic-partition.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { OffsetTable } from '../group/offset-table.ts'
import type { LegacyOffset, LegacyOffsets } from './legacy-offsets.ts'
import type { OrderedWrites } from './ordered-writes.ts'

/** What is known of the groups that keep their offsets in both stores. */
export interface DualGroups {
  /** Whether the group does, and is coordinated here: then its offsets, else null. */
  offsetsOf(group: string): OffsetTable | null
  /** All of them. */
  all(): Iterable<string>
}

/** How often the stores are compared. */
const CHECK_INTERVAL_MS = 60_000
const MIN_RETRY_MS = 200
const MAX_RETRY_MS = 30_000

/**
 * Sees to it that ZooKeeper follows the offsets topic, for groups that commit to both. A commit that has reached the
 * topic and not ZooKeeper is owed to ZooKeeper, and paid in the background, again and again until it is there. Whatever
 * nobody remembers, because the coordinator has moved since, is found by comparing, when a group is loaded and from time
 * to time: ZooKeeper is raised to the topic then, and never lowered.
 *
 * One group at a time; a group waits here once, however often it is named: the memory is bounded by the offsets that
 * the coordinator holds anyway.
 */
export class DualRepair {
  private readonly groups: DualGroups
  private readonly legacy: LegacyOffsets
  private readonly writes: OrderedWrites
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly repaired: { add(count: number): void }
  private readonly timeoutMs: number
  /** By group: partitions, by key, whose offset in the topic is the truth whatever ZooKeeper has. */
  private readonly owed = new Map<string, Set<string>>()
  /** By group: the largest difference between the stores that was left when they were compared last. */
  private readonly driftOf = new Map<string, number>()
  /** Groups to look at, in order. */
  private readonly waiting = new Set<string>()
  private isWorking = false
  private retryMs = MIN_RETRY_MS
  private retryTimer: Timer | null = null
  private checkTimer: Timer | null = null
  private isStopped = true

  constructor(options: {
    groups: DualGroups
    legacy: LegacyOffsets
    writes: OrderedWrites
    clock: Clock
    logger: Logger
    /** Counts the offsets that ZooKeeper was brought up to date with. */
    repaired: { add(count: number): void }
    /** How long one write may wait for its turn. */
    timeoutMs: number
  }) {
    this.groups = options.groups
    this.legacy = options.legacy
    this.writes = options.writes
    this.clock = options.clock
    this.logger = options.logger
    this.repaired = options.repaired
    this.timeoutMs = options.timeoutMs
  }

  start(): void {
    this.isStopped = false
    this.scheduleCheck()
  }

  stop(): void {
    this.isStopped = true
    this.checkTimer?.cancel()
    this.retryTimer?.cancel()
    this.waiting.clear()
    this.owed.clear()
    this.driftOf.clear()
  }

  /** How many partitions are owed to ZooKeeper. */
  get owedCount(): number {
    let count = 0
    for (const partitions of this.owed.values()) count += partitions.size
    return count
  }

  /** The groups that were compared, with the largest difference between their two offsets for one partition. */
  *drifts(): Generator<readonly [group: string, drift: number], void, void> {
    for (const entry of this.driftOf) {
      if (this.groups.offsetsOf(entry[0]) !== null) yield entry
      else this.driftOf.delete(entry[0])
    }
  }

  isOwed(group: string, topic: string, partition: number): boolean {
    return this.owed.get(group)?.has(partitionKey(topic, partition)) ?? false
  }

  /** The topic has these offsets, ZooKeeper has not. */
  owe(group: string, partitions: readonly { topic: string; partition: number }[]): void {
    if (partitions.length === 0 || this.isStopped) return
    const owed = this.owed.get(group) ?? new Set<string>()
    this.owed.set(group, owed)
    for (const { topic, partition } of partitions) owed.add(partitionKey(topic, partition))
    this.compare(group)
  }

  /** The group's offsets may differ: they are compared soon. */
  compare(group: string): void {
    if (this.isStopped) return
    this.waiting.add(group)
    if (this.retryTimer === null) void this.work()
  }

  private scheduleCheck(): void {
    this.checkTimer = this.clock.after(CHECK_INTERVAL_MS, () => {
      for (const group of this.groups.all()) this.compare(group)
      this.scheduleCheck()
    })
  }

  private async work(): Promise<void> {
    if (this.isWorking) return
    this.isWorking = true
    for (const group of this.waiting) {
      const error = await this.repair(group)
      if (this.isStopped) break
      if (error === 'NONE') {
        this.retryMs = MIN_RETRY_MS
        this.waiting.delete(group)
        // Named again while it was looked at.
        if (this.owed.has(group)) this.waiting.add(group)
        continue
      }
      this.logger.warn(`ZooKeeper does not have the offsets of group ${group} yet; trying again`, {
        error,
        owed: this.owed.get(group)?.size ?? 0,
        retryMs: this.retryMs,
      })
      // Behind the others: what is wrong may be wrong with this group alone.
      this.waiting.delete(group)
      this.waiting.add(group)
      this.retryLater()
      break
    }
    this.isWorking = false
  }

  private retryLater(): void {
    this.retryTimer = this.clock.after(this.retryMs, () => {
      this.retryTimer = null
      void this.work()
    })
    this.retryMs = Math.min(2 * this.retryMs, MAX_RETRY_MS)
  }

  /** Brings ZooKeeper up to date for one group. Returns NONE when there is nothing left to do. */
  private async repair(group: string): Promise<ErrorName> {
    if (this.groups.offsetsOf(group) === null) {
      this.owed.delete(group)
      this.driftOf.delete(group)
      return 'NONE'
    }
    let outcome: ErrorName = 'NONE'
    // In the group's row: a commit that comes meanwhile is written after this, not before.
    const hadItsTurn = await this.writes.run(group, this.timeoutMs, async () => {
      outcome = await this.payAndRaise(group)
    })
    return hadItsTurn ? outcome : 'REQUEST_TIMED_OUT'
  }

  private async payAndRaise(group: string): Promise<ErrorName> {
    const table = this.groups.offsetsOf(group)
    if (table === null) return 'NONE'
    const owed = this.owed.get(group) ?? new Set<string>()
    const targets: LegacyOffset[] = []
    for (const { topic, partition, slot } of table.entries()) {
      if (slot.isCommitted) targets.push({ topic, partition, offset: slot.offset })
    }
    const found = await this.legacy.fetch(
      group,
      targets.map(({ topic, partition }) => ({ topic, partition: partition as PartitionIndex })),
    )
    const unread = found.find(({ error }) => error === 'REQUEST_TIMED_OUT')
    if (unread !== undefined) return unread.error
    let drift = 0
    const behind = targets.filter(({ topic, partition, offset }, index) => {
      // What cannot be read as a number is in nobody's way.
      const inZooKeeper = found[index]?.offset ?? 0
      const isOwed = owed.has(partitionKey(topic, partition)) && inZooKeeper !== offset
      const isBehind = isOwed || inZooKeeper < offset || (found[index]?.offset ?? null) === null
      if (!isBehind) drift = Math.max(drift, inZooKeeper - offset)
      return isBehind
    })
    const errors = await this.legacy.commit(group, behind)
    let failure: ErrorName = 'NONE'
    for (const [index, { topic, partition, offset }] of behind.entries()) {
      const error = errors[index] ?? 'NONE'
      if (error === 'NONE') continue
      failure = error
      const at = targets.findIndex((target) => target.topic === topic && target.partition === partition)
      drift = Math.max(drift, Math.abs(offset - (found[at]?.offset ?? 0)))
    }
    this.driftOf.set(group, drift)
    if (failure === 'NONE') {
      this.owed.delete(group)
      this.repaired.add(behind.length)
      if (behind.length > 0) {
        this.logger.info(`ZooKeeper has the offsets of group ${group} again`, { partitions: behind.length })
      }
    }
    return failure
  }
}
