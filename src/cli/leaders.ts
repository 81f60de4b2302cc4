import type { Command } from 'commander'
import { PartitionAdmin, type PartitionId, type PartitionResult } from '../client/partition-admin.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { commaList, wholeNumber } from './parse.ts'
import type { Cell } from './table.ts'

interface ElectOptions extends ClusterOptions, OutputOptions {
  readonly unclean: boolean
  readonly topics: string | undefined
  readonly partitions: string | undefined
  readonly dryRun: boolean
}

/** `zurau leaders`. */
export function declareLeaders(leaders: Command, { shell, action }: CommandContext): void {
  leaders.addHelpText('after', examples(['zurau leaders elect', 'zurau leaders elect --topics orders']))
  addOutputOption(
    addClusterOptions(leaders.command('elect').description('give partitions to their preferred leaders')),
  )
    .option('-t, --topics <name,..>', 'only these topics (default: all)')
    .option('-p, --partitions <topic-n,..>', 'only these partitions: orders-3')
    .option('--unclean', 'elect any replica that lives where nobody leads: records may be lost', false)
    .option('--dry-run', 'show what would change', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau leaders elect --dry-run',
          'zurau leaders elect --topics orders,payments',
          'zurau leaders elect --unclean --partitions orders-3',
        ],
        'PARTITION  LEADER  NEXT  STATE\norders-3   2       1     elected',
      ) +
        '\n\nOnly partitions that another replica leads are touched. Exit code 1 when one could not be done.',
    )
    .action(
      action((options: ElectOptions) => withCluster(shell, options, (cluster) => elect(cluster, options))),
    )

  async function elect(cluster: Cluster, options: ElectOptions): Promise<number> {
    if (options.unclean && options.topics === undefined && options.partitions === undefined) {
      throw new CliError('--unclean may lose records: name what it is for', {
        advice: 'add --topics NAME or --partitions NAME-0',
        exitCode: 2,
      })
    }
    const candidates = await displaced(cluster, options)
    const admin = new PartitionAdmin(cluster)
    const results =
      options.dryRun || candidates.length === 0
        ? []
        : await admin.electLeaders(candidates, { unclean: options.unclean })
    const byName = new Map(results.map((result) => [nameOf(result), result]))
    const rows = candidates.map((each) => ({
      partition: nameOf(each),
      leader: each.leader < 0 ? null : each.leader,
      next: each.next,
      state: options.dryRun ? 'would be elected' : stateOf(byName.get(nameOf(each))),
    }))
    await print(shell.out, options.output, {
      data: { dryRun: options.dryRun, unclean: options.unclean, partitions: rows },
      table: () => ({
        columns: [
          { title: 'partition' },
          { title: 'leader', align: 'right' },
          { title: 'next', align: 'right' },
          { title: 'state' },
        ],
        rows: rows.map(({ partition, leader, next, state }): Cell[] => [
          partition,
          leader === null ? { text: 'none', tone: 'bad' } : String(leader),
          next === null ? '' : String(next),
          isGood(state) ? { text: state, tone: 'good' } : { text: state, tone: 'bad' },
        ]),
        whenEmpty: options.unclean
          ? 'Every partition has a leader.'
          : 'Every partition has its preferred leader.',
      }),
    })
    return rows.every(({ state }) => isGood(state)) ? 0 : 1
  }
}

function isGood(state: string): boolean {
  return state === 'elected' || state === 'would be elected' || state === 'was elected already'
}

function stateOf(result: PartitionResult | undefined): string {
  // Brokers leave out of the answer what needed nothing.
  if (result === undefined || result.error === 'ELECTION_NOT_NEEDED') return 'was elected already'
  return result.error === 'NONE' ? 'elected' : (result.message ?? result.error)
}

interface Candidate extends PartitionId {
  readonly leader: number
  /** Who will lead; null where the controller chooses. */
  readonly next: number | null
}

/** Partitions that another than the preferred replica leads, or with `unclean` nobody. */
async function displaced(
  { admin }: Cluster,
  { topics, partitions, unclean }: Pick<ElectOptions, 'topics' | 'partitions' | 'unclean'>,
): Promise<Candidate[]> {
  const named = partitions === undefined ? null : commaList(partitions).map(parsePartition)
  const names = [
    ...(topics === undefined ? [] : commaList(topics)),
    ...(named ?? []).map(({ topic }) => topic),
  ]
  const found = await admin.topics(names.length === 0 ? null : [...new Set(names)])
  const all = found.flatMap(({ name, partitions: list }) => list.map((each) => ({ topic: name, ...each })))
  for (const { topic, partition } of named ?? []) {
    if (all.some((each) => each.topic === topic && each.partitionIndex === partition)) continue
    throw new CliError(`there is no partition ${topic}-${partition}`, {
      advice: `zurau topics describe ${topic}`,
      fault: 'ZU1501',
    })
  }
  const isNamed = (topic: string, index: number): boolean =>
    named === null ||
    named.some((each) => each.topic === topic && each.partition === index) ||
    (topics !== undefined && commaList(topics).includes(topic))
  return all
    .filter(({ topic, partitionIndex, leaderId, replicaNodes }) => {
      if (!isNamed(topic, partitionIndex)) return false
      return unclean ? leaderId < 0 : leaderId !== replicaNodes[0]
    })
    .map(({ topic, partitionIndex, leaderId, replicaNodes }) => ({
      topic,
      partition: partitionIndex,
      leader: leaderId,
      next: unclean ? null : (replicaNodes[0] ?? null),
    }))
}

/** `orders-3`: what follows the last dash is the partition. Throws CliError. */
export function parsePartition(text: string): PartitionId {
  const at = text.lastIndexOf('-')
  if (at > 0) {
    return {
      topic: text.slice(0, at),
      partition: wholeNumber('the partition', { min: 0, max: 0x7fffffff })(text.slice(at + 1)),
    }
  }
  throw new CliError(`${text} is not a partition`, { advice: 'write topic-number: orders-3', exitCode: 2 })
}

function nameOf({ topic, partition }: PartitionId): string {
  return `${topic}-${partition}`
}
