import type { Command } from 'commander'
import {
  GroupAdmin,
  type CommittedOffset,
  type DescribedGroup,
  type GroupMember,
} from '../client/group-admin.ts'
import { findOffsets } from '../client/offsets.ts'
import { TopicLeaders } from '../client/topic-leaders.ts'
import { KafkaError } from '../model/errors.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { commaList } from './parse.ts'
import type { Cell, Table } from './table.ts'

/** `zurau groups`. */
export function declareGroups(groups: Command, context: CommandContext): void {
  groups.addHelpText('after', examples(['zurau groups list', 'zurau groups describe billing']))
  declareList(groups, context)
  declareDescribe(groups, context)
  declareDelete(groups, context)
}

function declareList(groups: Command, { shell, action }: CommandContext): void {
  addOutputOption(addClusterOptions(groups.command('list').description('list consumer groups')))
    .option('--state <name,..>', 'only these: Stable, Empty, PreparingRebalance, CompletingRebalance, Dead')
    .addHelpText(
      'after',
      examples(
        ['zurau groups list', 'zurau groups list --state Empty -o json | jq -r .[].groupId'],
        'GROUP    STATE   PROTOCOL  COORDINATOR\nbilling  Stable  consumer            1',
      ),
    )
    .action(
      action(async (options: ClusterOptions & OutputOptions & { state: string | undefined }) => {
        const states =
          options.state === undefined ? null : commaList(options.state).map((each) => each.toLowerCase())
        const all = await withCluster(shell, options, (cluster) => new GroupAdmin(cluster).list())
        const shown = all.filter(({ state }) => states === null || states.includes(state.toLowerCase()))
        await print(shell.out, options.output, {
          data: shown,
          table: () => ({
            columns: [
              { title: 'group' },
              { title: 'state' },
              { title: 'protocol' },
              { title: 'coordinator', align: 'right' },
            ],
            rows: shown.map(({ groupId, state, protocolType, coordinator }) => [
              groupId,
              state,
              protocolType,
              String(coordinator),
            ]),
            whenEmpty: 'There are no groups.',
          }),
        })
      }),
    )
}

// --- describe --------------------------------------------------------------------------------------------------------

interface DescribeOptions extends ClusterOptions, OutputOptions {
  readonly onlyWithLag: boolean
  readonly members: boolean
}

function declareDescribe(groups: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(groups.command('describe').description('show state, members, offsets and lag')),
  )
    .argument('<group...>')
    .option('--only-with-lag', 'leave out partitions that are read to the end', false)
    .option('--members', 'show the members instead of the partitions', false)
    .addHelpText(
      'after',
      examples(
        ['zurau groups describe billing', 'zurau groups describe billing --only-with-lag -o json'],
        [
          'billing   Stable   range   2 members   coordinator 1   lag 12',
          'TOPIC   PARTITION  COMMITTED  END  LAG  MEMBER',
          'orders          0         88  100   12  app-1 (/10.0.0.7)',
        ].join('\n'),
      ),
    )
    .action(
      action(async (names: string[], options: DescribeOptions) => {
        const described = await withCluster(shell, options, async (cluster) => {
          const found: GroupLag[] = []
          for (const name of names) found.push(await describeGroup(cluster, name))
          return found
        })
        const shown = described.map((group) => ({
          ...group,
          partitions: group.partitions.filter(({ lag }) => !options.onlyWithLag || (lag ?? 0) > 0),
        }))
        await print(shell.out, options.output, {
          data: shown,
          table: () => shown.map(options.members ? tableOfMembers : tableOfPartitions),
        })
      }),
    )
}

interface PartitionLag {
  readonly topic: string
  readonly partition: number
  /** Null: nothing is committed. */
  readonly committed: number | null
  /** Null: nobody leads the partition, or the topic is gone. */
  readonly end: number | null
  readonly lag: number | null
  readonly memberId: string | null
  readonly clientId: string | null
  readonly clientHost: string | null
}

interface GroupLag extends DescribedGroup {
  /** Over partitions whose lag is known. */
  readonly lag: number
  readonly partitions: readonly PartitionLag[]
}

async function describeGroup(cluster: Cluster, name: string): Promise<GroupLag> {
  const admin = new GroupAdmin(cluster)
  const group = await admin.describe(name)
  const committed = await admin.committed(name)
  if (group.state === 'Dead' && committed.length === 0) throw noSuchGroup(name)
  const partitions = await withEnds(cluster, group, committed)
  return { ...group, lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0), partitions }
}

/** What is committed or assigned, with where its log ends. */
async function withEnds(
  cluster: Cluster,
  { members }: DescribedGroup,
  committed: readonly CommittedOffset[],
): Promise<PartitionLag[]> {
  const owners = new Map<string, { member: GroupMember; topic: string; partition: number }>()
  for (const member of members) {
    for (const { topic, partition } of member.assigned ?? [])
      owners.set(`${topic}-${partition}`, { member, topic, partition })
  }
  const offsets = new Map<string, CommittedOffset>()
  for (const each of committed) offsets.set(`${each.topic}-${each.partition}`, each)
  const wanted = new Map<string, { topic: string; partition: number }>([...owners, ...offsets])
  const ends = await endsOf(cluster, [...wanted.values()])
  return [...wanted]
    .map(([key, { topic, partition }]): PartitionLag => {
      const offset = offsets.get(key)?.offset ?? null
      const end = ends.get(key) ?? null
      const owner = owners.get(key)?.member ?? null
      return {
        topic,
        partition,
        committed: offset,
        end,
        lag: offset === null || end === null ? null : Math.max(0, end - offset),
        memberId: owner?.memberId ?? null,
        clientId: owner?.clientId ?? null,
        clientHost: owner?.clientHost ?? null,
      }
    })
    .sort((one, other) =>
      one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1,
    )
}

