import { createHash } from 'node:crypto'
import type { Random } from '../../src/platform/random.ts'
import { NumberProducer, NumberReader, type Verdict } from '../support/numbered-records.ts'
import { RealCluster } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** What may happen to a cluster. Each fault is over before the next one begins. */
export const FAULTS = [
  'kill a broker',
  'kill the controller',
  'pause a broker beyond its session',
  'end a broker',
  'cut a broker off from ZooKeeper',
  'kill the leader of ZooKeeper',
  'kill a majority of ZooKeeper',
] as const
export type Fault = (typeof FAULTS)[number]

export interface ChaosOptions {
  /** How long faults go on. The last one is finished, and the cluster has to recover after that. */
  readonly durationMs: number
  readonly faults?: readonly Fault[]
  readonly random: Pick<Random, 'fraction'>
  readonly log: (line: string) => void
}

export interface ChaosReport extends Verdict {
  /** How often each fault was done, and the longest time in which no record became visible around it. */
  readonly faults: ReadonlyMap<Fault, { readonly count: number; readonly longestGapMs: number }>
  /** Partitions whose replicas do not hold the same bytes in the end. */
  readonly differingReplicas: readonly string[]
  readonly complaints: readonly string[]
}

const TOPIC = 'ledger'
const PARTITIONS = 6
const SESSION_MS = 4000
const BROKERS = { 1: 'zurau', 2: 'zurau', 3: 'zurau' } as const

