import type { ConfigReader } from '../config/layers.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import type { BrokerId, PartitionIndex } from '../model/ids.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { TopicConfigs } from '../metadata/topic-configs.ts'
import type { Clock } from '../platform/clock.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { FetchSessionCache } from '../replication/fetch-session-cache.ts'
import {
  FINAL_EPOCH,
  INITIAL_EPOCH,
  NO_SESSION,
  nextSessionEpoch,
  sessionKey,
  type FetchPartition,
  type FetchSession,
} from '../replication/fetch-session.ts'
import {
  failedFetch,
  newsOf,
  type FetchBound,
  type FetchedPartition,
  type FetchParams,
} from '../replication/fetch-reader.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { RACK_AWARE_SELECTOR, replicaInRack } from '../replication/replica-selection.ts'
import type { TopicMetricsTable } from '../replication/topic-metrics.ts'
import { currentLeaders } from './current-leaders.ts'
import type { Handler } from './handler.ts'
import { cutBatch, forOldReader, isOldReader } from './old-readers.ts'

/** First versions of what an answer may hold. */
const KNOWS_STORAGE_ERROR = 6
const WHOLE_FIRST_BATCH = 3
const KNOWS_ZSTD = 10
const READS_FOLLOWERS = 11
const USES_TOPIC_IDS = 13
const NAMES_LEADERS = 16

