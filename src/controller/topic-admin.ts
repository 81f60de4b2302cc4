import type { ConfigReader } from '../config/layers.ts'
import type { TopicConfig } from '../config/topic-config.ts'
import type { AliveBroker } from '../metadata/metadata-cache.ts'
import { KafkaError, type ErrorName } from '../model/errors.ts'
import type { BrokerId, PartitionIndex } from '../model/ids.ts'
import { topicNameFault, topicNamesCollide } from '../model/topic-name.ts'
import { randomUuid, ZERO_UUID, type Uuid } from '../model/uuid.ts'
import type { Logger } from '../platform/logger.ts'
import type { Random } from '../platform/random.ts'
import type { AdminStore } from '../../zk/stores/admin-store.ts'
import type { ConfigStore } from '../../zk/stores/config-store.ts'
import { ControllerMovedError } from '../../zk/stores/fence.ts'
import { mapPipelined } from '../../zk/stores/pipeline.ts'
import type { TopicStore } from '../../zk/stores/topic-store.ts'
import type { ReplicaAssignment } from '../../zk/znodes/topics.ts'
import { isZooKeeperError } from '../../zk/zookeeper.ts'
import { internalTopicSettings } from './internal-topics.ts'
import { assigned, isBeingReassigned } from './replica-assignment.ts'
import { placeReplicas, type PlacementRequest } from './replica-placement.ts'
import { DONE, type Outcome } from './requests.ts'
import {
  checkAssignments,
  checkNewReplicas,
  hasCollisionCharacters,
  overridesOf,
  validConfig,
} from './topic-checks.ts'

/** A topic to be created. */
export interface NewTopic {
  readonly name: string
  /** -1: `num.partitions`, or as many as `assignments` lists. */
  readonly partitionCount: number
  /** -1: `default.replication.factor`, or as `assignments` has it. */
  readonly replicationFactor: number
  /** Empty: the brokers are chosen here. */
  readonly assignments: readonly {
    readonly partition: PartitionIndex
    readonly replicas: readonly BrokerId[]
  }[]
  /** A null value is refused. */
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

/** Counts and id are -1, ZERO_UUID where the topic was not created. `config`: the topic's as it would be in force. */
export type CreatedTopic = Outcome & {
  readonly name: string
  /** ZERO_UUID also when it was only to be validated. */
  readonly id: Uuid
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly config: TopicConfig | null
}

/** Partitions to be added to a topic. `assignments`: the replicas of each new one; null: they are chosen here. */
export interface MorePartitions {
  readonly name: string
  /** How many there shall be in all. */
  readonly count: number
  readonly assignments: readonly (readonly BrokerId[])[] | null
}

export type TopicOutcome = Outcome & { readonly name: string }

export interface TopicChangeMode {
  /** Only say what would happen. */
  readonly validateOnly: boolean
  /**
   * Told of partitions that are about to be created or deleted, before anything is written; may throw KafkaError
   * THROTTLING_QUOTA_EXCEEDED.
   */
  readonly charge?: (partitions: number) => void
}

/** What this broker believes of the cluster. */
export interface TopicAdminMetadata {
  readonly brokers: ReadonlyMap<BrokerId, AliveBroker>
  topic(name: string): { readonly partitions: ReadonlyMap<PartitionIndex, unknown> } | null
}

export interface TopicAdminOptions {
  readonly topics: TopicStore
  readonly configs: ConfigStore
  readonly admin: AdminStore
  readonly metadata: TopicAdminMetadata
  readonly config: ConfigReader
  /** What topics without settings of their own have at this moment. */
  readonly topicDefaults: () => TopicConfig
  readonly random: Random
  readonly logger: Logger
}

/** Topics that are worked on at a time. */
const TOPICS_AT_ONCE = 20

/**
 * Creates, grows and deletes topics by writing to ZooKeeper, where the controller sees it. Any broker can; creations by
 * request are left to the controller's, automatic ones happen where the client asked. Each topic of a request has its
 * own outcome. Source: kafka.server.ZkAdminManager, kafka.zk.AdminZkClient, AutoTopicCreationManager (3.9).
 */
export class TopicAdmin {
  private readonly options: TopicAdminOptions
  private readonly beingCreated = new Set<string>()

