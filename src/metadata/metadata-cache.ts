import type { Endpoint } from '../model/endpoint.ts'
import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionEpoch, PartitionIndex } from '../model/ids.ts'
import { LEADER_DURING_DELETE } from '../model/leader-and-isr.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import { deferred } from '../std/deferred.ts'

/** A broker that is registered in ZooKeeper, also while it shuts down. */
export interface AliveBroker {
  readonly id: BrokerId
  readonly endpoints: readonly Endpoint[]
  readonly rack: string | null
}

/** What the controller told of a partition. */
export interface PartitionMetadata {
  readonly index: PartitionIndex
  readonly controllerEpoch: ControllerEpoch
  /** NO_BROKER when the partition has no leader. */
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly inSyncReplicas: readonly BrokerId[]
  readonly partitionEpoch: PartitionEpoch
  readonly replicas: readonly BrokerId[]
  /** Replicas whose log directory has failed. */
  readonly offlineReplicas: readonly BrokerId[]
}

export interface TopicMetadata {
  readonly name: string
  /** ZERO_UUID when the topic has no id. */
  readonly id: Uuid
  readonly partitions: ReadonlyMap<PartitionIndex, PartitionMetadata>
}

/** One UpdateMetadata request: all live brokers, and the partitions that changed. */
export interface MetadataChange {
  readonly controllerId: BrokerId | null
  readonly brokers: readonly AliveBroker[]
  readonly topics: readonly {
    readonly name: string
    readonly id: Uuid
    readonly partitions: readonly PartitionMetadata[]
  }[]
}

/**
 * What this broker believes of the cluster: what the controller last told it. Topics and brokers are immutable values
 * that `apply` replaces, all in one turn: whoever reads without an `await` in between sees one moment.
 * Source: kafka.server.metadata.ZkMetadataCache.
 */
export class MetadataCache {
  private controller: BrokerId | null = null
  private brokersById: ReadonlyMap<BrokerId, AliveBroker> = new Map()
  private readonly topicsByName = new Map<string, TopicMetadata>()
  private readonly namesById = new Map<Uuid, string>()
  private partitionTotal = 0
  private readonly firstWords = deferred<void>()
  private readonly firstTopics = deferred<void>()

  /** Resolves when the controller has told this broker of the cluster for the first time. */
  get whenTold(): Promise<void> {
    return this.firstWords.promise
  }

  /** Resolves when it has told of topics: a controller that takes office speaks of brokers alone first. */
  get whenToldOfTopics(): Promise<void> {
    return this.firstTopics.promise
  }

  /** The active controller as the last UpdateMetadata had it; null before the first one. */
  get controllerId(): BrokerId | null {
    return this.controller
  }

  get brokers(): ReadonlyMap<BrokerId, AliveBroker> {
    return this.brokersById
  }

  get topics(): ReadonlyMap<string, TopicMetadata> {
    return this.topicsByName
  }

  get partitionCount(): number {
    return this.partitionTotal
  }

  topic(name: string): TopicMetadata | null {
    return this.topicsByName.get(name) ?? null
  }

  partition(topic: string, index: PartitionIndex): PartitionMetadata | null {
    return this.topicsByName.get(topic)?.partitions.get(index) ?? null
  }

  topicName(id: Uuid): string | null {
    return this.namesById.get(id) ?? null
  }

  /** The id of a topic; ZERO_UUID when it is unknown or has none. */
  topicId(name: string): Uuid {
    return this.topicsByName.get(name)?.id ?? ZERO_UUID
  }

  isAlive(id: BrokerId): boolean {
    return this.brokersById.has(id)
  }

  /** Where a broker listens under the given listener name; null when it is not alive or has no such listener. */
  endpoint(id: BrokerId, listenerName: string): Endpoint | null {
    return (
      this.brokersById.get(id)?.endpoints.find((endpoint) => endpoint.listenerName === listenerName) ?? null
    )
  }

  /** Takes over what the controller says; returns the partitions that it says are being deleted. */
  apply(change: MetadataChange): { readonly topic: string; readonly partition: PartitionIndex }[] {
    this.controller = change.controllerId
    this.brokersById = new Map(change.brokers.map((broker) => [broker.id, broker]))
    const deleted: { topic: string; partition: PartitionIndex }[] = []
    for (const { name, id, partitions } of change.topics) {
      const known = this.topicsByName.get(name)
      const merged = new Map(known?.id === id || known?.id === ZERO_UUID ? known.partitions : [])
      for (const partition of partitions) {
        if (partition.leader === LEADER_DURING_DELETE) {
          merged.delete(partition.index)
          deleted.push({ topic: name, partition: partition.index })
        } else {
          merged.set(partition.index, partition)
        }
      }
      this.replace(known, { name, id, partitions: merged })
    }
    this.firstWords.resolve()
    if (change.topics.length > 0) this.firstTopics.resolve()
    return deleted
  }

  private replace(known: TopicMetadata | undefined, topic: TopicMetadata): void {
    if (known !== undefined) {
      this.partitionTotal -= known.partitions.size
      this.namesById.delete(known.id)
    }
    if (topic.partitions.size === 0) {
      this.topicsByName.delete(topic.name)
      return
    }
    this.partitionTotal += topic.partitions.size
    this.topicsByName.set(topic.name, topic)
    if (topic.id !== ZERO_UUID) this.namesById.set(topic.id, topic.name)
  }
}
