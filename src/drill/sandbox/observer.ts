import { sleep } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { ZooKeeper } from '../../../zk/zookeeper.ts'
import { createZooKeeperClient } from '../../../zk/client/create-client.ts'
import type { MachinePorts } from './sandbox-options.ts'

export interface ObservedPartition {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
  readonly adding: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly inSyncReplicas: readonly number[]
}

/** The cluster as ZooKeeper has it at one instant. */
export interface ClusterView {
  /** Since the observer began, milliseconds. */
  readonly atMs: number
  /** Null: nobody. */
  readonly controller: number | null
  readonly controllerEpoch: number
  /** Living brokers with the epochs of their registrations. */
  readonly brokers: ReadonlyMap<number, number>
  readonly partitions: readonly ObservedPartition[]
  readonly isReassigning: boolean
}

interface Json {
  readonly [key: string]: unknown
}

/** A look may take so long; a quorum that is lost does not answer. */
const LOOK_LIMIT_MS = 1500

/**
 * Looks at the cluster through ZooKeeper, past all proxies: what controllers and leaders have written there is the
 * truth that brokers of any make agree on.
 */
export class Observer {
  private readonly ports: MachinePorts
  private readonly logger: Logger
  private readonly connectString: string
  private readonly startedMs: number
  private client: ZooKeeper | null = null

  constructor(options: {
    readonly ports: MachinePorts
    readonly logger: Logger
    readonly connectString: string
  }) {
    this.ports = options.ports
    this.logger = options.logger
    this.connectString = options.connectString
    this.startedMs = options.ports.clock.monotonicMs()
  }

  get elapsedMs(): number {
    return this.ports.clock.monotonicMs() - this.startedMs
  }

  /** The client that drills also write with; connected on first use. */
  async zookeeper(): Promise<ZooKeeper> {
    this.client ??= await createZooKeeperClient({
      connectString: this.connectString,
      sessionTimeoutMs: 10_000,
      connectionTimeoutMs: 20_000,
      maxInFlightRequests: 1000,
      platform: { ...this.ports, logger: this.logger },
    })
    return this.client
  }

  /** Null when ZooKeeper does not answer. */
  async look(): Promise<ClusterView | null> {
    let isOver = false
    const limit = sleep(this.ports.clock, LOOK_LIMIT_MS).then(() => {
      isOver = true
      return null
    })
    const looking = this.read().catch(() => null)
    const view = await Promise.race([looking, limit])
    return isOver ? null : view
  }

  async close(): Promise<void> {
    const limit = sleep(this.ports.clock, LOOK_LIMIT_MS)
    await Promise.race([this.client?.close().catch(() => undefined), limit])
  }

  private async read(): Promise<ClusterView> {
    const zookeeper = await this.zookeeper()
    const json = async (path: string): Promise<Json | null> => {
      const found = await zookeeper.get(path)
      return found?.data === undefined || found.data === null
        ? null
        : (JSON.parse(found.data.toString()) as Json)
    }
    const [controller, epoch, ids, topics, reassigning] = await Promise.all([
      json('/controller'),
      zookeeper.get('/controller_epoch'),
      zookeeper.children('/brokers/ids'),
      zookeeper.children('/brokers/topics'),
      zookeeper.exists('/admin/reassign_partitions'),
    ])
    const registrations = await Promise.all(
      (ids ?? []).map(
        async (id) => [Number(id), (await zookeeper.exists(`/brokers/ids/${id}`))?.czxid] as const,
      ),
    )
    // One that went between the two looks is gone.
    const brokers = registrations.flatMap(([id, epoch]) =>
      epoch === undefined ? [] : [[id, epoch] as const],
    )
    const partitions = await Promise.all((topics ?? []).map((topic) => this.topic(topic, json)))
    return {
      atMs: this.elapsedMs,
      controller: typeof controller?.['brokerid'] === 'number' ? controller['brokerid'] : null,
      controllerEpoch: Number(epoch?.data?.toString() ?? 0),
      brokers: new Map(brokers),
      partitions: partitions.flat(),
      isReassigning: reassigning !== null,
    }
  }

  private async topic(
    topic: string,
    json: (path: string) => Promise<Json | null>,
  ): Promise<ObservedPartition[]> {
    const assignment = await json(`/brokers/topics/${topic}`)
    const listed = (assignment?.['partitions'] ?? {}) as Record<string, number[]>
    const adding = (assignment?.['adding_replicas'] ?? {}) as Record<string, number[]>
    return Promise.all(
      Object.entries(listed).map(async ([partition, replicas]) => {
        const state = await json(`/brokers/topics/${topic}/partitions/${partition}/state`)
        return {
          topic,
          partition: Number(partition),
          replicas,
          adding: adding[partition]?.length ?? 0,
          leader: (state?.['leader'] as number | undefined) ?? -1,
          leaderEpoch: (state?.['leader_epoch'] as number | undefined) ?? -1,
          inSyncReplicas: (state?.['isr'] as number[] | undefined) ?? [],
        }
      }),
    )
  }
}

/** Partitions whom nobody leads, or whose leader is not alive. */
export function offlineCount({ partitions, brokers }: ClusterView): number {
  return partitions.filter(({ leader }) => leader < 0 || !brokers.has(leader)).length
}

export function underReplicatedCount({ partitions }: ClusterView): number {
  return partitions.filter(({ inSyncReplicas, replicas }) => inSyncReplicas.length < replicas.length).length
}

/** Live members of the in-sync set count, against what writers with acks=all need. */
export function underMinInSyncCount({ partitions }: ClusterView, minimum: number): number {
  return partitions.filter(
    ({ inSyncReplicas, replicas }) => inSyncReplicas.length < Math.min(minimum, replicas.length),
  ).length
}

/** Partitions that somebody else leads than the first of their replicas. */
export function imbalance({ partitions }: ClusterView): number {
  return partitions.filter(({ leader, replicas }) => leader !== replicas[0]).length
}
