import type { Command } from 'commander'
import type { CreatedTopic, DescribedConfig, NewTopic, Resource } from '../client/cluster-admin.ts'
import type { TopicMetadata } from '../client/cluster-client.ts'
import { ZERO_UUID } from '../model/uuid.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { outputFormat, print, type OutputFormat } from './output.ts'
import { collect, keyValue, wholeNumber } from './parse.ts'
import type { Cell } from './table.ts'

const MAX_PARTITIONS = 100_000
const TOPIC_CONFIG_SOURCE = 1
const DEFAULT_SOURCE = 5

interface PrintOptions {
  readonly output: OutputFormat
}

/** `zurau topics`. */
export function declareTopics(topics: Command, context: CommandContext): void {
  topics.addHelpText('after', examples(['zurau topics list', 'zurau topics create orders --partitions 6']))
  declareList(topics, context)
  declareDescribe(topics, context)
  declareCreate(topics, context)
  declareAlter(topics, context)
  declareDelete(topics, context)
}

// --- list ------------------------------------------------------------------------------------------------------------

export interface ListedTopic {
  readonly name: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: number
  readonly replicationFactor: number
  readonly underReplicated: number
  readonly offline: number
}

function declareList(topics: Command, { shell, action }: CommandContext): void {
  addClusterOptions(topics.command('list').description('list topics'))
    .option('--internal', 'list those that brokers use for themselves too', false)
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .addHelpText(
      'after',
      examples(
        ['zurau topics list', 'zurau topics list --internal -o json | jq -r .[].name'],
        'NAME    PARTITIONS  REPLICAS  UNDER-REPLICATED  OFFLINE\norders           6         3                 0        0',
      ),
    )
    .action(
      action(async (options: ClusterOptions & PrintOptions & { internal: boolean }) => {
        const all = await withCluster(shell, options, ({ admin }) => admin.topics(null))
        const listed = all.filter(({ isInternal }) => options.internal || !isInternal).map(listedTopic)
        await print(shell.out, options.output, {
          data: listed,
          table: () => ({
            columns: [
              { title: 'name' },
              { title: 'partitions', align: 'right' },
              { title: 'replicas', align: 'right' },
              { title: 'under-replicated', align: 'right' },
              { title: 'offline', align: 'right' },
            ],
            rows: listed.map((topic) => [
              topic.name,
              String(topic.partitions),
              String(topic.replicationFactor),
              warnAbove0(topic.underReplicated),
              warnAbove0(topic.offline),
            ]),
          }),
        })
        if (listed.length === 0 && shell.out.isTerminal)
          await shell.err.write('There are no topics yet. Make one: zurau topics create orders\n')
      }),
    )
}

function listedTopic(topic: TopicMetadata & { name: string }): ListedTopic {
  const { name, topicId, isInternal, partitions } = topic
  return {
    name,
    topicId,
    isInternal,
    partitions: partitions.length,
    replicationFactor: partitions[0]?.replicaNodes.length ?? 0,
    underReplicated: partitions.filter(isUnderReplicated).length,
    offline: partitions.filter(({ leaderId }) => leaderId < 0).length,
  }
}

type PartitionMetadata = TopicMetadata['partitions'][number]

export function isUnderReplicated({ isrNodes, replicaNodes }: PartitionMetadata): boolean {
  return isrNodes.length < replicaNodes.length
}

function warnAbove0(count: number): Cell {
  return count === 0 ? '0' : { text: String(count), tone: 'bad' }
}

// --- describe --------------------------------------------------------------------------------------------------------

function declareDescribe(topics: Command, { shell, action }: CommandContext): void {
  addClusterOptions(topics.command('describe').description('show partitions, replicas and configuration'))
    .argument('<topic...>')
    .option('-a, --all-configs', 'show configuration that nobody has set, too', false)
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .addHelpText(
      'after',
      examples(
        ['zurau topics describe orders', 'zurau topics describe orders payments -o yaml'],
        [
          'orders   id 8iPu5MlyRhGzm9OiA4tcQw   3 partitions, 2 replicas   retention.ms=3600000',
          'PARTITION  LEADER  EPOCH  REPLICAS  IN SYNC  STATE',
          '        0       1      4  1,2       1,2      ok',
        ].join('\n'),
      ),
    )
    .action(
      action(async (names: string[], options: ClusterOptions & PrintOptions & { allConfigs: boolean }) => {
        const described = await withCluster(shell, options, async ({ admin }) => {
          const found = await admin.topics(names)
          const resources = found.map(({ name }): Resource => ({ type: 'topic', name }))
          const configs = await admin.describeConfigs(resources)
          return found.map((topic, i) => describedTopic(topic, configs[i] ?? [], options.allConfigs))
        })
        await print(shell.out, options.output, {
          data: described,
          table: () => described.map(tableOfTopic),
        })
      }),
    )
}

export type DescribedTopic = ReturnType<typeof describedTopic>

