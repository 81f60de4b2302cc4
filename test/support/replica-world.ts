import { MetadataCache } from '../../src/metadata/metadata-cache.ts'
import { createMetrics, type Metrics } from '../../src/metrics/registry.ts'
import type {
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../src/model/ids.ts'
import { Purgatory } from '../../src/purgatory/purgatory.ts'
import { buildBatch, type BatchOptions } from '../../src/records/batch-builder.ts'
import { FetcherManager } from '../../src/replication/fetcher-manager.ts'
import type { IsrProposals } from '../../src/replication/isr-proposals.ts'
import type { Leader } from '../../src/replication/leader.ts'
import { RateWindow } from '../../src/quota/rate-window.ts'
import { ReplicationQuota } from '../../src/replication/replication-quota.ts'
import { ReplicaManager } from '../../src/replication/replica-manager.ts'
import { TopicMetricsTable } from '../../src/replication/topic-metrics.ts'
import { LogWorld, type LogWorldOptions } from './log-fixture.ts'
import { tellOfTopic } from './metadata.ts'

/** Broker 1 with its logs and the partitions that it leads. Followers only fetch where a test says so. */
export class ReplicaWorld {
  readonly logs: LogWorld
  readonly cache = new MetadataCache()
  readonly fetches: Purgatory
  readonly metrics: Metrics
  readonly replicas: ReplicaManager
  /** `leader.replication.throttled.rate` and, of every topic, `.replicas`. */
  readonly throttle: { bytesPerSecond: number; replicas: readonly string[] } = {
    bytesPerSecond: Infinity,
    replicas: [],
  }
  private epoch = 0

  private constructor(options: LogWorldOptions) {
    this.logs = new LogWorld(options)
    const { clock, logger, manager } = this.logs
    this.fetches = new Purgatory({ clock })
    this.metrics = createMetrics({ clock, onProblem: () => undefined })
    const proposals: Pick<IsrProposals, 'propose'> = { propose: () => undefined }
    this.replicas = new ReplicaManager({
      self: 1 as BrokerId,
      clock,
      logger,
      logs: manager,
      metadata: this.cache,
      fetches: this.fetches,
      metrics: new TopicMetricsTable(this.metrics),
      maxLagMs: () => 30_000,
      minInSyncReplicas: () => 1,
      proposals: proposals as IsrProposals,
      fetchers: new FetcherManager({
        fetchersPerBroker: () => 1,
        open: () => {
          throw new Error('this broker follows nobody')
        },
      }),
      leaderQuota: new ReplicationQuota({
        clock,
        self: 1 as BrokerId,
        rate: new RateWindow({ samples: 11, sampleMs: 1000 }),
        bytesPerSecond: () => this.throttle.bytesPerSecond,
        throttledReplicas: () => this.throttle.replicas,
      }),
      onLeadershipChange: () => undefined,
    })
  }

  static async open(options: LogWorldOptions = {}): Promise<ReplicaWorld> {
    const world = new ReplicaWorld(options)
    await world.logs.start()
    return world
  }

  get clock() {
    return this.logs.clock
  }

  get logger() {
    return this.logs.logger
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return this.logs.run(promise)
  }

  /** Makes this broker the leader of partition 0 of a topic, with `replicas`, all in sync unless said otherwise. */
  async lead(
    topic: string,
    replicas: readonly number[] = [1],
    inSyncReplicas: readonly number[] = replicas,
  ): Promise<Leader> {
    tellOfTopic(this.cache, topic, [replicas])
    const order = {
      topic,
      partition: 0 as PartitionIndex,
      topicId: null,
      controllerEpoch: 1 as ControllerEpoch,
      leader: 1 as BrokerId,
      leaderEpoch: this.epoch++ as LeaderEpoch,
      inSyncReplicas: inSyncReplicas as BrokerId[],
      partitionEpoch: 0 as PartitionEpoch,
      replicas: replicas as BrokerId[],
      addingReplicas: [],
      removingReplicas: [],
      isNew: true,
    }
    await this.run(this.replicas.applyOrders(1 as ControllerEpoch, [order]))
    return this.replicas.leader(topic, 0, -1)
  }

  /** Appends so many records, and waits until they are written. */
  async append(leader: Leader, count: number, options: BatchOptions = {}): Promise<void> {
    const records = Array.from({ length: count }, (_, index) => ({ value: `${index}` }))
    leader.append(buildBatch(records, options), 'client', false)
    await this.written(leader)
  }

  /** Lets what is appended be written, and tells the leader so. */
  async written(leader: Leader): Promise<void> {
    await this.logs.settle()
    this.replicas.onWritten(leader.log)
  }
}