/**
 * Three brokers as processes and an ensemble of three real ZooKeepers, a producer (idempotent, acks=all,
 * min.insync.replicas=2) and a reader, and one fault after the other, chosen by `random`. In the end every record that
 * was acknowledged must have been read once and in order, and lie in all three logs.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const zooKeeper = await startRealZooKeeper({ servers: 3, tickTimeMs: 500, heap: '64m' })
  const proxies = new Map<number, TcpProxy[]>()
  let cluster: RealCluster | null = null
  try {
    for (const id of Object.keys(BROKERS).map(Number)) {
      const ports = [1, 2, 3].map((server) => Number(zooKeeper.addressOf(server).split(':')[1]))
      const opened = ports.map((port) => startTcpProxy({ host: '127.0.0.1', port }))
      proxies.set(id, await Promise.all(opened))
    }
    cluster = await RealCluster.start({
      brokers: BROKERS,
      zooKeeper: `${zooKeeper.connectString}/chaos`,
      zooKeeperOf: (id) =>
        `${(proxies.get(id) ?? []).map(({ port }) => `127.0.0.1:${port}`).join(',')}/chaos`,
      properties: {
        'zookeeper.session.timeout.ms': String(SESSION_MS),
        'min.insync.replicas': '2',
        'replica.lag.time.max.ms': '5000',
        'unclean.leader.election.enable': 'false',
      },
    })
    await cluster.createTopic(TOPIC, { partitions: PARTITIONS, replicas: 3 })
    return await new Chaos(cluster, zooKeeper, proxies, options).run()
  } catch (error) {
    options.log(cluster?.diagnosis() ?? 'the cluster did not start')
    throw error
  } finally {
    await cluster?.stop()
    await Promise.all([...proxies.values()].flat().map((proxy) => proxy.stop()))
    await zooKeeper.stop()
  }
}

class Chaos {
  private readonly cluster: RealCluster
  private readonly zooKeeper: RealZooKeeper
  private readonly proxies: ReadonlyMap<number, readonly TcpProxy[]>
  private readonly options: ChaosOptions
  private readonly producer: NumberProducer
  private readonly reader: NumberReader
  private readonly done = new Map<Fault, { count: number; longestGapMs: number }>()

  constructor(
    cluster: RealCluster,
    zooKeeper: RealZooKeeper,
    proxies: ReadonlyMap<number, readonly TcpProxy[]>,
    options: ChaosOptions,
  ) {
    this.cluster = cluster
    this.zooKeeper = zooKeeper
    this.proxies = proxies
    this.options = options
    const what = { bootstrap: cluster.bootstrap, topic: TOPIC, partitions: PARTITIONS }
    this.producer = new NumberProducer(what)
    this.reader = new NumberReader({ ...what, run: this.producer.run })
  }

  async run(): Promise<ChaosReport> {
    const { durationMs, faults = FAULTS, log } = this.options
    try {
      await this.flows('records arrive')
      const endMs = performance.now() + durationMs
      // Each fault once, in an order of chance, and then any: a short run sees them all if it can.
      const first = this.shuffled(faults)
      while (performance.now() < endMs) {
        const fault = first.pop() ?? this.oneOf(faults)
        this.reader.takeSilence()
        await this.inflict(fault)
        await this.recovered(fault)
        const gapMs = this.reader.takeSilence()
        const seen = this.done.get(fault) ?? { count: 0, longestGapMs: 0 }
        this.done.set(fault, { count: seen.count + 1, longestGapMs: Math.max(seen.longestGapMs, gapMs) })
        log(`${fault}: nothing to read for ${gapMs} ms; ${this.reader.count} records so far`)
      }
      const written = await this.producer.finish()
      await until(() => this.reader.count >= written, `all ${written} records are read`)
      await this.cluster.inSync(TOPIC, 3)
      return {
        ...this.reader.verdict(written),
        faults: this.done,
        differingReplicas: this.differingReplicas(),
        complaints: this.cluster.complaints(),
      }
    } finally {
      this.producer.kill()
      this.reader.kill()
    }
  }

  private async inflict(fault: Fault): Promise<void> {
    const { cluster, zooKeeper } = this
    const someone = this.oneOf(cluster.ids)
    switch (fault) {
      case 'kill a broker':
        return this.killAndRestart(someone)
      case 'kill the controller':
        return this.killAndRestart((await cluster.controller()) ?? someone)
      case 'pause a broker beyond its session':
        cluster.pause(someone)
        await until(
          async () => !(await cluster.liveBrokers()).includes(someone),
          `broker ${someone} is given up`,
        )
        return cluster.resume(someone)
      case 'end a broker':
        await cluster.down(someone)
        return cluster.up(someone)
      case 'cut a broker off from ZooKeeper':
        for (const proxy of this.proxies.get(someone) ?? []) proxy.hold()
        await until(
          async () => !(await cluster.liveBrokers()).includes(someone),
          `broker ${someone} is given up`,
        )
        for (const proxy of this.proxies.get(someone) ?? []) {
          proxy.release()
          proxy.cut()
        }
        return
      case 'kill the leader of ZooKeeper': {
        const leader = await zooKeeper.leader()
        await zooKeeper.kill(leader)
        await this.flows('records go on without that server')
        return zooKeeper.up(leader)
      }
      case 'kill a majority of ZooKeeper': {
        await Promise.all([1, 2].map((id) => zooKeeper.kill(id)))
        await this.flows('records go on without ZooKeeper')
        await Promise.all([1, 2].map((id) => zooKeeper.up(id)))
      }
    }
  }

  private async killAndRestart(id: number): Promise<void> {
    await this.cluster.kill(id)
    await until(async () => !(await this.cluster.liveBrokers()).includes(id), `broker ${id} is given up`)
    await this.cluster.up(id)
  }

  private async recovered(fault: Fault): Promise<void> {
    const { cluster } = this
    await until(
      async () => (await cluster.liveBrokers()).length === 3,
      `three brokers after: ${fault}`,
      60_000,
    )
    await cluster.inSync(TOPIC, 3, 60_000)
    await this.flows(`records go on after: ${fault}`)
  }

  private async flows(what: string): Promise<void> {
    const { reader, producer } = this
    const before = reader.count
    await until(
      () => reader.count > before + 100,
      () => `${what}: ${producer.count} written; ${producer.words.slice(-500)} ${reader.words.slice(-500)}`,
      60_000,
    )
  }

  private differingReplicas(): string[] {
    const differing: string[] = []
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const hashes = this.cluster.ids.map((id) => {
        const bytes = this.cluster.logBytes(id, TOPIC, partition)
        return createHash('sha256').update(bytes).digest('hex')
      })
      if (new Set(hashes).size > 1) differing.push(`${TOPIC}-${partition}`)
    }
    return differing
  }

  private oneOf<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.options.random.fraction() * choices.length)] as T
  }

  private shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, place: this.options.random.fraction() }))
      .sort((one, other) => one.place - other.place)
      .map(({ item }) => item)
  }
}
