import { createHandlers } from '../api/handlers.ts'
import { RequestMetrics } from '../api/request-metrics.ts'
import { Router } from '../api/router.ts'
import {
  alterLogDirsConcurrency,
  connectionsPerIpOverrides,
  endpointsOf,
  logDirs,
} from '../config/derived.ts'
import type { BrokerEndpoints } from '../config/endpoints.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import { Controller } from '../controller/controller.ts'
import { ControllerMetrics } from '../controller/controller-metrics.ts'
import { TopicAdmin } from '../controller/topic-admin.ts'
import { ProducerIds } from '../coordinator/transaction/producer-ids.ts'
import { DirectoryLockedError } from '../log/log-directory.ts'
import { LogManager } from '../log/log-manager.ts'
import { collectLogMetrics } from '../log/log-metrics.ts'
import { ConfigAdmin } from '../metadata/config-admin.ts'
import { ConfigChanges } from '../metadata/config-changes.ts'
import { collectClusterMetrics } from '../metadata/cluster-metrics.ts'
import { MetadataCache } from '../metadata/metadata-cache.ts'
import { TopicConfigs } from '../metadata/topic-configs.ts'
import type { Metrics } from '../metrics/registry.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { KafkaError, errorName } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId, ProducerId } from '../model/ids.ts'
import { OFFSETS_TOPIC } from '../model/topic-name.ts'
import { ControllerChannel } from '../network/controller-channel.ts'
import { collectSocketMetrics } from '../network/socket-metrics.ts'
import { SocketServer } from '../network/socket-server.ts'
import { DiskError } from '../platform/disk.ts'
import type { LogLevels } from '../platform/logger.ts'
import { NetworkError } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { Purgatory } from '../purgatory/purgatory.ts'
import { QuotaAdmin } from '../quota/quota-admin.ts'
import { FetcherManager } from '../replication/fetcher-manager.ts'
import { collectFetcherMetrics } from '../replication/fetcher-metrics.ts'
import { Fetcher } from '../replication/fetcher.ts'
import { FetchSessionCache } from '../replication/fetch-session-cache.ts'
import { IsrProposals } from '../replication/isr-proposals.ts'
import { LogDirMover } from '../replication/log-dir-mover.ts'
import { ReplicaManager } from '../replication/replica-manager.ts'
import { collectIsrMetrics, collectReplicaMetrics } from '../replication/replica-metrics.ts'
import { TopicMetricsTable } from '../replication/topic-metrics.ts'
import { collectWaitingMetrics } from '../replication/waiting-metrics.ts'
import { ScramAdmin } from '../security/scram-admin.ts'
import { MalformedZnodeError } from '../../zk/znode.ts'
import type { ConfigEntity } from '../../zk/stores/config-entity.ts'
import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { BrokerChannels } from './broker-channels.ts'
import { controlledShutdown } from './controlled-shutdown.ts'
import { DynamicConfig } from './dynamic-config.ts'
import { Features } from './features.ts'
import { Groups } from './groups.ts'
import { BrokerHealth } from './health.ts'
import { claimDirectories, establishIdentity, type Identity } from './identity.ts'
import { BROKER_STATES, Lifecycle } from './lifecycle.ts'
import { FIXED_LOG_LEVELS, LoggerLevels } from './logger-levels.ts'
import { logSettings } from './log-settings.ts'
import { Registration } from './registration.ts'
import { StartupError } from './startup-error.ts'
import { openStores, type Stores } from './stores.ts'
import { replicationThrottles } from './replication-throttles.ts'
import { refuseUnavailable } from './unavailable.ts'
import { recordSession } from './zookeeper-metrics.ts'

/** Of a broker that has not registered: no request of a controller can be meant for it. */
const NOT_REGISTERED = -1 as BrokerEpoch
/** AllocateProducerIds in the version that 3.9 has. */
const ALLOCATE_VERSION = 0

export interface BrokerOptions {
  /** The static layer; what ZooKeeper says is laid over it. */
  readonly config: LiveBrokerConfig
  readonly platform: Platform
  readonly metrics: Metrics
  /** Called once, after the ports are bound: the broker owns the session and ends it. */
  readonly connectZooKeeper: () => Promise<ZooKeeper>
  /** Where log levels can be changed while the broker runs. */
  readonly logLevels?: LogLevels
  /** The broker cannot go on: the process should end with an error. */
  readonly onFatal: (error: Error) => void
}

