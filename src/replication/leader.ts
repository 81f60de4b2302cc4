import type { Log } from '../log/log.ts'
import type { AppendResult } from '../log/log-append.ts'
import type { AppendOrigin } from '../log/producer-state.ts'
import { KafkaError, type ErrorName } from '../model/errors.ts'
import type { BrokerId, LeaderEpoch, PartitionEpoch } from '../model/ids.ts'
import { AppendWaiters } from './append-waiters.ts'
import type { DelayedProduce, PartitionAppend } from './delayed-produce.ts'
import { highWatermarkOf } from './high-watermark.ts'
import {
  effectiveMinIsr,
  laggards,
  mayJoin,
  proposedIsr,
  settledIsr,
  type AcceptedIsr,
  type FollowerProgress,
  type IsrChange,
  type IsrState,
} from './isr.ts'

/** What a leader needs to know of the rest of the broker. */
export interface LeaderSurroundings {
  readonly self: BrokerId
  readonly monotonicMs: () => number
  readonly isAlive: (id: BrokerId) => boolean
  /** `replica.lag.time.max.ms` */
  readonly maxLagMs: () => number
  /** `min.insync.replicas` of the topic. */
  readonly minInSyncReplicas: () => number
  /** Asks the controller for another ISR. The answer comes back through `onIsrAccepted` or `onIsrRefused`. */
  readonly proposeIsr: (leader: Leader, change: IsrChange) => void
  /** The watermark has moved, or the log's end when `onlyEnd`: whoever waits for records may look again. */
  readonly onProgress: (onlyEnd: boolean) => void
}

/** A follower's progress, as it changes. */
interface Progress extends FollowerProgress {
  logEndOffset: number
  logStartOffset: number
  lastCaughtUpMs: number
  /** When it fetched last, and where the leader's log ended then. */
  lastFetchMs: number
  leaderEndAtLastFetch: number
}

/**
 * This replica leads: takes records in, keeps track of its followers, moves the watermark and says who is in sync. Lives
 * for one leader epoch; a new epoch is a new leader.
 * Source: kafka.cluster.Partition (3.9), its leader half.
 */
export class Leader {
  readonly kind = 'leader'
  log: Log
  readonly leaderEpoch: LeaderEpoch
  /** Where this epoch's records begin. */
  readonly epochStartOffset: number
  readonly replicas: readonly BrokerId[]
  private readonly surroundings: LeaderSurroundings
  private readonly followers = new Map<BrokerId, Progress>()
  private readonly untilWritten = new AppendWaiters()
  private readonly untilReplicated = new AppendWaiters()
  private isr: IsrState
  private hasResigned = false

  constructor(options: {
    log: Log
    leaderEpoch: LeaderEpoch
    partitionEpoch: PartitionEpoch
    replicas: readonly BrokerId[]
    inSyncReplicas: readonly BrokerId[]
    surroundings: LeaderSurroundings
  }) {
    this.log = options.log
    this.leaderEpoch = options.leaderEpoch
    this.replicas = options.replicas
    this.surroundings = options.surroundings
    this.isr = settledIsr(options.inSyncReplicas, options.partitionEpoch)
    this.epochStartOffset = options.log.nextOffset
    // Before anybody can ask for this epoch (KIP-320).
    options.log.assignLeaderEpoch(options.leaderEpoch, this.epochStartOffset)
    const nowMs = this.surroundings.monotonicMs()
    for (const id of options.replicas) {
      if (id === this.surroundings.self) continue
      const isInSync = this.isr.committedIsr.has(id)
      this.followers.set(id, {
        id,
        logEndOffset: -1,
        logStartOffset: -1,
        lastCaughtUpMs: isInSync ? nowMs : -Infinity,
        lastFetchMs: -Infinity,
        leaderEndAtLastFetch: -1,
      })
    }
    this.advanceHighWatermark()
  }

  // --- who is in sync -----------------------------------------------------------------------------------------------

  get isrState(): IsrState {
    return this.isr
  }

  get inSyncReplicas(): readonly BrokerId[] {
    return [...this.isr.committedIsr]
  }

  get minIsr(): number {
    return effectiveMinIsr(this.surroundings.minInSyncReplicas(), this.replicas.length)
  }

  /** The lowest log start of the replicas that are alive: records before it are gone everywhere. */
  get lowWatermark(): number {
    let lowest = this.log.logStartOffset
    for (const follower of this.followers.values()) {
      if (this.surroundings.isAlive(follower.id)) lowest = Math.min(lowest, follower.logStartOffset)
    }
    return lowest
  }

  /** A follower's progress; null when it is none of this partition's replicas. */
  follower(id: BrokerId): FollowerProgress | null {
    return this.followers.get(id) ?? null
  }

  /** Followers in sync whose logs hold `offset`, for readers near them (KIP-392). */
  *followersWith(offset: number): Generator<FollowerProgress> {
    for (const follower of this.followers.values()) {
      const isInRange = follower.logStartOffset <= offset && offset <= follower.logEndOffset
      if (isInRange && this.isr.committedIsr.has(follower.id)) yield follower
    }
  }

  // --- records in ---------------------------------------------------------------------------------------------------

  /** Checks and stamps a batch; it has its place in the log when this returns. Throws what the log throws. */
  append(records: Buffer, origin: AppendOrigin, needsAllReplicas: boolean): AppendResult {
    if (needsAllReplicas && this.isr.committedIsr.size < this.minIsr) {
      throw new KafkaError(
        'NOT_ENOUGH_REPLICAS',
        `The size of the current ISR ${[...this.isr.committedIsr].join(',')} is insufficient to satisfy the min.isr requirement of ${this.minIsr} for partition ${this.log.name}`,
      )
    }
    return this.log.appendAsLeader(records, { leaderEpoch: this.leaderEpoch, origin })
  }

