import { FakeRandom } from '../fakes/random.ts'
import { drawActions, whole } from './draw-actions.ts'
import type { Mode, Plan, PlannedMembers, PlannedTopic, PlannedWorkload } from './plan.ts'

/** The plan of a seed: the world, who works in it, and what goes wrong. Every seed leaves whole kinds of trouble out. */
export function drawPlan(seed: string, mode: Mode): Plan {
  const random = new FakeRandom(`plan ${mode} ${seed}`)
  return mode === 'cluster' ? drawCluster(seed, random) : drawOneBroker(seed, random)
}

function drawCluster(seed: string, random: FakeRandom): Plan {
  const brokers = random.chance(0.8) ? 3 : 4
  const durationMs = whole(random, 8_000, 30_000)
  const isSynced = random.chance(0.15)
  const topics: PlannedTopic[] = [
    {
      name: 'ledger',
      partitions: whole(random, 1, 4),
      replicationFactor: 3,
      configs: { 'min.insync.replicas': '2' },
      promise: 'kept',
    },
  ]
  if (random.chance(0.4)) topics.push(passing('passing', random))
  const members = random.chance(0.3) ? [drawMembers(random, topics)] : []
  const settings: Record<string, string> = {
    ...(members.length > 0 ? GROUP_SETTINGS : {}),
    'unclean.leader.election.enable': 'false',
    'log.segment.bytes': `${random.pick([2048, 4096, 16_384, 1_048_576])}`,
    'replica.lag.time.max.ms': `${random.pick([1500, 3000, 6000])}`,
    'replica.fetch.wait.max.ms': `${random.pick([100, 500])}`,
    'num.replica.fetchers': `${random.pick([1, 1, 2])}`,
    'auto.leader.rebalance.enable': `${random.chance(0.5)}`,
    'controlled.shutdown.enable': `${random.chance(0.8)}`,
    ...(isSynced ? SYNCED : {}),
  }
  return {
    seed,
    mode: 'cluster',
    brokers,
    durationMs,
    settings,
    latencyMs: drawLatency(random),
    chunking: random.chance(0.3) ? 'random' : 'sent',
    tickTimeMs: random.pick([500, 1000]),
    clockRates: drawClockRates(random, brokers),
    topics,
    workloads: [...drawWorkloads(random, topics), ...members],
    actions: drawActions(random, {
      mode: 'cluster',
      brokers,
      durationMs,
      topics,
      directories: ['/data'],
      isSynced,
    }),
  }
}

/** One broker promises what its flushes say: everything at once, or what is older than the flush interval. */
function drawOneBroker(seed: string, random: FakeRandom): Plan {
  const durationMs = whole(random, 4_000, 15_000)
  const isSynced = random.chance(0.6)
  const directories = random.chance(0.3) ? ['/data', '/more'] : ['/data']
  const topics: PlannedTopic[] = [
    {
      name: 'ledger',
      partitions: whole(random, 1, 4),
      replicationFactor: 1,
      configs: isSynced ? { 'flush.messages': '1' } : { 'flush.ms': '1000' },
      promise: isSynced ? 'kept' : 'flushed',
    },
  ]
  if (random.chance(0.3)) topics.push({ ...passing('passing', random), replicationFactor: 1 })
  const settings: Record<string, string> = {
    'log.dirs': directories.join(','),
    'log.segment.bytes': `${random.pick([1024, 2048, 8192, 1_048_576])}`,
    'log.index.interval.bytes': `${random.pick([0, 512, 4096])}`,
    'log.flush.scheduler.interval.ms': '500',
    'offsets.topic.replication.factor': '1',
    ...(isSynced ? SYNCED : {}),
  }
  return {
    seed,
    mode: 'one-broker',
    brokers: 1,
    durationMs,
    settings,
    latencyMs: drawLatency(random),
    chunking: random.chance(0.3) ? 'random' : 'sent',
    tickTimeMs: 500,
    clockRates: drawClockRates(random, 1),
    topics,
    workloads: drawWorkloads(random, topics),
    actions: drawActions(random, {
      mode: 'one-broker',
      brokers: 1,
      durationMs,
      topics,
      directories,
      isSynced,
    }),
  }
}

/** Every batch is on the disk before anybody hears that it was taken. */
const SYNCED: Readonly<Record<string, string>> = { 'log.flush.interval.messages': '1' }

/** Sessions that end within a run, and offsets that are kept as the records of the ledger are. */
const GROUP_SETTINGS: Readonly<Record<string, string>> = {
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '2',
  'min.insync.replicas': '2',
  'group.min.session.timeout.ms': '500',
  'group.initial.rebalance.delay.ms': '200',
}

function drawMembers(random: FakeRandom, topics: readonly PlannedTopic[]): PlannedMembers {
  return {
    kind: 'members',
    name: 'group',
    topic: topics[0]?.name ?? '',
    partitions: topics[0]?.partitions ?? 0,
    members: whole(random, 2, 4),
    sessionTimeoutMs: random.pick([1000, 3000]),
    everyMs: random.pick([50, 200]),
    awayProbability: random.pick([0, 0.02, 0.1]),
  }
}

/** A topic of which nothing is promised: it may be deleted and made again. */
function passing(name: string, random: FakeRandom): PlannedTopic {
  const replicationFactor = whole(random, 1, 3)
  return { name, partitions: whole(random, 1, 3), replicationFactor, configs: {}, promise: 'nothing' }
}

function drawLatency(random: FakeRandom): [number, number] {
  return random.pick<[number, number]>([
    [0.1, 0.5],
    [0.5, 2],
    [0.5, 20],
  ])
}

function drawClockRates(random: FakeRandom, brokers: number): Record<string, number> {
  const rates: Record<string, number> = {}
  if (random.chance(0.8)) return rates
  for (let id = 1; id <= brokers; id++) rates[`${id}`] = 1 + (random.fraction() - 0.5) / 50
  return rates
}

function drawWorkloads(random: FakeRandom, topics: readonly PlannedTopic[]): PlannedWorkload[] {
  const workloads: PlannedWorkload[] = []
  for (const { name: topic, partitions, promise } of topics) {
    const producers = promise === 'nothing' ? 1 : whole(random, 1, 2)
    for (let i = 1; i <= producers; i++) {
      workloads.push({
        kind: 'producer',
        name: `producer-${topic}-${i}`,
        topic,
        partitions,
        acks: i === 1 && promise !== 'nothing' ? -1 : random.pick([1, -1]),
        everyMs: random.pick([20, 40, 100]),
        lingerMs: random.pick([0, 5, 20]),
        maxValueBytes: random.pick([1, 40, 300]),
        compression: random.pick(['none', 'none', 'none', 'gzip', 'lz4', 'snappy'] as const),
        deliveryTimeoutMs: random.pick([1500, 5000, 20_000]),
      })
    }
    if (promise === 'nothing') continue
    if (random.chance(0.6)) workloads.push({ kind: 'consumer', name: `consumer-${topic}`, topic, partitions })
    if (random.chance(0.6)) {
      const maxVersion = random.pick([4, 10, 12, 16])
      const everyMs = random.pick([50, 200])
      workloads.push({ kind: 'reader', name: `reader-${topic}`, topic, partitions, maxVersion, everyMs })
    }
  }
  return workloads
}