/**
 * One broker: builds its components in order, starts them, stops them in reverse. The only place that knows them all.
 * Source: kafka.server.KafkaServer (3.9) for the order of the steps that others can see.
 */
export class Broker {
  readonly health: BrokerHealth
  readonly lifecycle = new Lifecycle()
  private readonly options: BrokerOptions
  private readonly platform: Platform
  private readonly config: LiveBrokerConfig
  /** What has to be undone, last first. */
  private readonly undo: (() => Promise<void> | void)[] = []
  private identity: Identity | null = null
  private boundEndpoints: readonly Endpoint[] = []
  private logs: LogManager | null = null
  private controller: Controller | null = null
  private registration: Registration | null = null
  /** Has others take over what this broker leads. */
  private handOver: (() => Promise<void>) | null = null

  constructor(options: BrokerOptions) {
    this.options = options
    this.platform = options.platform
    this.config = options.config
    this.health = new BrokerHealth({ lifecycle: this.lifecycle, clock: options.platform.clock })
    options.metrics.collect('kafka_server_kafkaserver_brokerstate', (emit) =>
      emit(BROKER_STATES[this.lifecycle.state]),
    )
  }

  get brokerId(): BrokerId | null {
    return this.identity?.brokerId ?? null
  }

  get clusterId(): string | null {
    return this.identity?.clusterId ?? null
  }

  /** Where it listens, with the ports that it got. */
  get listeners(): readonly Endpoint[] {
    return this.boundEndpoints
  }

  get partitionCount(): number {
    return this.logs?.logCount ?? 0
  }

  get isController(): boolean {
    return this.controller?.isActive ?? false
  }

  /** Resolves when requests are served. Throws StartupError, and then nothing is left behind. */
  async start(): Promise<void> {
    this.lifecycle.move('STARTING')
    try {
      await this.build()
    } catch (error) {
      this.lifecycle.move('SHUTTING_DOWN')
      await this.unwind()
      throw explained(error)
    }
  }

  /** Hands over, writes everything out, ends the session. */
  async stop(): Promise<void> {
    if (this.lifecycle.isStopping || this.lifecycle.state === 'NOT_RUNNING') return
    const { logger } = this.platform
    logger.info(`[KafkaServer id=${this.brokerId}] shutting down`)
    if (this.lifecycle.state === 'RUNNING' && this.config.get('controlled.shutdown.enable')) {
      this.lifecycle.move('PENDING_CONTROLLED_SHUTDOWN')
      await this.handOver?.()
    }
    this.lifecycle.move('SHUTTING_DOWN')
    await this.unwind()
    this.lifecycle.move('NOT_RUNNING')
    logger.info(`[KafkaServer id=${this.brokerId}] shut down completed`)
  }

  private async unwind(): Promise<void> {
    for (let step = this.undo.pop(); step !== undefined; step = this.undo.pop()) {
      try {
        await step()
      } catch (error) {
        this.platform.logger.error('a step of the shutdown failed', { error })
      }
    }
  }

