import type { BrokerId, PartitionIndex } from '../model/ids.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'

interface NodeEndpoint {
  readonly nodeId: BrokerId
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/**
 * Who leads the given partitions, and where those brokers listen for this client, so that it need not ask first
 * (KIP-951).
 */
export function currentLeaders(
  cache: MetadataCache,
  partitions: Iterable<{ readonly topic: string; readonly partition: number }>,
  listenerName: string,
): { readonly endpoints: NodeEndpoint[] } {
  const endpoints = new Map<BrokerId, NodeEndpoint>()
  for (const { topic, partition } of partitions) {
    const leader = cache.partition(topic, partition as PartitionIndex)?.leader
    const broker = leader === undefined ? undefined : cache.brokers.get(leader)
    const endpoint = broker?.endpoints.find((candidate) => candidate.listenerName === listenerName)
    if (broker === undefined || endpoint === undefined) continue
    endpoints.set(broker.id, {
      nodeId: broker.id,
      host: endpoint.host,
      port: endpoint.port,
      rack: broker.rack,
    })
  }
  return { endpoints: [...endpoints.values()] }
}
