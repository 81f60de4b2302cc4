import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeNetwork } from '../../src/platform/node/node-network.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { ClusterAdmin } from '../../src/client/cluster-admin.ts'
import { ClusterClient } from '../../src/client/cluster-client.ts'
import { PartitionAdmin, type PartitionResult } from '../../src/client/partition-admin.ts'
import { KafkaError } from '../../src/model/errors.ts'
import { createZooKeeperClient, type ZooKeeperClient } from '../../zk/client/create-client.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { kafkaClass, LOG4J, zurauCommand } from './broker-command.ts'
import { freePorts } from './real-zookeeper.ts'
import { GuardedProcess } from './guarded-process.ts'
import { until } from './until.ts'

export type BrokerKind = 'zurau' | 'kafka'

export interface RealClusterOptions {
  /** Brokers by id, and what each is at first. */
  readonly brokers: Readonly<Record<number, BrokerKind>>
  /** `host:port,...` with or without a chroot. */
  readonly zooKeeper: string
  /** Of every broker. `{ID}` stands for its id. */
  readonly properties?: Readonly<Record<string, string>>
  /** Where a broker reaches ZooKeeper, if not there: through a proxy. */
  readonly zooKeeperOf?: (id: number) => string
  /** Where a broker is to be found, if not where it listens: at a proxy. */
  readonly advertised?: (id: number) => number | undefined
  /** Needed for brokers that are Kafka. */
  readonly jars?: string
  /** Where a broker keeps its data, if not in the cluster's own folder. */
  readonly dataOf?: (id: number) => string | undefined
}

/** The leader and ISR of a partition, as ZooKeeper has them. */
export interface PartitionState {
  readonly leader: number
  readonly leader_epoch: number
  readonly isr: readonly number[]
  readonly controller_epoch: number
}

const START_DEADLINE_MS = 90_000
const PROPERTIES: Readonly<Record<string, string>> = {
  'inter.broker.protocol.version': '3.9',
  'zookeeper.session.timeout.ms': '6000',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  'auto.create.topics.enable': 'false',
}

/** Brokers as processes of their own, ours or Kafka's, on one real ZooKeeper; ports and folders survive restarts. */
export class RealCluster {
  readonly directory = mkdtempSync(join(tmpdir(), 'zurau-cluster-'))
  readonly ids: readonly number[]
  readonly client: ClusterClient
  readonly admin: ClusterAdmin
  private readonly options: RealClusterOptions
  private readonly ports = new Map<number, number>()
  private readonly kinds = new Map<number, BrokerKind>()
  private readonly processes = new Map<number, GuardedProcess>()
  private zooKeeper: ZooKeeperClient | null = null

