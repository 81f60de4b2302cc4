import { KafkaError } from '../model/errors.ts'
import { isTransient, failureOf, type ClusterClient } from './cluster-client.ts'
import type { TopicLeaders } from './topic-leaders.ts'

/** Where to look: the ends of a log, or the first record that is not older than a time. */
export type OffsetQuery =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'max-timestamp' }
  | { readonly kind: 'timestamp'; readonly ms: number }

export interface PartitionQuery {
  readonly topic: string
  readonly partition: number
  readonly query: OffsetQuery
}

export interface FoundOffset {
  readonly topic: string
  readonly partition: number
  /** -1 when no record is that young. */
  readonly offset: number
  /** Of the record that was found; -1 at the ends of a log. */
  readonly timestamp: number
}

/** Version 7 of ListOffsets knows the largest timestamp; older ones would take -3 for a time. */
const MAX_TIMESTAMP_FROM = 7

/**
 * Finds offsets, with one request per leader. Goes on asking those that have no leader, or another one, until
 * `timeoutMs` have passed; throws the KafkaError of the first partition that cannot be told.
 */
export async function findOffsets(
  client: ClusterClient,
  leaders: TopicLeaders,
  queries: readonly PartitionQuery[],
  options: { readonly timeoutMs: number; readonly isReadCommitted?: boolean },
): Promise<FoundOffset[]> {
  const isolationLevel = options.isReadCommitted === true ? 1 : 0
  const found = new Map<PartitionQuery, FoundOffset>()
  await client.retrying(options.timeoutMs, async () => {
    const byLeader = await groupByLeader(
      leaders,
      queries.filter((query) => !found.has(query)),
      options.timeoutMs,
    )
    const failures: KafkaError[] = []
    const asked = [...byLeader].map(async ([leader, group]) => {
      try {
        for (const answer of await ask(client, leader, group, isolationLevel)) found.set(...answer)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        for (const { topic } of group) leaders.forget(topic)
        failures.push(error)
      }
    })
    await Promise.all(asked)
    // What no patience heals is told first.
    const worst = failures.find((error) => !isTransient(error)) ?? failures[0]
    if (worst !== undefined) throw worst
  })
  return queries.map((query) => found.get(query) as FoundOffset)
}

async function groupByLeader(
  leaders: TopicLeaders,
  queries: readonly PartitionQuery[],
  timeoutMs: number,
): Promise<Map<number, PartitionQuery[]>> {
  const groups = new Map<number, PartitionQuery[]>()
  for (const query of queries) {
    const known = await leaders.topic(query.topic, timeoutMs)
    const leader = known.leaders.get(query.partition)
    const where = `${query.topic}-${query.partition}`
    if (leader === undefined) {
      const count = known.partitions.length
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${where}: the topic has ${count} partitions`)
    }
    if (leader.broker < 0) {
      leaders.forget(query.topic)
      throw new KafkaError('LEADER_NOT_AVAILABLE', `${where} has no leader`)
    }
    const group = groups.get(leader.broker)
    if (group === undefined) groups.set(leader.broker, [query])
    else group.push(query)
  }
  return groups
}

async function ask(
  client: ClusterClient,
  leader: number,
  group: readonly PartitionQuery[],
  isolationLevel: number,
): Promise<[PartitionQuery, FoundOffset][]> {
  const needsMaxTimestamp = group.some(({ query }) => query.kind === 'max-timestamp')
  if (needsMaxTimestamp && (await client.version(leader, 'ListOffsets')) < MAX_TIMESTAMP_FROM) {
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `broker ${leader} does not know how to find the largest timestamp`,
    )
  }
  const names = [...new Set(group.map(({ topic }) => topic))]
  const { topics } = await client.call(leader, 'ListOffsets', {
    replicaId: -1,
    isolationLevel,
    topics: names.map((name) => ({
      name,
      partitions: group
        .filter(({ topic }) => topic === name)
        .map(({ partition, query }) => ({ partitionIndex: partition, timestamp: timestampOf(query) })),
    })),
  })
  const answers = new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map((answer): [string, typeof answer] => [`${name}-${answer.partitionIndex}`, answer]),
    ),
  )
  return group.map((query) => {
    const { topic, partition } = query
    const where = `${topic}-${partition}`
    const answer = answers.get(where)
    if (answer === undefined)
      throw new KafkaError('UNKNOWN_SERVER_ERROR', `${where}: the answer leaves it out`)
    if (answer.errorCode !== 0) throw failureOf(answer.errorCode, where)
    const offset = answer.oldStyleOffsets[0] ?? answer.offset
    return [query, { topic, partition, offset, timestamp: answer.timestamp }]
  })
}

function timestampOf(query: OffsetQuery): number {
  switch (query.kind) {
    case 'latest':
      return -1
    case 'earliest':
      return -2
    case 'max-timestamp':
      return -3
    case 'timestamp':
      return query.ms
  }
}
