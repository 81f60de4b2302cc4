import { UnexpectedAppendOffsetError } from '../log/follower-append.ts'
import { KafkaError } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import { ZERO_UUID } from '../model/uuid.ts'
import { OneMinuteRate } from '../metrics/one-minute-rate.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { deferred } from '../std/deferred.ts'
import type { FetchPartition } from './fetch-session.ts'
import type { Follower } from './follower.ts'
import type { Partition } from './partition.ts'
import type { LeaderAnswer, RemoteLeader } from './remote-leader.ts'
import type { ReplicationQuota } from './replication-quota.ts'
import { truncationFor } from './truncation.ts'

/** A partition that this fetcher copies. */
interface Copied {
  readonly partition: Partition
  readonly follower: Follower
  /** Not asked for before this moment of the monotonic clock. */
  notBeforeMs: number
  /** Whether it held everything that is committed when the leader answered last. */
  isCaughtUp: boolean
  /** What is being done to its log; settles before anybody else may touch it. */
  work: Promise<void> | null
}

/** What the leader's broker does not offer at this moment, for all partitions or one: ask again later. */
const IDLE_MS = 1000

/**
 * One loop that copies partitions from one other broker: asks for what is new, appends it, cuts what the leader does not
 * have. A partition stays until it is removed, or until its leader turns out to be another one.
 * Source: kafka.server.AbstractFetcherThread, ReplicaFetcherThread (3.9).
 */
export class Fetcher {
  private readonly leader: RemoteLeader
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly backoffMs: () => number
  private readonly quota: ReplicationQuota
  private readonly copied = new Map<string, Copied>()
  /** Partitions that are not copied because of an error of their log. */
  private readonly failed = new Set<string>()
  private readonly requests: OneMinuteRate
  private readonly onReplicated: (bytes: number, addingReplicas: readonly BrokerId[]) => void
  private wake = deferred<void>()
  private isClosed = false
  private hasEnded = false

  constructor(options: {
    leader: RemoteLeader
    clock: Clock
    logger: Logger
    backoffMs: () => number
    /** How fast partitions that have to catch up may be copied. */
    quota: ReplicationQuota
    /** Told what has been copied, and which replicas of that partition a reassignment adds. */
    onReplicated?: (bytes: number, addingReplicas: readonly BrokerId[]) => void
  }) {
    this.leader = options.leader
    this.clock = options.clock
    this.logger = options.logger
    this.backoffMs = options.backoffMs
    this.quota = options.quota
    this.requests = new OneMinuteRate(this.clock.monotonicMs())
    this.onReplicated = options.onReplicated ?? (() => undefined)
    void this.run().finally(() => (this.hasEnded = true))
  }

  /** Requests per second over the last minute. */
  get requestRate(): number {
    return this.requests.perSecond(this.clock.monotonicMs())
  }

  /** Whether it has ended although nobody has closed it. */
  get isDead(): boolean {
    return this.hasEnded && !this.isClosed
  }

  get failedCount(): number {
    return this.failed.size
  }

  get partitionCount(): number {
    return this.copied.size
  }

  /** The partitions that it copies. */
  *partitions(): Generator<Partition> {
    for (const { partition } of this.copied.values()) yield partition
  }

  add(partition: Partition, follower: Follower): void {
    const copied: Copied = { partition, follower, notBeforeMs: 0, isCaughtUp: false, work: null }
    this.failed.delete(partition.key)
    this.copied.set(partition.key, copied)
    // A log that knows no epochs cannot be compared: only what is committed is sure to be the leader's.
    if (follower.log.latestEpoch < 0) {
      this.cutTo(copied, follower.log.highWatermark).catch((error: unknown) => this.delay(copied, error))
    }
    this.wake.resolve()
  }

  /** Resolves when nothing touches the partition's log any more. */
  async remove(key: string): Promise<void> {
    this.failed.delete(key)
    const copied = this.copied.get(key)
    if (copied === undefined) return
    this.copied.delete(key)
    // What became of it is heard by whoever began it.
    await Promise.allSettled([copied.work])
  }