  /** Starts all brokers, the first one alone: it becomes the controller. */
  static async start(options: RealClusterOptions): Promise<RealCluster> {
    const ids = Object.keys(options.brokers).map(Number)
    const ports = await freePorts(ids.length)
    const cluster = new RealCluster(options, new Map(ids.map((id, i) => [id, ports[i] as number])))
    try {
      const [first, ...others] = ids
      await cluster.up(first as number)
      await Promise.all(others.map((id) => cluster.up(id)))
      await until(
        async () => (await cluster.liveBrokers()).length === ids.length,
        'all brokers are registered',
      )
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  private constructor(options: RealClusterOptions, ports: ReadonlyMap<number, number>) {
    this.options = options
    this.ids = [...ports.keys()]
    for (const [id, port] of ports) this.ports.set(id, port)
    for (const [id, kind] of Object.entries(options.brokers)) this.kinds.set(Number(id), kind)
    writeFileSync(this.log4jFile, LOG4J)
    this.client = new ClusterClient({
      clock: new NodeClock(),
      network: new NodeNetwork(),
      bootstrap: this.ids.map((id) => ({ host: '127.0.0.1', port: this.portOf(id) })),
      clientId: 'test',
      requestTimeoutMs: 15_000,
    })
    this.admin = new ClusterAdmin({ client: this.client, timeoutMs: 30_000 })
  }

  private get log4jFile(): string {
    return join(this.directory, 'log4j.properties')
  }

  // --- brokers ------------------------------------------------------------------------------------------------------

  get bootstrap(): string {
    return this.ids.map((id) => `127.0.0.1:${this.options.advertised?.(id) ?? this.portOf(id)}`).join(',')
  }

  portOf(id: number): number {
    return this.ports.get(id) as number
  }

  kindOf(id: number): BrokerKind {
    return this.kinds.get(id) as BrokerKind
  }

  process(id: number): GuardedProcess {
    const process = this.processes.get(id)
    if (process === undefined) throw new Error(`broker ${id} was never started`)
    return process
  }

  isUp(id: number): boolean {
    return this.processes.get(id)?.isAlive ?? false
  }

  dataOf(id: number): string {
    return this.options.dataOf?.(id) ?? join(this.directory, `broker-${id}`, 'data')
  }

  /** Starts a broker, and waits until it serves. */
  async up(id: number, kind: BrokerKind = this.kindOf(id)): Promise<void> {
    const started = this.launch(id, kind)
    await until(
      () => {
        if (!started.isAlive)
          throw new Error(`broker ${id} (${kind}) did not start:\n${lastLines(started.log)}`)
        return kind === 'kafka' ? this.serves(id) : started.log.includes(`[KafkaServer id=${id}] started`)
      },
      () => `broker ${id} (${kind}) is started:\n${lastLines(started.log)}`,
      START_DEADLINE_MS,
    )
  }

  /** Whether it answers, and has been told that it is one of the cluster. Kafka's jars may come without a logger. */
  private async serves(id: number): Promise<boolean> {
    const client = new ClusterClient({
      clock: new NodeClock(),
      network: new NodeNetwork(),
      bootstrap: [{ host: '127.0.0.1', port: this.portOf(id) }],
      clientId: 'test',
      requestTimeoutMs: 5000,
    })
    try {
      return (await client.metadata([])).brokers.some(({ nodeId }) => nodeId === id)
    } catch (error) {
      if (error instanceof KafkaError) return false
      throw error
    } finally {
      client.close()
    }
  }

  /** Starts a broker, and does not wait. */
  launch(id: number, kind: BrokerKind = this.kindOf(id)): GuardedProcess {
    this.kinds.set(id, kind)
    const folder = join(this.directory, `broker-${id}`)
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'server.properties')
    writeFileSync(file, this.propertiesOf(id, kind))
    const { program, args } = this.commandOf(kind)
    const process = new GuardedProcess(program, [...args, file], { logFile: join(folder, 'log') })
    this.processes.set(id, process)
    return process
  }

  private commandOf(kind: BrokerKind) {
    if (kind === 'zurau') return zurauCommand()
    if (this.options.jars === undefined) throw new Error('there is no Kafka for this cluster')
    return kafkaClass(this.options.jars, { name: 'kafka.Kafka', heap: '320m', log4j: this.log4jFile })
  }

  private propertiesOf(id: number, kind: BrokerKind): string {
    const { zooKeeper, zooKeeperOf, advertised, properties } = this.options
    const own: Record<string, string> = {
      'broker.id': String(id),
      listeners: `PLAINTEXT://127.0.0.1:${this.portOf(id)}`,
      'log.dirs': this.dataOf(id),
      'zookeeper.connect': zooKeeperOf?.(id) ?? zooKeeper,
    }
    const port = advertised?.(id)
    if (port !== undefined) own['advertised.listeners'] = `PLAINTEXT://127.0.0.1:${port}`
    if (kind === 'zurau') own['zurau.http.listen'] = '127.0.0.1:0'
    const lines = Object.entries({ ...PROPERTIES, ...own, ...properties })
    return lines.map(([key, value]) => `${key}=${value.replaceAll('{ID}', String(id))}\n`).join('')
  }

  /** Ends a broker as an operator would; returns how long that took. */
  down(id: number): Promise<number> {
    return this.process(id).stop()
  }

  async kill(id: number): Promise<void> {
    await this.process(id).kill()
  }

  pause(id: number): void {
    this.process(id).signal('SIGSTOP')
  }

  resume(id: number): void {
    this.process(id).signal('SIGCONT')
  }

  // --- what ZooKeeper says ------------------------------------------------------------------------------------------

  /** What is in a znode; null when there is none. */
  async znode<T>(path: string): Promise<{ readonly value: T; readonly version: number } | null> {
    const found = await (await this.zk()).get(path)
    if (found === null) return null
    return { value: JSON.parse(found.data?.toString() ?? 'null') as T, version: found.stat.version }
  }

  async zk(): Promise<ZooKeeperClient> {
    this.zooKeeper ??= await createZooKeeperClient({
      connectString: this.options.zooKeeper,
      sessionTimeoutMs: 30_000,
      connectionTimeoutMs: 10_000,
      maxInFlightRequests: 250,
      platform: { clock: new NodeClock(), random: new NodeRandom(), logger: new FakeLogger() },
    })
    return this.zooKeeper
  }

  async controller(): Promise<number | null> {
    return (await this.znode<{ brokerid: number }>('/controller'))?.value.brokerid ?? null
  }

  async controllerEpoch(): Promise<number> {
    return (await this.znode<number>('/controller_epoch'))?.value ?? 0
  }

  async liveBrokers(): Promise<number[]> {
    const children = (await (await this.zk()).children('/brokers/ids')) ?? []
    return children.map(Number).sort((one, other) => one - other)
  }

  async partitionState(topic: string, partition: number): Promise<PartitionState | null> {
    return (
      (await this.znode<PartitionState>(`/brokers/topics/${topic}/partitions/${partition}/state`))?.value ??
      null
    )
  }

  /** All partitions' states, in order. */
  async states(topic: string): Promise<PartitionState[]> {
    const assigned = await this.znode<{ partitions: Record<string, number[]> }>(`/brokers/topics/${topic}`)
    const count = Object.keys(assigned?.value.partitions ?? {}).length
    const states = await Promise.all(
      Array.from({ length: count }, (_, index) => this.partitionState(topic, index)),
    )
    return states.flatMap((state) => state ?? [])
  }

  /** Waits until every partition of the topic has all of `replicas` in sync. */
  async inSync(topic: string, replicas: number, withinMs = 30_000): Promise<void> {
    let states: PartitionState[] = []
    await until(
      async () => {
        states = await this.states(topic)
        return states.length > 0 && states.every(({ isr, leader }) => isr.length === replicas && leader >= 0)
      },
      () => `${topic} has ${replicas} replicas in sync: ${JSON.stringify(states)}`,
      withinMs,
    )
  }

  /** A topic with `replicas` replicas, and leaders. */
  async createTopic(
    name: string,
    options: { partitions: number; replicas: number; configs?: Record<string, string> },
  ): Promise<void> {
    const { partitions, replicas, configs = {} } = options
    await this.admin.createTopic({ name, partitions, replicationFactor: replicas, configs })
    await this.inSync(name, replicas)
    await until(async () => {
      const known = await Promise.all(
        this.ids.filter((id) => this.isUp(id)).map((id) => this.leadersSeenBy(id, name)),
      )
      return known.every((leaders) => leaders.length === partitions && leaders.every((leader) => leader >= 0))
    }, `every broker knows of ${name}`)
  }

  /** Who leads each partition, as one broker tells clients. */
  async leadersSeenBy(id: number, topic: string): Promise<number[]> {
    const { topics } = await this.client.call(id, 'Metadata', {
      topics: [{ name: topic }],
      allowAutoTopicCreation: false,
    })
    const partitions = topics[0]?.partitions ?? []
    return [...partitions]
      .sort((one, other) => one.partitionIndex - other.partitionIndex)
      .map(({ leaderId }) => leaderId)
  }

  /** Gives all leadership back to the preferred replicas, once the brokers agree on who is the controller. */
  async electPreferred(): Promise<void> {
    const elections = new PartitionAdmin({ client: this.client, timeoutMs: 20_000 })
    let results: PartitionResult[] = []
    await until(
      async () => {
        // Who was the controller may have forgotten it: it is asked for anew.
        this.client.forgetMetadata()
        results = await elections.electLeaders(null)
        return results.every(({ error }) => error === 'NONE')
      },
      () => `leaders are elected: ${JSON.stringify(results)}`,
    )
  }

  // --- what lies on disk --------------------------------------------------------------------------------------------

  /** The bytes of a replica's log, all segments in order. */
  logBytes(id: number, topic: string, partition: number): Buffer {
    const folder = join(this.dataOf(id), `${topic}-${partition}`)
    const segments = readdirSync(folder).filter((name) => name.endsWith('.log'))
    return Buffer.concat(segments.sort().map((name) => readFileSync(join(folder, name))))
  }

  /** What the brokers' logs say that is worse than a warning. */
  complaints(): string[] {
    return [...this.processes].flatMap(([id, process]) =>
      process.log
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"|\] (ERROR|FATAL) /.test(line))
        .map((line) => `broker ${id}: ${line.slice(0, 400)}`),
    )
  }

  /** For the report of a failure: what every broker said last. */
  diagnosis(): string {
    const parts = [...this.processes].map(
      ([id, process]) =>
        `--- broker ${id} (${this.kindOf(id)}) ${process.isAlive ? 'runs' : 'is gone'}\n${lastLines(process.log)}`,
    )
    return parts.join('\n')
  }

  async stop(): Promise<void> {
    this.client.close()
    await this.zooKeeper?.close()
    await Promise.all([...this.processes.values()].map((process) => process.kill()))
    // Set, to look at what the brokers left behind.
    if (process.env['KEEP_CLUSTERS'] === undefined) rmSync(this.directory, { recursive: true, force: true })
  }
}

function lastLines(log: string): string {
  return log
    .split('\n')
    .map((line) => line.slice(0, 600))
    .slice(-15)
    .join('\n')
}
