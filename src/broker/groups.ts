import { offsetsStorageOf } from '../config/derived.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import { ReplicatedCoordinatorLog } from '../coordinator/coordinator-log.ts'
import { coordinatorMetrics, countGroups, LoadTimes } from '../coordinator/group/coordinator-metrics.ts'
import { GroupCoordinator } from '../coordinator/group/group-coordinator.ts'
import { groupSettings } from '../coordinator/group/group-environment.ts'
import { LegacyOffsets } from '../coordinator/offsets/legacy-offsets.ts'
import { offsetStoreMetrics, watchDrift } from '../coordinator/offsets/offset-store-metrics.ts'
import { OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { CoordinatorPartitions } from '../coordinator/partition-lookup.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Metrics } from '../metrics/registry.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import { OFFSETS_TOPIC } from '../model/topic-name.ts'
import type { Platform } from '../platform/platform.ts'
import { compressionTypeOf } from '../records/compression/codecs.ts'
import type { Partition } from '../replication/partition.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { ConsumerOffsetStore } from '../../zk/stores/consumer-offset-store.ts'
import { StartupError } from './startup-error.ts'

export interface GroupsOptions {
  readonly platform: Platform
  readonly config: LiveBrokerConfig
  readonly metrics: Metrics
  readonly replicas: ReplicaManager
  readonly cache: MetadataCache
  /** The stores of offsets in ZooKeeper: one that writes a commit in one step, one that writes as Kafka does. */
  readonly consumerOffsets: { readonly multi: ConsumerOffsetStore; readonly loop: ConsumerOffsetStore }
  /** Partitions of the offsets topic, as ZooKeeper has it; null when there is none. */
  readonly offsetsTopicPartitions: number | null
}

/** Consumer groups and their offsets: the coordinator and both stores, made for one broker. */
export class Groups {
  readonly coordinator: GroupCoordinator
  readonly offsets: OffsetStores
  private readonly unfollowConfig: () => void

  constructor(options: GroupsOptions) {
    const { platform, config, metrics, replicas, cache, consumerOffsets } = options
    const { clock, random } = platform
    const logger = platform.logger.child('GroupCoordinator')
    const timeoutMs = config.get('offsets.commit.timeout.ms')
    const loadTimes = new LoadTimes(clock, metrics)
    const settings = groupSettings(config)

    this.coordinator = new GroupCoordinator({
      clock,
      random,
      logger,
      settings,
      metrics: coordinatorMetrics(metrics),
      log: new ReplicatedCoordinatorLog({ replicas, topic: OFFSETS_TOPIC }),
      partitions: new CoordinatorPartitions({
        initial: options.offsetsTopicPartitions,
        countOf: () => cache.topic(OFFSETS_TOPIC)?.partitions.size ?? 0,
        configured: () => config.get('offsets.topic.num.partitions'),
      }),
      compression: compressionOf(config),
      append: { acks: config.get('offsets.commit.required.acks'), timeoutMs },
      onLoaded: (loadMs) => loadTimes.record(loadMs),
      onActive: (shard) => this.offsets.onShardActive(shard),
    })
    countGroups(metrics, () => this.coordinator.shards())

    let storageOf = offsetsStorageOf(config)
    this.offsets = new OffsetStores({
      coordinator: this.coordinator,
      legacy: new LegacyOffsets({
        ...consumerOffsets,
        writesInLoop: () => config.get('offsets.storage.zookeeper.writes') === 'loop',
        logger,
      }),
      storageOf: (group) => storageOf(group),
      clock,
      logger,
      metrics: offsetStoreMetrics(metrics),
      maxMetadataLength: settings.maxMetadataLength,
      timeoutMs,
    })
    watchDrift(metrics, this.offsets.repair)
    this.unfollowConfig = config.onChange(['offsets.storage', 'offsets.storage.overrides'], ({ after }) => {
      storageOf = offsetsStorageOf(after)
      this.offsets.onStorageChanged()
    })
  }

  start(): void {
    this.coordinator.start()
    this.offsets.start()
  }

  stop(): void {
    this.unfollowConfig()
    this.offsets.stop()
    this.coordinator.stop()
  }

  /** Leadership has changed hands: groups are loaded here, or coordinated elsewhere from now on. */
  onLeadershipChange(changes: {
    readonly leaders: readonly Partition[]
    readonly followers: readonly Partition[]
  }): void {
    for (const { topic, partition, leaderEpoch } of changes.leaders) {
      if (topic === OFFSETS_TOPIC) this.coordinator.onElected(partition, leaderEpoch)
    }
    for (const { topic, partition, leaderEpoch } of changes.followers) {
      if (topic === OFFSETS_TOPIC) this.coordinator.onResigned(partition, leaderEpoch)
    }
  }

  /** Replicas are not here any more. */
  onPartitionsGone(
    partitions: readonly { readonly topic: string; readonly partition: PartitionIndex }[],
  ): void {
    for (const { topic, partition } of partitions) {
      if (topic === OFFSETS_TOPIC) this.coordinator.onResigned(partition, null)
    }
  }

  /** Topics are being deleted, and what was committed for them. */
  onPartitionsDeleted(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.offsets.onPartitionsDeleted(partitions)
  }
}

function compressionOf(config: LiveBrokerConfig) {
  const id = config.get('offsets.topic.compression.codec')
  const type = compressionTypeOf(id)
  if (type !== null) return type
  throw new StartupError(
    `offsets.topic.compression.codec: there is no compression ${id}`,
    'use 0 (none), 1 (gzip), 2 (snappy), 3 (lz4) or 4 (zstd)',
  )
}
