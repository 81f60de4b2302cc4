import type { BrokerId } from '../model/ids.ts'
import { KafkaError } from '../model/errors.ts'
import { present } from '../std/assert.ts'

/** A broker that may take replicas. */
export interface PlacementBroker {
  readonly id: BrokerId
  readonly rack: string | null
}

export interface PlacementRequest {
  readonly brokers: readonly PlacementBroker[]
  readonly partitionCount: number
  readonly replicationFactor: number
  /** A whole number in [0, limit): where to start. Never called when `startIndex` is given. */
  readonly below: (limit: number) => number
  /** Instead of chance: the place of the first broker, and how far its followers are shifted. */
  readonly startIndex?: number
  /** The number of the first new partition; 0 for a new topic. */
  readonly firstPartition?: number
}

/**
 * The most partitions that a topic may have. Kafka has no such limit and fails later, in ways that hurt more: the
 * assignment of 66,000 partitions fills the largest znode that ZooKeeper takes by default.
 */
export const MAX_PARTITIONS_PER_TOPIC = 200_000

/**
 * Spreads the replicas of new partitions: leaders round robin over the brokers, followers at a distance that changes
 * with every round, and, when all brokers have racks, one replica per rack as long as there are racks without one.
 * Returns the replicas per partition, in order.
 *
 * Throws KafkaError INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, or UNKNOWN_SERVER_ERROR when only some of the
 * brokers have a rack (as Kafka does). Source: org.apache.kafka.admin.AdminUtils.assignReplicasToBrokers (3.9).
 */
export function placeReplicas(request: PlacementRequest): BrokerId[][] {
  const { brokers, partitionCount, replicationFactor } = request
  if (partitionCount <= 0) {
    throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.')
  }
  if ((request.firstPartition ?? 0) + partitionCount > MAX_PARTITIONS_PER_TOPIC) {
    throw new KafkaError(
      'INVALID_PARTITIONS',
      `Number of partitions must not be larger than ${MAX_PARTITIONS_PER_TOPIC}.`,
    )
  }
  if (replicationFactor <= 0) {
    throw new KafkaError('INVALID_REPLICATION_FACTOR', 'Replication factor must be larger than 0.')
  }
  if (replicationFactor > brokers.length) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `Replication factor: ${replicationFactor} larger than available brokers: ${brokers.length}.`,
    )
  }
  const sorted = [...brokers].sort((one, other) => one.id - other.id)
  if (sorted.every((broker) => broker.rack === null)) return placeUnaware(request, sorted)
  if (sorted.some((broker) => broker.rack === null)) {
    throw new KafkaError(
      'UNKNOWN_SERVER_ERROR',
      'Not all brokers have rack information for replica rack aware assignment.',
    )
  }
  return placeByRack(request, sorted)
}

function placeUnaware(request: PlacementRequest, brokers: readonly PlacementBroker[]): BrokerId[][] {
  const count = brokers.length
  return eachPartition(request, count, (first, shift) => {
    const replicas = [at(brokers, first).id]
    for (let follower = 0; follower < request.replicationFactor - 1; follower++) {
      replicas.push(at(brokers, followerIndex(first, shift, follower, count)).id)
    }
    return replicas
  })
}

function placeByRack(request: PlacementRequest, brokers: readonly PlacementBroker[]): BrokerId[][] {
  const alternating = alternateRacks(brokers)
  const count = alternating.length
  const rackCount = new Set(alternating.map((broker) => broker.rack)).size
  return eachPartition(request, count, (first, shift) => {
    const leader = at(alternating, first)
    const replicas = [leader.id]
    const racks = new Set([leader.rack])
    // Walks over all brokers; a rack that has a replica is passed by until every rack has one.
    for (let step = 0; replicas.length < request.replicationFactor; step++) {
      const { id, rack } = at(alternating, followerIndex(first, shift * rackCount, step, count))
      if (replicas.includes(id) || (racks.has(rack) && racks.size < rackCount)) continue
      replicas.push(id)
      racks.add(rack)
    }
    return replicas
  })
}

/** Brokers with the racks taking turns: of rack a the lowest id, of rack b the lowest, …, of rack a the second. */
export function alternateRacks(brokers: readonly PlacementBroker[]): PlacementBroker[] {
  const byRack = new Map<string, PlacementBroker[]>()
  for (const broker of [...brokers].sort((one, other) => one.id - other.id)) {
    const rack = broker.rack ?? ''
    const inRack = byRack.get(rack)
    if (inRack === undefined) byRack.set(rack, [broker])
    else inRack.push(broker)
  }
  const racks = [...byRack.keys()].sort().map((rack) => present(byRack.get(rack), 'rack'))
  const result: PlacementBroker[] = []
  for (let place = 0; result.length < brokers.length; place++) {
    for (const inRack of racks) {
      const broker = inRack[place]
      if (broker !== undefined) result.push(broker)
    }
  }
  return result
}

function eachPartition(
  request: PlacementRequest,
  brokerCount: number,
  place: (first: number, shift: number) => BrokerId[],
): BrokerId[][] {
  const startIndex = request.startIndex ?? request.below(brokerCount)
  let shift = request.startIndex ?? request.below(brokerCount)
  const firstPartition = request.firstPartition ?? 0
  const result: BrokerId[][] = []
  for (let partition = firstPartition; partition < firstPartition + request.partitionCount; partition++) {
    if (partition > 0 && partition % brokerCount === 0) shift++
    result.push(place((partition + startIndex) % brokerCount, shift))
  }
  return result
}

/** Where a follower goes: never onto the leader (`first`), and elsewhere with every round. */
function followerIndex(first: number, shift: number, follower: number, brokerCount: number): number {
  return (first + 1 + ((shift + follower) % (brokerCount - 1))) % brokerCount
}

function at(brokers: readonly PlacementBroker[], index: number): PlacementBroker {
  return present(brokers[index], 'broker')
}