type TopicResponse = ResponseOf<'Fetch'>['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]

/** Reads records, in a session or without. Source: KafkaApis.handleFetchRequest (3.9). */
export function fetch(services: {
  replicas: ReplicaManager
  cache: MetadataCache
  sessions: FetchSessionCache
  metrics: TopicMetricsTable
  clock: Clock
  topicConfigs: TopicConfigs
  self: BrokerId
  config: ConfigReader
  /** `fetch.max.bytes` */
  maxBytes: () => number
}): Handler<'Fetch'> {
  const { replicas, cache, sessions, metrics, clock, topicConfigs, maxBytes, self, config } = services
  const selectsByRack = config.get('replica.selector.class') === RACK_AWARE_SELECTOR
  const rackOf = (broker: BrokerId): string | null => cache.brokers.get(broker)?.rack ?? null

  return (request, { version, connection }) => {
    const bound = boundOf(request, version)
    if (bound === null) return unknownIsolationLevel(request)
    const opened = openSession(request, version)
    if (typeof opened === 'string')
      return { errorCode: errorCode(opened), sessionId: NO_SESSION, responses: [] }
    const params: FetchParams = {
      follower: followerOf(request, version),
      onlyFromLeader: version < READS_FOLLOWERS || followerOf(request, version) !== null,
      bound,
      minBytes: Math.min(request.minBytes, request.maxBytes),
      maxBytes: Math.min(request.maxBytes, maxBytes()),
      maxWaitMs: request.maxWaitMs,
      firstBatchWhole: version >= WHOLE_FIRST_BATCH,
      ...(selectsByRack && version >= READS_FOLLOWERS && request.rackId !== ''
        ? { preferredReplica: (followers) => replicaInRack(request.rackId, followers, { self, rackOf }) }
        : undefined),
    }
    const { session, wanted } = opened
    const known: FetchPartition[] = []
    const failed: FetchedPartition[] = []
    for (const one of wanted) {
      const error = refusalOf(one, version)
      if (one.topic !== null) metrics.of(one.topic).fetchRequests.add(1)
      if (error === null) known.push(one)
      else failed.push(failedFetch(one, error))
    }
    const read = replicas.fetch(known, params)
    const answer = (fetched: readonly FetchedPartition[]) =>
      respond(
        request,
        version,
        session,
        failed.length === 0 ? fetched : [...fetched, ...failed],
        connection.listenerName,
      )
    return read instanceof Promise ? read.then(answer) : answer(read)
  }

  /** Why a partition is not even read. */
  function refusalOf({ topic, partition }: FetchPartition, version: number): ErrorName | null {
    if (topic === null) return 'UNKNOWN_TOPIC_ID'
    if (cache.partition(topic, partition as PartitionIndex) === null) return 'UNKNOWN_TOPIC_OR_PARTITION'
    return version < KNOWS_ZSTD && topicConfigs.get(topic).get('compression.type') === 'zstd'
      ? 'UNSUPPORTED_COMPRESSION_TYPE'
      : null
  }

  /** The session that the request continues, begins or ends, and all that it wants now. */
  function openSession(
    request: RequestOf<'Fetch'>,
    version: number,
  ): { session: FetchSession | 'new' | 'none'; wanted: FetchPartition[] } | ErrorName {
    const { sessionId, sessionEpoch } = request
    const named = partitionsOf(request, version)
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      if (sessionId !== NO_SESSION) sessions.remove(sessionId)
      return { session: sessionEpoch === FINAL_EPOCH ? 'none' : 'new', wanted: named }
    }
    const session = sessions.get(sessionId)
    if (session === null) return 'FETCH_SESSION_ID_NOT_FOUND'
    if (session.epoch !== sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH'
    if (session.usesTopicIds !== version >= USES_TOPIC_IDS) return 'FETCH_SESSION_TOPIC_ID_ERROR'
    session.update(named, forgottenBy(request, version))
    if (session.partitions.size === 0) {
      sessions.remove(session.id)
      return { session: 'none', wanted: [] }
    }
    session.epoch = nextSessionEpoch(session.epoch)
    sessions.touch(session, clock.monotonicMs())
    return { session, wanted: Array.from(session.partitions.values(), ({ wanted }) => resolved(wanted)) }
  }

  /** A topic that was unknown when the session began may have appeared. */
  function resolved(wanted: FetchPartition): FetchPartition {
    return wanted.topic === null ? { ...wanted, topic: cache.topicName(wanted.topicId) } : wanted
  }

  /** One that is named twice is read once: in the place of its first mention, as its last one says. */
  function partitionsOf(request: RequestOf<'Fetch'>, version: number): FetchPartition[] {
    const usesIds = version >= USES_TOPIC_IDS
    const wanted = new Map<string, FetchPartition>()
    for (const { topic, topicId, partitions } of request.topics) {
      const name = usesIds ? cache.topicName(topicId) : topic
      for (const partition of partitions) {
        wanted.set(sessionKey(usesIds, topicId, topic, partition.partition), {
          topicId: usesIds ? topicId : ZERO_UUID,
          topic: name,
          partition: partition.partition,
          fetchOffset: partition.fetchOffset,
          maxBytes: partition.partitionMaxBytes,
          currentLeaderEpoch: partition.currentLeaderEpoch,
          lastFetchedEpoch: partition.lastFetchedEpoch,
          logStartOffset: partition.logStartOffset,
        })
      }
    }
    return [...wanted.values()]
  }

  function forgottenBy(request: RequestOf<'Fetch'>, version: number) {
    return request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((partition) => ({
        topicId: version >= USES_TOPIC_IDS ? topicId : ZERO_UUID,
        topic: version >= USES_TOPIC_IDS ? cache.topicName(topicId) : topic,
        partition,
      })),
    )
  }

  function respond(
    request: RequestOf<'Fetch'>,
    version: number,
    opened: FetchSession | 'new' | 'none',
    fetched: readonly FetchedPartition[],
    listenerName: string,
  ): ResponseOf<'Fetch'> {
    let session = opened
    if (session === 'new') {
      const created = sessions.create({
        isPrivileged: followerOf(request, version) !== null,
        usesTopicIds: version >= USES_TOPIC_IDS,
        partitionCount: fetched.length,
        nowMs: clock.monotonicMs(),
      })
      created?.update(
        fetched.map(({ wanted }) => wanted),
        [],
      )
      session = created ?? 'none'
    } else if (session !== 'none' && session.epoch !== nextSessionEpoch(request.sessionEpoch)) {
      // While this request waited, the session went on without it.
      return { errorCode: errorCode('INVALID_FETCH_SESSION_EPOCH'), sessionId: session.id, responses: [] }
    }
    const told = fetched.filter((one) => {
      if (typeof session === 'string') return true
      const isNews = session.tell(one.wanted, newsOf(one))
      if (opened === 'new') return true
      if (isNews && one.sizeBytes > 0) session.serveLast(one.wanted)
      return isNews
    })
    countSent(told, followerOf(request, version))
    return {
      sessionId: typeof session === 'string' ? NO_SESSION : session.id,
      responses: byTopic(told, version),
      ...(version >= NAMES_LEADERS ? leaders(told, listenerName) : undefined),
    }
  }

  function countSent(told: readonly FetchedPartition[], follower: BrokerId | null): void {
    for (const { wanted, sizeBytes } of told) {
      if (wanted.topic === null || sizeBytes === 0) continue
      if (follower === null) metrics.of(wanted.topic).bytesOut.add(sizeBytes)
      else metrics.replication.sent(sizeBytes, isAdded(wanted.topic, wanted.partition, follower))
    }
  }

  function isAdded(topic: string, partition: number, follower: BrokerId): boolean {
    return replicas.get(topic, partition)?.addingReplicas.includes(follower) ?? false
  }

  function leaders(told: readonly FetchedPartition[], listenerName: string) {
    const moved = told.flatMap(({ error, wanted: { topic, partition } }) =>
      NAMES_LEADER_AT.has(error) && topic !== null ? [{ topic, partition }] : [],
    )
    return moved.length === 0
      ? undefined
      : { nodeEndpoints: currentLeaders(cache, moved, listenerName).endpoints }
  }

  /** Neighbours of one topic together, in the order in which they were read. */
  function byTopic(fetched: readonly FetchedPartition[], version: number): TopicResponse[] {
    const topics: { topic: string; topicId: Uuid; partitions: PartitionResponse[] }[] = []
    for (const one of fetched) {
      const { topic, topicId } = one.wanted
      const last = topics.at(-1)
      if (last === undefined || last.topicId !== topicId || last.topic !== (topic ?? '')) {
        topics.push({ topic: topic ?? '', topicId, partitions: [partitionResponse(one, version)] })
      } else {
        last.partitions.push(partitionResponse(one, version))
      }
    }
    return topics
  }

  function partitionResponse(one: FetchedPartition, version: number): PartitionResponse {
    const { wanted, divergingEpoch, preferredReadReplica } = one
    const { error, records } = asReaderKnows(one, version)
    if (error !== one.error) return partitionResponse(failedFetch(wanted, error), version)
    const isRefused = REFUSED_UNREAD.has(error)
    return {
      partitionIndex: wanted.partition,
      errorCode: errorCode(error),
      highWatermark: one.highWatermark,
      lastStableOffset: one.lastStableOffset,
      logStartOffset: one.logStartOffset,
      abortedTransactions: isRefused ? [] : one.abortedTransactions && [...one.abortedTransactions],
      records: isRefused && UNSUPPORTED.has(error) ? null : records,
      ...(divergingEpoch === null ? undefined : { divergingEpoch }),
      ...(preferredReadReplica === null ? undefined : { preferredReadReplica }),
      ...(version >= NAMES_LEADERS && NAMES_LEADER_AT.has(error)
        ? { currentLeader: leaderOf(wanted) }
        : undefined),
    }
  }

  /** Older readers know neither every error nor every format. */
  function asReaderKnows(
    one: FetchedPartition,
    version: number,
  ): Pick<FetchedPartition, 'error' | 'records'> {
    const { wanted, error, records } = one
    if (error === 'KAFKA_STORAGE_ERROR' && version < KNOWS_STORAGE_ERROR)
      return { error: 'NOT_LEADER_OR_FOLLOWER', records }
    if (!isOldReader(version) || wanted.topic === null || error !== 'NONE') return one
    if (one.isTooLarge) return { error, records: cutBatch(version, wanted.maxBytes) }
    const mayConvert = topicConfigs.get(wanted.topic).get('message.downconversion.enable')
    const beganMs = clock.monotonicMs()
    const answer = forOldReader(records, { version, fetchOffset: wanted.fetchOffset, mayConvert })
    if (answer.convertedCount > 0) {
      metrics.of(wanted.topic).fetchConversions.add(answer.convertedCount)
      metrics.conversionMs.fetch.record(clock.monotonicMs() - beganMs)
    }
    return answer
  }

  function leaderOf({
    topic,
    partition,
  }: FetchPartition): { leaderId: BrokerId; leaderEpoch: number } | undefined {
    const known = topic === null ? null : cache.partition(topic, partition as PartitionIndex)
    return known === null ? undefined : { leaderId: known.leader, leaderEpoch: known.leaderEpoch }
  }
}

