import type { Command } from 'commander'
import type { TopicMetadata } from '../../client/cluster-client.ts'
import { KafkaError } from '../../model/errors.ts'
import { withCluster, type Cluster } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { CliError } from '../cli-error.ts'
import { examples } from '../help.ts'
import { collect, keyValue, wholeNumber } from '../parse.ts'
import type { Shell } from '../shell.ts'
import { isUnderReplicated, parseAssignment } from '../topics.ts'
import { addApacheConnection, clusterOf, needed, oneAction, type ApacheConnection } from './connection.ts'

interface TopicsOptions extends ApacheConnection {
  readonly list?: boolean
  readonly create?: boolean
  readonly describe?: boolean
  readonly alter?: boolean
  readonly delete?: boolean
  readonly topic?: string
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly replicaAssignment?: string
  readonly config: readonly string[]
  readonly ifExists: boolean
  readonly ifNotExists: boolean
  readonly excludeInternal: boolean
  readonly underReplicatedPartitions: boolean
  readonly unavailablePartitions: boolean
  readonly topicsWithOverrides: boolean
}

/** `kafka-topics`: Apache's flags, and its lines on standard output, which scripts read. */
export function declareKafkaTopics(command: Command, { shell, action }: CommandContext): void {
  addApacheConnection(command)
    .option('--list', 'list topics')
    .option('--create', 'create a topic')
    .option('--describe', 'show partitions and replicas')
    .option('--alter', 'give a topic more partitions')
    .option('--delete', 'delete topics')
    .option('--topic <name>', 'which; a regular expression to list, describe, alter and delete')
    .option('--partitions <n>', 'how many', wholeNumber('--partitions', { min: 1, max: 100_000 }))
    .option(
      '--replication-factor <n>',
      'of each',
      wholeNumber('--replication-factor', { min: 1, max: 32_767 }),
    )
    .option('--replica-assignment <1:2,2:3>', 'replicas of each partition')
    .option('--config <key=value>', 'with --create; may be given again', collect, [])
    .option('--if-exists', 'be content when it is not there', false)
    .option('--if-not-exists', 'be content when it is there already', false)
    .option('--exclude-internal', 'leave out those that brokers use', false)
    .option('--under-replicated-partitions', 'describe only these', false)
    .option('--unavailable-partitions', 'describe only those without a leader', false)
    .option('--topics-with-overrides', 'describe only topics with configuration of their own', false)
    .option('--disable-rack-aware', 'accepted, without effect')
    .option('--force', 'accepted, without effect')
    .addHelpText(
      'after',
      examples([
        'kafka-topics --bootstrap-server localhost:9092 --create --topic orders --partitions 6',
        'kafka-topics --zookeeper localhost:2181/kafka --list',
      ]),
    )
    .action(
      action((options: TopicsOptions) => {
        const wanted = oneAction(options, ['list', 'create', 'describe', 'alter', 'delete'])
        return withCluster(shell, clusterOf(options), (cluster) => ACTIONS[wanted](shell, cluster, options))
      }),
    )
}

type Act = (shell: Shell, cluster: Cluster, options: TopicsOptions) => Promise<void>
type Topic = TopicMetadata & { name: string }