function describedTopic(
  topic: TopicMetadata & { name: string },
  configs: readonly DescribedConfig[],
  allConfigs: boolean,
) {
  const { name, topicId, isInternal, partitions } = topic
  const shown = configs.filter(({ configSource }) => allConfigs || configSource !== DEFAULT_SOURCE)
  return {
    name,
    topicId: topicId === ZERO_UUID ? null : topicId,
    isInternal,
    replicationFactor: partitions[0]?.replicaNodes.length ?? 0,
    configs: Object.fromEntries(shown.map(({ name: key, value }) => [key, value])),
    /** Those that the topic itself sets. */
    ownConfigs: shown
      .filter(({ configSource }) => configSource === TOPIC_CONFIG_SOURCE)
      .map((each) => each.name),
    partitions: partitions.map((each) => ({
      partition: each.partitionIndex,
      leader: each.leaderId < 0 ? null : each.leaderId,
      leaderEpoch: each.leaderEpoch,
      replicas: each.replicaNodes,
      inSyncReplicas: each.isrNodes,
      offlineReplicas: each.offlineReplicas,
    })),
  }
}

function tableOfTopic(topic: DescribedTopic) {
  const configs = Object.entries(topic.configs).map(([key, value]) => `${key}=${value ?? ''}`)
  const count = topic.partitions.length
  const title = [
    topic.name,
    topic.topicId === null ? 'no id yet' : `id ${topic.topicId}`,
    `${count} ${count === 1 ? 'partition' : 'partitions'}, ${topic.replicationFactor} ${topic.replicationFactor === 1 ? 'replica' : 'replicas'}`,
    ...configs,
  ].join('   ')
  return {
    title,
    columns: [
      { title: 'partition', align: 'right' },
      { title: 'leader', align: 'right' },
      { title: 'epoch', align: 'right' },
      { title: 'replicas' },
      { title: 'in sync' },
      { title: 'state' },
    ] as const,
    rows: topic.partitions.map((each): Cell[] => [
      String(each.partition),
      each.leader === null ? { text: 'none', tone: 'bad' } : String(each.leader),
      String(each.leaderEpoch),
      each.replicas.join(','),
      each.inSyncReplicas.join(','),
      stateOf(each),
    ]),
  }
}

function stateOf(partition: DescribedTopic['partitions'][number]): Cell {
  if (partition.leader === null) return { text: 'offline', tone: 'bad' }
  const missing = partition.replicas.filter((broker) => !partition.inSyncReplicas.includes(broker))
  if (missing.length > 0) return { text: `behind: ${missing.join(',')}`, tone: 'bad' }
  if (partition.leader !== partition.replicas[0])
    return { text: `ok, preferred leader is ${partition.replicas[0]}`, tone: 'weak' }
  return { text: 'ok', tone: 'good' }
}

// --- create ----------------------------------------------------------------------------------------------------------

interface CreateOptions extends ClusterOptions, PrintOptions {
  readonly partitions: number | undefined
  readonly replicas: number | undefined
  readonly config: readonly string[]
  readonly assignment: string | undefined
  readonly ifNotExists: boolean
  readonly dryRun: boolean
}

function declareCreate(topics: Command, { shell, action }: CommandContext): void {
  addClusterOptions(topics.command('create').description('create topics'))
    .argument('<topic...>')
    .option('-p, --partitions <n>', "how many (default: the brokers' num.partitions)", partitionCount)
    .option(
      '-r, --replicas <n>',
      "of each partition (default: the brokers' default.replication.factor)",
      replicaCount,
    )
    .option('-c, --config <key=value>', 'set a topic config; may be given again', collect, [])
    .option('--assignment <1:2,2:3>', 'replicas of each partition, in place of the two numbers')
    .option('--if-not-exists', 'be content when it is there already', false)
    .option('--dry-run', 'check and change nothing', false)
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .addHelpText(
      'after',
      examples(
        [
          'zurau topics create orders --partitions 6 --replicas 3 -c retention.ms=3600000',
          'zurau topics create tiny --assignment 1:2,2:1',
        ],
        'NAME    ID                      PARTITIONS  REPLICAS\norders  8iPu5MlyRhGzm9OiA4tcQw           6         3',
      ),
    )
    .action(
      action(async (names: string[], options: CreateOptions) => {
        const created = await withCluster(shell, options, async ({ admin }) => {
          const results: CreatedTopic[] = []
          for (const name of names) {
            try {
              results.push(await admin.createTopic(newTopic(name, options), { validateOnly: options.dryRun }))
            } catch (error) {
              if (!(options.ifNotExists && isAboutExisting(error))) throw error
              await shell.err.write(`topic ${name} exists already\n`)
            }
          }
          return results
        })
        await print(shell.out, options.output, {
          data: created.map(({ name, topicId, numPartitions, replicationFactor }) => ({
            name,
            topicId: topicId === ZERO_UUID ? null : topicId,
            partitions: numPartitions,
            replicationFactor,
          })),
          table: () => ({
            columns: [
              { title: 'name' },
              { title: 'id' },
              { title: 'partitions', align: 'right' },
              { title: 'replicas', align: 'right' },
            ],
            rows: created.map((each) => [
              each.name,
              each.topicId === ZERO_UUID ? (options.dryRun ? '(dry run)' : '') : each.topicId,
              String(each.numPartitions),
              String(each.replicationFactor),
            ]),
          }),
        })
      }),
    )
}

