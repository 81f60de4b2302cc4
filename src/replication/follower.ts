import type { Log } from '../log/log.ts'
import type { BrokerId, LeaderEpoch } from '../model/ids.ts'

/**
 * This replica follows another one: its log is a copy of the leader's, made by a fetcher. Lives for one leader epoch.
 * Source: kafka.cluster.Partition (3.9), its follower half.
 */
export class Follower {
  readonly kind = 'follower'
  log: Log
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  private readonly onHighWatermark: () => void
  private leaderHighWatermark = -1

  constructor(options: {
    log: Log
    leader: BrokerId
    leaderEpoch: LeaderEpoch
    onHighWatermark: () => void
  }) {
    this.log = options.log
    this.leader = options.leader
    this.leaderEpoch = options.leaderEpoch
    this.onHighWatermark = options.onHighWatermark
  }

  /** How many records the leader has committed that are not here yet; 0 before the leader has said anything. */
  get lag(): number {
    return Math.max(0, this.leaderHighWatermark - this.log.logEndOffset)
  }

  /** What the leader says of its own log. The watermark here follows as far as this log goes. */
  onLeaderOffsets(highWatermark: number, logStartOffset: number): void {
    this.leaderHighWatermark = highWatermark
    this.applyHighWatermark()
    this.log.advanceLogStart(logStartOffset)
  }

  /** What was appended has reached the operating system. */
  onWritten(): void {
    this.applyHighWatermark()
  }

  private applyHighWatermark(): void {
    if (this.leaderHighWatermark < 0) return
    const before = this.log.highWatermark
    if (this.log.setHighWatermark(this.leaderHighWatermark) !== before) this.onHighWatermark()
  }
}
