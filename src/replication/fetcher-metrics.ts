import type { LogManager } from '../log/log-manager.ts'
import type { Metrics } from '../metrics/registry.ts'
import type { Fetcher } from './fetcher.ts'
import type { FetcherManager } from './fetcher-manager.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** What Kafka calls the client that fetches for replicas, and the one that moves them between directories. */
const REPLICA = { clientId: 'Replica' }
const REPLICA_ALTER_LOG_DIRS = { clientId: 'ReplicaAlterLogDirs' }

/** Shows how followers here keep up, asked at every scrape. Source: kafka.server.AbstractFetcherManager (3.9). */
export function collectFetcherMetrics(
  metrics: Metrics,
  sources: {
    readonly replicas: ReplicaManager
    readonly fetchers: FetcherManager
    readonly futures: LogManager['futures']
  },
): void {
  const { replicas, fetchers, futures } = sources
  const count = (of: (fetcher: Fetcher) => number): number => {
    let total = 0
    for (const fetcher of fetchers.all()) total += of(fetcher)
    return total
  }
  metrics.collect('kafka_server_fetcherlagmetrics_consumerlag', (emit) => {
    for (const partition of replicas.all()) {
      if (partition.role.kind !== 'follower') continue
      const labels = { topic: partition.topic, partition: partition.partition }
      emit(partition.role.lag, { clientId: fetchers.nameOf(partition), ...labels })
    }
  })
  metrics.collect('kafka_server_replicafetchermanager_maxlag', (emit) => {
    let most = 0
    for (const { role } of replicas.all()) if (role.kind === 'follower') most = Math.max(most, role.lag)
    emit(most, REPLICA)
  })
  metrics.collect('kafka_server_replicafetchermanager_minfetchrate', (emit) => {
    const rates = Array.from(fetchers.all(), ({ requestRate }) => requestRate)
    emit(rates.length === 0 ? 0 : Math.min(...rates), REPLICA)
  })
  metrics.collect('kafka_server_replicafetchermanager_deadthreadcount', (emit) =>
    emit(
      count(({ isDead }) => Number(isDead)),
      REPLICA,
    ),
  )
  metrics.collect('kafka_server_replicafetchermanager_failedpartitionscount', (emit) =>
    emit(
      count(({ failedCount }) => failedCount),
      REPLICA,
    ),
  )
  metrics.collect('kafka_server_replicaalterlogdirsmanager_maxlag', (emit) => {
    let most = 0
    for (const future of futures.all.values()) {
      const { topic, partition } = future.topicPartition
      const current = replicas.get(topic, partition)?.log
      if (current != null) most = Math.max(most, current.logEndOffset - future.logEndOffset)
    }
    emit(most, REPLICA_ALTER_LOG_DIRS)
  })
}
