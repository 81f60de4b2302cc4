import { errorCode, type ErrorName } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import { isInternalTopic, topicNameFault } from '../model/topic-name.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import type { MetadataCache, PartitionMetadata, TopicMetadata } from '../metadata/metadata-cache.ts'
import { settledWithin, type Clock } from '../platform/clock.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import { ALL_CLUSTER_OPERATIONS, ALL_TOPIC_OPERATIONS, NOT_ASKED } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

type TopicEntry = ResponseOf<'Metadata'>['topics'][number]
type PartitionEntry = TopicEntry['partitions'][number]

/** The first version that answers LISTENER_NOT_FOUND where a leader is alive but does not listen on the client's listener. */
const TELLS_LISTENER_NOT_FOUND = 6
/** The first version in which a topic may be asked for by its id alone. */
const FINDS_BY_ID = 12
/** How long clients of a broker that has just started wait for the controller's first words, and then for topics. */
const FIRST_WORDS_LIMIT_MS = 5000
const FIRST_TOPICS_LIMIT_MS = 1000

/**
 * Tells brokers, topics, partitions and leaders as the controller last told them. A topic that does not exist is
 * created when configuration and client allow it; the client comes back for its leaders. Unlike Kafka, a broker that
 * has just started waits for the controller before it answers: to clients that find it first, every topic would seem to
 * be gone, and librdkafka gives partitions up that it does not hear of.
 * Source: KafkaApis.handleTopicMetadataRequest (3.9, ZooKeeper mode).
 */
export function metadata(services: {
  cache: MetadataCache
  clock: Clock
  clusterId: string
  autoCreate: (topics: readonly string[]) => Promise<ReadonlyMap<string, ErrorName>>
  isAutoCreateEnabled: () => boolean
}): Handler<'Metadata'> {
  const { cache, clock, clusterId, autoCreate, isAutoCreateEnabled } = services
  const beginnings = new Beginnings(cache, clock)

  return async (request, { version, connection }) => {
    const refused = version >= 10 ? refusal(request, version) : null
    if (refused !== null) return refused
    if (cache.topics.size === 0) await beginnings.firstTopics()
    const { listenerName } = connection
    const operations = request.includeTopicAuthorizedOperations ? ALL_TOPIC_OPERATIONS : NOT_ASKED
    const describe = (topic: TopicMetadata): TopicEntry => ({
      errorCode: 0,
      name: topic.name,
      topicId: topic.id,
      isInternal: isInternalTopic(topic.name),
      partitions: [...topic.partitions.values()].map((partition) =>
        partitionEntry(cache, partition, listenerName, version),
      ),
      topicAuthorizedOperations: operations,
    })

    const topics: TopicEntry[] = []
    if (request.topics === null || (version === 0 && request.topics.length === 0)) {
      for (const topic of cache.topics.values()) topics.push(describe(topic))
    } else {
      const wanted = namesWanted(request.topics, version, topics)
      const missing = new Set<string>()
      for (const name of wanted) {
        const topic = cache.topic(name)
        if (topic !== null) topics.push(describe(topic))
        else missing.add(name)
      }
      const errors = await unknownTopics(
        [...missing],
        request.allowAutoTopicCreation && isAutoCreateEnabled(),
      )
      for (const [name, error] of errors) {
        topics.push({
          errorCode: errorCode(error),
          name,
          topicId: ZERO_UUID,
          isInternal: isInternalTopic(name),
          partitions: [],
        })
      }
    }
    return {
      brokers: [...cache.brokers.values()].flatMap(({ id, endpoints, rack }) => {
        const endpoint = endpoints.find((candidate) => candidate.listenerName === listenerName)
        return endpoint === undefined ? [] : [{ nodeId: id, host: endpoint.host, port: endpoint.port, rack }]
      }),
      clusterId,
      controllerId: cache.controllerId ?? -1,
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? ALL_CLUSTER_OPERATIONS
        : NOT_ASKED,
    }
  }

  /** The names to tell of, each once; ids that nobody has go straight into the answer. */
  function namesWanted(
    asked: NonNullable<RequestOf<'Metadata'>['topics']>,
    version: number,
    answer: TopicEntry[],
  ): string[] {
    const ids = new Set<Uuid>()
    for (const { topicId } of asked) if (topicId !== ZERO_UUID) ids.add(topicId)
    // Where ids are given, names are not looked at.
    if (version < FINDS_BY_ID || ids.size === 0) return [...new Set(asked.map(({ name }) => name ?? ''))]
    const names: string[] = []
    for (const id of ids) {
      const name = cache.topicName(id)
      if (name !== null) names.push(name)
      else answer.push({ errorCode: errorCode('UNKNOWN_TOPIC_ID'), name: null, topicId: id, partitions: [] })
    }
    return names
  }

  /** What the client is told of topics that nobody knows here, by name. */
  async function unknownTopics(
    names: readonly string[],
    mayCreate: boolean,
  ): Promise<Map<string, ErrorName>> {
    const legal = names.filter((name) => topicNameFault(name) === null)
    const created = mayCreate && legal.length > 0 ? await autoCreate(legal) : null
    const errorOf = (name: string): ErrorName =>
      topicNameFault(name) === null
        ? (created?.get(name) ?? 'UNKNOWN_TOPIC_OR_PARTITION')
        : 'INVALID_TOPIC_EXCEPTION'
    return new Map(names.map((name) => [name, errorOf(name)]))
  }
}

