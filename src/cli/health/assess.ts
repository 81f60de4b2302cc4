import type { ClusterMetadata } from '../../client/cluster-client.ts'

/** Something that keeps a cluster from being well. */
export interface Problem {
  /** `error`: somebody cannot read or write. `warning`: the next failure would hurt. `note`: it is unusual. */
  readonly level: 'error' | 'warning' | 'note'
  /** A stable word for programs. */
  readonly kind:
    | 'no-controller'
    | 'no-brokers'
    | 'broker-missing'
    | 'broker-unreachable'
    | 'partition-offline'
    | 'below-min-isr'
    | 'under-replicated'
    | 'directory-offline'
    | 'leader-not-preferred'
    | 'reassigning'
  readonly what: string
  readonly advice: string
  /** `topic-partition`, all of them. */
  readonly partitions: readonly string[]
}

export interface Health {
  readonly isHealthy: boolean
  readonly clusterId: string | null
  readonly controller: number | null
  readonly brokers: number
  readonly partitions: number
  readonly problems: readonly Problem[]
}

export interface HealthInputs {
  readonly metadata: ClusterMetadata
  /** `min.insync.replicas` by topic; 1 where it is missing. */
  readonly minInSync: ReadonlyMap<string, number>
  /** Brokers that are registered and do not answer. */
  readonly unreachable: readonly number[]
  /** Log directories that brokers report as failed. */
  readonly failedDirectories: readonly { readonly broker: number; readonly path: string }[]
  readonly reassigning: readonly { readonly topic: string; readonly partition: number }[]
  /** How many brokers have to be alive; null: as many as have replicas. */
  readonly expectedBrokers: number | null
}

interface Partition {
  readonly name: string
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly minInSync: number
}

/** Whether the cluster is well and, if not, why: the worst first. Notes alone do not make it ill. Pure. */
export function assessHealth(inputs: HealthInputs): Health {
  const { metadata, minInSync } = inputs
  const partitions = metadata.topics.flatMap((topic): Partition[] =>
    topic.partitions.map((each) => ({
      name: `${topic.name ?? topic.topicId}-${each.partitionIndex}`,
      leader: each.leaderId,
      replicas: each.replicaNodes,
      isr: each.isrNodes,
      minInSync: minInSync.get(topic.name ?? '') ?? 1,
    })),
  )
  const alive = metadata.brokers.map(({ nodeId }) => nodeId)
  const problems = [
    ...problemsOfCluster(inputs, alive),
    ...problemsOfPartitions(partitions, alive),
    ...problemsOfDirectories(inputs),
  ]
  const order = { error: 0, warning: 1, note: 2 }
  problems.sort((one, other) => order[one.level] - order[other.level])
  return {
    isHealthy: problems.every(({ level }) => level === 'note'),
    clusterId: metadata.clusterId,
    controller: metadata.controllerId < 0 ? null : metadata.controllerId,
    brokers: alive.length,
    partitions: partitions.length,
    problems,
  }
}

function* problemsOfCluster(
  { metadata, expectedBrokers, unreachable }: HealthInputs,
  alive: number[],
): Generator<Problem> {
  if (!alive.includes(metadata.controllerId)) {
    yield {
      level: 'error',
      kind: 'no-controller',
      what: 'there is no controller: nothing can be created, deleted or elected',
      advice: 'one is elected when a broker reaches ZooKeeper: zurau doctor --zookeeper HOST:PORT/CHROOT',
      partitions: [],
    }
  }
  for (const id of unreachable) {
    yield {
      level: 'error',
      kind: 'broker-unreachable',
      what: `broker ${id} is registered and does not answer`,
      advice:
        'it may have died a moment ago; otherwise see whether its advertised address is right: zurau doctor',
      partitions: [],
    }
  }
  if (expectedBrokers !== null && alive.length < expectedBrokers) {
    yield {
      level: 'error',
      kind: 'no-brokers',
      what: `${alive.length} of ${expectedBrokers} brokers are alive: ${alive.sort((a, b) => a - b).join(', ')}`,
      advice: 'start those that are missing',
      partitions: [],
    }
  }
}

