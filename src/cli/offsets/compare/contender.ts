import type { ClusterClient } from '../../../client/cluster-client.ts'
import type { GroupAdmin } from '../../../client/group-admin.ts'
import { KafkaError } from '../../../model/errors.ts'
import { mustSucceed } from '../../../client/cluster-client.ts'

/**
 * What is compared.
 *
 *     zookeeper-faithful  OffsetCommit v0, one znode after the other, as Kafka does
 *     zookeeper           OffsetCommit v0, all znodes of a commit in one multi
 *     kafka               OffsetCommit v8 to `__consumer_offsets`
 */
export const CONTENDERS = ['zookeeper-faithful', 'zookeeper', 'kafka'] as const
export type ContenderName = (typeof CONTENDERS)[number]

export const CONTENDER_TITLES: Readonly<Record<ContenderName, string>> = {
  'zookeeper-faithful': 'ZooKeeper (v0, loop)',
  zookeeper: 'ZooKeeper (v0, multi)',
  kafka: '__consumer_offsets (v8)',
}

const TOPIC_VERSION = 8

/** One group that commits all its partitions at once. */
export class Committer {
  readonly group: string
  private readonly client: ClusterClient
  private readonly groups: GroupAdmin
  private readonly topic: string
  private readonly partitions: number
  private readonly isLegacy: boolean
  private readonly timeoutMs: number
  private coordinator: Promise<number> | null = null

  constructor(options: {
    client: ClusterClient
    groups: GroupAdmin
    contender: ContenderName
    group: string
    topic: string
    partitions: number
    timeoutMs: number
  }) {
    this.client = options.client
    this.groups = options.groups
    this.group = options.group
    this.topic = options.topic
    this.partitions = options.partitions
    this.isLegacy = options.contender !== 'kafka'
    this.timeoutMs = options.timeoutMs
  }

  /** Commits `offset` for every partition. Throws KafkaError of the first that failed. */
  async commit(offset: number): Promise<void> {
    const to = this.isLegacy ? 'any' : await this.findCoordinator()
    try {
      const { topics } = await this.client.call(
        to,
        'OffsetCommit',
        {
          groupId: this.group,
          topics: [
            {
              name: this.topic,
              partitions: Array.from({ length: this.partitions }, (_, partitionIndex) => ({
                partitionIndex,
                committedOffset: offset,
                committedMetadata: '',
              })),
            },
          ],
        },
        { maxVersion: this.isLegacy ? 0 : TOPIC_VERSION, timeoutMs: this.timeoutMs },
      )
      for (const { partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          mustSucceed(errorCode, `${this.topic}-${partitionIndex}`)
        }
      }
    } catch (error) {
      // Whoever answered so is not the one any more, or not there: the next commit asks again.
      if (error instanceof KafkaError) {
        this.coordinator = null
        this.client.forgetMetadata()
      }
      throw error
    }
  }

  private findCoordinator(): Promise<number> {
    this.coordinator ??= this.groups.atCoordinator(this.group, (coordinator) => Promise.resolve(coordinator))
    return this.coordinator
  }
}
