import { errorName, KafkaError } from '../model/errors.ts'
import { NetworkError } from '../platform/network.ts'
import type { ResponseRead } from '../protocol/apis.ts'
import {
  failureOf,
  mustSucceed,
  type ClusterClient,
  type ClusterMetadata,
  type TopicMetadata,
} from './cluster-client.ts'

export interface NewTopic {
  readonly name: string
  /** Null: as many as the brokers give a topic that says nothing. */
  readonly partitions: number | null
  readonly replicationFactor: number | null
  readonly configs: Readonly<Record<string, string>>
  /** Replicas of each partition, in place of the two numbers. */
  readonly assignment?: readonly (readonly number[])[]
}

export type CreatedTopic = ResponseRead<'CreateTopics'>['topics'][number]
export type DescribedConfig = ResponseRead<'DescribeConfigs'>['results'][number]['configs'][number]

/** Kinds of things that have configuration, with their numbers on the wire. */
export const RESOURCE_TYPES = { topic: 2, broker: 4, 'broker-logger': 8 } as const

/** Something that has configuration. The name of the default of all brokers is empty. */
export interface Resource {
  readonly type: keyof typeof RESOURCE_TYPES
  readonly name: string
}

/** The numbers of what may be done to a value. */
export const CONFIG_OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface ConfigChange {
  readonly key: string
  readonly operation: keyof typeof CONFIG_OPERATIONS
  /** Null to delete. */
  readonly value: string | null
}

/**
 * What is asked of a cluster as a whole. Requests are repeated while the controller moves, until `timeoutMs` have
 * passed; one that may have been done is not. Refusals are KafkaErrors with the broker's own words.
 */
export class ClusterAdmin {
  private readonly client: ClusterClient
  private readonly timeoutMs: number

  constructor(options: { readonly client: ClusterClient; readonly timeoutMs: number }) {
    this.client = options.client
    this.timeoutMs = options.timeoutMs
  }

  metadata(topics: readonly string[] | null): Promise<ClusterMetadata> {
    return this.client.retrying(this.timeoutMs, () => this.client.metadata(topics))
  }

