import type { Controller } from '../../src/controller/controller.ts'
import type {
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../src/model/ids.ts'
import type { LeaderAndIsr } from '../../src/model/leader-and-isr.ts'
import type { Uuid } from '../../src/model/uuid.ts'
import { ClusterStore } from '../../zk/stores/cluster-store.ts'
import { partitionState, topic, topicPartition, topicPartitions } from '../../zk/znodes/topics.ts'
import { FakeClock } from '../fakes/clock.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { FakeRandom } from '../fakes/random.ts'
import type { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { describeRequest } from './describe-request.ts'
import { RecordingZooKeeper } from './recording-zookeeper.ts'
import { type BrokerWorld, ScriptedBroker } from './scripted-broker.ts'

export const ids = (...list: number[]): BrokerId[] => list as BrokerId[]
export const tp = (name: string, partition: number) => ({
  topic: name,
  partition: partition as PartitionIndex,
})

export interface WorldOptions {
  /** Of every broker: server.properties. */
  readonly properties?: Readonly<Record<string, string>>
  /** Operations in one multi; 1 writes as Kafka does. Default 1. */
  readonly maxOperations?: number
  /** What may wait for one broker. Default: the controller's own limit. */
  readonly maxQueuedRequests?: number
  /** Between brokers and ZooKeeper, one way. Default 0. */
  readonly latencyMs?: number
}

const SESSION_TIMEOUT_MS = 6000

/** A partition as an earlier controller left it. */
export interface PlantedPartition {
  readonly replicas: number[]
  readonly leader: number
  readonly isr: number[]
  /** Leader epoch. Default 0. */
  readonly epoch?: number
  /** How often the state was changed since it was made. Default 0. */
  readonly version?: number
}

/** A cluster without data: a fake ZooKeeper, controllers, and brokers that only answer the controller. */
export class ControllerWorld implements BrokerWorld {
  readonly clock = new FakeClock()
  readonly logger = new FakeLogger()
  readonly zooKeeper: FakeZooKeeperService
  readonly brokers = new Map<number, ScriptedBroker>()
  readonly maxOperations: number
  readonly properties: Readonly<Record<string, string>>
  readonly maxQueuedRequests: number | undefined
  private readonly latencyMs: number
  /** What all brokers and tools wrote, in order: lines as peer/seen/znodes.md has them. */
  readonly writes: string[] = []
  /** A session of no broker: a tool's. */
  readonly tool: RecordingZooKeeper

  constructor(options: WorldOptions = {}) {
    this.maxOperations = options.maxOperations ?? 1
    this.properties = options.properties ?? {}
    this.latencyMs = options.latencyMs ?? 0
    this.maxQueuedRequests = options.maxQueuedRequests
    this.zooKeeper = new FakeZooKeeperService({ clock: this.clock })
    this.tool = new RecordingZooKeeper(this.connect('tool'), this.writes)
  }

  connect(name: string): FakeZooKeeper {
    return this.zooKeeper.connect({
      clock: this.clock,
      random: new FakeRandom(name),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      latencyMs: () => this.latencyMs,
      logger: this.logger,
    })
  }

  /** Runs everything that is due within `ms`. */
  async settle(ms = 20): Promise<void> {
    await this.clock.advance(ms)
  }

  /** Runs until `promise` settles, and settles alike. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.clock.until(promise)
  }

  /** Makes the top-level paths. */
  async prepare(): Promise<void> {
    const stores = { zooKeeper: this.tool, clock: this.clock }
    await this.until(new ClusterStore(stores).createTopLevelPaths())
    this.writes.length = 0
  }

  /** Registers a broker; its controller is started where `isCandidate`. */
  async addBroker(
    id: number,
    options: { rack?: string; isCandidate?: boolean } = {},
  ): Promise<ScriptedBroker> {
    const broker = new ScriptedBroker(this, id as BrokerId, options.rack ?? null)
    this.brokers.set(id, broker)
    await this.until(broker.register())
    if (options.isCandidate ?? true) broker.controller.start()
    await this.settle()
    return broker
  }

  broker(id: number): ScriptedBroker {
    const broker = this.brokers.get(id)
    if (broker === undefined) throw new Error(`no broker ${id}`)
    return broker
  }

  /** A broker's process dies, and its session with it. */
  async kill(id: number): Promise<void> {
    await this.until(this.broker(id).die())
    await this.settle()
  }

  /** The controller that is active; there must be one. */
  get active(): Controller {
    const [broker] = [...this.brokers.values()].filter(({ controller }) => controller.isActive)
    if (broker === undefined) throw new Error('there is no active controller')
    return broker.controller
  }

  /** What was written since the last call. */
  takeWrites(): string[] {
    return this.writes.splice(0)
  }

  /** What each broker was sent since the last call: `1 LeaderAndIsr t-0 …`. */
  takeRequests(): string[] {
    return [...this.brokers.values()].flatMap((broker) =>
      broker.received.splice(0).map((request) => `${broker.id} ${describeRequest(request)}`),
    )
  }

  /** Brokers 1 to `count`, each in a rack of its own; none of them is the controller yet. */
  async registerBrokers(count: number): Promise<void> {
    for (let id = 1; id <= count; id++) await this.addBroker(id, { rack: `r${id}`, isCandidate: false })
  }

  /** All brokers become candidates, the first of them the controller; what they wrote is forgotten. */
  async startControllers(): Promise<void> {
    for (const { controller } of this.brokers.values()) {
      controller.start()
      await this.settle()
    }
    this.writes.length = 0
    this.takeRequests()
  }

  /**
   * Writes a topic with states as a controller of an earlier epoch left them. To be done before there is a controller,
   * who would take it for a new one.
   */
  async plantTopic(
    name: string,
    partitions: Readonly<Record<number, PlantedPartition>>,
    id = topicIdOf(name),
  ): Promise<void> {
    const entries = Object.entries(partitions).map(
      ([index, plan]) => [Number(index) as PartitionIndex, plan] as const,
    )
    const create = (path: string, data: Buffer | null) => this.tool.create(path, data)
    const assignment = {
      topicId: id,
      partitions: new Map(
        entries.map(([index, { replicas }]) => [
          index,
          { replicas: ids(...replicas), adding: [], removing: [] },
        ]),
      ),
    }
    const work: Promise<unknown>[] = [
      create(topic.at({ topic: name }), topic.encode(assignment)),
      create(topicPartitions.at({ topic: name }), null),
      ...entries.flatMap(([partition, { leader, isr, epoch, version }]) => {
        const at = { topic: name, partition }
        const path = partitionState.at(at)
        const data = partitionState.encode(stateOf({ leader, isr, epoch: epoch ?? 0 }))
        const made = [create(topicPartition.at(at), null), create(path, data)]
        return [...made, ...Array.from({ length: version ?? 0 }, () => this.tool.set(path, data, -1))]
      }),
    ]
    await this.until(Promise.all(work))
    this.writes.length = 0
  }

  /** A leader proposes other in-sync replicas, and is heard. */
  async proposeIsr(topic: string, partition: number, isr: number[]): Promise<void> {
    const current = this.state(topic, partition)
    const leader = this.broker(current.leader)
    const proposal = {
      partition: partition as PartitionIndex,
      leaderEpoch: current.leaderEpoch,
      partitionEpoch: current.partitionEpoch,
      inSyncReplicas: ids(...isr),
      leaderRecoveryState: 'RECOVERED' as const,
    }
    const reply = await this.until(
      this.active.alterPartition({
        broker: leader.id,
        brokerEpoch: leader.epoch,
        usesTopicIds: false,
        topics: [{ id: topicIdOf(topic), name: topic, partitions: [proposal] }],
      }),
    )
    const error = reply.topics[0]?.partitions[0]?.error
    if (error !== 'NONE') throw new Error(`the proposal for ${topic}-${partition} was refused: ${error}`)
    await this.settle()
  }

  /** The state znode of a partition. */
  state(name: string, partition: number): LeaderAndIsr & { version: number } {
    const path = partitionState.at({ topic: name, partition: partition })
    const node = this.zooKeeper.tree.get(path)
    if (node === undefined) throw new Error(`no ${path}`)
    const state = partitionState.decode(node.data, path)
    return { ...state, partitionEpoch: node.version as PartitionEpoch, version: node.version }
  }

  has(path: string): boolean {
    return this.zooKeeper.tree.get(path) !== undefined
  }

  data(path: string): string | null {
    return this.zooKeeper.tree.get(path)?.data?.toString() ?? null
  }
}

/** Brokers 1 to `count` with what `plant` leaves for them; broker 1 is the controller. */
export async function worldOf(
  count: number,
  plant: (world: ControllerWorld) => Promise<void> = async () => undefined,
  options: WorldOptions = {},
): Promise<ControllerWorld> {
  const world = new ControllerWorld(options)
  await world.prepare()
  await world.registerBrokers(count)
  // The states are younger than the registrations: no broker has restarted since.
  await plant(world)
  await world.startControllers()
  return world
}

/** A line of the record: an operation that the controller's epoch guards. */
export function fenced(epochVersion: number, operation: string): string {
  return `multi[ check /controller_epoch version ${epochVersion}; ${operation} ]`
}

/** A line of the record: a partition's new state, and the version that it has from then on. */
export function stateWrite(
  epoch: number,
  partition: string,
  content: { readonly leader: number; readonly epoch: number; readonly isr: readonly number[] },
  version: number,
): string {
  const [name = '', index = ''] = partition.split('/')
  const json =
    `{"controller_epoch":${epoch},"leader":${content.leader},"version":1,` +
    `"leader_epoch":${content.epoch},"isr":[${content.isr.join()}]}`
  return fenced(
    epoch,
    `setData /brokers/topics/${name}/partitions/${index}/state = ${json} [now version ${version}]`,
  )
}

/** Some id, the same for the same name. */
export function topicIdOf(name: string): Uuid {
  return `${Buffer.from(name.padEnd(15, '-')).toString('base64url').slice(0, 20)}AA` as Uuid
}

function stateOf(plan: {
  leader: number
  isr: number[]
  epoch: number
}): Omit<LeaderAndIsr, 'partitionEpoch'> {
  return {
    leader: plan.leader as BrokerId,
    leaderEpoch: plan.epoch as LeaderEpoch,
    inSyncReplicas: ids(...plan.isr),
    leaderRecoveryState: 'RECOVERED',
    controllerEpoch: 0 as ControllerEpoch,
  }
}