function* problemsOfPartitions(
  partitions: readonly Partition[],
  alive: readonly number[],
): Generator<Problem> {
  const missing = [...new Set(partitions.flatMap(({ replicas }) => replicas))]
    .filter((id) => !alive.includes(id))
    .sort((one, other) => one - other)
  for (const id of missing) {
    const affected = partitions.filter(({ replicas }) => replicas.includes(id))
    yield {
      level: 'error',
      kind: 'broker-missing',
      what: `broker ${id} is not alive; it has replicas of ${count(affected, 'partition')}`,
      advice: `start broker ${id}, or move its replicas: zurau reassign plan --remove ${id}`,
      partitions: affected.map(({ name }) => name),
    }
  }
  const offline = partitions.filter(({ leader }) => leader < 0)
  if (offline.length > 0) {
    const waitedFor = [...new Set(offline.flatMap(({ isr }) => isr))].sort((one, other) => one - other)
    yield {
      level: 'error',
      kind: 'partition-offline',
      what: `${count(offline, 'partition')} cannot be read or written: nobody leads them`,
      advice:
        waitedFor.length === 0
          ? 'start the brokers of their replicas'
          : `start the last in-sync replicas: ${brokers(waitedFor)}; or accept loss: zurau leaders elect --unclean`,
      partitions: offline.map(({ name }) => name),
    }
  }
  const led = partitions.filter(({ leader }) => leader >= 0)
  const closed = led.filter(({ isr, minInSync }) => isr.length < minInSync)
  if (closed.length > 0) {
    yield {
      level: 'error',
      kind: 'below-min-isr',
      what: `${count(closed, 'partition')} refuse writes with acks=all: fewer in-sync replicas than min.insync.replicas`,
      advice: `bring back ${brokers(behind(closed))}, or lower min.insync.replicas: zurau configs set topic NAME`,
      partitions: closed.map(({ name }) => name),
    }
  }
  const lagging = led.filter(
    ({ isr, replicas, minInSync }) => isr.length < replicas.length && isr.length >= minInSync,
  )
  if (lagging.length > 0) {
    yield {
      level: 'warning',
      kind: 'under-replicated',
      what: `${count(lagging, 'partition')} have replicas that are not in sync: ${brokers(behind(lagging))}`,
      advice: 'wait while they catch up (--watch), or look at the logs of those brokers',
      partitions: lagging.map(({ name }) => name),
    }
  }
  const displaced = led.filter(
    ({ leader, replicas, isr }) => replicas[0] !== leader && isr.includes(replicas[0] as number),
  )
  if (displaced.length > 0) {
    yield {
      level: 'note',
      kind: 'leader-not-preferred',
      what: `${count(displaced, 'partition')} are led by another replica than the preferred one`,
      advice: 'zurau leaders elect',
      partitions: displaced.map(({ name }) => name),
    }
  }
}

function* problemsOfDirectories({ failedDirectories, reassigning }: HealthInputs): Generator<Problem> {
  for (const { broker, path } of failedDirectories) {
    yield {
      level: 'error',
      kind: 'directory-offline',
      what: `broker ${broker}: the log directory ${path} has failed`,
      advice: 'mend the disk and restart the broker',
      partitions: [],
    }
  }
  if (reassigning.length > 0) {
    yield {
      level: 'note',
      kind: 'reassigning',
      what: `${reassigning.length} ${reassigning.length === 1 ? 'partition is' : 'partitions are'} being moved`,
      advice: 'zurau reassign status',
      partitions: reassigning.map(({ topic, partition }) => `${topic}-${partition}`),
    }
  }
}

function behind(partitions: readonly Partition[]): number[] {
  const ids = partitions.flatMap(({ replicas, isr }) => replicas.filter((id) => !isr.includes(id)))
  return [...new Set(ids)].sort((one, other) => one - other)
}

function brokers(ids: readonly number[]): string {
  return `${ids.length === 1 ? 'broker' : 'brokers'} ${ids.join(', ')}`
}

function count(partitions: readonly unknown[], noun: string): string {
  return `${partitions.length} ${noun}${partitions.length === 1 ? '' : 's'}`
}
