import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '../../src/broker/broker.ts'
import { zookeeperConnectionTimeoutMs } from '../../src/config/derived.ts'
import { LiveBrokerConfig } from '../../src/config/live-config.ts'
import { parsePropertiesFile } from '../../src/config/properties-file.ts'
import { createMetrics } from '../../src/metrics/registry.ts'
import { createNodePlatform } from '../../src/platform/node/node-platform.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { createZooKeeperClient } from '../../zk/client/create-client.ts'
import { createEmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { startRealZooKeeper } from '../support/real-zookeeper.ts'

/** A ZooKeeper for all clusters of a run. */
export interface ClusterZooKeeper {
  readonly kind: 'real' | 'embedded'
  readonly connectString: string
  stop(): Promise<void>
}

/** A real one; where that cannot be had, our own, and loudly so. */
export async function startZooKeeper(): Promise<ClusterZooKeeper> {
  try {
    const real = await startRealZooKeeper({ servers: 1, tickTimeMs: 2000 })
    return { kind: 'real', connectString: real.connectString, stop: () => real.stop() }
  } catch (error) {
    console.warn(`conformance runs on the embedded ZooKeeper: ${String(error)}`)
    return startEmbedded()
  }
}

async function startEmbedded(): Promise<ClusterZooKeeper> {
  const embedded = createEmbeddedZooKeeper({
    platform: { ...createNodePlatform(), logger: new FakeLogger() },
    config: { dataDirectory: null, host: '127.0.0.1', port: 0 },
  })
  await embedded.start()
  return {
    kind: 'embedded',
    connectString: `127.0.0.1:${embedded.port}`,
    stop: () => embedded.stop(),
  }
}

/** Answers tell the port that was configured, so it must be chosen before. Somebody may take it first: then it is a start that fails. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** What a recipe says: the brokers' ids, and the lines of their configuration beyond what every cluster has. */
export interface Recipe {
  readonly ids: readonly number[]
  readonly lines: string
}

/** What every broker of a recipe has besides. Levels of the log as the recorded brokers had them. */
const COMMON_LINES = [
  'offsets.topic.replication.factor=1',
  'transaction.state.log.replication.factor=1',
  'transaction.state.log.min.isr=1',
  'group.initial.rebalance.delay.ms=0',
  'zurau.log.level=warn',
  // A cluster that is thrown away hands nothing over; the one whose controller is deposed could not.
  'controlled.shutdown.enable=false',
]

export function readRecipe(peer: string, name: string): Recipe {
  const lines = readFileSync(join(peer, 'recipes', `${name}.properties`), 'utf8')
  const ids = /^# ids: ([\d ]+)$/m.exec(lines)?.[1]
  if (ids === undefined) throw new Error(`recipe ${name} does not say which brokers there are`)
  return { ids: ids.split(' ').map(Number), lines }
}

/** Brokers of ours in this process, made by a recipe, on free ports, in a folder and a chroot of their own. */
export class RecipeCluster {
  private readonly directory = mkdtempSync(join(tmpdir(), 'zurau-conformance-'))
  private readonly brokers: Broker[] = []
  private chroot = ''
  /** What went wrong inside, for the report of a failure. */
  readonly logger = new FakeLogger({ limit: 200 })

  /** Starts the brokers one after the other. */
  static async start(recipe: Recipe, connectString: string): Promise<RecipeCluster> {
    const cluster = new RecipeCluster()
    try {
      await cluster.startBrokers(recipe, connectString)
      return cluster
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  private async startBrokers({ ids, lines }: Recipe, ensemble: string): Promise<void> {
    await prepareZstd()
    this.chroot = `${ensemble}/conformance-${process.pid}-${Date.now()}`
    for (const id of ids) {
      const text = [
        ...COMMON_LINES,
        `broker.id=${id}`,
        `listeners=PLAINTEXT://127.0.0.1:${await freePort()}`,
        `log.dirs=${this.directory}/${id}/data`,
        `zookeeper.connect=${this.chroot}`,
        lines.replaceAll('{DIR}', `${this.directory}/${id}`).replaceAll('{ID}', `${id}`),
      ].join('\n')
      await this.startBroker(text)
    }
  }

  private async startBroker(text: string): Promise<void> {
    const { properties } = parsePropertiesFile('recipe', text)
    const config = new LiveBrokerConfig(new Map(properties.map(({ name, value }) => [name, value])))
    const platform = { ...createNodePlatform(), logger: this.logger }
    const broker = new Broker({
      config,
      platform,
      metrics: createMetrics({ clock: platform.clock, onProblem: () => undefined }),
      connectZooKeeper: () =>
        createZooKeeperClient({
          connectString: config.get('zookeeper.connect') ?? '',
          sessionTimeoutMs: config.get('zookeeper.session.timeout.ms'),
          connectionTimeoutMs: zookeeperConnectionTimeoutMs(config),
          maxInFlightRequests: 256,
          platform,
        }),
      onFatal: (error) => this.logger.fatal('the broker cannot go on', { error }),
    })
    await broker.start()
    this.brokers.push(broker)
  }

  /** Where the cluster's metadata is. */
  get connectString(): string {
    return this.chroot
  }

  /** Where a client begins: the first broker, or one that is not the controller. */
  bootstrap(mustNotControl: boolean): string {
    const broker = this.brokers.find(({ isController }) => !mustNotControl || !isController)
    const endpoint = broker?.listeners[0]
    if (endpoint === undefined) throw new Error('no broker of the cluster fits')
    return `${endpoint.host}:${endpoint.port}`
  }

  async stop(): Promise<void> {
    // The controller last: nobody has to take over.
    const order = [...this.brokers].sort(
      (one, other) => Number(one.isController) - Number(other.isController),
    )
    for (const broker of order) await broker.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
