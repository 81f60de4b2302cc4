import type { BrokerId } from '../model/ids.ts'
import type { Clock } from '../platform/clock.ts'

/** The part of a rate window that is needed here. */
interface RateMeter {
  record(amount: number, nowMs: number): void
  perSecond(nowMs: number): number
}

export interface ReplicationQuotaOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly self: BrokerId
  readonly rate: RateMeter
  /** `leader.` or `follower.replication.throttled.rate`; Infinity: there is no limit. */
  readonly bytesPerSecond: () => number
  /** `leader.` or `follower.replication.throttled.replicas` of a topic: `partition:broker` pairs, or `*`. */
  readonly throttledReplicas: (topic: string) => readonly string[]
}

const EVERY_PARTITION = 'every partition'

/**
 * How fast this broker may replicate the partitions that an operator has named, in one of the two directions (KIP-73).
 * Whoever is in sync is never held back: only a replica that has to catch up is.
 * Source: kafka.server.ReplicationQuotaManager (3.9).
 */
export class ReplicationQuota {
  private readonly options: ReplicationQuotaOptions
  /** What a setting says of this broker. Settings keep their identity for as long as they do not change. */
  private readonly read = new WeakMap<readonly string[], ReadonlySet<number> | typeof EVERY_PARTITION>()

  constructor(options: ReplicationQuotaOptions) {
    this.options = options
  }

  /** Whether the partition's bytes count, and whether it may have to wait. */
  isThrottled(topic: string, partition: number): boolean {
    const { bytesPerSecond, throttledReplicas } = this.options
    if (bytesPerSecond() === Infinity) return false
    const replicas = throttledReplicas(topic)
    if (replicas.length === 0) return false
    let partitions = this.read.get(replicas)
    if (partitions === undefined) this.read.set(replicas, (partitions = this.partitionsIn(replicas)))
    return partitions === EVERY_PARTITION || partitions.has(partition)
  }

  /** Whether more than the limit has gone through lately. */
  get isExceeded(): boolean {
    const { clock, rate, bytesPerSecond } = this.options
    return rate.perSecond(clock.monotonicMs()) > bytesPerSecond()
  }

  /** Bytes of a throttled partition have gone through. */
  record(bytes: number): void {
    const { clock, rate } = this.options
    rate.record(bytes, clock.monotonicMs())
  }

  private partitionsIn(replicas: readonly string[]): ReadonlySet<number> | typeof EVERY_PARTITION {
    if (replicas.includes('*')) return EVERY_PARTITION
    const pairs = replicas.map((pair) => pair.split(':').map(Number))
    return new Set(
      pairs.flatMap(([partition, broker]) => (broker === this.options.self ? (partition ?? []) : [])),
    )
  }
}
