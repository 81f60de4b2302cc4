/**
 * How long a cluster of three is without leaders: a broker that is killed, the controller that is killed, a broker that is
 * told to end. Real processes on a real ZooKeeper (needs Java); Kafka's beside ours where its jars are.
 *
 *     tsx test/bench/failover.ts [--partitions 2000] [--leaders 1000] [--only zurau|kafka]
 *
 *     --partitions   how many the cluster has, two replicas each, when a broker is killed
 *     --leaders      how many the broker leads that is told to end
 */
import Table from 'cli-table3'
import { parseArgs } from 'node:util'
import { kafkaJars } from '../support/broker-command.ts'
import { RealCluster, type BrokerKind } from '../support/real-cluster.ts'
import { startRealZooKeeper } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const { values } = parseArgs({
  options: {
    partitions: { type: 'string', default: '2000' },
    leaders: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
})
const PARTITIONS = count('partitions', values.partitions)
const LEADERS = count('leaders', values.leaders)
const MANY = 'many'
const HANDED = 'handed'
const SESSION_MS = 6000
const DEADLINE_MS = 180_000
const LOOK_MS = 100
/** Started first, so that it is the controller. */
const CONTROLLER = 1
const ENDED = 2
const KILLED = 3

type Figures = Map<string, number>

const jars = kafkaJars("the comparison with Kafka's failover")
const kinds: BrokerKind[] = (['zurau', 'kafka'] as const).filter(
  (kind) => (values.only ?? kind) === kind && (kind === 'zurau' || jars !== null),
)
const columns: [BrokerKind, Figures][] = []
for (const kind of kinds) columns.push([kind, await measure(kind)])

const table = new Table({
  head: ['milliseconds', ...columns.map(([kind]) => (kind === 'zurau' ? 'Zürau' : 'Kafka 3.9.1'))],
  style: { head: [], border: [] },
  colAligns: ['left', ...columns.map(() => 'right' as const)],
})
for (const what of columns[0]?.[1].keys() ?? []) {
  table.push([what, ...columns.map(([, figures]) => String(Math.round(figures.get(what) ?? Number.NaN)))])
}
console.log(table.toString())

async function measure(kind: BrokerKind): Promise<Figures> {
  const zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 500, heap: '256m' })
  const figures: Figures = new Map()
  let cluster: RealCluster | null = null
  try {
    cluster = await RealCluster.start({
      brokers: { [CONTROLLER]: kind, [ENDED]: kind, [KILLED]: kind },
      zooKeeper: `${zooKeeper.connectString}/failover`,
      ...(jars === null ? {} : { jars }),
      properties: {
        'zookeeper.session.timeout.ms': String(SESSION_MS),
        'auto.leader.rebalance.enable': 'false',
        'log.index.size.max.bytes': '4096',
      },
    })
    await create(cluster, figures)
    await endOne(cluster, figures)
    await killOne(cluster, KILLED, `a broker of ${PARTITIONS} partitions is killed`, figures)
    const controller = await cluster.controller()
    await killOne(
      cluster,
      controller ?? CONTROLLER,
      `the controller of ${PARTITIONS} partitions is killed`,
      figures,
    )
    return figures
  } catch (error) {
    console.error(cluster?.diagnosis())
    throw error
  } finally {
    await cluster?.stop()
    await zooKeeper.stop()
  }
}

async function create(cluster: RealCluster, figures: Figures): Promise<void> {
  const ring = [CONTROLLER, ENDED, KILLED]
  const pair = (place: number): number[] => [ring[place % 3] as number, ring[(place + 1) % 3] as number]
  const startMs = performance.now()
  await createAssigned(
    cluster,
    MANY,
    Array.from({ length: PARTITIONS }, (_, place) => pair(place)),
  )
  figures.set(`${PARTITIONS} partitions are created, and known to all brokers`, performance.now() - startMs)
  await createAssigned(
    cluster,
    HANDED,
    Array.from({ length: LEADERS }, () => [ENDED, KILLED]),
  )
  await inSync(cluster)
}

async function createAssigned(cluster: RealCluster, name: string, assignment: number[][]): Promise<void> {
  await cluster.admin.createTopic({
    name,
    partitions: null,
    replicationFactor: null,
    configs: {},
    assignment,
  })
  await until(
    async () => {
      const seen = await Promise.all(cluster.ids.map((id) => cluster.leadersSeenBy(id, name)))
      return seen.every((leaders) => leaders.length === assignment.length && leaders.every((id) => id >= 0))
    },
    `all brokers know of ${name}`,
    DEADLINE_MS,
  )
}

async function endOne(cluster: RealCluster, figures: Figures): Promise<void> {
  const tookMs = await cluster.down(ENDED)
  figures.set(`a broker that leads ${LEADERS} and its share of ${PARTITIONS} ends on SIGTERM`, tookMs)
  await until(() => areAway(cluster, ENDED), `${ENDED} leads nothing`, DEADLINE_MS)
  await cluster.up(ENDED)
  await inSync(cluster)
}

/** The session of who is killed has to end first; what counts is what comes after that. */
async function killOne(cluster: RealCluster, id: number, what: string, figures: Figures): Promise<void> {
  await cluster.kill(id)
  const startMs = performance.now()
  await until(async () => !(await cluster.liveBrokers()).includes(id), `${id} is given up`)
  const goneMs = performance.now()
  await until(() => areAway(cluster, id), `others lead what ${id} led`, DEADLINE_MS)
  figures.set(`${what}: until its session ends (timeout ${SESSION_MS})`, goneMs - startMs)
  figures.set(`${what}: from then until clients are told of other leaders`, performance.now() - goneMs)
  await cluster.up(id)
  await inSync(cluster)
}

/** Whether every living broker tells clients that `id` leads nothing, and that all partitions have leaders. */
async function areAway(cluster: RealCluster, id: number): Promise<boolean> {
  // Thousands of partitions are a long answer: who asks for it all the time slows down what is measured.
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  const living = cluster.ids.filter((each) => each !== id)
  const seen = await Promise.all(
    living.flatMap((each) => [MANY, HANDED].map((topic) => cluster.leadersSeenBy(each, topic))),
  )
  return seen.flat().every((leader) => leader >= 0 && leader !== id)
}

async function inSync(cluster: RealCluster): Promise<void> {
  await cluster.inSync(MANY, 2, DEADLINE_MS)
  await cluster.inSync(HANDED, 2, DEADLINE_MS)
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`--${name} ${text} is not a number of partitions`)
  return Number(text)
}