  /** Has `request` wait until the log is as long as `requiredOffset`: on this disk, or with `all` in-sync replicas. */
  wait(requiredOffset: number, all: boolean, result: PartitionAppend, request: DelayedProduce): void {
    const reached = all ? this.log.highWatermark : this.log.logEndOffset
    if (requiredOffset <= reached) return
    request.expect(result)
    const waiters = all ? this.untilReplicated : this.untilWritten
    waiters.add({ requiredOffset, result, request })
  }

  /** What was appended has reached the operating system. */
  onWritten(): void {
    this.untilWritten.complete(this.log.logEndOffset)
    if (!this.advanceHighWatermark()) this.surroundings.onProgress(true)
  }

  // --- followers ----------------------------------------------------------------------------------------------------

  /**
   * A follower has asked for `offset`, so it has everything before. `leaderEndOffset` is where this log ended when its
   * answer was read.
   */
  onFollowerFetch(
    id: BrokerId,
    fetch: { offset: number; logStartOffset: number; leaderEndOffset: number },
  ): void {
    const follower = this.followers.get(id)
    if (follower === undefined || this.hasResigned) return
    const nowMs = this.surroundings.monotonicMs()
    if (fetch.offset >= fetch.leaderEndOffset)
      follower.lastCaughtUpMs = Math.max(follower.lastCaughtUpMs, nowMs)
    else if (fetch.offset >= follower.leaderEndAtLastFetch) {
      // It has come as far as this log was at its last fetch: at that time it was caught up.
      follower.lastCaughtUpMs = Math.max(follower.lastCaughtUpMs, follower.lastFetchMs)
    }
    const hasMovedStart = fetch.logStartOffset > follower.logStartOffset
    follower.logEndOffset = fetch.offset
    follower.logStartOffset = fetch.logStartOffset
    follower.lastFetchMs = nowMs
    follower.leaderEndAtLastFetch = fetch.leaderEndOffset
    this.maybeExpand(follower)
    // Whoever waits for deleted records to be gone from every replica may look again.
    if (!this.advanceHighWatermark() && hasMovedStart) this.surroundings.onProgress(false)
  }

  private maybeExpand(follower: Progress): void {
    const { isAlive } = this.surroundings
    const { epochStartOffset } = this
    const highWatermark = this.log.highWatermark
    if (!mayJoin(this.isr, follower, { highWatermark, epochStartOffset, isAlive: isAlive(follower.id) }))
      return
    this.propose({ kind: 'expand', inSyncReplicas: [...this.isr.committedIsr, follower.id] })
  }

  /** Produce requests that wait for followers. */
  get waitingCount(): number {
    return this.untilReplicated.length
  }

  /** Asks to drop members that lag. Called from time to time. */
  maybeShrink(): void {
    if (this.isr.pending !== null || this.hasResigned) return
    const lagging = laggards(this.isr, this.followers.values(), {
      leaderEndOffset: this.log.logEndOffset,
      nowMs: this.surroundings.monotonicMs(),
      maxLagMs: this.surroundings.maxLagMs(),
    })
    if (lagging.length === 0) return
    const inSyncReplicas = [...this.isr.committedIsr].filter((id) => !lagging.includes(id))
    this.propose({ kind: 'shrink', inSyncReplicas })
  }

  private propose(change: IsrChange): void {
    this.isr = proposedIsr(this.isr, change)
    this.surroundings.proposeIsr(this, change)
  }

  /** The controller says how the partition is now. Answers from before the last one are ignored. */
  onIsrAccepted(accepted: AcceptedIsr): void {
    if (this.hasResigned || accepted.leaderEpoch !== this.leaderEpoch) return
    if (accepted.partitionEpoch < this.isr.partitionEpoch) return
    this.isr = settledIsr(accepted.inSyncReplicas, accepted.partitionEpoch)
    this.advanceHighWatermark()
  }

  /**
   * The controller refuses. Where the change was never made the committed ISR holds; where it may have been, the
   * proposal stays pending: the watermark goes on counting everybody until the controller speaks again.
   */
  onIsrRefused(error: ErrorName): void {
    if (this.hasResigned || this.isr.pending === null) return
    if (error === 'OPERATION_NOT_ATTEMPTED' || error === 'INELIGIBLE_REPLICA') {
      this.isr = settledIsr([...this.isr.committedIsr], this.isr.partitionEpoch)
      this.advanceHighWatermark()
    }
  }

  // --- watermark ----------------------------------------------------------------------------------------------------

  /** Moves the watermark as far as everyone in sync has come; returns whether it moved. */
  private advanceHighWatermark(): boolean {
    const { monotonicMs, maxLagMs, isAlive } = this.surroundings
    const reached = highWatermarkOf(this.isr, this.followers.values(), {
      leaderEndOffset: this.log.logEndOffset,
      minIsr: this.minIsr,
      nowMs: monotonicMs(),
      maxLagMs: maxLagMs(),
      isAlive,
    })
    if (reached === null || reached <= this.log.highWatermark) return false
    this.log.setHighWatermark(reached)
    const isEnough = this.isr.maximalIsr.size >= this.minIsr
    this.untilReplicated.complete(reached, isEnough ? 'NONE' : 'NOT_ENOUGH_REPLICAS_AFTER_APPEND')
    this.surroundings.onProgress(false)
    return true
  }

  /** The end of this leadership: whoever waits for it gets `error`. */
  resign(error: ErrorName): void {
    this.hasResigned = true
    this.untilWritten.fail(error)
    this.untilReplicated.fail(error)
  }
}
