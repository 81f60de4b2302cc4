import type { Command } from 'commander'
import { PartitionAdmin } from '../client/partition-admin.ts'
import { KafkaError } from '../model/errors.ts'
import { hostPort } from '../model/endpoint.ts'
import { drain, type DrainOptions } from './brokers/drain.ts'
import { roll, type RollOptions } from './brokers/roll.ts'
import { readableBytes } from './byte-size.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { duration, wholeNumber } from './parse.ts'
import type { Cell, Table } from './table.ts'

/** `zurau brokers`. */
export function declareBrokers(brokers: Command, context: CommandContext): void {
  brokers.addHelpText('after', examples(['zurau brokers list', 'zurau brokers describe 1']))
  declareList(brokers, context)
  declareDescribe(brokers, context)
  declareDrain(brokers, context)
  declareRoll(brokers, context)
}

/** A broker and what it has to do. */
export interface ListedBroker {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isController: boolean
  /** Partitions that it leads. */
  readonly leaders: number
  /** Partitions that it would lead if all brokers were well. */
  readonly preferred: number
  readonly replicas: number
  /** Replicas of its that are not in sync. */
  readonly outOfSync: number
}

/** The living brokers, and those that are gone but should have replicas. */
export async function listedBrokers({ admin }: Cluster): Promise<{
  clusterId: string | null
  brokers: ListedBroker[]
  missing: number[]
}> {
  const { brokers, controllerId, clusterId, topics } = await admin.metadata(null)
  const partitions = topics.flatMap((topic) => topic.partitions)
  const counted = brokers
    .map(({ nodeId: id, host, port, rack }) => ({
      id,
      host,
      port,
      rack,
      isController: id === controllerId,
      leaders: partitions.filter(({ leaderId }) => leaderId === id).length,
      preferred: partitions.filter(({ replicaNodes }) => replicaNodes[0] === id).length,
      replicas: partitions.filter(({ replicaNodes }) => replicaNodes.includes(id)).length,
      outOfSync: partitions.filter(
        ({ replicaNodes, isrNodes }) => replicaNodes.includes(id) && !isrNodes.includes(id),
      ).length,
    }))
    .sort((one, other) => one.id - other.id)
  const alive = new Set(counted.map(({ id }) => id))
  const wanted = new Set(partitions.flatMap(({ replicaNodes }) => replicaNodes))
  const missing = [...wanted].filter((id) => !alive.has(id)).sort((one, other) => one - other)
  return { clusterId, brokers: counted, missing }
}

function declareList(brokers: Command, { shell, action }: CommandContext): void {
  addOutputOption(addClusterOptions(brokers.command('list').description('list brokers and what they lead')))
    .addHelpText(
      'after',
      examples(
        ['zurau brokers list', 'zurau brokers list -o json | jq .brokers[].id'],
        [
          'ID  ADDRESS      RACK  CONTROLLER  LEADERS  PREFERRED  REPLICAS  OUT OF SYNC',
          ' 1  kafka1:9092  a     yes              12         12        36            0',
        ].join('\n'),
      ),
    )
    .action(
      action(async (options: ClusterOptions & OutputOptions) => {
        const found = await withCluster(shell, options, listedBrokers)
        await print(shell.out, options.output, { data: found, table: () => tableOfBrokers(found) })
      }),
    )
}

function tableOfBrokers(found: { brokers: readonly ListedBroker[]; missing: readonly number[] }): Table {
  const rows = found.brokers.map((broker): Cell[] => [
    String(broker.id),
    hostPort(broker.host, broker.port),
    broker.rack ?? '',
    broker.isController ? 'yes' : '',
    String(broker.leaders),
    String(broker.preferred),
    String(broker.replicas),
    broker.outOfSync === 0 ? '0' : { text: String(broker.outOfSync), tone: 'bad' },
  ])
  const gone = found.missing.map((id): Cell[] => [
    String(id),
    { text: 'not alive', tone: 'bad' },
    ...['', '', '', '', '', ''],
  ])
  return {
    columns: [
      { title: 'id', align: 'right' },
      { title: 'address' },
      { title: 'rack' },
      { title: 'controller' },
      { title: 'leaders', align: 'right' },
      { title: 'preferred', align: 'right' },
      { title: 'replicas', align: 'right' },
      { title: 'out of sync', align: 'right' },
    ],
    rows: [...rows, ...gone],
  }
}

const brokerId = wholeNumber('the broker id', { min: 0, max: 0x7fffffff })