  /** Topics by name, sorted; null for all. Throws for one that does not exist. */
  async topics(names: readonly string[] | null): Promise<(TopicMetadata & { name: string })[]> {
    const { topics } = await this.metadata(names)
    const named = topics.flatMap((topic) => (topic.name === null ? [] : [{ ...topic, name: topic.name }]))
    for (const { name, errorCode } of named) {
      if (errorName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION')
        throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
      if (names !== null) mustSucceed(errorCode, `topic ${name}`)
    }
    for (const topic of named)
      topic.partitions.sort((one, other) => one.partitionIndex - other.partitionIndex)
    return named.sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  async createTopic(
    topic: NewTopic,
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<CreatedTopic> {
    const { name, assignment, configs } = topic
    const isAssigned = assignment !== undefined
    const request = {
      topics: [
        {
          name,
          numPartitions: isAssigned ? -1 : (topic.partitions ?? -1),
          replicationFactor: isAssigned ? -1 : (topic.replicationFactor ?? -1),
          assignments: (assignment ?? []).map((brokerIds, partitionIndex) => ({
            partitionIndex,
            brokerIds: [...brokerIds],
          })),
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: this.timeoutMs,
      validateOnly: options.validateOnly ?? false,
    }
    return this.mutating(async () => {
      const { topics } = await this.client.call('controller', 'CreateTopics', request)
      return succeeded(topics, name)
    })
  }

  async deleteTopic(name: string): Promise<void> {
    const request = { topics: [{ name }], topicNames: [name], timeoutMs: this.timeoutMs }
    await this.mutating(async () => {
      const { responses } = await this.client.call('controller', 'DeleteTopics', request)
      succeeded(responses, name)
    })
  }

  /** Gives a topic `count` partitions in all. */
  async growTopic(
    name: string,
    count: number,
    options: {
      readonly assignment?: readonly (readonly number[])[] | null
      readonly validateOnly?: boolean
    } = {},
  ): Promise<void> {
    const assignments = options.assignment?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null
    const request = {
      topics: [{ name, count, assignments }],
      timeoutMs: this.timeoutMs,
      validateOnly: options.validateOnly ?? false,
    }
    await this.mutating(async () => {
      const { results } = await this.client.call('controller', 'CreatePartitions', request)
      succeeded(results, name)
    })
  }

  /** The configuration of each resource, in the order of the resources; `keys` null for all keys. */
  async describeConfigs(
    resources: readonly Resource[],
    options: {
      readonly keys?: readonly string[] | null
      readonly synonyms?: boolean
      readonly documentation?: boolean
    } = {},
  ): Promise<DescribedConfig[][]> {
    const destinations = new Map<number | 'any', Resource[]>()
    for (const resource of resources) {
      const to = destinationOf(resource)
      const group = destinations.get(to)
      if (group === undefined) destinations.set(to, [resource])
      else group.push(resource)
    }
    const found = new Map<Resource, DescribedConfig[]>()
    for (const [to, group] of destinations) {
      const request = {
        resources: group.map(({ type, name }) => ({
          resourceType: RESOURCE_TYPES[type],
          resourceName: name,
          configurationKeys: options.keys === undefined || options.keys === null ? null : [...options.keys],
        })),
        includeSynonyms: options.synonyms ?? false,
        includeDocumentation: options.documentation ?? false,
      }
      await this.client.retrying(this.timeoutMs, async () => {
        const { results } = await this.client.call(to, 'DescribeConfigs', request)
        for (const resource of group) {
          const result = results.find(
            ({ resourceType, resourceName }) =>
              resourceType === RESOURCE_TYPES[resource.type] && resourceName === resource.name,
          )
          if (result === undefined)
            throw new KafkaError('UNKNOWN_SERVER_ERROR', `${resource.name}: left out of the answer`)
          if (result.errorCode !== 0)
            throw failureOf(result.errorCode, titleOf(resource), result.errorMessage)
          found.set(resource, result.configs)
        }
      })
    }
    return resources.map((resource) => found.get(resource) ?? [])
  }

  /** Changes single values and leaves the others alone. */
  async alterConfigs(
    resource: Resource,
    changes: readonly ConfigChange[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    const request = {
      resources: [
        {
          resourceType: RESOURCE_TYPES[resource.type],
          resourceName: resource.name,
          configs: changes.map(({ key, operation, value }) => ({
            name: key,
            configOperation: CONFIG_OPERATIONS[operation],
            value,
          })),
        },
      ],
      validateOnly: options.validateOnly ?? false,
    }
    await this.client.retrying(this.timeoutMs, async () => {
      const { responses } = await this.client.call(
        destinationOf(resource),
        'IncrementalAlterConfigs',
        request,
      )
      for (const { errorCode, errorMessage } of responses) {
        if (errorCode !== 0) throw failureOf(errorCode, titleOf(resource), errorMessage)
      }
    })
  }

  private mutating<T>(attempt: () => Promise<T>): Promise<T> {
    return this.client.retrying(this.timeoutMs, attempt, wasNotDone)
  }
}

/** Whether what failed has certainly not been done. */
function wasNotDone({ error, cause }: KafkaError): boolean {
  if (error === 'NETWORK_EXCEPTION') return cause instanceof NetworkError && NEVER_CONNECTED.has(cause.code)
  return (
    error === 'NOT_CONTROLLER' || error === 'BROKER_NOT_AVAILABLE' || error === 'THROTTLING_QUOTA_EXCEEDED'
  )
}

const NEVER_CONNECTED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'])

/** A broker answers for itself only; what all of them have is known to each. */
function destinationOf({ type, name }: Resource): number | 'any' {
  return type === 'topic' || name === '' ? 'any' : Number(name)
}

function titleOf({ type, name }: Resource): string {
  return name === '' ? `default of all ${type}s` : `${type} ${name}`
}

function succeeded<T extends { name: string | null; errorCode: number; errorMessage: string | null }>(
  results: readonly T[],
  name: string,
): T {
  const result = results.find((each) => each.name === name) ?? results[0]
  if (result === undefined)
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `topic ${name}: left out of the answer`)
  mustSucceed(result.errorCode, `topic ${name}`, result.errorMessage)
  return result
}
