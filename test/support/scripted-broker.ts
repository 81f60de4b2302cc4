import type { ControlChannel } from '../../src/controller/broker-senders.ts'
import { Controller } from '../../src/controller/controller.ts'
import { ControllerMetrics } from '../../src/controller/controller-metrics.ts'
import type { BrokerRequest, ControlApi } from '../../src/controller/request-batch.ts'
import { TopicAdmin } from '../../src/controller/topic-admin.ts'
import { BrokerConfig, NO_PROPERTIES } from '../../src/config/layers.ts'
import { topicDefaults } from '../../src/config/topic-config.ts'
import { createMetrics, type Metrics } from '../../src/metrics/registry.ts'
import { MetadataCache } from '../../src/metadata/metadata-cache.ts'
import { errorCode, KafkaError } from '../../src/model/errors.ts'
import type {
  BrokerEpoch,
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../src/model/ids.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { RequestInput, ResponseRead } from '../../src/protocol/apis.ts'
import { AdminStore } from '../../zk/stores/admin-store.ts'
import { BrokerRegistry } from '../../zk/stores/broker-registry.ts'
import { ConfigStore } from '../../zk/stores/config-store.ts'
import { ControllerElection } from '../../zk/stores/controller-election.ts'
import { FeatureStore } from '../../zk/stores/feature-store.ts'
import { PartitionStateStore } from '../../zk/stores/partition-state-store.ts'
import { ProducerIdStore } from '../../zk/stores/producer-id-store.ts'
import { TopicStore } from '../../zk/stores/topic-store.ts'
import type { FakeLogger } from '../fakes/logger.ts'
import { FakeRandom } from '../fakes/random.ts'
import type { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import { RecordingZooKeeper } from './recording-zookeeper.ts'

/** What a scripted broker lives in. */
export interface BrokerWorld {
  readonly clock: Clock
  readonly logger: FakeLogger
  readonly writes: string[]
  readonly maxOperations: number
  readonly properties: Readonly<Record<string, string>>
  readonly maxQueuedRequests: number | undefined
  connect(name: string): FakeZooKeeper
  broker(id: number): ScriptedBroker
}

/** The port at which a scripted broker is found. */
const portOf = (id: number): number => 9000 + id

/** A broker as the controller sees it: its registration, its answers, and a controller of its own. */
export class ScriptedBroker {
  readonly id: BrokerId
  readonly zooKeeper: FakeZooKeeper
  readonly recorded: RecordingZooKeeper
  readonly controller: Controller
  readonly topicAdmin: TopicAdmin
  readonly metadata = new MetadataCache()
  readonly metrics: Metrics
  readonly received: BrokerRequest[] = []
  epoch = -1 as BrokerEpoch
  /** How requests are met. */
  mood: 'answers' | 'silent' | 'unreachable' = 'answers'
  /** Partitions on failed disks, as `topic-0`; their topics by id. */
  readonly failedDisks = new Set<string>()
  /** What the next attempts to register in a new session end with. */
  readonly registerFailures: Error[] = []
  /** Whether deletions fail. */
  refusesToDelete = false
  private readonly world: BrokerWorld
  private readonly registry: BrokerRegistry
  private readonly rack: string | null
  private readonly topicNames = new Map<string, string>()
  private open = new Set<ScriptedChannel>()

  constructor(world: BrokerWorld, id: BrokerId, rack: string | null) {
    this.world = world
    this.id = id
    this.rack = rack
    const { clock, logger, maxOperations } = world
    this.zooKeeper = world.connect(`broker ${id}`)
    this.recorded = new RecordingZooKeeper(this.zooKeeper, world.writes)
    const random = new FakeRandom(`controller ${id}`)
    const stores = { zooKeeper: this.recorded, clock, maxOperations }
    this.registry = new BrokerRegistry({ ...stores, logger })
    const config = brokerConfig(world.properties)
    const [topics, configs, admin] = [new TopicStore(stores), new ConfigStore(stores), new AdminStore(stores)]
    this.metrics = createMetrics({ clock })
    const topicAdminOptions = { topics, configs, admin, metadata: this.metadata, config, random, logger }
    this.topicAdmin = new TopicAdmin({ ...topicAdminOptions, topicDefaults: () => topicDefaults(config) })
    this.controller = new Controller({
      broker: id,
      clock,
      random,
      logger: logger.child(`controller ${id}`),
      config,
      session: this.zooKeeper.session,
      election: new ControllerElection({ ...stores, broker: id }),
      stores: {
        brokers: this.registry,
        topics,
        configs,
        admin,
        states: new PartitionStateStore(stores),
        features: new FeatureStore(stores),
        producerIds: new ProducerIdStore(stores),
      },
      topicAdmin: this.topicAdmin,
      metrics: new ControllerMetrics(this.metrics),
      openChannel: (endpoint) => world.broker(endpoint.port - portOf(0)).channel(),
      interBrokerListener: 'PLAINTEXT',
      controlListener: 'PLAINTEXT',
      ...(world.maxQueuedRequests === undefined ? {} : { maxQueuedRequests: world.maxQueuedRequests }),
      reregister: () => {
        const failure = this.registerFailures.shift()
        return failure === undefined ? this.register() : Promise.reject(failure)
      },
    })
  }

  async register(): Promise<void> {
    this.epoch = await this.registry.register(this.id, {
      endpoints: [
        {
          listenerName: 'PLAINTEXT',
          securityProtocol: 'PLAINTEXT',
          host: `b${this.id}`,
          port: portOf(this.id),
        },
      ],
      rack: this.rack,
      features: new Map(),
      jmxPort: -1,
      timestampMs: this.world.clock.nowMs(),
    })
  }

  /** The process is gone: its session ends, nobody is answered. */
  async die(): Promise<void> {
    this.mood = 'unreachable'
    this.breakConnections()
    await this.zooKeeper.close()
  }

  /** What is on its way to the broker is lost. */
  breakConnections(): void {
    for (const channel of [...this.open]) channel.break()
  }

  channel(): ControlChannel {
    const channel = new ScriptedChannel(this, this.world.clock)
    this.open.add(channel)
    return channel
  }

  forget(channel: ScriptedChannel): void {
    this.open.delete(channel)
  }

  /** What the broker answers. Metadata is taken over, as a broker does. */
  answer(api: ControlApi, request: BrokerRequest['request']): object {
    this.received.push({ broker: this.id, size: 0, api, request } as BrokerRequest)
    if (api === 'UpdateMetadata') return this.learn(request as RequestInput<'UpdateMetadata'>)
    if (api === 'LeaderAndIsr') return this.obey(request as RequestInput<'LeaderAndIsr'>)
    return this.stop(request as RequestInput<'StopReplica'>)
  }

  private learn(request: RequestInput<'UpdateMetadata'>): object {
    this.metadata.apply({
      controllerId: request.controllerId as BrokerId,
      brokers: request.liveBrokers.map(({ id, rack }) => ({
        id: id as BrokerId,
        rack: rack ?? null,
        endpoints: [],
      })),
      topics: (request.topicStates ?? []).map(({ topicName, topicId, partitionStates }) => ({
        name: topicName,
        id: topicId,
        partitions: partitionStates.map((state) => ({
          index: state.partitionIndex as PartitionIndex,
          controllerEpoch: state.controllerEpoch as ControllerEpoch,
          leader: state.leader as BrokerId,
          leaderEpoch: state.leaderEpoch as LeaderEpoch,
          inSyncReplicas: state.isr as readonly BrokerId[],
          partitionEpoch: state.zkVersion as PartitionEpoch,
          replicas: state.replicas as readonly BrokerId[],
          offlineReplicas: (state.offlineReplicas ?? []) as readonly BrokerId[],
        })),
      })),
    })
    return { errorCode: 0 }
  }

  private obey(request: RequestInput<'LeaderAndIsr'>): object {
    const topics = (request.topicStates ?? []).map(({ topicName, topicId, partitionStates }) => {
      this.topicNames.set(topicId, topicName)
      return {
        topicId,
        partitionErrors: partitionStates.map(({ partitionIndex }) => ({
          topicName: '',
          partitionIndex,
          errorCode: this.diskError(topicName, partitionIndex),
        })),
      }
    })
    return { errorCode: 0, partitionErrors: [], topics }
  }

  private stop(request: RequestInput<'StopReplica'>): object {
    const partitionErrors = (request.topicStates ?? []).flatMap(({ topicName, partitionStates }) =>
      partitionStates.map(({ partitionIndex, deletePartition }) => ({
        topicName,
        partitionIndex,
        errorCode:
          this.refusesToDelete && deletePartition
            ? errorCode('KAFKA_STORAGE_ERROR')
            : this.diskError(topicName, partitionIndex),
      })),
    )
    return { errorCode: 0, partitionErrors }
  }

  private diskError(name: string, partition: number): number {
    return this.failedDisks.has(`${name}-${partition}`) ? errorCode('KAFKA_STORAGE_ERROR') : 0
  }
}

/** A connection of some controller to a broker. */
class ScriptedChannel implements ControlChannel {
  private readonly broker: ScriptedBroker
  private readonly clock: Clock
  private readonly waiting = new Set<(error: KafkaError) => void>()

  constructor(broker: ScriptedBroker, clock: Clock) {
    this.broker = broker
    this.clock = clock
  }

  call<Api extends ControlApi>(
    api: Api,
    _version: number,
    request: RequestInput<Api>,
  ): Promise<ResponseRead<Api>> {
    return new Promise((resolve, reject) => {
      if (this.broker.mood === 'unreachable') {
        reject(new KafkaError('NETWORK_EXCEPTION', `broker ${this.broker.id} cannot be reached`))
        return
      }
      this.waiting.add(reject)
      if (this.broker.mood === 'silent') return
      this.clock.after(0, () => {
        if (!this.waiting.delete(reject)) return
        resolve(this.broker.answer(api, request as BrokerRequest['request']) as ResponseRead<Api>)
      })
    })
  }

  break(): void {
    for (const reject of this.waiting) reject(new KafkaError('NETWORK_EXCEPTION', 'the connection broke'))
    this.waiting.clear()
  }

  close(): void {
    this.broker.forget(this)
    this.break()
  }
}

function brokerConfig(properties: Readonly<Record<string, string>>): BrokerConfig {
  const texts = { 'zookeeper.connect': 'zk:2181', ...properties }
  return new BrokerConfig({
    static: new Map(Object.entries(texts)),
    clusterDefault: NO_PROPERTIES,
    perBroker: NO_PROPERTIES,
  })
}
