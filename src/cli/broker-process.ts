import { Broker } from '../broker/broker.ts'
import { requestLatencies } from '../broker/zookeeper-metrics.ts'
import { httpAddress, topicsToCreate, zookeeperConnectionTimeoutMs } from '../config/derived.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import { createMetrics, type Metrics } from '../metrics/registry.ts'
import { hostPort } from '../model/endpoint.ts'
import { NetworkError } from '../platform/network.ts'
import type { NodePlatform } from '../platform/node/node-platform.ts'
import { prepareZstd } from '../records/compression/zstd.ts'
import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { explainStartup } from './startup-fault.ts'
import { VERSION } from './version.ts'

/** A broker of this process, with all that a process has besides: the HTTP side, signals, an end. */
export interface BrokerProcess {
  readonly broker: Broker
  /** Resolves with the exit code when the broker has stopped. */
  readonly ended: Promise<number>
}

export interface BrokerProcessOptions {
  readonly config: LiveBrokerConfig
  readonly platform: NodePlatform
  /** `zookeeper.connect`, as it is in force. */
  readonly connectString: string
  /** Runs after the broker has stopped. */
  readonly afterStop?: () => Promise<void>
  /** Called when the HTTP side listens. */
  readonly onHttp?: (url: string) => void
}

/** What a shell expects of a process that Ctrl-C ended at once. */
const INTERRUPTED = 130

/**
 * Starts a broker and resolves when it serves. SIGTERM and SIGINT stop it in order, a second one at once. Throws
 * CliError when it cannot start; nothing is left behind then.
 */
export async function runBroker(options: BrokerProcessOptions): Promise<BrokerProcess> {
  const { config, platform, connectString, afterStop } = options
  const { logger, clock } = platform
  const metrics = createMetrics({
    clock,
    onProblem: (problem) => logger.warn(`metrics: ${problem.kind}`, { problem }),
  })
  let end: (code: number) => void = () => undefined
  const ended = new Promise<number>((resolve) => (end = resolve))
  let stopHttp = (): Promise<void> => Promise.resolve()
  let isStopping = false
  let isStarting = true
  let hasFailed = false
  let zooKeeper: ZooKeeper | null = null
  const broker = new Broker({
    config,
    platform,
    logLevels: platform.logger,
    metrics,
    connectZooKeeper: async () => {
      zooKeeper = await connect(config, platform, connectString, requestLatencies(metrics))
      return zooKeeper
    },
    onFatal: () => {
      // While it starts, what is fatal makes the start fail: that stops it, and tells why.
      if (isStarting) hasFailed = true
      else stop(1)
    },
  })
  const stop = (code: number): void => {
    if (isStopping) return
    isStopping = true
    const work = async (): Promise<void> => {
      await broker.stop()
      await stopHttp()
      await afterStop?.()
      end(code)
    }
    work().catch((error: unknown) => {
      logger.error('the shutdown failed', { error })
      end(1)
    })
  }
  const forgetSignals = onSignals(() => stop(0))
  try {
    await broker.start()
  } catch (error) {
    await afterStop?.()
    forgetSignals()
    throw explainStartup(error) ?? error
  }
  isStarting = false
  if (hasFailed) stop(1)
  void afterStart(options, broker, metrics, zooKeeper).then(
    (started) => {
      if (started === null) return
      stopHttp = started.stop
      options.onHttp?.(started.url)
    },
    (error: unknown) => {
      logger.error('the HTTP side did not start', { error })
      stop(1)
    },
  )
  void createMissingTopics(options, broker, () => isStopping).catch((error: unknown) => {
    logger.error('the topics of zurau.create.topics were not created', { error })
  })
  return { broker, ended: ended.finally(forgetSignals) }
}

async function createMissingTopics(
  { config, platform }: BrokerProcessOptions,
  broker: Broker,
  isStopping: () => boolean,
): Promise<void> {
  const topics = topicsToCreate(config)
  if (topics.length === 0) return
  const address = plaintextAddress(broker)
  if (address === null) {
    platform.logger.warn('zurau.create.topics needs a PLAINTEXT listener: no topic is created')
    return
  }
  const { createTopicsAtStart } = await import('./topics-at-start.ts')
  await createTopicsAtStart({ topics, broker: address, ...platform, isStopping })
}