const ACTIONS: Readonly<Record<'list' | 'create' | 'describe' | 'alter' | 'delete', Act>> = {
  async list({ out }, cluster, options) {
    const names = (await matching(cluster, options)).map(({ name }) => `${name}\n`)
    await out.write(names.join(''))
  },

  async create({ out, err }, { admin }, options) {
    const name = needed(options.topic, '--topic')
    const configs = options.config.map((text) => keyValue(text, '--config'))
    if (/[._]/.test(name))
      await err.write(
        "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n",
      )
    try {
      await admin.createTopic({
        name,
        partitions: options.partitions ?? null,
        replicationFactor: options.replicationFactor ?? null,
        configs: Object.fromEntries(configs.map(({ key, value }) => [key, value])),
        ...(options.replicaAssignment === undefined
          ? {}
          : { assignment: parseAssignment(options.replicaAssignment) }),
      })
    } catch (error) {
      const isThere = error instanceof KafkaError && error.error === 'TOPIC_ALREADY_EXISTS'
      if (!(isThere && options.ifNotExists)) throw error
      return
    }
    await out.write(`Created topic ${name}.\n`)
  },

  async describe({ out }, cluster, options) {
    const topics = await matching(cluster, options)
    const configs = await cluster.admin.describeConfigs(topics.map(({ name }) => ({ type: 'topic', name })))
    const isSelective = options.underReplicatedPartitions || options.unavailablePartitions
    for (const [i, topic] of topics.entries()) {
      // As Apache's: what the topic sets, and what brokers set otherwise than by default.
      const own = (configs[i] ?? []).filter(({ configSource }) => configSource !== 5)
      if (options.topicsWithOverrides && own.length === 0) continue
      if (!isSelective) await out.write(topicLine(topic, own))
      if (options.topicsWithOverrides) continue
      const shown = topic.partitions.filter(
        (each) =>
          !isSelective ||
          (options.underReplicatedPartitions && isUnderReplicated(each)) ||
          (options.unavailablePartitions && each.leaderId < 0),
      )
      await out.write(shown.map((each) => partitionLine(topic.name, each)).join(''))
    }
  },

  async alter(_shell, cluster, options) {
    needed(options.topic, '--topic')
    const count = needed(options.partitions, '--partitions')
    const assignment =
      options.replicaAssignment === undefined ? null : parseAssignment(options.replicaAssignment)
    for (const { name, partitions } of await matching(cluster, options)) {
      // Apache's flag names the replicas of all partitions, the request those of the new ones.
      const added = assignment?.slice(partitions.length) ?? null
      await cluster.admin.growTopic(name, count, { assignment: added })
    }
  },

  async delete(_shell, cluster, options) {
    needed(options.topic, '--topic')
    for (const { name } of await matching(cluster, options)) await cluster.admin.deleteTopic(name)
  },
}

/** The topics that `--topic` names; all without it. Source: TopicCommand, TopicFilter.IncludeList. */
async function matching({ admin }: Cluster, options: TopicsOptions): Promise<Topic[]> {
  const all = (await admin.topics(null)).filter(({ isInternal }) => !(options.excludeInternal && isInternal))
  if (options.topic === undefined) return all
  let pattern: RegExp
  try {
    pattern = new RegExp(`^(?:${options.topic.trim().replaceAll(',', '|')})$`)
  } catch (error) {
    throw new CliError(`--topic ${options.topic} is not a regular expression`, { exitCode: 2, cause: error })
  }
  const found = all.filter(({ name }) => pattern.test(name))
  if (found.length > 0 || options.ifExists || options.list === true) return found
  throw new CliError(`Topic '${options.topic}' does not exist as expected`, { fault: 'ZU1501' })
}

function topicLine(
  { name, topicId, partitions }: Topic,
  own: readonly { name: string; value: string | null }[],
): string {
  const configs = own.map((each) => `${each.name}=${each.value ?? ''}`).join(',')
  const factor = partitions[0]?.replicaNodes.length ?? 0
  return `Topic: ${name}\tTopicId: ${topicId}\tPartitionCount: ${partitions.length}\tReplicationFactor: ${factor}\tConfigs: ${configs}\n`
}

function partitionLine(topic: string, each: TopicMetadata['partitions'][number]): string {
  const leader = each.leaderId < 0 ? 'none' : String(each.leaderId)
  return `\tTopic: ${topic}\tPartition: ${each.partitionIndex}\tLeader: ${leader}\tReplicas: ${each.replicaNodes.join(',')}\tIsr: ${each.isrNodes.join(',')}\tElr: N/A\tLastKnownElr: N/A\n`
}
