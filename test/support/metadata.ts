import type { MetadataCache, PartitionMetadata } from '../../src/metadata/metadata-cache.ts'
import type {
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../src/model/ids.ts'
import { ZERO_UUID } from '../../src/model/uuid.ts'

/** A partition as the controller tells of it. */
export function aPartition(index: number, replicas: readonly number[] = [1]): PartitionMetadata {
  return {
    index: index as PartitionIndex,
    controllerEpoch: 1 as ControllerEpoch,
    leader: (replicas[0] ?? -1) as BrokerId,
    leaderEpoch: 0 as LeaderEpoch,
    inSyncReplicas: replicas as BrokerId[],
    partitionEpoch: 0 as PartitionEpoch,
    replicas: replicas as BrokerId[],
    offlineReplicas: [],
  }
}

/** The broker hears of a topic, and of nothing else: its partitions, by the replicas of each. */
export function tellOfTopic(
  cache: MetadataCache,
  name: string,
  partitions: readonly (readonly number[])[] = [[1]],
): void {
  const ids = new Set([...partitions.flat(), ...cache.brokers.keys()])
  cache.apply({
    controllerId: 1 as BrokerId,
    brokers: [...ids].map((id) => ({ id: id as BrokerId, endpoints: [], rack: null })),
    topics: [
      { name, id: ZERO_UUID, partitions: partitions.map((replicas, index) => aPartition(index, replicas)) },
    ],
  })
}
