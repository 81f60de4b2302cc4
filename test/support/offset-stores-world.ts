import type { OffsetsStorage } from '../../src/config/derived.ts'
import { LegacyOffsets } from '../../src/coordinator/offsets/legacy-offsets.ts'
import type { FetchedOffset } from '../../src/coordinator/offsets/offset-stores.ts'
import { OffsetStores } from '../../src/coordinator/offsets/offset-stores.ts'
import type { CommitRequest } from '../../src/coordinator/group/offset-commits.ts'
import type { ErrorName } from '../../src/model/errors.ts'
import type { PartitionIndex } from '../../src/model/ids.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import { ConsumerOffsetStore } from '../../zk/stores/consumer-offset-store.ts'
import type { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { commitRequest, Count, GroupWorld } from './group-world.ts'

const TIMEOUT_MS = 5000

/** Both stores of offsets: a group coordinator with its log, and a ZooKeeper in memory. */
export class OffsetStoresWorld {
  readonly groups: GroupWorld
  readonly service: FakeZooKeeperService
  readonly zooKeeper: FakeZooKeeper
  readonly repaired = new Count()
  readonly seconds = { kafka: [] as number[], zooKeeper: [] as number[] }
  stores: OffsetStores
  /** Where every group keeps its offsets, unless `overrides` says otherwise. */
  storage: OffsetsStorage
  readonly overrides = new Map<string, OffsetsStorage>()
  writesInLoop = false

  private constructor(groups: GroupWorld, storage: OffsetsStorage) {
    const { clock, random, logger } = groups
    this.groups = groups
    this.storage = storage
    this.service = new FakeZooKeeperService({ clock })
    this.zooKeeper = this.service.connect({ clock, random, logger, sessionTimeoutMs: 18_000 })
    this.stores = this.newStores()
    groups.onActive = () => {
      for (const shard of groups.coordinator.shards()) this.stores.onShardActive(shard)
    }
  }

  static async ready(
    storage: OffsetsStorage,
    settings: { maxMetadataLength?: number } = {},
  ): Promise<OffsetStoresWorld> {
    const groups = await GroupWorld.ready({ settings })
    const world = new OffsetStoresWorld(groups, storage)
    await groups.clock.until(world.zooKeeper.create('/consumers', null))
    return world
  }

  private newStores(): OffsetStores {
    const { clock, logger, coordinator, settings } = this.groups
    const options = { zooKeeper: this.zooKeeper, clock, logger }
    const stores = new OffsetStores({
      coordinator,
      legacy: new LegacyOffsets({
        multi: new ConsumerOffsetStore({ ...options, mode: 'multi' }),
        loop: new ConsumerOffsetStore({ ...options, mode: 'loop' }),
        writesInLoop: () => this.writesInLoop,
        logger,
      }),
      storageOf: (group) => this.overrides.get(group) ?? this.storage,
      clock,
      logger,
      metrics: {
        repaired: this.repaired,
        kafkaSeconds: { record: (seconds) => void this.seconds.kafka.push(seconds) },
        zooKeeperSeconds: { record: (seconds) => void this.seconds.zooKeeper.push(seconds) },
      },
      maxMetadataLength: settings.maxMetadataLength,
      timeoutMs: TIMEOUT_MS,
    })
    stores.start()
    return stores
  }

  /** Another broker takes over: it knows what is in the log and in ZooKeeper, and nothing else. */
  async moveOn(): Promise<void> {
    this.stores.stop()
    this.groups.onActive = () => {
      this.stores = this.newStores()
      for (const shard of this.groups.coordinator.shards()) this.stores.onShardActive(shard)
    }
    await this.groups.moveOn()
  }

  run<T>(work: T | Promise<T>): Promise<T> {
    return this.groups.clock.until(Promise.resolve(work))
  }

  pass(ms: number): Promise<void> {
    return this.groups.pass(ms)
  }

  commit(request: Partial<CommitRequest> = {}): Promise<ErrorName[]> {
    return this.run(this.stores.commit(commitRequest(request)))
  }

  /** The offsets of group `g`, as texts: `t-0=42`. Throws when the request failed as a whole. */
  async fetch(partitions: readonly TopicPartition[] | null = [at()], group = 'g'): Promise<string[]> {
    const { error, offsets } = await this.run(this.stores.fetch(group, partitions, false))
    if (error !== 'NONE') throw new Error(error)
    return offsets.map(textOf)
  }

  /** What the znode of a partition says; undefined where there is none. */
  znode(partition = 0, topic = 't', group = 'g'): string | undefined {
    return this.service.tree.get(`/consumers/${group}/offsets/${topic}/${partition}`)?.data?.toString()
  }

  /** Somebody else, an old client perhaps, writes an offset into ZooKeeper. */
  async setZnode(offset: number | string, partition = 0): Promise<void> {
    const path = `/consumers/g/offsets/t/${partition}`
    for (const parent of ['/consumers/g', '/consumers/g/offsets', '/consumers/g/offsets/t']) {
      if (this.service.tree.get(parent) === undefined) await this.run(this.zooKeeper.create(parent, null))
    }
    const data = Buffer.from(String(offset))
    if (this.service.tree.get(path) === undefined) await this.run(this.zooKeeper.create(path, data))
    else await this.run(this.zooKeeper.set(path, data, -1))
  }
}

export function at(topic = 't', partition = 0): TopicPartition {
  return { topic, partition: partition as PartitionIndex }
}

export function textOf({ topic, partition, offset, error }: FetchedOffset): string {
  return `${topic}-${partition}=${error === 'NONE' ? offset : error}`
}
