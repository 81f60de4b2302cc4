import { PartitionAdmin } from '../../client/partition-admin.ts'
import { KafkaError } from '../../model/errors.ts'
import type { Cluster } from '../cluster-options.ts'
import { assessHealth, type Health, type HealthInputs } from './assess.ts'

/** Asks the cluster for all that its health is judged by. */
export async function readHealth(cluster: Cluster, expectedBrokers: number | null = null): Promise<Health> {
  const { admin } = cluster
  const metadata = await admin.metadata(null)
  const partitionAdmin = new PartitionAdmin(cluster)
  const [minInSync, asked, reassigning] = await Promise.all([
    minInSyncOf(
      cluster,
      // Only where a replica is missing can it matter.
      metadata.topics
        .filter(({ partitions }) =>
          partitions.some(({ isrNodes, replicaNodes }) => isrNodes.length < replicaNodes.length),
        )
        .flatMap(({ name }) => (name === null ? [] : [name])),
    ),
    askBrokers(
      partitionAdmin,
      metadata.brokers.map(({ nodeId }) => nodeId),
    ),
    // Without a controller nobody can tell; that there is none is said anyway.
    partitionAdmin.reassignments().catch(noneOnKafkaError),
  ])
  return assessHealth({ metadata, minInSync, ...asked, reassigning, expectedBrokers })
}

async function minInSyncOf({ admin }: Cluster, topics: readonly string[]): Promise<Map<string, number>> {
  if (topics.length === 0) return new Map()
  const described = await admin
    .describeConfigs(
      topics.map((name) => ({ type: 'topic', name })),
      { keys: ['min.insync.replicas'] },
    )
    .catch(noneOnKafkaError)
  return new Map(topics.map((name, i) => [name, Number(described[i]?.[0]?.value ?? 1)]))
}

/** Each broker is asked itself: one that died a moment ago is still listed until its session ends. */
async function askBrokers(
  admin: PartitionAdmin,
  brokers: readonly number[],
): Promise<Pick<HealthInputs, 'failedDirectories' | 'unreachable'>> {
  const unreachable: number[] = []
  const lists = await Promise.all(
    brokers.map((broker) =>
      admin.logDirectories(broker).catch((error: unknown) => {
        if (error instanceof KafkaError && error.error === 'NETWORK_EXCEPTION') unreachable.push(broker)
        return noneOnKafkaError(error)
      }),
    ),
  )
  const failedDirectories = lists.flat().filter(({ error }) => error === 'KAFKA_STORAGE_ERROR')
  return { failedDirectories, unreachable: unreachable.sort((one, other) => one - other) }
}

/** What a broker cannot tell does not stand against the cluster. */
function noneOnKafkaError(error: unknown): [] {
  if (error instanceof KafkaError) return []
  throw error
}
