import type { ClusterClient } from '../../client/cluster-client.ts'
import { readConsumerAssignment } from '../../client/consumer-assignment.ts'
import type { GroupAdmin } from '../../client/group-admin.ts'
import { findOffsets, type OffsetQuery } from '../../client/offsets.ts'
import { readPartition } from '../../client/partition-reader.ts'
import { TopicLeaders } from '../../client/topic-leaders.ts'
import { partitionKey } from '../../model/topic-partition.ts'
import { ZERO_UUID } from '../../model/uuid.ts'
import { chunksOf } from './chunks.ts'

/** Where a partition's log begins and ends for consumers. */
export interface PartitionEnds {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly start: number
  readonly end: number
}

/** How far a group is in one partition. */
export interface GroupPosition {
  readonly topic: string
  readonly partition: number
  /** -1: a member owns it, and nothing is committed. */
  readonly offset: number
  /** When the first record that is not committed was made, ms since 1970; null for none, or where nobody looked. */
  readonly oldestMs: number | null
}

export interface SurveyedGroup {
  readonly groupId: string
  readonly members: number
  readonly positions: readonly GroupPosition[]
}

/** The logs and the groups of a cluster at one moment. */
export interface Survey {
  readonly takenMs: number
  /** By partition key. */
  readonly ends: ReadonlyMap<string, PartitionEnds>
  readonly groups: readonly SurveyedGroup[]
  /** Groups with offsets in ZooKeeper, as old consumers keep them. */
  readonly legacy: readonly SurveyedGroup[]
}

/** What reads `/consumers`. */
export interface LegacyGroups {
  groups(): Promise<string[]>
  readGroup(
    group: string,
  ): Promise<readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]>
}

export interface SurveySources {
  readonly client: ClusterClient
  readonly groups: GroupAdmin
  readonly legacy: LegacyGroups
  /** Of the wall clock. */
  readonly nowMs: () => number
  readonly timeoutMs: number
}

/** Groups in one request: an answer with all their offsets stays of a size that brokers and sockets like. */
const GROUPS_AT_ONCE = 100
/** Records that are read for their times, in one survey: beyond that, lags are told in records only. */
const MAX_TIMES = 200
const TIMES_AT_ONCE = 8
/** The last version of Fetch in which topics go by name. */
const FETCH_BY_NAME = 12

/**
 * Asks the brokers what kafka_exporter asks them: the ends of all logs, all groups with members and committed offsets;
 * a group or partition that cannot be asked at the moment is left out. Throws KafkaError when the cluster cannot be.
 */
export async function takeSurvey(sources: SurveySources): Promise<Survey> {
  const [ends, groups, legacy] = await Promise.all([endsOf(sources), groupsOf(sources), legacyOf(sources)])
  return { takenMs: sources.nowMs(), ends, groups: await withTimes(sources, groups, ends), legacy }
}

async function endsOf({ client, timeoutMs }: SurveySources): Promise<Map<string, PartitionEnds>> {
  const { topics } = await client.metadata(null)
  const led = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ leaderId, errorCode }) => leaderId >= 0 && errorCode === 0)
      .map(({ partitionIndex, leaderId }) => ({
        topic: name ?? '',
        partition: partitionIndex,
        leader: leaderId,
      })),
  )
  const leaders = new TopicLeaders({ client })
  const find = (query: OffsetQuery) =>
    led.length === 0
      ? Promise.resolve([])
      : findOffsets(
          client,
          leaders,
          led.map(({ topic, partition }) => ({ topic, partition, query })),
          { timeoutMs },
        )
  const [starts, ends] = [await find({ kind: 'earliest' }), await find({ kind: 'latest' })]
  return new Map(
    led.map((each, i) => [
      partitionKey(each.topic, each.partition),
      { ...each, start: starts[i]?.offset ?? 0, end: ends[i]?.offset ?? 0 },
    ]),
  )
}

