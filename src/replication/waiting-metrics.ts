import type { Metrics } from '../metrics/registry.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import type { FetchSessionCache } from './fetch-session-cache.ts'
import type { ReplicaManager } from './replica-manager.ts'

/**
 * Shows what waits: produce requests for followers, fetches (and deletions of records, which wait in the same place) for
 * bytes and watermarks, the rest for topics. Sources: kafka.server.DelayedOperationPurgatory, FetchSessionCache (3.9).
 */
export function collectWaitingMetrics(
  metrics: Metrics,
  sources: {
    readonly replicas: ReplicaManager
    readonly fetches: Purgatory
    readonly topics: Purgatory
    readonly sessions: FetchSessionCache
  },
): void {
  const { replicas, fetches, topics, sessions } = sources
  const waitingAppends = (): number => {
    let count = 0
    for (const { role } of replicas.all()) if (role.kind === 'leader') count += role.waitingCount
    return count
  }
  metrics.collect('kafka_server_delayedoperationpurgatory_numdelayedoperations', (emit) => {
    emit(waitingAppends(), { delayedOperation: 'Produce' })
    emit(fetches.size, { delayedOperation: 'Fetch' })
    emit(topics.size, { delayedOperation: 'topic' })
  })
  metrics.collect('kafka_server_delayedoperationpurgatory_purgatorysize', (emit) => {
    emit(waitingAppends(), { delayedOperation: 'Produce' })
    emit(fetches.watchCount, { delayedOperation: 'Fetch' })
    emit(topics.watchCount, { delayedOperation: 'topic' })
  })
  metrics.collect('kafka_server_fetchsessioncache_numincrementalfetchsessions', (emit) => emit(sessions.size))
  metrics.collect('kafka_server_fetchsessioncache_numincrementalfetchpartitionscached', (emit) =>
    emit(sessions.partitionCount),
  )
  metrics.collect('kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total', (emit) =>
    emit(sessions.evictions),
  )
}
