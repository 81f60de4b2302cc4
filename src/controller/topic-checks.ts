import { ConfigError } from '../config/config-error.ts'
import type { Properties } from '../config/layers.ts'
import {
  TieredStorageError,
  TopicConfigError,
  validTopicConfig,
  type TopicConfig,
} from '../config/topic-config.ts'
import { KafkaError } from '../model/errors.ts'
import type { BrokerId, PartitionIndex } from '../model/ids.ts'

/**
 * What is asked of a request to create topics or partitions. Each check throws a KafkaError with Kafka's words.
 * Source: ZkAdminManager, AdminZkClient.validateTopicCreate and validateReplicaAssignment, LogConfig.validate (3.9).
 */

/** Whether the name may collide with another one in the names of metrics. */
export function hasCollisionCharacters(name: string): boolean {
  return name.includes('.') || name.includes('_')
}

/** The settings that a request gives a new topic. */
export function overridesOf(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): Properties {
  const withoutValue = configs.filter(({ value }) => value === null).map(({ name }) => name)
  if (withoutValue.length > 0) {
    throw new KafkaError(
      'INVALID_CONFIG',
      `Null value not supported for topic configs: ${withoutValue.join(',')}`,
    )
  }
  return new Map(configs.map(({ name, value }) => [name, value ?? '']))
}

/** The configuration that a topic would have. */
export function validConfig(defaults: TopicConfig, overrides: Properties): TopicConfig {
  try {
    return validTopicConfig(defaults, overrides)
  } catch (error) {
    const isFault =
      error instanceof ConfigError || error instanceof TopicConfigError || error instanceof TieredStorageError
    if (!isFault) throw error
    throw new KafkaError('INVALID_CONFIG', error.message, { cause: error })
  }
}

/**
 * What a request may assign to a new topic. Kafka takes brokers that do not exist, and partitions without any replica: so do
 * we.
 */
export function checkAssignments(assignments: ReadonlyMap<PartitionIndex, readonly BrokerId[]>): void {
  const lists = [...assignments.values()]
  if (new Set(lists.map((replicas) => replicas.length)).size !== 1) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      'All partitions should have the same number of replicas',
    )
  }
  const twice = lists.find((replicas) => new Set(replicas).size !== replicas.length)
  if (twice !== undefined) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Duplicate replica assignment found: ${twice.join(', ')}`,
    )
  }
  const isRow = [...assignments.keys()].every((index) => index >= 0 && index < assignments.size)
  if (!isRow) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      'partitions should be a consecutive 0-based integer sequence',
    )
  }
}

/** What a request may assign to the partitions that it adds. */
export function checkNewReplicas(
  assignments: readonly (readonly BrokerId[])[],
  expected: {
    readonly increment: number
    readonly present: number
    readonly replicationFactor: number
    readonly brokers: ReadonlyMap<BrokerId, unknown>
  },
): void {
  const refuse = (message: string): never => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', message)
  }
  const unknown = new Set(assignments.flat().filter((broker) => !expected.brokers.has(broker)))
  if (unknown.size > 0) refuse(`Unknown broker(s) in replica assignment: ${[...unknown].join(', ')}.`)
  if (assignments.length !== expected.increment) {
    refuse(
      `Increasing the number of partitions by ${expected.increment} but ${assignments.length} assignments provided.`,
    )
  }
  const numbered = assignments.map((replicas, place) => ({ index: expected.present + place, replicas }))
  for (const { index, replicas } of numbered) {
    if (replicas.length === 0) refuse(`Cannot have replication factor of 0 for partition id ${index}.`)
    if (new Set(replicas).size !== replicas.length) {
      refuse(
        `Duplicate brokers not allowed in replica assignment: ${replicas.join(', ')} for partition id ${index}.`,
      )
    }
  }
  const odd = numbered.filter(({ replicas }) => replicas.length !== expected.replicationFactor)
  if (odd.length > 0) {
    refuse(
      `Inconsistent replication factor between partitions, partition 0 has ${expected.replicationFactor} while ` +
        `partitions [${odd.map(({ index }) => index).join(', ')}] have replication factors ` +
        `[${odd.map(({ replicas }) => replicas.length).join(', ')}], respectively.`,
    )
  }
}
