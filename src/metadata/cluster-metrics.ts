import type { Metrics } from '../metrics/registry.ts'
import { hostPort } from '../model/endpoint.ts'
import type { MetadataCache, PartitionMetadata } from './metadata-cache.ts'

/**
 * Shows the cluster as this broker was told of it, under the names of kafka_exporter, asked at every scrape.
 * `listener`: the one whose addresses are shown.
 */
export function collectClusterMetrics(metrics: Metrics, cache: MetadataCache, listener: string): void {
  metrics.collect('kafka_brokers', (emit) => emit(cache.brokers.size))
  metrics.collect('kafka_broker_info', (emit) => {
    for (const id of cache.brokers.keys()) {
      const endpoint = cache.endpoint(id, listener)
      if (endpoint !== null) emit(1, { id, address: hostPort(endpoint.host, endpoint.port) })
    }
  })
  metrics.collect('kafka_topic_partitions', (emit) => {
    for (const { name, partitions } of cache.topics.values()) emit(partitions.size, { topic: name })
  })
  const shown = {
    leader: ({ leader }) => leader,
    leader_is_preferred: ({ leader, replicas }) => Number(leader === replicas[0]),
    replicas: ({ replicas }) => replicas.length,
    in_sync_replica: ({ inSyncReplicas }) => inSyncReplicas.length,
    under_replicated_partition: ({ inSyncReplicas, replicas }) =>
      Number(inSyncReplicas.length < replicas.length),
  } as const satisfies Record<string, (partition: PartitionMetadata) => number>
  for (const name of Object.keys(shown) as (keyof typeof shown)[]) {
    metrics.collect(`kafka_topic_partition_${name}`, (emit) => {
      for (const topic of cache.topics.values()) {
        for (const partition of topic.partitions.values()) {
          emit(shown[name](partition), { topic: topic.name, partition: partition.index })
        }
      }
    })
  }
}
