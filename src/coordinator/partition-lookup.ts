import { coordinatorPartition } from '../model/coordinator-partition.ts'
import type { PartitionIndex } from '../model/ids.ts'

/**
 * Knows how many partitions an internal topic has. The number is settled when the topic is first seen: keys must not
 * move while this broker holds their state. Until then it is what the topic would be created with.
 * Unlike Kafka, which asks ZooKeeper once at its start and believes its own configuration for a topic that another
 * broker has created later.
 */
export class CoordinatorPartitions {
  private readonly countOf: () => number
  private readonly configured: () => number
  private settled: number | null

  constructor(options: {
    /** Of the topic in ZooKeeper at the start; null when it does not exist. */
    initial: number | null
    /** Partitions of the topic as this broker knows it now; 0 when it does not. */
    countOf: () => number
    configured: () => number
  }) {
    this.settled = options.initial
    this.countOf = options.countOf
    this.configured = options.configured
  }

  get count(): number {
    if (this.settled !== null) return this.settled
    const known = this.countOf()
    if (known === 0) return this.configured()
    this.settled = known
    return known
  }

  of(key: string): PartitionIndex {
    return coordinatorPartition(key, this.count)
  }
}