  private async build(): Promise<void> {
    const { platform, config, undo } = this
    const { clock, random, disk, network, logger } = platform
    const { metrics } = this.options
    const endpoints = endpointsOf(config.current)
    refuseUnavailable(config.current, endpoints)

    // The ports first: nobody waits longer than need be, and a port in use is found out before anything is written.
    const sockets = this.newSocketServer(endpoints)
    undo.push(() => sockets.close())
    collectSocketMetrics(metrics, sockets)
    const bound = await bindAll(sockets, endpoints.listeners)
    this.boundEndpoints = bound

    const zooKeeper = await this.options.connectZooKeeper()
    undo.push(() => zooKeeper.close())
    this.health.followSession(zooKeeper.session)
    recordSession(metrics, zooKeeper.session)
    const stores = openStores(zooKeeper, platform)
    await stores.cluster.createTopLevelPaths()

    const topicMetrics = new TopicMetricsTable(metrics)
    const replicasLater: { current: ReplicaManager | null } = { current: null }
    const topicConfigs = new TopicConfigs({
      store: stores.configs,
      config,
      logger,
      onChange: (topic, topicConfig) => logs.updateConfig(topic, topicConfig.values),
    })
    const flushes = this.options.metrics.histogram('kafka_log_logflushstats_logflushrateandtimems').with()
    const logs: LogManager = new LogManager({
      disk,
      clock,
      random,
      logger: logger.child('LogManager'),
      directories: logDirs(config),
      config: logSettings(config),
      configOf: (topic) => topicConfigs.get(topic).values,
      onWritten: (log) => replicasLater.current?.onWritten(log),
      onFlushed: (tookMs) => flushes.record(tookMs),
      onDirectoryOffline: (path, lost, error) => {
        replicasLater.current?.onDirectoryOffline(lost)
        if (logs.onlineDirectories.length === 0)
          this.fatal(`the last log directory, ${path}, has failed`, error)
        else void this.announceFailedDirectory(stores)
      },
    })
    this.logs = logs
    collectLogMetrics(this.options.metrics, logs)
    logs.acquire()
    undo.push(() => logs.close())
    const identity = await establishIdentity({
      config,
      logs,
      cluster: stores.cluster,
      registry: stores.brokers,
      random,
    })
    this.identity = identity
    const { brokerId: self, clusterId } = identity

    const dynamicConfig = new DynamicConfig({ store: stores.configs, config, self, random, logger })
    await dynamicConfig.load()
    await claimDirectories(logs, identity)

    this.lifecycle.move('RECOVERY')
    await topicConfigs.load()
    await logs.load()
    this.health.note('logs recovered')
    logs.startTasks()

    const features = new Features({ store: stores.features, logger })
    undo.push(() => features.stop())
    await features.follow()

    const cache = new MetadataCache()
    const brokerEpoch = (): BrokerEpoch => this.registration?.epoch ?? NOT_REGISTERED
    const fetches = new Purgatory({ clock })
    const topics = new Purgatory({ clock })
    undo.push(() => {
      fetches.close()
      topics.close()
    })
    const interBrokerListener = endpoints.interBrokerListener.name
    const controlListener = endpoints.controlPlaneListenerName ?? interBrokerListener
    const channels = new BrokerChannels({ platform, config, self })
    const openControllerChannel = (): ControllerChannel =>
      new ControllerChannel({
        clock,
        find: () =>
          cache.controllerId === null ? null : cache.endpoint(cache.controllerId, controlListener),
        open: (address) => channels.open(address),
      })
    const toController = openControllerChannel()
    undo.push(() => toController.close())
    this.handOver = async () => {
      const controller = openControllerChannel()
      await controlledShutdown({ self, brokerEpoch: brokerEpoch(), controller, config, clock, logger })
      controller.close()
    }
    const proposals = new IsrProposals({ self, brokerEpoch, controller: toController, clock, logger })
    undo.push(() => proposals.close())
    collectIsrMetrics(metrics, proposals)
    const throttles = replicationThrottles({ clock, self, config, topicConfigs })
    const fetchers = new FetcherManager({
      fetchersPerBroker: () => config.get('num.replica.fetchers'),
      open: (leader) =>
        new Fetcher({
          leader: channels.leader(brokerEpoch, () => cache.endpoint(leader, interBrokerListener)),
          clock,
          logger: logger.child(`Fetcher of ${leader}`),
          backoffMs: () => config.get('replica.fetch.backoff.ms'),
          quota: throttles.follower,
          onReplicated: (bytes, addingReplicas) =>
            topicMetrics.replication.fetched(bytes, addingReplicas.includes(self)),
        }),
    })
    const replicas = new ReplicaManager({
      self,
      clock,
      logger,
      logs,
      metadata: cache,
      fetches,
      metrics: topicMetrics,
      maxLagMs: () => config.get('replica.lag.time.max.ms'),
      minInSyncReplicas: (topic) => topicConfigs.get(topic).get('min.insync.replicas'),
      proposals,
      fetchers,
      leaderQuota: throttles.leader,
      onLeadershipChange: (changes) => groups.onLeadershipChange(changes),
      onPartitionsGone: (partitions) => groups.onPartitionsGone(partitions),
    })
    replicasLater.current = replicas
    replicas.start()
    const sessions = new FetchSessionCache({
      slots: config.get('max.incremental.fetch.session.cache.slots'),
      random,
    })
    collectReplicaMetrics(metrics, replicas)
    collectFetcherMetrics(metrics, { replicas, fetchers, futures: logs.futures })
    collectWaitingMetrics(metrics, { replicas, fetches, topics, sessions })
    collectClusterMetrics(metrics, cache, interBrokerListener)
    undo.push(() => replicas.stop())
    const mover = new LogDirMover({
      clock,
      logger: logger.child('LogDirMover'),
      logs,
      bytesPerSecond: () => config.get('replica.alter.log.dirs.io.max.bytes.per.second'),
      movesAtOnce: () => alterLogDirsConcurrency(config),
      exchange: (topicPartition, swap) => replicas.exchangeLog(topicPartition, swap),
    })
    undo.push(() => mover.stop())
    mover.resume()
    const offsetsTopic = await stores.topics.read(OFFSETS_TOPIC)
    const groups: Groups = new Groups({
      platform,
      config,
      metrics,
      replicas,
      cache,
      consumerOffsets: stores.consumerOffsets,
      offsetsTopicPartitions: offsetsTopic?.partitions.size ?? null,
    })
    groups.start()
    undo.push(() => groups.stop())

    const registration = new Registration({
      registry: stores.brokers,
      clock,
      logger,
      self,
      endpoints: advertisedEndpoints(endpoints, bound, network.hostName()),
      rack: config.get('broker.rack'),
      sessionTimeoutMs: config.get('zookeeper.session.timeout.ms'),
    })
    this.registration = registration
    await registration.register()
    this.health.followRegistration(registration)

    const topicAdmin = new TopicAdmin({
      topics: stores.topics,
      configs: stores.configs,
      admin: stores.admin,
      metadata: cache,
      config,
      topicDefaults: () => topicConfigs.defaults,
      random,
      logger,
    })
    const controller = new Controller({
      broker: self,
      clock,
      random,
      logger: logger.child('Controller'),
      config,
      stores,
      openChannel: (endpoint) => channels.open(endpoint),
      interBrokerListener,
      controlListener,
      session: zooKeeper.session,
      election: stores.election(self),
      topicAdmin,
      metrics: new ControllerMetrics(metrics),
      reregister: () => registration.reregister(),
    })
    this.controller = controller
    // Before what they need: a request that arrives while all else stops finds nobody, rather than half a broker.
    undo.push(() => sockets.close())
    controller.start()
    undo.push(() => controller.stop())
    config.onChange(['unclean.leader.election.enable'], ({ after }) => {
      if (after.get('unclean.leader.election.enable')) controller.onUncleanElectionEnabled(null)
    })

    const producerIds = new ProducerIds({
      clock,
      logger,
      timeoutMs: config.get('request.timeout.ms'),
      fetchBlock: async () => {
        const request = { brokerId: self, brokerEpoch: brokerEpoch() }
        const options = { timeoutMs: config.get('request.timeout.ms') }
        const block = await toController.call('AllocateProducerIds', ALLOCATE_VERSION, request, options)
        if (block.errorCode !== 0) throw new KafkaError(errorName(block.errorCode))
        return { firstId: block.producerIdStart as ProducerId, count: block.producerIdLen }
      },
    })

    const changes = new ConfigChanges({
      zooKeeper,
      clock,
      logger,
      onChange: (entity) => applyConfigChange(entity, dynamicConfig, topicConfigs, controller),
    })
    undo.push(() => changes.stop())
    await changes.start()

    const configAdmin = new ConfigAdmin({
      store: stores.configs,
      cache,
      config,
      topicDefaults: () => topicConfigs.defaults,
      self,
      random,
    })
    const loggers = new LoggerLevels({
      target: this.options.logLevels ?? FIXED_LOG_LEVELS,
      level: config.get('zurau.log.level'),
    })
    const handlers = createHandlers({
      self,
      clusterId,
      clock,
      logger,
      config,
      cache,
      topicConfigs,
      logs,
      disk,
      replicas,
      mover,
      sessions,
      metrics: topicMetrics,
      controller,
      topicAdmin,
      producerIds,
      groups: groups.coordinator,
      offsets: groups.offsets,
      topics,
      brokerEpoch,
      configAdmin,
      quotaAdmin: new QuotaAdmin({ store: stores.configs }),
      scramAdmin: new ScramAdmin({ store: stores.configs }),
      fetches,
      loggers,
      finalizedFeaturesEpoch: () => features.epoch,
      onMetadataChange: (names, deleted) => {
        this.health.note('metadata received')
        groups.onPartitionsDeleted(deleted)
        for (const { topic } of deleted) {
          if (cache.topic(topic) !== null) continue
          topicConfigs.forget(topic)
          topicMetrics.forget(topic)
        }
        for (const name of names) topics.check(name)
      },
    })
    sockets.serve(new Router({ handlers, clock, logger, metrics: new RequestMetrics(metrics) }))
    this.lifecycle.move('RUNNING')
    logger.info(`[KafkaServer id=${self}] started`)
  }