  constructor(options: TopicAdminOptions) {
    this.options = options
  }

  /** In the order of the topics, whose names differ. Says nothing of leaders: the caller waits for them. */
  async createTopics(topics: readonly NewTopic[], mode: TopicChangeMode): Promise<CreatedTopic[]> {
    const results = new Map<string, CreatedTopic>()
    const create = async (topic: NewTopic): Promise<void> => {
      results.set(topic.name, await this.createOne(topic, mode))
    }
    // One of two names that collide with each other must see the other one: those go one by one.
    await mapPipelined(
      topics.filter(({ name }) => !hasCollisionCharacters(name)),
      create,
      TOPICS_AT_ONCE,
    )
    await mapPipelined(
      topics.filter(({ name }) => hasCollisionCharacters(name)),
      create,
      1,
    )
    return topics.map(
      ({ name }) => results.get(name) ?? notCreated(name, { error: 'UNKNOWN_SERVER_ERROR', message: null }),
    )
  }

  /** Asks for the deletion of topics. One that is being deleted already counts as done: the caller waits for its end. */
  async deleteTopics(
    names: readonly string[],
    mode: Pick<TopicChangeMode, 'charge'> = {},
  ): Promise<TopicOutcome[]> {
    return mapPipelined(
      names,
      async (name) => ({
        name,
        ...(await this.outcome(`delete topic ${name}`, () => this.deleteOne(name, mode))),
      }),
      TOPICS_AT_ONCE,
    )
  }

  /** In the order of the topics, whose names differ. */
  async createPartitions(topics: readonly MorePartitions[], mode: TopicChangeMode): Promise<TopicOutcome[]> {
    return mapPipelined(
      topics,
      async (topic) => ({
        name: topic.name,
        ...(await this.outcome(`add partitions to ${topic.name}`, () => this.grow(topic, mode))),
      }),
      TOPICS_AT_ONCE,
    )
  }

  /**
   * Creates topics that a client has named and nobody has created, with the broker's defaults. Returns what the client
   * is told of each: LEADER_NOT_AVAILABLE when it will be there soon.
   */
  async autoCreate(
    names: readonly string[],
    charge?: (partitions: number) => void,
  ): Promise<Map<string, ErrorName>> {
    const answers = new Map<string, ErrorName>()
    const creatable: NewTopic[] = []
    for (const name of new Set(names)) {
      if (topicNameFault(name) !== null) answers.set(name, 'INVALID_TOPIC_EXCEPTION')
      // Somebody else has asked a moment ago; when this client asks again it will be there.
      else if (this.beingCreated.has(name)) answers.set(name, 'UNKNOWN_TOPIC_OR_PARTITION')
      else creatable.push(this.withDefaults(name))
    }
    for (const { name } of creatable) this.beingCreated.add(name)
    try {
      const mode = { validateOnly: false, ...(charge === undefined ? {} : { charge }) }
      for (const { name, error } of await this.createTopics(creatable, mode)) {
        const willBeThere =
          error === 'NONE' || error === 'TOPIC_ALREADY_EXISTS' || error === 'REQUEST_TIMED_OUT'
        answers.set(name, willBeThere ? 'LEADER_NOT_AVAILABLE' : error)
      }
    } finally {
      for (const { name } of creatable) this.beingCreated.delete(name)
    }
    return answers
  }

  private withDefaults(name: string): NewTopic {
    const settings = internalTopicSettings(name, this.options.config)
    return {
      name,
      partitionCount: settings?.partitionCount ?? -1,
      replicationFactor: settings?.replicationFactor ?? -1,
      assignments: [],
      configs: settings?.configs ?? [],
    }
  }

