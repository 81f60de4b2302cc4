import { createZooKeeperClient } from '../zk/client/create-client.ts'
import { createEmbeddedZooKeeper } from '../zk/embedded/server.ts'
import { Broker } from './broker/broker.ts'
import { loadBrokerConfig } from './cli/broker-config.ts'
import { ClusterAdmin } from './client/cluster-admin.ts'
import { ClusterClient } from './client/cluster-client.ts'
import { createMetrics } from './metrics/registry.ts'
import { hostPort } from './model/endpoint.ts'
import { sleep } from './platform/clock.ts'
import { createNodePlatform } from './platform/node/node-platform.ts'
import { prepareZstd } from './records/compression/zstd.ts'

// The package's `zurau/testing`. Its types are published from this file alone: every exported one is written out here.

/** A topic to create. */
export interface TestTopic {
  readonly name: string
  /** Default: 1. */
  readonly partitions?: number
  /** Default: 1. */
  readonly replicationFactor?: number
  /** Topic configuration by Kafka's keys, such as `cleanup.policy`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
}

export interface StartKafkaOptions {
  /** How many brokers make the cluster, 1 to 9. Default: 1. */
  readonly brokers?: number
  /** Topics that are there when `startKafka` resolves. A name alone is a topic with one partition. */
  readonly topics?: readonly (string | TestTopic)[]
  /** Broker configuration by Kafka's keys, over what suits tests. */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /** Where logs and metadata are kept; they stay. Default: a temporary directory that `stop` removes. */
  readonly directory?: string
  /** The least important lines of the brokers' logs that are printed. Default: silent. */
  readonly logLevel?: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  /** How long starting, and each call below, may take. Default: 30,000. */
  readonly timeoutMs?: number
}

/** A running cluster, for tests. */
export interface TestKafka {
  /** `host:port` of every broker, with commas between them: what clients call `bootstrap.servers`. */
  readonly bootstrapServers: string
  /** `host:port` of every broker, in the order of their ids: 1, 2, … */
  readonly brokers: readonly string[]
  /** `host:port` of its ZooKeeper. */
  readonly zookeeper: string
  /** Creates a topic and resolves when it can be written to. Rejects when it exists. */
  createTopic(topic: string | TestTopic): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Names, sorted, without those that brokers use for themselves. */
  topics(): Promise<string[]>
  /** Deletes all of `topics()`: between tests, that is faster than a new cluster. */
  reset(): Promise<void>
  /** Ends the cluster and removes its temporary directory. May be called again. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MAX_BROKERS = 9
const POLL_MS = 10
const HOST = '127.0.0.1'

/**
 * Starts a Kafka-compatible cluster in this process, on free ports of the loopback address, with its ZooKeeper inside.
 * No Docker, no Java; one broker is ready in about 0.2 s.
 *
 *     const kafka = await startKafka({ topics: ['orders'] })
 *     const client = new Kafka({ brokers: [...kafka.brokers] })
 *     …
 *     await kafka.stop()
 *
 * Rejects with an Error in words when an option is wrong or the cluster cannot start; nothing is left behind then.
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<TestKafka> {
  const cluster = new TestCluster(options)
  try {
    await cluster.start()
    for (const topic of options.topics ?? []) await cluster.createTopic(topic)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

class TestCluster implements TestKafka {
  private readonly options: StartKafkaOptions
  private readonly platform
  private readonly timeoutMs: number
  private readonly directory: string
  private addresses: readonly string[] = []
  private ensemble = ''
  private client: ClusterClient | null = null
  /** What has to be ended, last first. */
  private readonly undo: (() => Promise<void> | void)[] = []