/**
 * Versions 10 and 11 have topic ids but cannot look them up, version 12 cannot look up nothing: the answer names the
 * topics asked for and nothing else.
 */
function refusal({ topics }: RequestOf<'Metadata'>, version: number): ResponseOf<'Metadata'> | null {
  const isRefused =
    version < FINDS_BY_ID
      ? topics?.some(({ name, topicId }) => name === null || topicId !== ZERO_UUID)
      : topics?.some(({ name, topicId }) => name === null && topicId === ZERO_UUID)
  if (isRefused !== true || topics === null) return null
  const code = version < FINDS_BY_ID ? errorCode('INVALID_REQUEST') : errorCode('UNKNOWN_SERVER_ERROR')
  return {
    brokers: [],
    topics: topics.map(({ name, topicId }) => ({
      errorCode: code,
      name: name ?? '',
      topicId,
      partitions: [],
      isInternal: false,
    })),
  }
}

/** One partition as the client at this listener may see it. */
function partitionEntry(
  cache: MetadataCache,
  partition: PartitionMetadata,
  listenerName: string,
  version: number,
): PartitionEntry {
  const { index, leader, leaderEpoch, replicas, inSyncReplicas, offlineReplicas } = partition
  // Version 0 knows no offline replicas: it is shown only those that it can reach.
  const isOld = version === 0
  const replicaNodes = isOld ? reachable(cache, replicas, listenerName) : replicas
  const isrNodes = isOld ? reachable(cache, inSyncReplicas, listenerName) : inSyncReplicas
  const hasLeader = cache.endpoint(leader, listenerName) !== null
  let error: ErrorName = 'NONE'
  if (!hasLeader) {
    const hasOtherListeners = cache.isAlive(leader) && version >= TELLS_LISTENER_NOT_FOUND
    error = hasOtherListeners ? 'LISTENER_NOT_FOUND' : 'LEADER_NOT_AVAILABLE'
  } else if (replicaNodes.length < replicas.length || isrNodes.length < inSyncReplicas.length) {
    error = 'REPLICA_NOT_AVAILABLE'
  }
  // One literal, so that all entries have one shape: copying half-made ones costs ten times as much.
  return {
    errorCode: errorCode(error),
    partitionIndex: index,
    leaderId: hasLeader ? leader : -1,
    leaderEpoch,
    replicaNodes,
    isrNodes,
    offlineReplicas: offline(cache, replicas, offlineReplicas),
  }
}

function reachable(
  cache: MetadataCache,
  brokers: readonly BrokerId[],
  listenerName: string,
): readonly BrokerId[] {
  return brokers.filter((id) => cache.endpoint(id, listenerName) !== null)
}

/** Replicas on brokers that are not alive, or whose log directory has failed. */
function offline(
  cache: MetadataCache,
  replicas: readonly BrokerId[],
  failed: readonly BrokerId[],
): readonly BrokerId[] {
  if (failed.length === 0 && replicas.every((id) => cache.isAlive(id))) return NOBODY
  return replicas.filter((id) => !cache.isAlive(id) || failed.includes(id))
}

const NOBODY: readonly BrokerId[] = []

/** The first moments of a broker, in which it has not heard of the topics yet. */
class Beginnings {
  private readonly cache: MetadataCache
  private readonly clock: Clock
  private toldMs = -1

  constructor(cache: MetadataCache, clock: Clock) {
    this.cache = cache
    this.clock = clock
    void cache.whenTold.then(() => {
      this.toldMs = clock.monotonicMs()
    })
  }

  /** Waits until the controller has told of topics, or has had the time to. */
  async firstTopics(): Promise<void> {
    const { cache, clock } = this
    if (cache.controllerId === null) await settledWithin(clock, cache.whenTold, FIRST_WORDS_LIMIT_MS)
    if (cache.controllerId === null || cache.topics.size > 0) return
    const leftMs = this.toldMs < 0 ? 0 : this.toldMs + FIRST_TOPICS_LIMIT_MS - clock.monotonicMs()
    if (leftMs > 0) await settledWithin(clock, cache.whenToldOfTopics, leftMs)
  }
}