  close(): void {
    this.isClosed = true
    this.wake.resolve()
    this.leader.close()
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      // Before the look, so that what is added during it is not slept over.
      this.wake = deferred()
      const ready = await this.ready()
      if (ready.length === 0) {
        await this.waitForWork()
        continue
      }
      try {
        const wanted = new Map(ready.map((copied) => [copied, wantedOf(copied)]))
        this.requests.mark(1, this.clock.monotonicMs())
        const answers = await this.leader.fetch([...wanted.values()])
        if (this.isClosed) return
        await this.take(answers, wanted)
      } catch (error) {
        if (this.isClosed) return
        this.logger.warn('the leader could not be asked for records', { error })
        await sleep(this.clock, this.backoffMs())
      }
    }
  }

  /** The partitions to be asked for now, none of which has anything being done to it. */
  private async ready(): Promise<Copied[]> {
    const nowMs = this.clock.monotonicMs()
    const candidates = [...this.copied.values()].filter(
      (copied) => copied.notBeforeMs <= nowMs && !this.isHeldBack(copied),
    )
    await Promise.allSettled(candidates.flatMap(({ work }) => work ?? []))
    return candidates.filter((copied) => this.isCurrent(copied))
  }

  /** Whether it has to wait, for it has had its share. Source: RemoteLeaderEndPoint.shouldFollowerThrottle. */
  private isHeldBack({ partition, isCaughtUp }: Copied): boolean {
    const { quota } = this
    return !isCaughtUp && quota.isThrottled(partition.topic, partition.partition) && quota.isExceeded
  }

  private async waitForWork(): Promise<void> {
    const timer = this.clock.after(this.copied.size === 0 ? IDLE_MS : this.backoffMs(), () =>
      this.wake.resolve(),
    )
    await this.wake.promise
    timer.cancel()
  }

  /** Whether the partition is still ours to copy, in the same leadership. */
  private isCurrent(copied: Copied): boolean {
    return this.copied.get(copied.partition.key) === copied && copied.partition.role === copied.follower
  }

  private async take(
    answers: readonly LeaderAnswer[],
    wanted: ReadonlyMap<Copied, FetchPartition>,
  ): Promise<void> {
    const byKey = new Map([...wanted].map(([copied, want]) => [copied.partition.key, { copied, want }]))
    const works: Promise<void>[] = []
    for (const answer of answers) {
      const found = byKey.get(`${answer.topic}-${answer.partition}`)
      if (found === undefined || !this.isCurrent(found.copied)) continue
      works.push(this.handle(found.copied, found.want, answer))
    }
    await Promise.all(works)
  }

  /** Never rejects: what goes wrong with one partition delays that one. */
  private async handle(copied: Copied, want: FetchPartition, answer: LeaderAnswer): Promise<void> {
    const { follower, partition } = copied
    try {
      switch (answer.error) {
        case 'NONE':
          if (follower.log.logEndOffset !== want.fetchOffset) return
          if (answer.divergingEpoch !== null) await this.truncate(copied, answer.divergingEpoch)
          else await this.append(copied, answer)
          return
        case 'OFFSET_OUT_OF_RANGE':
          return await this.findOffset(copied, want)
        case 'FENCED_LEADER_EPOCH':
          if (want.currentLeaderEpoch !== partition.leaderEpoch) return
          // The controller has elected another leader and will say so.
          this.logger.info(`${partition.key} is not copied any more: its leader is another one by now`)
          this.copied.delete(partition.key)
          return
        default:
          throw new KafkaError(answer.error)
      }
    } catch (error) {
      this.delay(copied, error)
    }
  }

  private delay(copied: Copied, error: unknown): void {
    const { key } = copied.partition
    if (error instanceof KafkaError && error.error === 'KAFKA_STORAGE_ERROR') {
      // Meanwhile the partition may have been taken away and given back, with another log.
      if (this.copied.get(key) === copied && this.copied.delete(key)) this.failed.add(key)
      return
    }
    this.logger.info(`${key} is asked for again later`, { error })
    copied.notBeforeMs = this.clock.monotonicMs() + this.backoffMs()
  }

  // --- what is done to a log ----------------------------------------------------------------------------------------

  /** Runs what changes a log, in such a way that `remove` can wait for it. */
  private touch(copied: Copied, change: () => Promise<void>): Promise<void> {
    const work = change().finally(() => {
      if (copied.work === work) copied.work = null
    })
    copied.work = work
    return work
  }

  private async append(copied: Copied, answer: LeaderAnswer): Promise<void> {
    const { follower } = copied
    const { records } = answer
    if (records !== null && records.length > 0) {
      try {
        follower.log.appendAsFollower(records)
      } catch (error) {
        if (!(error instanceof UnexpectedAppendOffsetError) || !beginsInside(follower, error)) throw error
        // An empty log that begins inside the leader's first batch begins with that batch instead.
        await this.touch(copied, () => follower.log.truncateFullyAndStartAt(error.firstOffset))
        if (!this.isCurrent(copied)) return
        follower.log.appendAsFollower(records)
      }
      const { topic, partition, addingReplicas } = copied.partition
      this.onReplicated(records.length, addingReplicas)
      if (this.quota.isThrottled(topic, partition)) this.quota.record(records.length)
    }
    copied.isCaughtUp = answer.highWatermark <= follower.log.nextOffset
    follower.onLeaderOffsets(answer.highWatermark, answer.logStartOffset)
    // The next request tells the leader that the records are here: they must be with the operating system by then.
    await this.touch(copied, () => follower.log.whenWritten())
  }

  private async truncate(copied: Copied, diverging: { epoch: number; endOffset: number }): Promise<void> {
    const { log } = copied.follower
    await this.cutTo(copied, truncationFor(log, diverging))
  }

  /** The leader does not have the offset: this log is ahead of it, or all of it is gone there. */
  private async findOffset(copied: Copied, want: FetchPartition): Promise<void> {
    const { log } = copied.follower
    const latest = await this.leader.latestOffset(want)
    if (!this.isCurrent(copied)) return
    if (latest < log.logEndOffset) {
      this.logger.warn(`${log.name} is cut back to ${latest}, where its leader's log ends`, {
        from: log.logEndOffset,
      })
      return this.cutTo(copied, latest)
    }
    const earliest = await this.leader.earliestOffset(want)
    if (!this.isCurrent(copied) || earliest <= log.logEndOffset) return
    this.logger.warn(`${log.name} begins anew at ${earliest}, where its leader's log begins`, {
      from: log.logEndOffset,
    })
    await this.touch(copied, () => log.truncateFullyAndStartAt(earliest))
  }

  private cutTo(copied: Copied, offset: number): Promise<void> {
    const { log } = copied.follower
    if (offset < log.highWatermark) {
      this.logger.warn(`${log.name} is cut below its high watermark ${log.highWatermark}, to ${offset}`)
    }
    return this.touch(copied, () =>
      offset < log.logStartOffset ? log.truncateFullyAndStartAt(offset) : log.truncateTo(offset),
    )
  }
}

function beginsInside({ log }: Follower, { firstOffset, lastOffset }: UnexpectedAppendOffsetError): boolean {
  return (
    log.logStartOffset === log.logEndOffset &&
    firstOffset < log.logEndOffset &&
    lastOffset >= log.logEndOffset
  )
}

function wantedOf({ partition, follower }: Copied): FetchPartition {
  const { log } = follower
  return {
    topicId: partition.topicId ?? ZERO_UUID,
    topic: partition.topic,
    partition: partition.partition,
    fetchOffset: log.logEndOffset,
    maxBytes: 0,
    currentLeaderEpoch: follower.leaderEpoch,
    lastFetchedEpoch: log.latestEpoch,
    logStartOffset: log.logStartOffset,
  }
}