function declareDescribe(brokers: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(brokers.command('describe').description('show one broker: address, directories, load')),
  )
    .argument('<id>', 'which', brokerId)
    .addHelpText(
      'after',
      examples(
        ['zurau brokers describe 1', 'zurau brokers describe 1 -o yaml'],
        [
          '1   kafka1:9092   rack a   controller',
          'DIRECTORY  STATE  REPLICAS  SIZE     FREE',
          '/data      ok           36  12.5 GB  80.1 GB of 200 GB',
        ].join('\n'),
      ),
    )
    .action(
      action(async (id: number, options: ClusterOptions & OutputOptions) => {
        const described = await withCluster(shell, options, (cluster) => describeBroker(cluster, id))
        await print(shell.out, options.output, { data: described, table: () => tableOfBroker(described) })
      }),
    )
}

async function describeBroker(cluster: Cluster, id: number) {
  const { brokers, missing } = await listedBrokers(cluster)
  const broker = brokers.find((each) => each.id === id)
  if (broker === undefined) {
    const alive = brokers.map((each) => each.id).join(', ')
    throw new CliError(
      missing.includes(id)
        ? `broker ${id} is not alive, and has replicas: start it again`
        : `there is no broker ${id}; alive: ${alive}`,
      { advice: 'see what there is: zurau brokers list' },
    )
  }
  const directories = await new PartitionAdmin(cluster).logDirectories(id).catch((error: unknown) => {
    // Too old a broker to tell about its directories is a broker all the same.
    if (error instanceof KafkaError && error.error === 'UNSUPPORTED_VERSION') return []
    throw error
  })
  return {
    ...broker,
    directories: directories.map(({ path, error, replicas, totalBytes, usableBytes }) => ({
      path,
      error: error === 'NONE' ? null : error,
      replicas: replicas.length,
      sizeBytes: replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      totalBytes: totalBytes < 0 ? null : totalBytes,
      usableBytes: usableBytes < 0 ? null : usableBytes,
    })),
  }
}

function tableOfBroker(broker: Awaited<ReturnType<typeof describeBroker>>): Table {
  const title = [
    String(broker.id),
    hostPort(broker.host, broker.port),
    ...(broker.rack === null ? [] : [`rack ${broker.rack}`]),
    ...(broker.isController ? ['controller'] : []),
    `leads ${broker.leaders} of ${broker.replicas} partitions`,
    ...(broker.outOfSync === 0 ? [] : [`${broker.outOfSync} out of sync`]),
  ].join('   ')
  return {
    title,
    columns: [
      { title: 'directory' },
      { title: 'state' },
      { title: 'replicas', align: 'right' },
      { title: 'size', align: 'right' },
      { title: 'free' },
    ],
    rows: broker.directories.map((each): Cell[] => [
      each.path,
      each.error === null ? { text: 'ok', tone: 'good' } : { text: each.error, tone: 'bad' },
      String(each.replicas),
      readableBytes(each.sizeBytes),
      each.usableBytes === null || each.totalBytes === null
        ? ''
        : `${readableBytes(each.usableBytes)} of ${readableBytes(each.totalBytes)}`,
    ]),
  }
}

function declareDrain(brokers: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(brokers.command('drain').description('move leadership away from a broker')),
  )
    .argument('<id>', 'which', brokerId)
    .option('--dry-run', 'show what would be done', false)
    .option('--save <file>', 'where to keep the order of replicas as it was, for reassign apply')
    .addHelpText(
      'after',
      examples(
        [
          'zurau brokers drain 2 --dry-run',
          'zurau brokers drain 2 --save before.json',
          'zurau reassign apply before.json && zurau leaders elect   # give it back',
        ],
        ['PARTITION  LEADER  NEXT  STATE', 'orders-3        2     3  moved'].join('\n'),
      ) +
        '\n\nThe broker goes to the end of every list of replicas, and preferred leaders are elected: no data are moved.' +
        '\nExit code 1 when it still leads something.',
    )
    .action(
      action((id: number, options: ClusterOptions & OutputOptions & DrainOptions) =>
        drain(shell, id, options),
      ),
    )
}

const MINUTE_MS = 60_000

function declareRoll(brokers: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(
      brokers.command('roll').description('restart brokers one after another, behind a gate'),
    ),
  )
    .argument('[id...]', 'which (default: all; the controller last)')
    .option('--exec <command>', 'what restarts broker {id} at {host}; nothing: wait until somebody does')
    .option('--patience <duration>', 'how long a broker may take', duration('--patience'), 10 * MINUTE_MS)
    .option('--dry-run', 'show the order', false)
    .addHelpText(
      'after',
      examples(
        ["zurau brokers roll --exec 'ssh {host} sudo systemctl restart kafka'", 'zurau brokers roll 2 3'],
        ['gate: healthy', 'broker 2: restarting', 'broker 2: back, in sync after 4.2 s'].join('\n'),
      ) +
        '\n\nBefore each restart every partition must have all its replicas in sync; after it, again.' +
        '\nStops at the first broker that does not come back: exit code 1.',
    )
    .action(
      action((ids: string[], options: ClusterOptions & RollOptions) =>
        roll(shell, ids.map(brokerId), options),
      ),
    )
}