/** Ends by `topic-partition`; what nobody can tell is left out. */
async function endsOf(
  { client, timeoutMs }: Cluster,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<Map<string, number>> {
  // Topics that are gone and partitions without a leader must not hide the others.
  const { topics } = await client.metadata([...new Set(partitions.map(({ topic }) => topic))])
  const led = new Set(
    topics.flatMap(({ name, partitions: list }) =>
      list.filter(({ leaderId }) => leaderId >= 0).map(({ partitionIndex }) => `${name}-${partitionIndex}`),
    ),
  )
  const queries = partitions
    .filter(({ topic, partition }) => led.has(`${topic}-${partition}`))
    .map(({ topic, partition }) => ({ topic, partition, query: { kind: 'latest' } as const }))
  if (queries.length === 0) return new Map()
  const found = await findOffsets(client, new TopicLeaders({ client }), queries, { timeoutMs })
  return new Map(found.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
}

function titleOf(group: GroupLag): string {
  const { members } = group
  return [
    group.groupId,
    group.state,
    ...(group.protocol === '' ? [] : [group.protocol]),
    `${members.length} ${members.length === 1 ? 'member' : 'members'}`,
    `coordinator ${group.coordinator}`,
    `lag ${group.lag}`,
  ].join('   ')
}

function tableOfPartitions(group: GroupLag): Table {
  return {
    title: titleOf(group),
    columns: [
      { title: 'topic' },
      { title: 'partition', align: 'right' },
      { title: 'committed', align: 'right' },
      { title: 'end', align: 'right' },
      { title: 'lag', align: 'right' },
      { title: 'member' },
    ],
    rows: group.partitions.map((each): Cell[] => [
      each.topic,
      String(each.partition),
      each.committed === null ? '' : String(each.committed),
      each.end === null ? { text: 'not known', tone: 'bad' } : String(each.end),
      each.lag === null ? '' : String(each.lag),
      each.clientId === null ? '' : `${each.clientId} (${each.clientHost ?? ''})`,
    ]),
    whenEmpty: 'Nothing is committed or assigned.',
  }
}

function tableOfMembers(group: GroupLag): Table {
  return {
    title: titleOf(group),
    columns: ['member', 'instance', 'client', 'host', 'partitions'].map((title) => ({ title })),
    rows: group.members.map((member): Cell[] => [
      member.memberId,
      member.groupInstanceId ?? '',
      member.clientId,
      member.clientHost,
      member.assigned === null
        ? { text: 'not a consumer', tone: 'weak' }
        : member.assigned.map(({ topic, partition }) => `${topic}-${partition}`).join(' '),
    ]),
    whenEmpty: 'It has no members.',
  }
}

// --- delete ----------------------------------------------------------------------------------------------------------

function declareDelete(groups: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(groups.command('delete').description('remove groups and all they committed')),
  )
    .argument('<group...>')
    .option('--if-exists', 'be content when it is gone already', false)
    .addHelpText('after', examples(['zurau groups delete old-app'], 'GROUP    DELETED\nold-app  yes'))
    .action(
      action(async (names: string[], options: ClusterOptions & OutputOptions & { ifExists: boolean }) => {
        const deleted = await withCluster(shell, options, async (cluster) => {
          const results: { group: string; deleted: boolean }[] = []
          for (const group of names) {
            results.push({
              group,
              deleted: await deleteGroup(new GroupAdmin(cluster), group, options.ifExists),
            })
          }
          return results
        })
        await print(shell.out, options.output, {
          data: deleted,
          table: () => ({
            columns: [{ title: 'group' }, { title: 'deleted' }],
            rows: deleted.map((each) => [each.group, each.deleted ? 'yes' : 'was not there']),
          }),
        })
      }),
    )
}

async function deleteGroup(admin: GroupAdmin, name: string, mayBeGone: boolean): Promise<boolean> {
  try {
    await admin.delete(name)
    return true
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    if (error.error === 'GROUP_ID_NOT_FOUND') {
      if (mayBeGone) return false
      throw noSuchGroup(name)
    }
    if (error.error !== 'NON_EMPTY_GROUP') throw error
    const { members } = await admin.describe(name)
    const who = members.slice(0, 5).map(({ clientId, clientHost }) => `${clientId} (${clientHost})`)
    throw new CliError(
      `group ${name} has ${members.length} active ${members.length === 1 ? 'member' : 'members'}: ${who.join(', ')}`,
      { advice: 'stop them, and delete the group then', fault: 'ZU1405', cause: error },
    )
  }
}

function noSuchGroup(name: string): CliError {
  return new CliError(`there is no group ${name}`, {
    advice: 'see what there is: zurau groups list',
    fault: 'ZU1401',
  })
}