  private newSocketServer(endpoints: BrokerEndpoints): SocketServer {
    const { config, platform } = this
    const perListener = (name: string): number => config.current.getForListener('max.connections', name)
    return new SocketServer({
      clock: platform.clock,
      network: platform.network,
      logger: platform.logger,
      limits: {
        maxConnectionsOf: (address) =>
          connectionsPerIpOverrides(config).get(address) ?? config.get('max.connections.per.ip'),
        maxConnectionsOfListener: perListener,
        maxConnections: () => config.get('max.connections'),
        isProtected: (listener) =>
          endpoints.listeners.length > 1 && listener === endpoints.interBrokerListener.name,
      },
      maxRequestBytes: config.get('socket.request.max.bytes'),
      maxIdleMs: config.get('connections.max.idle.ms'),
      backlog: config.get('socket.listen.backlog.size'),
    })
  }

  private async announceFailedDirectory(stores: Stores): Promise<void> {
    if (this.identity === null) return
    try {
      await stores.admin.announceLogDirFailure(this.identity.brokerId)
    } catch (error) {
      this.platform.logger.error('the controller was not told of a failed log directory', { error })
    }
  }

  private fatal(what: string, error: Error): void {
    this.platform.logger.fatal(`${what}: the broker cannot go on`, { error })
    this.options.onFatal(error)
  }
}