  // --- Creation -----------------------------------------------------------------------------------------------------

  private async createOne(topic: NewTopic, mode: TopicChangeMode): Promise<CreatedTopic> {
    try {
      return await this.validateAndCreate(topic, mode)
    } catch (error) {
      return notCreated(topic.name, this.outcomeOf(`create topic ${topic.name}`, error))
    }
  }

  private async validateAndCreate(
    topic: NewTopic,
    { validateOnly, charge }: TopicChangeMode,
  ): Promise<CreatedTopic> {
    const { name } = topic
    if (this.options.metadata.topic(name) !== null) throw alreadyExists(name)
    const overrides = overridesOf(topic.configs)
    const assignments = this.assignmentsOf(topic)
    await this.checkName(name)
    checkAssignments(assignments)
    const config = validConfig(this.options.topicDefaults(), overrides)
    const partitionCount = assignments.size
    const replicationFactor = assignments.get(0 as PartitionIndex)?.length ?? 0
    const described = { name, partitionCount, replicationFactor, config, ...DONE }
    if (validateOnly) return { ...described, id: ZERO_UUID }
    charge?.(partitionCount)
    const id = randomUuid((count) => this.options.random.bytes(count))
    const partitions = new Map([...assignments].map(([index, replicas]) => [index, assigned(replicas)]))
    // The settings first: whoever sees the topic finds them.
    await this.options.configs.write({ type: 'topics', name }, overrides)
    await this.options.topics.create(name, { topicId: id, partitions })
    return { ...described, id }
  }

  private assignmentsOf(topic: NewTopic): Map<PartitionIndex, readonly BrokerId[]> {
    const { partitionCount, replicationFactor, assignments } = topic
    const { config } = this.options
    if (assignments.length > 0) {
      if (partitionCount !== -1 || replicationFactor !== -1) {
        throw new KafkaError(
          'INVALID_REQUEST',
          'Both numPartitions or replicationFactor and replicasAssignments were set. ' +
            'Both cannot be used at the same time.',
        )
      }
      return new Map(assignments.map(({ partition, replicas }) => [partition, replicas]))
    }
    const placed = this.place({
      partitionCount: partitionCount === -1 ? config.get('num.partitions') : partitionCount,
      replicationFactor:
        replicationFactor === -1 ? config.get('default.replication.factor') : replicationFactor,
    })
    return new Map(placed.map((replicas, index) => [index as PartitionIndex, replicas]))
  }

  private place(request: Omit<PlacementRequest, 'brokers' | 'below'>): BrokerId[][] {
    const { metadata, random } = this.options
    return placeReplicas({
      ...request,
      brokers: [...metadata.brokers.values()],
      below: (limit) => random.below(limit),
    })
  }

  private async checkName(name: string): Promise<void> {
    const { topics, admin } = this.options
    const fault = topicNameFault(name)
    if (fault !== null) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${fault}`)
    const [isGoing, isThere] = await Promise.all([admin.isDeletionRequested(name), topics.exists(name)])
    if (isGoing) throw new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' is marked for deletion.`)
    if (isThere) throw alreadyExists(name)
    if (!hasCollisionCharacters(name)) return
    const names = await topics.names()
    if (names.includes(name)) throw alreadyExists(name)
    const colliding = names.filter((other) => topicNamesCollide(name, other))
    if (colliding.length === 0) return
    throw new KafkaError(
      'INVALID_TOPIC_EXCEPTION',
      `Topic '${name}' collides with existing topics: ${colliding.join(', ')}`,
    )
  }

  // --- Growth and deletion ------------------------------------------------------------------------------------------

