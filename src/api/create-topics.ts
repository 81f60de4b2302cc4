import type { Controller } from '../controller/controller.ts'
import type { CreatedTopic, NewTopic } from '../controller/topic-admin.ts'
import { describeTopic } from '../config/describe.ts'
import type { BrokerConfig } from '../config/layers.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import { NO_BROKER, type BrokerId, type PartitionIndex } from '../model/ids.ts'
import { isReservedTopic } from '../model/topic-name.ts'
import { ZERO_UUID } from '../model/uuid.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import type { Handler } from './handler.ts'

type Wanted = RequestOf<'CreateTopics'>['topics'][number]
type Entry = ResponseOf<'CreateTopics'>['topics'][number]

/** The first version that tells the configuration and the counts of what was created. */
const DESCRIBES = 5

/**
 * Creates topics and waits until each partition has a leader that this broker knows.
 * Source: KafkaApis.handleCreateTopicsRequest, DelayedCreatePartitions (3.9).
 */
export function createTopics(services: {
  controller: Controller
  cache: MetadataCache
  /** Where requests wait for topics, keyed by topic. */
  topics: Purgatory
  brokerConfig: () => BrokerConfig
}): Handler<'CreateTopics'> {
  const { controller, cache, topics: waiting, brokerConfig } = services

  return async (request, { version }) => {
    const { topics, timeoutMs, validateOnly } = request
    if (!controller.isActive)
      return { topics: topics.map(({ name }) => refused(name, 'NOT_CONTROLLER', null)) }
    const twice = namesGivenTwice(topics.map(({ name }) => name))
    const entries: Entry[] = []
    const creatable: Wanted[] = []
    for (const topic of topics) {
      if (twice.has(topic.name)) {
        entries.push(refused(topic.name, 'INVALID_REQUEST', 'Found multiple entries for this topic.'))
      } else if (isReservedTopic(topic.name)) {
        const message = `Creation of internal topic ${topic.name} is prohibited.`
        entries.push(refused(topic.name, 'INVALID_REQUEST', message))
      } else creatable.push(topic)
    }
    const created = await controller.createTopics(creatable.map(domainTopic), { validateOnly })
    const written = created.filter(({ error }) => error === 'NONE').map(({ name }) => name)
    const led = validateOnly ? new Set(written) : await waitForLeaders(written, timeoutMs)
    for (const topic of created)
      entries.push(entryOf(topic, topic.error !== 'NONE' || led.has(topic.name), version))
    return { topics: entries }
  }

  /** Which of the topics have a leader for every partition, as soon as all have or the time is up. */
  async function waitForLeaders(names: readonly string[], timeoutMs: number): Promise<Set<string>> {
    const hasLeaders = (name: string): boolean => {
      const topic = cache.topic(name)
      if (topic === null) return false
      for (const { leader } of topic.partitions.values()) if (leader === NO_BROKER) return false
      return true
    }
    if (names.length === 0 || timeoutMs <= 0) return new Set()
    await waiting.wait(names, timeoutMs, () => names.every(hasLeaders))
    return new Set(names.filter(hasLeaders))
  }

  function entryOf(topic: CreatedTopic, isDone: boolean, version: number): Entry {
    const { name, error, message, id, partitionCount, replicationFactor, config } = topic
    if (!isDone) return { ...refused(name, 'REQUEST_TIMED_OUT', null), topicId: id }
    if (error !== 'NONE') return refused(name, error, message)
    const entry: Entry = { name, topicId: id, errorCode: 0, numPartitions: partitionCount, replicationFactor }
    if (version < DESCRIBES || config === null) return entry
    const options = { names: null, includeSynonyms: false, includeDocumentation: false }
    return { ...entry, configs: describeTopic(config, brokerConfig(), options) }
  }
}

function refused(name: string, error: ErrorName, message: string | null): Entry {
  return { name, topicId: ZERO_UUID, errorCode: errorCode(error), errorMessage: message }
}

/** Names that stand in a request more than once. */
export function namesGivenTwice(names: readonly string[]): Set<string> {
  const once = new Set<string>()
  return new Set(names.filter((name) => once.size === once.add(name).size))
}

function domainTopic({ name, numPartitions, replicationFactor, assignments, configs }: Wanted): NewTopic {
  return {
    name,
    partitionCount: numPartitions,
    replicationFactor,
    assignments: assignments.map(({ partitionIndex, brokerIds }) => ({
      partition: partitionIndex as PartitionIndex,
      replicas: brokerIds as BrokerId[],
    })),
    configs,
  }
}
