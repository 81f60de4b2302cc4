import type { BrokerId } from '../model/ids.ts'
import { javaStringHash } from '../model/java-hash.ts'
import type { Fetcher } from './fetcher.ts'
import type { Follower } from './follower.ts'
import type { Partition } from './partition.ts'

/**
 * Which partition is copied by which loop: some loops per leader's broker (`num.replica.fetchers`), each with its own
 * connection. Source: kafka.server.AbstractFetcherManager.
 */
export class FetcherManager {
  private readonly open: (leader: BrokerId) => Fetcher
  private readonly fetchersPerBroker: () => number
  private readonly fetchers = new Map<string, Fetcher>()
  /** Where each partition is. */
  private readonly places = new Map<string, Fetcher>()

  constructor(options: { open: (leader: BrokerId) => Fetcher; fetchersPerBroker: () => number }) {
    this.open = options.open
    this.fetchersPerBroker = options.fetchersPerBroker
  }

  get fetcherCount(): number {
    return this.fetchers.size
  }

  all(): Iterable<Fetcher> {
    return this.fetchers.values()
  }

  /** The loop that copies a partition, as Kafka names its thread. */
  nameOf({ topic, partition, leaderId }: Partition): string {
    return `ReplicaFetcherThread-${fetcherIdOf(topic, partition, this.fetchersPerBroker())}-${leaderId}`
  }

  /** Begins to copy a partition from its leader. It must not be copied already. */
  add(partition: Partition, follower: Follower): void {
    const id = fetcherIdOf(partition.topic, partition.partition, this.fetchersPerBroker())
    const name = `${follower.leader}:${id}`
    let fetcher = this.fetchers.get(name)
    if (fetcher === undefined) this.fetchers.set(name, (fetcher = this.open(follower.leader)))
    this.places.set(partition.key, fetcher)
    fetcher.add(partition, follower)
  }

  /** Stops copying; resolves when nothing touches the partitions' logs any more. */
  async remove(keys: Iterable<string>): Promise<void> {
    const removals: Promise<void>[] = []
    for (const key of keys) {
      const fetcher = this.places.get(key)
      if (fetcher === undefined) continue
      this.places.delete(key)
      removals.push(fetcher.remove(key))
    }
    await Promise.all(removals)
    this.closeIdle()
  }

  close(): void {
    for (const fetcher of this.fetchers.values()) fetcher.close()
    this.fetchers.clear()
    this.places.clear()
  }

  private closeIdle(): void {
    for (const [name, fetcher] of this.fetchers) {
      if (fetcher.partitionCount > 0) continue
      fetcher.close()
      this.fetchers.delete(name)
    }
  }
}

/** The loop of a partition among those of its leader. Source: AbstractFetcherManager.getFetcherId. */
export function fetcherIdOf(topic: string, partition: number, count: number): number {
  const hash = (Math.imul(31, javaStringHash(topic)) + partition) | 0
  return (hash === -0x80000000 ? 0 : Math.abs(hash)) % count
}
