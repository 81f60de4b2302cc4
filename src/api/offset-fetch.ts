import type { FetchedOffset, FetchedOffsets, OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { Handler } from './handler.ts'

/** The version whose offsets are kept in ZooKeeper. */
const LEGACY = 0
/** The first version that can say that the request as a whole has failed. */
const HAS_TOP_LEVEL_ERROR = 2
/** The first version that asks about several groups. */
const ASKS_ABOUT_MANY = 8

type Wanted = RequestOf<'OffsetFetch'>['topics']
type TopicEntry = NonNullable<ResponseOf<'OffsetFetch'>['groups']>[number]['topics'][number]

/** Tells offsets that groups have committed. Source: KafkaApis.handleOffsetFetchRequest (3.9). */
export function offsetFetch(services: {
  offsets: OffsetStores
  cache: MetadataCache
}): Handler<'OffsetFetch'> {
  const { offsets, cache } = services

  return (request, { version }) => {
    const { groupId, topics, groups, requireStable } = request
    if (version === LEGACY) return fetchLegacy(groupId, topics ?? [])
    if (version < ASKS_ABOUT_MANY) {
      const answer = (fetched: FetchedOffsets) => answerOf(fetched, topics, version)
      const fetched = offsets.fetch(groupId, partitionsOf(topics), requireStable)
      return fetched instanceof Promise ? fetched.then(answer) : answer(fetched)
    }
    return Promise.all(
      groups.map(async ({ groupId, topics }) => ({
        groupId,
        ...answerOf(await offsets.fetch(groupId, partitionsOf(topics), requireStable), topics, version),
      })),
    ).then((groups) => ({ groups }))
  }

  async function fetchLegacy(group: string, topics: NonNullable<Wanted>): Promise<ResponseOf<'OffsetFetch'>> {
    // Topics that do not exist have no offsets, whatever ZooKeeper remembers.
    const partitions = partitionsOf(topics) ?? []
    const existing = partitions.filter(({ topic }) => cache.topic(topic) !== null)
    const found = await offsets.fetchLegacy(group, existing)
    const byTopic = new Map(found.map((offset) => [`${offset.topic}-${offset.partition}`, offset]))
    return {
      topics: topicEntries(
        partitions.map(
          ({ topic, partition }) =>
            byTopic.get(`${topic}-${partition}`) ?? nothing(topic, partition, 'UNKNOWN_TOPIC_OR_PARTITION'),
        ),
      ),
    }
  }
}

function answerOf(
  { error, offsets }: FetchedOffsets,
  topics: Wanted,
  version: number,
): { errorCode: number; topics: TopicEntry[] } {
  if (error === 'NONE' || version >= HAS_TOP_LEVEL_ERROR) {
    return { errorCode: errorCode(error), topics: topicEntries(offsets) }
  }
  const partitions = partitionsOf(topics) ?? []
  return {
    errorCode: 0,
    topics: topicEntries(partitions.map(({ topic, partition }) => nothing(topic, partition, error))),
  }
}

function nothing(topic: string, partition: number, error: ErrorName): FetchedOffset {
  return { topic, partition, offset: -1, leaderEpoch: -1, metadata: '', error }
}

function partitionsOf(topics: Wanted): TopicPartition[] | null {
  if (topics === null) return null
  return topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition) => ({ topic: name, partition: partition as PartitionIndex })),
  )
}

function topicEntries(offsets: readonly FetchedOffset[]): TopicEntry[] {
  const topics = new Map<string, TopicEntry['partitions'][number][]>()
  for (const { topic, partition, offset, leaderEpoch, metadata, error } of offsets) {
    const entry = {
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      metadata,
      errorCode: errorCode(error),
    }
    const partitions = topics.get(topic)
    if (partitions === undefined) topics.set(topic, [entry])
    else partitions.push(entry)
  }
  return Array.from(topics, ([name, partitions]) => ({ name, partitions }))
}
