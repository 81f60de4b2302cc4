import type { Metrics } from '../metrics/registry.ts'
import type { IsrProposals } from './isr-proposals.ts'
import type { Leader } from './leader.ts'
import type { Partition } from './partition.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** Shows what the replicas hosted here have to say, asked at every scrape. Source: kafka.server.ReplicaManager (3.9). */
export function collectReplicaMetrics(metrics: Metrics, replicas: ReplicaManager): void {
  collectCounts(metrics, replicas)
  collectPartitions(metrics, replicas)
}

/** Shows what became of the leaders' proposals. */
export function collectIsrMetrics(metrics: Metrics, { counts }: IsrProposals): void {
  metrics.collect('kafka_server_replicamanager_isrshrinks_total', (emit) => emit(counts.shrinks))
  metrics.collect('kafka_server_replicamanager_isrexpands_total', (emit) => emit(counts.expands))
  metrics.collect('kafka_server_replicamanager_failedisrupdates_total', (emit) => emit(counts.refused))
}

function collectCounts(metrics: Metrics, replicas: ReplicaManager): void {
  const count = (counts: (partition: Partition) => boolean): number => {
    let found = 0
    for (const partition of replicas.all()) if (counts(partition)) found++
    return found
  }
  const counted = {
    partitioncount: () => true,
    leadercount: ({ role }) => role.kind === 'leader',
    offlinereplicacount: ({ role }) => role.kind === 'offline',
    underreplicatedpartitions: isUnderReplicated,
    underminisrpartitioncount: isUnderMinIsr,
    atminisrpartitioncount: isAtMinIsr,
    reassigningpartitions: ({ role, isReassigning }) => role.kind === 'leader' && isReassigning,
  } as const satisfies Record<string, (partition: Partition) => boolean>
  for (const name of Object.keys(counted) as (keyof typeof counted)[]) {
    metrics.collect(`kafka_server_replicamanager_${name}`, (emit) => emit(count(counted[name])))
  }
  metrics.collect('kafka_server_replicamanager_produceridcount', (emit) => {
    let producers = 0
    for (const { log } of replicas.all()) producers += log?.activeProducers().length ?? 0
    emit(producers)
  })
}

/** As in Kafka, only leaders know; on other replicas the values are 0. */
function collectPartitions(metrics: Metrics, replicas: ReplicaManager): void {
  const shown = {
    replicascount: (partition) => (leaderOf(partition) === null ? 0 : partition.replicas.length),
    insyncreplicascount: (partition) => leaderOf(partition)?.inSyncReplicas.length ?? 0,
    underreplicated: (partition) => Number(isUnderReplicated(partition)),
    underminisr: (partition) => Number(isUnderMinIsr(partition)),
    atminisr: (partition) => Number(isAtMinIsr(partition)),
    laststableoffsetlag: ({ log }) => (log === null ? 0 : log.highWatermark - log.lastStableOffset),
  } as const satisfies Record<string, (partition: Partition) => number>
  for (const name of Object.keys(shown) as (keyof typeof shown)[]) {
    metrics.collect(`kafka_cluster_partition_${name}`, (emit) => {
      for (const each of replicas.all()) {
        emit(shown[name](each), { topic: each.topic, partition: each.partition })
      }
    })
  }
}

function leaderOf({ role }: Partition): Leader | null {
  return role.kind === 'leader' ? role : null
}

/** Replicas that a reassignment adds are not missed before they have caught up. */
function isUnderReplicated(partition: Partition): boolean {
  const leader = leaderOf(partition)
  if (leader === null) return false
  const { replicas, addingReplicas } = partition
  const wanted = replicas.filter((replica) => !addingReplicas.includes(replica)).length
  return leader.inSyncReplicas.length < wanted
}

function isUnderMinIsr(partition: Partition): boolean {
  const leader = leaderOf(partition)
  return leader !== null && leader.inSyncReplicas.length < leader.minIsr
}

function isAtMinIsr(partition: Partition): boolean {
  const leader = leaderOf(partition)
  return leader !== null && leader.inSyncReplicas.length === leader.minIsr
}
