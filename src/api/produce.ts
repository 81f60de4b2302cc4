import { errorCode, KafkaError, type ErrorName } from '../model/errors.ts'
import type { BrokerId, PartitionIndex } from '../model/ids.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import { CLOSE_CONNECTION, NO_RESPONSE } from '../network/request.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import { failedAppend, type PartitionAppend } from '../replication/delayed-produce.ts'
import type { AppendEntry, ReplicaManager } from '../replication/replica-manager.ts'
import type { Answer, Handler } from './handler.ts'
import { currentLeaders } from './current-leaders.ts'
import { hasTransactionalRecords, producedRecordsFault } from './produced-records.ts'

/** The client id with which Kafka's own tools may write to internal topics. */
const ADMIN_CLIENT_ID = '__admin_client'
/** The first version whose answer may name the new leader (KIP-951). */
const NAMES_LEADERS = 10

/** Appends records to partition leaders. Source: KafkaApis.handleProduceRequest (3.9). */
export function produce(services: { replicas: ReplicaManager; cache: MetadataCache }): Handler<'Produce'> {
  const { replicas, cache } = services
  return (request, context) => {
    const { acks, timeoutMs } = request
    const { version, connection } = context
    if (acks < -1 || acks > 1) return refusal(request, 'INVALID_REQUIRED_ACKS')
    const entries = entriesOf(request)
    if (request.transactionalId === null && entries.some(({ records }) => hasTransactionalRecords(records))) {
      return refusal(request, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    }
    const refused: PartitionAppend[] = []
    const accepted = entries.filter((entry) => {
      const error = faultOf(entry, request.transactionalId, version)
      if (error !== null) refused.push(failedAppend(entry, error))
      return error === null
    })
    const appended = replicas.append(accepted, {
      acks,
      timeoutMs,
      origin: 'client',
      mayWriteInternalTopics: context.clientId === ADMIN_CLIENT_ID,
    })
    // Every batch has its offsets now, or its error.
    context.mayBeFollowed = true
    const answer = (results: readonly PartitionAppend[]): Answer<'Produce'> => {
      const all = refused.length === 0 ? results : [...results, ...refused]
      if (acks === 0) return silence(all)
      return {
        responses: byTopic(all, version),
        ...(version >= NAMES_LEADERS ? leaders(all, connection.listenerName) : undefined),
      }
    }
    return appended instanceof Promise ? appended.then(answer) : answer(appended)
  }

  /** Why a partition's records do not even get as far as its log. */
  function faultOf(
    { topic, partition, records }: AppendEntry,
    transactionalId: string | null,
    version: number,
  ): KafkaError | null {
    if (cache.partition(topic, partition as PartitionIndex) === null) {
      return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Partition ${topic}-${partition} does not exist`)
    }
    if (transactionalId !== null && hasTransactionalRecords(records)) {
      return new KafkaError(
        'INVALID_PRODUCER_ID_MAPPING',
        `The transactional id ${transactionalId} has no producer id: this broker coordinates no transactions`,
      )
    }
    return producedRecordsFault(records, version)
  }

  function leaders(results: readonly PartitionAppend[], listenerName: string) {
    const moved = results.filter(({ error }) => error === 'NOT_LEADER_OR_FOLLOWER')
    return moved.length === 0
      ? undefined
      : { nodeEndpoints: currentLeaders(cache, moved, listenerName).endpoints }
  }

  function byTopic(results: readonly PartitionAppend[], version: number): ResponseOf<'Produce'>['responses'] {
    const topics = new Map<string, PartitionResponse[]>()
    for (const result of results) {
      const partitions = topics.get(result.topic)
      if (partitions === undefined) topics.set(result.topic, [partitionResponse(result, version)])
      else partitions.push(partitionResponse(result, version))
    }
    return Array.from(topics, ([name, partitionResponses]) => ({ name, partitionResponses }))
  }

  function partitionResponse(result: PartitionAppend, version: number): PartitionResponse {
    const { topic, partition, error, message, faults } = result
    const response: PartitionResponse = {
      index: partition,
      errorCode: errorCode(error),
      baseOffset: result.firstOffset,
      logAppendTimeMs: result.logAppendTimeMs,
      logStartOffset: result.logStartOffset,
    }
    if (error === 'NONE') return response
    return {
      ...response,
      errorMessage: message,
      recordErrors: faults.map((fault) => ({
        batchIndex: fault.batchIndex,
        batchIndexErrorMessage: fault.message,
      })),
      ...(version >= NAMES_LEADERS && error === 'NOT_LEADER_OR_FOLLOWER'
        ? { currentLeader: leaderOf(topic, partition) }
        : undefined),
    }
  }

  function leaderOf(
    topic: string,
    partition: number,
  ): { leaderId: BrokerId; leaderEpoch: number } | undefined {
    const known = cache.partition(topic, partition as PartitionIndex)
    return known === null ? undefined : { leaderId: known.leader, leaderEpoch: known.leaderEpoch }
  }
}

type PartitionResponse = ResponseOf<'Produce'>['responses'][number]['partitionResponses'][number]

/** The partitions of a request. One that is named twice is appended once: the last mention counts. */
function entriesOf(request: RequestOf<'Produce'>): AppendEntry[] {
  const [topic] = request.topicData
  if (request.topicData.length === 1 && topic?.partitionData.length === 1) {
    const [{ index, records } = { index: 0, records: null }] = topic.partitionData
    return [{ topic: topic.name, partition: index, records: records ?? NOTHING }]
  }
  const entries = new Map<string, AppendEntry>()
  for (const { name, partitionData } of request.topicData) {
    for (const { index, records } of partitionData) {
      entries.set(`${name}-${index}`, { topic: name, partition: index, records: records ?? NOTHING })
    }
  }
  return [...entries.values()]
}

const NOTHING = Buffer.alloc(0)

/** Nothing is appended. */
function refusal(request: RequestOf<'Produce'>, error: ErrorName): ResponseOf<'Produce'> {
  const code = errorCode(error)
  return {
    responses: request.topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode: code, baseOffset: -1 })),
    })),
  }
}

/** With acks=0 a producer hears nothing; that something failed it learns from the closed connection. */
function silence(results: readonly PartitionAppend[]): typeof NO_RESPONSE | typeof CLOSE_CONNECTION {
  return results.some(({ error }) => error !== 'NONE') ? CLOSE_CONNECTION : NO_RESPONSE
}