/** Each broker is asked for the groups that it coordinates, and only for those. */
async function groupsOf(sources: SurveySources): Promise<SurveyedGroup[]> {
  const byCoordinator = new Map<number, string[]>()
  for (const { groupId, coordinator } of await sources.groups.list()) {
    const known = byCoordinator.get(coordinator)
    if (known === undefined) byCoordinator.set(coordinator, [groupId])
    else known.push(groupId)
  }
  const found = [...byCoordinator].map(async ([coordinator, names]) => {
    const all: SurveyedGroup[] = []
    for (const some of chunksOf(names, GROUPS_AT_ONCE))
      all.push(...(await describe(sources, coordinator, some)))
    return all
  })
  return (await Promise.all(found)).flat()
}

async function describe(
  { client }: SurveySources,
  coordinator: number,
  names: readonly string[],
): Promise<SurveyedGroup[]> {
  const [described, fetched] = await Promise.all([
    client.call(coordinator, 'DescribeGroups', { groups: [...names] }),
    client.call(coordinator, 'OffsetFetch', { groups: names.map((groupId) => ({ groupId, topics: null })) }),
  ])
  const committed = new Map(fetched.groups.map((group) => [group.groupId, group]))
  return described.groups.flatMap(({ groupId, errorCode, protocolType, members }): SurveyedGroup[] => {
    const offsets = committed.get(groupId)
    if (errorCode !== 0 || offsets === undefined || offsets.errorCode !== 0) return []
    const positions = new Map<string, GroupPosition>()
    for (const { memberAssignment } of protocolType === 'consumer' ? members : []) {
      for (const each of readConsumerAssignment(memberAssignment) ?? []) {
        positions.set(partitionKey(each.topic, each.partition), { ...each, offset: -1, oldestMs: null })
      }
    }
    for (const { name, partitions } of offsets.topics) {
      for (const { partitionIndex, committedOffset, errorCode: error } of partitions) {
        if (error !== 0 || committedOffset < 0) continue
        const position = { topic: name, partition: partitionIndex, offset: committedOffset, oldestMs: null }
        positions.set(partitionKey(name, partitionIndex), position)
      }
    }
    return [{ groupId, members: members.length, positions: [...positions.values()] }]
  })
}

async function legacyOf({ legacy }: SurveySources): Promise<SurveyedGroup[]> {
  const found: SurveyedGroup[] = []
  for (const groupId of await legacy.groups()) {
    const offsets = await legacy.readGroup(groupId)
    const positions = offsets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
      oldestMs: null,
    }))
    found.push({ groupId, members: 0, positions })
  }
  return found
}

/** Looks into the logs where groups have something before them, for as many partitions as may be. */
async function withTimes(
  sources: SurveySources,
  groups: readonly SurveyedGroup[],
  ends: ReadonlyMap<string, PartitionEnds>,
): Promise<SurveyedGroup[]> {
  const times = new Map<GroupPosition, number>()
  const behind = groups
    .flatMap(({ positions }) => positions)
    .flatMap((position) => {
      const log = ends.get(partitionKey(position.topic, position.partition))
      const isBehind = log !== undefined && position.offset >= 0 && position.offset < log.end
      return isBehind ? [{ position, log }] : []
    })
  for (const some of chunksOf(behind.slice(0, MAX_TIMES), TIMES_AT_ONCE)) {
    await Promise.all(
      some.map(async ({ position, log }) => {
        const ms = await timeAt(sources, log, Math.max(position.offset, log.start))
        if (ms !== null) times.set(position, ms)
      }),
    )
  }
  return groups.map((group) => ({
    ...group,
    positions: group.positions.map((each) => ({ ...each, oldestMs: times.get(each) ?? null })),
  }))
}

/** When the first record from `offset` on was made; null where it is not to be had. */
async function timeAt(
  { client }: SurveySources,
  { topic, partition, leader }: PartitionEnds,
  offset: number,
): Promise<number | null> {
  const wanted = { partition, fetchOffset: offset, partitionMaxBytes: 1 }
  const { responses } = await client.call(
    leader,
    'Fetch',
    {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1,
      sessionEpoch: -1,
      topics: [{ topic, topicId: ZERO_UUID, partitions: [wanted] }],
    },
    { maxVersion: FETCH_BY_NAME },
  )
  const answer = responses[0]?.partitions[0]
  if (answer === undefined || answer.errorCode !== 0 || answer.records === null) return null
  const { records } = await readPartition(answer.records, { topic, partition, fromOffset: offset }, [])
  const ms = records[0]?.timestamp
  return ms === undefined || ms < 0 ? null : ms
}