/** Where clients of this process itself find the broker; null where it wants to know who they are. */
function plaintextAddress(broker: Broker): { readonly host: string; readonly port: number } | null {
  const listener = broker.listeners.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT')
  if (listener === undefined) return null
  // What listens on every address is reached on this machine's own.
  const isEverywhere = ['', '0.0.0.0', '::'].includes(listener.host)
  return { host: isEverywhere ? '127.0.0.1' : listener.host, port: listener.port }
}

/** Milliseconds since the process began. */
export function uptimeMs(): number {
  return process.uptime() * 1000
}

async function connect(
  config: LiveBrokerConfig,
  platform: NodePlatform,
  connectString: string,
  onAnswer: (latencyMs: number) => void,
): Promise<ZooKeeper> {
  // Loaded while the ports are open already.
  const { createZooKeeperClient } = await import('../../zk/client/create-client.ts')
  return createZooKeeperClient({
    connectString,
    sessionTimeoutMs: config.get('zookeeper.session.timeout.ms'),
    connectionTimeoutMs: zookeeperConnectionTimeoutMs(config),
    maxInFlightRequests: Math.max(256, config.get('zookeeper.max.in.flight.requests')),
    platform,
    onAnswer,
  })
}

/** What nobody who speaks Kafka waits for: the HTTP side with its library, and zstd. */
async function afterStart(
  { config, platform, connectString }: BrokerProcessOptions,
  broker: Broker,
  metrics: Metrics,
  zooKeeper: ZooKeeper | null,
): Promise<{ url: string; stop: () => Promise<void> } | null> {
  await prepareZstd()
  const address = httpAddress(config)
  if (address === null) return null
  const [
    { HttpServer },
    { healthRoutes },
    { metricsRoute },
    { ProcessMetrics },
    { NodeProcessStats },
    { ClusterExporter },
  ] = await Promise.all([
    import('../http/server.ts'),
    import('../http/health.ts'),
    import('../http/metrics.ts'),
    import('../http/process-metrics.ts'),
    import('../platform/node/node-process-stats.ts'),
    import('./exporter/cluster-exporter.ts'),
  ])
  const { clock, logger } = platform
  const processMetrics = new ProcessMetrics({
    clock,
    metrics,
    stats: new NodeProcessStats(),
    version: VERSION,
  })
  processMetrics.start()
  const kafka = plaintextAddress(broker)
  const exporter =
    kafka === null || zooKeeper === null
      ? null
      : new ClusterExporter({ ...platform, metrics, broker: kafka, connectString, zooKeeper })
  const showPartitions = config.get('metrics.partition.enable')
  const routes = [
    ...healthRoutes({
      clock,
      source: broker.health,
      eventLoopDelayMs: () => processMetrics.eventLoopDelayMs,
    }),
    metricsRoute({
      clock,
      metrics,
      showPartitions: () =>
        showPartitions === 'true' || (showPartitions === 'auto' && broker.partitionCount < 2000),
      isController: () => broker.isController,
      ...(exporter === null ? {} : { refreshCluster: () => exporter.refresh() }),
    }),
  ]
  const listen = async (port: number) => {
    const server = new HttpServer({ clock, logger, host: address.host, port, routes, version: VERSION })
    return { server, at: await server.start() }
  }
  const isDefault = config.current.sourceOf('zurau.http.listen') === 'DEFAULT_CONFIG'
  const { server, at } = await listen(address.port).catch((error: unknown) => {
    if (error instanceof NetworkError && error.code === 'EADDRINUSE' && isDefault) return listen(0)
    throw error
  })
  const stop = async (): Promise<void> => {
    processMetrics.stop()
    exporter?.close()
    await server.stop()
  }
  return { url: `http://${hostPort(at.host, at.port)}`, stop }
}

/** Returns what takes it back. */
function onSignals(stop: () => void): () => void {
  let count = 0
  const heard = (): void => {
    count++
    if (count > 1) process.exit(INTERRUPTED)
    stop()
  }
  process.on('SIGTERM', heard)
  process.on('SIGINT', heard)
  return () => {
    process.off('SIGTERM', heard)
    process.off('SIGINT', heard)
  }
}