async function applyConfigChange(
  entity: ConfigEntity,
  brokers: DynamicConfig,
  topics: TopicConfigs,
  controller: Controller,
): Promise<void> {
  switch (entity.type) {
    case 'topics':
      await topics.refresh(entity.name)
      // Partitions without a leader need not stay so.
      if (topics.get(entity.name).get('unclean.leader.election.enable')) {
        controller.onUncleanElectionEnabled(entity.name)
      }
      return
    case 'brokers':
      return brokers.refresh(entity.name)
    default:
    // Quotas and credentials: nothing here goes by them yet.
  }
}

async function bindAll(sockets: SocketServer, listeners: readonly Endpoint[]): Promise<Endpoint[]> {
  const bound: Endpoint[] = []
  for (const endpoint of listeners) bound.push(await sockets.bind(endpoint))
  return bound
}

/** What others are told: ports that were left to the system are the bound ones, empty hosts this machine's name. */
function advertisedEndpoints(
  endpoints: BrokerEndpoints,
  bound: readonly Endpoint[],
  hostName: string,
): Endpoint[] {
  return endpoints.advertised.map((endpoint) => {
    const own = bound.find(({ listenerName }) => listenerName === endpoint.listenerName)
    return {
      ...endpoint,
      host: endpoint.host === '' ? hostName : endpoint.host,
      port: endpoint.port === 0 ? (own?.port ?? 0) : endpoint.port,
    }
  })
}

function explained(error: unknown): unknown {
  if (error instanceof MalformedZnodeError) {
    return new StartupError(
      error.message,
      `look at it with "zurau zk get ${error.path}"; docs/zookeeper.md tells what belongs there; mend it, then start again`,
      { cause: error },
    )
  }
  if (error instanceof NetworkError) return new StartupError(error.message, 'see above', { cause: error })
  if (error instanceof DirectoryLockedError) {
    return new StartupError(error.message, 'stop the other process, or use other log.dirs', { cause: error })
  }
  if (error instanceof DiskError) {
    return new StartupError(
      `${error.path}: ${error.message}`,
      'see that the directories in log.dirs can be written and have room',
      { cause: error },
    )
  }
  return error
}