const partitionCount = wholeNumber('--partitions', { min: 1, max: MAX_PARTITIONS })
const replicaCount = wholeNumber('--replicas', { min: 1, max: 32_767 })

function newTopic(name: string, options: CreateOptions): NewTopic {
  const { partitions, replicas, assignment } = options
  if (assignment !== undefined && (partitions !== undefined || replicas !== undefined)) {
    throw new CliError('--assignment says how many partitions and replicas there are', {
      advice: 'leave --partitions and --replicas out',
      exitCode: 2,
    })
  }
  const configs = options.config.map((text) => keyValue(text, '--config'))
  return {
    name,
    partitions: partitions ?? null,
    replicationFactor: replicas ?? null,
    configs: Object.fromEntries(configs.map(({ key, value }) => [key, value])),
    ...(assignment === undefined ? {} : { assignment: parseAssignment(assignment) }),
  }
}

/** `1:2,2:3`: the replicas of partition 0, of partition 1, … Throws CliError. */
export function parseAssignment(text: string): number[][] {
  const partitions = text.split(',').map((part) => part.trim().split(':').map(Number))
  const isRight = partitions.every((brokers) => brokers.every((id) => Number.isInteger(id) && id >= 0))
  if (isRight && text.trim() !== '') return partitions
  throw new CliError(`${text} is not an assignment`, {
    advice: 'write the replicas of each partition: 1:2,2:3,3:1',
    exitCode: 2,
  })
}

function isAboutExisting(error: unknown): boolean {
  return error instanceof Error && 'error' in error && error.error === 'TOPIC_ALREADY_EXISTS'
}

// --- alter, delete ---------------------------------------------------------------------------------------------------

function declareAlter(topics: Command, { shell, action }: CommandContext): void {
  addClusterOptions(topics.command('alter').description('give a topic more partitions'))
    .argument('<topic>')
    .requiredOption('-p, --partitions <n>', 'how many it shall have in all', partitionCount)
    .option('--assignment <1:2,2:3>', 'replicas of the new partitions')
    .option('--dry-run', 'check and change nothing', false)
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .addHelpText(
      'after',
      examples(
        ['zurau topics alter orders --partitions 12', 'zurau configs set topic orders retention.ms=3600000'],
        'NAME    BEFORE  NOW\norders       6   12',
      ),
    )
    .action(
      action(
        async (
          name: string,
          options: ClusterOptions &
            PrintOptions & { partitions: number; assignment: string | undefined; dryRun: boolean },
        ) => {
          const { partitions: wanted, assignment, dryRun } = options
          const [before, now] = await withCluster(shell, options, async ({ admin }) => {
            const countNow = async (): Promise<number> =>
              (await admin.topics([name]))[0]?.partitions.length ?? 0
            const countBefore = await countNow()
            await admin.growTopic(name, wanted, {
              assignment: assignment === undefined ? null : parseAssignment(assignment),
              validateOnly: dryRun,
            })
            return [countBefore, dryRun ? wanted : await countNow()]
          })
          await print(shell.out, options.output, {
            data: { name, partitionsBefore: before, partitions: now, dryRun },
            table: () => ({
              columns: [
                { title: 'name' },
                { title: 'before', align: 'right' },
                { title: 'now', align: 'right' },
              ],
              rows: [[name, String(before), dryRun ? `${now} (dry run)` : String(now)]],
            }),
          })
        },
      ),
    )
}

function declareDelete(topics: Command, { shell, action }: CommandContext): void {
  addClusterOptions(topics.command('delete').description('delete topics and all that is in them'))
    .argument('<topic...>')
    .option('--if-exists', 'be content when it is gone already', false)
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .addHelpText(
      'after',
      examples(['zurau topics delete old-orders'], 'NAME        DELETED\nold-orders  yes'),
    )
    .action(
      action(async (names: string[], options: ClusterOptions & PrintOptions & { ifExists: boolean }) => {
        const deleted = await withCluster(shell, options, async ({ admin }) => {
          const results: { name: string; deleted: boolean }[] = []
          for (const name of names) {
            try {
              await admin.deleteTopic(name)
              results.push({ name, deleted: true })
            } catch (error) {
              const isGone =
                error instanceof Error && 'error' in error && error.error === 'UNKNOWN_TOPIC_OR_PARTITION'
              if (!isGone) throw error
              if (!options.ifExists)
                throw new CliError(`there is no topic ${name}`, { fault: 'ZU1501', cause: error })
              results.push({ name, deleted: false })
            }
          }
          return results
        })
        await print(shell.out, options.output, {
          data: deleted,
          table: () => ({
            columns: [{ title: 'name' }, { title: 'deleted' }],
            rows: deleted.map((each) => [each.name, each.deleted ? 'yes' : 'was not there']),
          }),
        })
      }),
    )
}
