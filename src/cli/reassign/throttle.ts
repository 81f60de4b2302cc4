import type { ConfigChange } from '../../client/cluster-admin.ts'
import type { Reassignment } from '../../client/partition-admin.ts'
import type { Cluster } from '../cluster-options.ts'
import type { PlannedPartition } from './plan-file.ts'

const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const REPLICAS = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas'] as const

/** A partition with where it is and where it goes. */
export interface Move {
  readonly topic: string
  readonly partition: number
  readonly before: readonly number[]
  readonly after: readonly number[]
}

export function movesOf(current: readonly PlannedPartition[], plan: readonly PlannedPartition[]): Move[] {
  const replicasNow = new Map(
    current.map(({ topic, partition, replicas }) => [`${topic}-${partition}`, replicas]),
  )
  return plan.map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    before: replicasNow.get(`${topic}-${partition}`) ?? [],
    after: replicas,
  }))
}

/** The moves of what is under way. */
export function movesUnderWay(reassignments: readonly Reassignment[]): Move[] {
  return reassignments.map(({ topic, partition, replicas, adding, removing }) => ({
    topic,
    partition,
    before: replicas.filter((id) => !adding.includes(id)),
    after: replicas.filter((id) => !removing.includes(id)),
  }))
}

/**
 * Limits what the moves may take of the network, in bytes per second and broker: old replicas as senders, new ones as
 * receivers. Source: ReassignPartitionsCommand.modifyTopicThrottles, KIP-73.
 */
export async function setThrottle(
  { admin }: Cluster,
  moves: readonly Move[],
  bytesPerSecond: number,
): Promise<void> {
  for (const [topic, group] of topicsOf(moves)) {
    const senders = group.flatMap(({ partition, before }) => before.map((id) => `${partition}:${id}`))
    const receivers = group.flatMap(({ partition, before, after }) =>
      after.filter((id) => !before.includes(id)).map((id) => `${partition}:${id}`),
    )
    const changes: ConfigChange[] = [
      { key: REPLICAS[0], operation: 'set', value: senders.join(',') },
      { key: REPLICAS[1], operation: 'set', value: receivers.join(',') },
    ]
    await admin.alterConfigs({ type: 'topic', name: topic }, changes)
  }
  for (const id of brokersOf(moves)) {
    const changes = RATES.map((key): ConfigChange => ({
      key,
      operation: 'set',
      value: String(bytesPerSecond),
    }))
    await admin.alterConfigs({ type: 'broker', name: String(id) }, changes)
  }
}

/** Takes back what `setThrottle` set, on the topics and on every broker that is alive. Returns whether there was any. */
export async function removeThrottle({ admin }: Cluster, topics: readonly string[]): Promise<boolean> {
  const { brokers, topics: existing } = await admin.metadata(null)
  const names = new Set(existing.map(({ name }) => name))
  const resources = [
    ...[...new Set(topics)]
      .filter((name) => names.has(name))
      .map((name) => ({ type: 'topic', name }) as const),
    ...brokers.map(({ nodeId }) => ({ type: 'broker', name: String(nodeId) }) as const),
  ]
  const keys = [...REPLICAS, ...RATES]
  const described = await admin.describeConfigs(resources, { keys })
  let wasAny = false
  for (const [i, resource] of resources.entries()) {
    const set = (described[i] ?? []).filter(({ configSource }) => configSource === 1 || configSource === 2)
    if (set.length === 0) continue
    wasAny = true
    const changes = set.map(({ name }): ConfigChange => ({ key: name, operation: 'delete', value: null }))
    await admin.alterConfigs(resource, changes)
  }
  return wasAny
}

function topicsOf(moves: readonly Move[]): Map<string, Move[]> {
  const topics = new Map<string, Move[]>()
  for (const move of moves) {
    const group = topics.get(move.topic)
    if (group === undefined) topics.set(move.topic, [move])
    else group.push(move)
  }
  return topics
}

function brokersOf(moves: readonly Move[]): number[] {
  return [...new Set(moves.flatMap(({ before, after }) => [...before, ...after]))].sort(
    (one, other) => one - other,
  )
}