  constructor(options: StartKafkaOptions) {
    const { brokers = 1, directory, logLevel = 'silent', timeoutMs = 30_000 } = options
    if (!Number.isInteger(brokers) || brokers < 1 || brokers > MAX_BROKERS)
      throw new RangeError(`brokers: ${brokers} is not a whole number from 1 to ${MAX_BROKERS}`)
    if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs: ${timeoutMs} is not a number above 0`)
    this.options = options
    this.timeoutMs = timeoutMs
    // Logs go to standard error: standard output belongs to the tests.
    this.platform = createNodePlatform({ log: { level: logLevel, fd: 2 } })
    const { TMPDIR, TEMP } = process.env
    const unique = `zurau-testing-${process.pid}-${this.platform.random.bytes(6).toString('hex')}`
    this.directory = directory ?? `${TMPDIR ?? TEMP ?? '/tmp'}/${unique}`
  }

  get bootstrapServers(): string {
    return this.brokers.join(',')
  }

  get brokers(): readonly string[] {
    return this.addresses
  }

  get zookeeper(): string {
    return this.ensemble
  }

  async start(): Promise<void> {
    const { disk, clock, network } = this.platform
    const { brokers: count = 1, directory } = this.options
    disk.makeDirectory(this.directory)
    if (directory === undefined) this.undo.push(() => disk.removeTree(this.directory))
    this.ensemble = await this.startZooKeeper()
    const ids = Array.from({ length: count }, (_, index) => index + 1)
    const brokers = ids.map((id) => this.newBroker(id))
    for (const broker of brokers) this.undo.push(() => broker.stop())
    await Promise.all([prepareZstd(), ...brokers.map((broker) => broker.start())])
    const endpoints = brokers.map(({ listeners }) => ({ host: HOST, port: listeners[0]?.port ?? 0 }))
    this.addresses = endpoints.map(({ host, port }) => hostPort(host, port))
    const client = new ClusterClient({
      clock,
      network,
      bootstrap: endpoints,
      clientId: 'zurau-testing',
      requestTimeoutMs: this.timeoutMs,
    })
    this.client = client
    this.undo.push(() => client.close())
    await this.until(`${count} brokers know each other`, async () => {
      const { brokers: known, controllerId } = await client.metadata([])
      return known.length === count && controllerId >= 0
    })
  }

  async createTopic(topic: string | TestTopic): Promise<void> {
    const wanted: TestTopic = typeof topic === 'string' ? { name: topic } : topic
    const { name, partitions = 1, replicationFactor = 1, config = {} } = wanted
    const configs = Object.fromEntries(Object.entries(config).map(([key, value]) => [key, String(value)]))
    await this.admin.createTopic({ name, partitions, replicationFactor, configs })
    await this.until(`topic ${name} has leaders`, async () => {
      const { topics } = await this.admin.metadata([name])
      const found = topics.find((each) => each.name === name)
      return (
        found?.partitions.length === partitions && found.partitions.every(({ leaderId }) => leaderId >= 0)
      )
    })
  }

  async deleteTopic(name: string): Promise<void> {
    await this.admin.deleteTopic(name)
    await this.until(`topic ${name} is gone`, async () => !(await this.topics()).includes(name))
  }

  async topics(): Promise<string[]> {
    const topics = await this.admin.topics(null)
    return topics.filter(({ isInternal }) => !isInternal).map(({ name }) => name)
  }

  async reset(): Promise<void> {
    for (const name of await this.topics()) await this.deleteTopic(name)
  }

  async stop(): Promise<void> {
    for (let step = this.undo.pop(); step !== undefined; step = this.undo.pop()) await step()
    this.client = null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private get admin(): ClusterAdmin {
    if (this.client === null) throw new Error('this Kafka has been stopped')
    return new ClusterAdmin({ client: this.client, timeoutMs: this.timeoutMs })
  }

  private async startZooKeeper(): Promise<string> {
    const zooKeeper = createEmbeddedZooKeeper({
      platform: this.platform,
      config: {
        dataDirectory: this.options.directory === undefined ? null : `${this.directory}/zookeeper`,
        host: HOST,
        port: 0,
        maxClientConnections: 0,
        fourLetterWords: ['*'],
        forgetSessions: true,
      },
    })
    await zooKeeper.start()
    this.undo.push(() => zooKeeper.stop())
    return hostPort(HOST, zooKeeper.port)
  }

  private newBroker(id: number): Broker {
    const { platform } = this
    const { clock, disk, logger } = platform
    const { brokers: count = 1, config: wanted = {} } = this.options
    const { config } = loadBrokerConfig({
      disk,
      path: null,
      environment: {},
      overrides: [
        `broker.id=${id}`,
        `listeners=PLAINTEXT://${HOST}:0`,
        `zookeeper.connect=${this.ensemble}`,
        `log.dirs=${this.directory}/broker-${id}`,
        `offsets.topic.replication.factor=${Math.min(3, count)}`,
        'offsets.topic.num.partitions=5',
        `transaction.state.log.replication.factor=${Math.min(3, count)}`,
        'transaction.state.log.num.partitions=5',
        `transaction.state.log.min.isr=${Math.min(2, count)}`,
        'group.initial.rebalance.delay.ms=0',
        // The whole cluster ends at once: nobody is there to take over.
        'controlled.shutdown.enable=false',
        ...Object.entries(wanted).map(([key, value]) => `${key}=${value}`),
      ],
    })
    return new Broker({
      config,
      platform,
      logLevels: logger,
      metrics: createMetrics({ clock }),
      connectZooKeeper: () =>
        Promise.resolve(
          createZooKeeperClient({
            connectString: this.ensemble,
            sessionTimeoutMs: config.get('zookeeper.session.timeout.ms'),
            connectionTimeoutMs: this.timeoutMs,
            maxInFlightRequests: 256,
            platform,
          }),
        ),
      onFatal: (error) => logger.fatal('a broker of this test cannot go on', { error }),
    })
  }

  private async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const { clock } = this.platform
    const deadlineMs = clock.monotonicMs() + this.timeoutMs
    while (!(await isSo())) {
      if (clock.monotonicMs() > deadlineMs) throw new Error(`waited ${this.timeoutMs} ms until ${what}`)
      await sleep(clock, POLL_MS)
    }
  }
}
