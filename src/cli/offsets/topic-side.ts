import { Consumer } from '../../client/consumer.ts'
import { findOffsets } from '../../client/offsets.ts'
import { GroupAdmin } from '../../client/group-admin.ts'
import { TopicLeaders } from '../../client/topic-leaders.ts'
import { coordinatorPartition } from '../../model/coordinator-partition.ts'
import { OFFSETS_TOPIC } from '../../model/topic-name.ts'
import { partitionKey } from '../../model/topic-partition.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../protocol/messages/stored/offset-commit.ts'
import { ProtocolError } from '../../protocol/protocol-error.ts'
import { decodeVersioned } from '../../protocol/versioned.ts'
import type { Cluster } from '../cluster-options.ts'
import type { Committed } from './committed.ts'
import type { LogRange } from './plan.ts'
import { readStorageSettings, type StorageSettings } from './storage-settings.ts'

const POLL_MS = 1000
/** Versions of keys in the offsets topic: an offset is 0 or 1, a group's metadata 2. */
const LAST_OFFSET_KEY_VERSION = 1

/**
 * The offsets in `__consumer_offsets`, and the logs that they point into. A coordinator tells them; where a group keeps
 * its offsets elsewhere too, the coordinator would tell those, and the topic itself is read.
 */
export class TopicSide {
  readonly groupAdmin: GroupAdmin
  private readonly cluster: Cluster
  private readonly leaders: TopicLeaders
  private settings: StorageSettings | null = null

  constructor(cluster: Cluster) {
    this.cluster = cluster
    this.groupAdmin = new GroupAdmin(cluster)
    this.leaders = new TopicLeaders({ client: cluster.client })
  }

  /** Where brokers keep offsets, by group. `kafka` for all with brokers that know nothing else. */
  async storage(): Promise<StorageSettings> {
    return (this.settings ??= await readStorageSettings(this.cluster.admin))
  }

  /** Settings may have changed. */
  forgetStorage(): void {
    this.settings = null
  }

  async groups(): Promise<string[]> {
    const listed = await this.groupAdmin.list()
    return listed.map(({ groupId }) => groupId)
  }

  async read(group: string): Promise<Committed[]> {
    if ((await this.storage()).of(group) !== 'kafka') return this.readTopic(group)
    const offsets = await this.groupAdmin.committed(group)
    return offsets.map(({ topic, partition, offset }) => ({ group, topic, partition, offset }))
  }

  /** Where the logs of these partitions begin and end; null for partitions that do not exist. */
  async ranges(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
  ): Promise<Map<string, LogRange | null>> {
    const counts = await this.partitionCounts([...new Set(partitions.map(({ topic }) => topic))])
    // Groups share partitions, and brokers refuse to be asked for one twice.
    const distinct = new Map(partitions.map((each) => [partitionKey(each.topic, each.partition), each]))
    const there = [...distinct.values()].filter(
      ({ topic, partition }) => partition < (counts.get(topic) ?? 0),
    )
    const { client, timeoutMs } = this.cluster
    const find = (kind: 'earliest' | 'latest') =>
      findOffsets(
        client,
        this.leaders,
        there.map(({ topic, partition }) => ({ topic, partition, query: { kind } })),
        { timeoutMs },
      )
    const starts = await find('earliest')
    const ends = await find('latest')
    const ranges = new Map<string, LogRange | null>()
    for (const { topic, partition } of partitions) ranges.set(partitionKey(topic, partition), null)
    for (const [i, { topic, partition, offset }] of starts.entries()) {
      ranges.set(partitionKey(topic, partition), { start: offset, end: ends[i]?.offset ?? offset })
    }
    return ranges
  }

  /** How many partitions each of these topics has; those that do not exist are left out. */
  async partitionCounts(topics: readonly string[]): Promise<Map<string, number>> {
    if (topics.length === 0) return new Map()
    const { topics: found } = await this.cluster.client.metadata(topics)
    return new Map(
      found
        .filter(({ errorCode, name }) => errorCode === 0 && name !== null)
        .map(({ name, partitions }) => [name ?? '', partitions.length]),
    )
  }

  /** What the topic itself says of the group: its partition from the first record to the end. */
  private async readTopic(group: string): Promise<Committed[]> {
    const count = (await this.partitionCounts([OFFSETS_TOPIC])).get(OFFSETS_TOPIC) ?? 0
    if (count === 0) return []
    const partition = coordinatorPartition(group, count)
    const { client } = this.cluster
    const consumer = new Consumer({ client, isolation: 'read_committed', patienceMs: this.cluster.timeoutMs })
    const found = new Map<string, Committed>()
    try {
      const where = { topic: OFFSETS_TOPIC, partition }
      const [end] = await findOffsets(client, this.leaders, [{ ...where, query: { kind: 'latest' } }], {
        timeoutMs: this.cluster.timeoutMs,
        isReadCommitted: true,
      })
      await consumer.assign([{ ...where, from: { kind: 'earliest' }, until: end?.offset ?? 0 }])
      while (!consumer.isFinished) {
        for (const { key, value } of await consumer.poll(POLL_MS)) replay(found, group, key, value)
      }
    } finally {
      consumer.close()
    }
    return [...found.values()]
  }
}

/** One record of the offsets topic. Those of other kinds, groups and versions say nothing of this group's offsets. */
function replay(
  found: Map<string, Committed>,
  group: string,
  key: Buffer | null,
  value: Buffer | null,
): void {
  if (key === null || key.length < 2 || key.readInt16BE(0) > LAST_OFFSET_KEY_VERSION) return
  try {
    const { group: owner, topic, partition } = decodeVersioned(OffsetCommitKey, key)
    if (owner !== group) return
    const place = partitionKey(topic, partition)
    if (value === null) found.delete(place)
    else
      found.set(place, { group, topic, partition, offset: decodeVersioned(OffsetCommitValue, value).offset })
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
}
