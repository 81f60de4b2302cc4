import type { Experiment, SandboxTopic } from '../experiment/experiment.ts'

/** A cluster's shape, without a single record of it: what a rehearsal on one's own topology needs. */
export interface Topology {
  readonly format: typeof FORMAT
  readonly exportedAt: string
  readonly clusterId: string | null
  readonly brokers: readonly { readonly id: number; readonly rack: string | null }[]
  /** Settings of all brokers that were changed while they ran. */
  readonly brokerConfig: Readonly<Record<string, string>>
  readonly topics: readonly TopologyTopic[]
}

export interface TopologyTopic {
  readonly name: string
  /** The replicas of each partition, in the order of the partitions. */
  readonly partitions: readonly (readonly number[])[]
  readonly config: Readonly<Record<string, string>>
}

export const FORMAT = 'zurau-topology-1'

/** A laptop holds so many partitions without effort; the largest topics are represented first. */
const MAX_PARTITIONS = 120
const MAX_PARTITIONS_OF_TOPIC = 12

/** Settings that matter for a rehearsal, and that a small cluster can be given. */
const KEPT_TOPIC_KEYS: ReadonlySet<string> = new Set([
  'min.insync.replicas',
  'unclean.leader.election.enable',
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'segment.ms',
  'compression.type',
  'message.timestamp.type',
  'max.message.bytes',
])

/** Reads an exported file. */
export function parseTopology(text: string): Topology | { readonly problem: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
  const topology = value as Partial<Topology> | null
  if (typeof topology !== 'object' || topology?.format !== FORMAT)
    return { problem: `it is no topology (${FORMAT})` }
  const { brokers, topics } = topology
  const isId = (id: unknown): boolean => typeof id === 'number' && Number.isInteger(id) && id >= 0
  if (!Array.isArray(brokers) || brokers.length === 0 || !brokers.every(({ id }) => isId(id)))
    return { problem: 'brokers must be a list with ids' }
  const areTopics =
    Array.isArray(topics) &&
    topics.every(
      ({ name, partitions }) =>
        typeof name === 'string' &&
        Array.isArray(partitions) &&
        partitions.every((replicas) => Array.isArray(replicas) && replicas.every(isId)),
    )
  if (!areTopics) return { problem: 'topics must be a list with names and the replicas of their partitions' }
  return topology as Topology
}

/**
 * The drill on a scaled clone: as many brokers as the drill has, in the racks of the original, and its topics with
 * their settings and their replicas where these would be. Who shared a rack shares a broker before others do.
 */
export function cloneOf(topology: Topology, experiment: Experiment): Experiment {
  const [extension] = experiment.extensions
  const count = extension.sandbox.brokers
  const racks = [...new Set(topology.brokers.map(({ rack }) => rack ?? ''))].sort()
  const newId = new Map<number, number>()
  for (const [index, { id, rack }] of [...topology.brokers].sort((one, other) => one.id - other.id).entries())
    newId.set(id, ((racks.length >= count ? racks.indexOf(rack ?? '') : index) % count) + 1)
  const rackOf = (id: number): string =>
    topology.brokers.find((each) => newId.get(each.id) === id)?.rack ?? `rack-${id}`
  return {
    ...experiment,
    extensions: [
      {
        ...extension,
        sandbox: {
          ...extension.sandbox,
          racks: Array.from({ length: count }, (_, index) => rackOf(index + 1)),
          topics: scaledTopics(topology, newId, count),
        },
      },
    ],
  }
}

function scaledTopics(topology: Topology, newId: ReadonlyMap<number, number>, count: number): SandboxTopic[] {
  const own = topology.topics.filter(({ name }) => !name.startsWith('__'))
  const largest = [...own].sort(
    (one, other) => other.partitions.length - one.partitions.length || (one.name < other.name ? -1 : 1),
  )
  let left = MAX_PARTITIONS
  return largest.flatMap(({ name, partitions, config }) => {
    const kept = partitions.slice(0, Math.min(MAX_PARTITIONS_OF_TOPIC, left))
    left -= kept.length
    if (kept.length === 0) return []
    return [
      {
        name,
        assignment: kept.map((replicas) => scaledReplicas(replicas, newId, count)),
        config: Object.fromEntries(Object.entries(config).filter(([key]) => KEPT_TOPIC_KEYS.has(key))),
      },
    ]
  })
}

/** As many replicas as there were, on different brokers; in the same order, as far as they do not fall together. */
function scaledReplicas(
  replicas: readonly number[],
  newId: ReadonlyMap<number, number>,
  count: number,
): number[] {
  const wanted = Math.max(1, Math.min(replicas.length, count))
  const chosen = new Set(replicas.map((id) => newId.get(id) ?? (id % count) + 1))
  for (let id = (replicas[0] ?? 0) + 1; chosen.size < wanted; id++) chosen.add((id % count) + 1)
  return [...chosen].slice(0, wanted)
}
