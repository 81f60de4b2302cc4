import type { Controller } from '../controller/controller.ts'
import type { ElectionKind, ElectionOutcome } from '../controller/requests.ts'
import { defaultErrorMessage, errorCode, KafkaError, type ErrorName } from '../model/errors.ts'
import type { BrokerId, PartitionIndex } from '../model/ids.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import { byTopic } from './by-topic.ts'
import type { Handler } from './handler.ts'

const KINDS: readonly ElectionKind[] = ['preferred', 'unclean']

interface Result extends TopicPartition {
  readonly error: ErrorName
  readonly message: string | null
}

/**
 * Elects leaders and waits until this broker knows of them.
 * Source: KafkaApis.handleElectLeaders, DelayedElectLeader (3.9); KIP-183, KIP-460.
 */
export function electLeaders(services: {
  controller: Pick<Controller, 'electLeaders'>
  cache: MetadataCache
  /** Where requests wait for topics, keyed by topic. */
  topics: Purgatory
}): Handler<'ElectLeaders'> {
  const { controller, cache, topics: waiting } = services

  return async ({ electionType, topicPartitions, timeoutMs }) => {
    const asked = topicPartitions === null ? null : partitionsOf(topicPartitions)
    const kind = KINDS[electionType]
    if (kind === undefined) {
      return answer((asked ?? []).map(failed('UNKNOWN_SERVER_ERROR')), 'UNKNOWN_SERVER_ERROR')
    }
    try {
      const outcomes = await controller.electLeaders(kind, asked)
      const elected = outcomes.filter(({ leader }) => leader !== null)
      if (elected.length > 0) await waitForLeaders(elected, timeoutMs)
      return answer(outcomes.map(resultOf))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return answer((asked ?? everyPartition()).map(failed(error.error)))
    }
  }

  function waitForLeaders(elected: readonly ElectionOutcome[], timeoutMs: number): Promise<boolean> {
    const keys = [...new Set(elected.map(({ topic }) => topic))]
    return waiting.wait(keys, timeoutMs, () => elected.every(isKnown))
  }

  function isKnown({ topic, partition, leader }: ElectionOutcome): boolean {
    return leader !== null && cache.partition(topic, partition)?.leader === (leader satisfies BrokerId)
  }

  function resultOf(outcome: ElectionOutcome): Result {
    if (outcome.leader !== null && !isKnown(outcome)) {
      return { ...outcome, error: 'REQUEST_TIMED_OUT', message: null }
    }
    const { error, message } = outcome
    return { ...outcome, message: error === 'NONE' ? null : (message ?? defaultErrorMessage(error)) }
  }

  function* everyPartitionOfCache(): Generator<TopicPartition> {
    for (const { name, partitions } of cache.topics.values()) {
      for (const partition of partitions.keys()) yield { topic: name, partition }
    }
  }

  function everyPartition(): TopicPartition[] {
    return [...everyPartitionOfCache()]
  }
}

/** Each partition once, however often it is named. */
function partitionsOf(
  topics: NonNullable<RequestOf<'ElectLeaders'>['topicPartitions']>,
): readonly TopicPartition[] {
  const found = new Map<string, TopicPartition>()
  for (const { topic, partitions } of topics) {
    for (const partition of partitions) {
      found.set(partitionKey(topic, partition), { topic, partition: partition as PartitionIndex })
    }
  }
  return [...found.values()]
}

function failed(error: ErrorName) {
  return ({ topic, partition }: TopicPartition): Result => ({ topic, partition, error, message: null })
}

function answer(results: readonly Result[], error: ErrorName = 'NONE'): ResponseOf<'ElectLeaders'> {
  const entries = byTopic(results, ({ partition, error: own, message }) => ({
    partitionId: partition,
    errorCode: errorCode(own),
    errorMessage: message,
  }))
  return {
    errorCode: errorCode(error),
    replicaElectionResults: Array.from(entries, ([topic, partitionResult]) => ({ topic, partitionResult })),
  }
}
