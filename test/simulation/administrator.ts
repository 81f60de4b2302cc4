import { ClusterAdmin } from '../../src/client/cluster-admin.ts'
import { KafkaError } from '../../src/model/errors.ts'
import type { BrokerId, PartitionIndex } from '../../src/model/ids.ts'
import { preferredReplicaElection, reassignPartitions } from '../../zk/znodes/admin.ts'
import { controller } from '../../zk/znodes/controller.ts'
import { ANY_VERSION, ZooKeeperError } from '../../zk/zookeeper.ts'
import type { ClusterClient } from '../../src/client/cluster-client.ts'
import type { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import type { PlannedTopic } from './plan.ts'
import { errorInWords } from './trace.ts'
import { clientOf } from './workloads/client-of.ts'
import type { World } from './world.ts'

const PATIENCE_MS = 10_000

/** Who makes and changes topics, through the protocol and, as the old tools did, through ZooKeeper. */
export class Administrator {
  private readonly world: World
  private readonly client: ClusterClient
  private readonly admin: ClusterAdmin
  private readonly zooKeeper: FakeZooKeeper

  constructor(world: World) {
    this.world = world
    const platform = world.addClient('administrator')
    this.client = clientOf(world, platform)
    this.admin = new ClusterAdmin({ client: this.client, timeoutMs: PATIENCE_MS })
    this.zooKeeper = world.zooKeeper.connect({
      clock: platform.clock,
      random: platform.random,
      sessionTimeoutMs: 20_000,
    })
  }

  /** Makes a topic, and goes on until it is there. */
  async mustCreate({ name, partitions, replicationFactor, configs }: PlannedTopic): Promise<void> {
    const isMade = async (): Promise<void> => {
      try {
        await this.admin.createTopic({ name, partitions, replicationFactor, configs })
      } catch (error) {
        if (!(error instanceof KafkaError) || error.error !== 'TOPIC_ALREADY_EXISTS') throw error
      }
    }
    await this.client.retrying(60_000, isMade, () => true)
  }

  createTopic(name: string, partitions: number, replicationFactor: number): void {
    this.try(`creates ${name}`, () =>
      this.admin.createTopic({ name, partitions, replicationFactor, configs: {} }),
    )
  }

  deleteTopic(name: string): void {
    this.try(`deletes ${name}`, () => this.admin.deleteTopic(name))
  }

  addPartitions(name: string, count: number): void {
    this.try(`grows ${name} to ${count}`, () => this.admin.growTopic(name, count))
  }

  reassign(topic: string, partition: number, replicas: readonly number[]): void {
    const target = {
      topic,
      partition: partition as PartitionIndex,
      replicas: replicas as readonly BrokerId[],
    }
    this.try(`moves ${topic}-${partition} to ${replicas.join(',')}`, () =>
      this.zooKeeper.create(reassignPartitions.at(), reassignPartitions.encode([target])),
    )
  }

  electPreferred(topic: string, partitions: number): void {
    const all = Array.from({ length: partitions }, (_, i) => ({ topic, partition: i as PartitionIndex }))
    this.try(`has the preferred leaders of ${topic} elected`, () =>
      this.zooKeeper.create(preferredReplicaElection.at(), preferredReplicaElection.encode(all)),
    )
  }

  /** Asks one broker, whether it is the controller or not, to elect preferred leaders. */
  electThrough(broker: number, topic: string, partitions: number): void {
    const topicPartitions = [{ topic, partitions: Array.from({ length: partitions }, (_, i) => i) }]
    this.try(`asks broker ${broker} for the preferred leaders of ${topic}`, () =>
      this.client.call(broker, 'ElectLeaders', { electionType: 0, topicPartitions, timeoutMs: 1000 }),
    )
  }

  deposeController(): void {
    this.try('deletes /controller', () => this.zooKeeper.delete(controller.at(), ANY_VERSION))
  }

  async close(): Promise<void> {
    this.client.close()
    await this.zooKeeper.close()
  }

  /** What fails, fails: the world may be upside down. Only mistakes of the brokers' own are noted. */
  private try(what: string, act: () => Promise<unknown>): void {
    const { trace } = this.world
    trace.note('administrator', what)
    act().then(
      () => trace.note('administrator', `${what}: done`),
      (error: unknown) => {
        trace.note('administrator', `${what}: ${errorInWords(error)}`)
        if (error instanceof KafkaError && error.error !== 'UNKNOWN_SERVER_ERROR') return
        if (error instanceof ZooKeeperError) return
        this.world.violate('surprise', `the administrator ${what}`, error)
      },
    )
  }
}
