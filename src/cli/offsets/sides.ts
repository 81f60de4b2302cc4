import type { Command } from 'commander'
import { commitFor, deleteOffsetsOf, isHeldByMembers } from '../../client/group-offsets.ts'
import { KafkaError } from '../../model/errors.ts'
import { CliError } from '../cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from '../cluster-options.ts'
import type { Shell } from '../shell.ts'
import type { Committed, StoreName } from './committed.ts'
import { withLegacySide, type LegacySide } from './legacy-side.ts'
import { TopicSide } from './topic-side.ts'

export interface Sides {
  readonly cluster: Cluster
  readonly zookeeper: LegacySide
  readonly kafka: TopicSide
}

/** Options of the commands that look at both stores. */
export function addSidesOptions(command: Command): Command {
  addClusterOptions(command)
  const zookeeper = command.options.find(({ long }) => long === '--zookeeper')
  if (zookeeper !== undefined) {
    zookeeper.hideHelp(false)
    zookeeper.description = 'the ensemble with /consumers (default: localhost:2181)'
  }
  return command
}

/** Runs `act` with both stores. Brokers are never looked for in the ensemble: it may be another one. */
export function withSides<T>(
  shell: Shell,
  options: ClusterOptions,
  act: (sides: Sides) => Promise<T>,
): Promise<T> {
  const { zookeeper, ...ofBrokers } = options
  return withCluster(shell, ofBrokers, (cluster) =>
    withLegacySide(shell, { ...ofBrokers, ...(zookeeper === undefined ? {} : { zookeeper }) }, (legacy) =>
      act({ cluster, zookeeper: legacy, kafka: new TopicSide(cluster) }),
    ),
  )
}

/**
 * Writes offsets of one group to one store, and reads them back: throws CliError when the store has anything else.
 * The topic can be written from outside only while the group has no members.
 */
export async function writeTo(
  sides: Sides,
  store: StoreName,
  group: string,
  offsets: readonly Committed[],
): Promise<void> {
  if (offsets.length === 0) return
  if (store === 'zookeeper') await sides.zookeeper.write(group, offsets)
  else await writeToTopic(sides, group, offsets)
  const written = new Map((await sides[store].read(group)).map((entry) => [placeOf(entry), entry.offset]))
  const wrong = offsets.find((entry) => written.get(placeOf(entry)) !== entry.offset)
  if (wrong === undefined) return
  throw new CliError(
    `${group}: ${wrong.topic}-${wrong.partition} was set to ${wrong.offset}, and reads ` +
      `${written.get(placeOf(wrong)) ?? 'nothing'} now: somebody else has written it meanwhile`,
    { advice: 'stop the members of the group, then do the same again' },
  )
}

async function writeToTopic(
  { cluster, kafka }: Sides,
  group: string,
  offsets: readonly Committed[],
): Promise<void> {
  if ((await kafka.storage()).of(group) === 'zookeeper') {
    throw new CliError(
      `the brokers keep the offsets of ${group} in ZooKeeper: a commit would not reach the topic`,
      {
        advice: `zurau offsets store ${group} dual, then do the same again`,
      },
    )
  }
  try {
    await commitFor({ client: cluster.client, groups: kafka.groupAdmin }, group, offsets)
  } catch (error) {
    if (isHeldByMembers(error)) throw heldByMembers(group, error)
    throw error
  }
}

/** Removes offsets of one group from one store. */
export async function removeFrom(
  sides: Sides,
  store: StoreName,
  group: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<void> {
  if (partitions.length === 0) return
  if (store === 'zookeeper') return sides.zookeeper.remove(group, partitions)
  const { cluster, kafka } = sides
  try {
    await deleteOffsetsOf({ client: cluster.client, groups: kafka.groupAdmin }, group, partitions)
  } catch (error) {
    if (error instanceof KafkaError && error.error === 'GROUP_ID_NOT_FOUND') return
    if (isHeldByMembers(error)) throw heldByMembers(group, error)
    throw error
  }
}

function heldByMembers(group: string, cause: unknown): CliError {
  return new CliError(`group ${group} has members, and only they can commit to __consumer_offsets`, {
    advice: `stop them, or move the group while it runs: zurau offsets store ${group} dual`,
    cause,
  })
}

/** Groups that were named, or all that either store knows. */
export async function chosenGroups(sides: Sides, named: readonly string[]): Promise<string[]> {
  if (named.length > 0) return [...new Set(named)]
  const all = [...(await sides.zookeeper.groups()), ...(await sides.kafka.groups())]
  return [...new Set(all)].sort()
}

function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`
}