const UNSUPPORTED: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_VERSION',
])
/** What Kafka answers before it asks the log has other empty fields than what the log refuses. */
const REFUSED_UNREAD: ReadonlySet<ErrorName> = new Set<ErrorName>([
  ...UNSUPPORTED,
  'UNKNOWN_TOPIC_ID',
  'UNKNOWN_TOPIC_OR_PARTITION',
])
const NAMES_LEADER_AT: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
])

function followerOf(request: RequestOf<'Fetch'>, version: number): BrokerId | null {
  const id = version >= 15 ? request.replicaState.replicaId : request.replicaId
  return id >= 0 ? (id as BrokerId) : null
}

function boundOf(request: RequestOf<'Fetch'>, version: number): FetchBound | null {
  if (followerOf(request, version) !== null) return 'log-end'
  if (request.isolationLevel === 0) return 'high-watermark'
  return request.isolationLevel === 1 ? 'last-stable' : null
}

/** An isolation level that does not exist is answered as an error of ours, for the whole and for each partition. */
function unknownIsolationLevel(request: RequestOf<'Fetch'>): ResponseOf<'Fetch'> {
  const code = errorCode('UNKNOWN_SERVER_ERROR')
  return {
    errorCode: code,
    responses: request.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        errorCode: code,
        highWatermark: -1,
        abortedTransactions: [],
        records: null,
      })),
    })),
  }
}