  private async grow(request: MorePartitions, { validateOnly, charge }: TopicChangeMode): Promise<void> {
    const { name, count } = request
    const existing = await this.options.topics.read(name)
    if (existing === null || existing.partitions.size === 0) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`)
    }
    if ([...existing.partitions.values()].some(isBeingReassigned)) {
      throw new KafkaError(
        'REASSIGNMENT_IN_PROGRESS',
        `A partition reassignment is in progress for the topic '${name}'.`,
      )
    }
    const present = existing.partitions.size
    if (count < present) {
      throw new KafkaError(
        'INVALID_PARTITIONS',
        `Topic currently has ${present} partitions, which is higher than the requested ${count}.`,
      )
    }
    if (count === present)
      throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${present} partitions.`)
    const added = this.newReplicas(request, existing.partitions)
    if (validateOnly) return
    charge?.(added.length)
    const partitions = new Map(existing.partitions)
    for (const [place, replicas] of added.entries()) {
      partitions.set((present + place) as PartitionIndex, assigned(replicas))
    }
    await this.options.topics.set(name, { topicId: existing.topicId, partitions })
  }

  private newReplicas(
    { name, count, assignments }: MorePartitions,
    existing: ReadonlyMap<PartitionIndex, ReplicaAssignment>,
  ): readonly (readonly BrokerId[])[] {
    const first = existing.get(0 as PartitionIndex)?.replicas
    if (first === undefined) {
      throw new KafkaError(
        'UNKNOWN_SERVER_ERROR',
        `Unexpected existing replica assignment for topic '${name}', partition id 0 is missing.`,
      )
    }
    const increment = count - existing.size
    if (assignments !== null) {
      checkNewReplicas(assignments, {
        increment,
        present: existing.size,
        replicationFactor: first.length,
        brokers: this.options.metadata.brokers,
      })
      return assignments
    }
    const ids = [...this.options.metadata.brokers.keys()].sort((one, other) => one - other)
    const head = first[0] ?? 0
    return this.place({
      partitionCount: increment,
      replicationFactor: first.length,
      startIndex: Math.max(
        0,
        ids.findIndex((id) => id >= head),
      ),
      firstPartition: existing.size,
    })
  }

  private async deleteOne(name: string, { charge }: Pick<TopicChangeMode, 'charge'>): Promise<void> {
    charge?.(this.options.metadata.topic(name)?.partitions.size ?? 0)
    const isThere = topicNameFault(name) === null && (await this.options.topics.exists(name))
    if (!isThere)
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic \`${name}\` to delete does not exist`)
    await this.options.admin.requestDeletion(name)
  }

  /** What `work` comes to for a client. */
  private async outcome(what: string, work: () => Promise<void>): Promise<Outcome> {
    try {
      await work()
      return DONE
    } catch (error) {
      return this.outcomeOf(what, error)
    }
  }

  private outcomeOf(what: string, error: unknown): Outcome {
    const outcome = outcomeOf(error)
    const level = outcome.error === 'UNKNOWN_SERVER_ERROR' ? 'error' : 'debug'
    this.options.logger[level](`Could not ${what}`, { error })
    return outcome
  }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof KafkaError) return { error: error.error, message: error.message }
  if (error instanceof ControllerMovedError) return { error: 'STALE_CONTROLLER_EPOCH', message: null }
  if (isZooKeeperError(error, 'TOO_LARGE')) {
    return { error: 'INVALID_PARTITIONS', message: 'The topic has more partitions than a znode can hold.' }
  }
  if (isZooKeeperError(error, 'NOT_SENT', 'UNKNOWN_OUTCOME', 'OVERLOADED', 'THROTTLED', 'SESSION_EXPIRED')) {
    return { error: 'REQUEST_TIMED_OUT', message: 'ZooKeeper did not answer in time.' }
  }
  return { error: 'UNKNOWN_SERVER_ERROR', message: null }
}

function notCreated(name: string, outcome: Outcome): CreatedTopic {
  return { name, ...outcome, id: ZERO_UUID, partitionCount: -1, replicationFactor: -1, config: null }
}

function alreadyExists(name: string): KafkaError {
  return new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`)
}
