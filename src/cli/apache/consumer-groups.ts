import type { Command } from 'commander'
import { GroupAdmin } from '../../client/group-admin.ts'
import { CliError } from '../cli-error.ts'
import { withCluster } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { collect } from '../parse.ts'
import {
  addApacheConnection,
  clusterOf,
  connectionWords,
  oneAction,
  type ApacheConnection,
} from './connection.ts'
import { resetTarget, type ResetOptions } from './reset-target.ts'

interface GroupsOptions extends ApacheConnection, ResetOptions {
  readonly list?: boolean
  readonly describe?: boolean
  readonly delete?: boolean
  readonly resetOffsets?: boolean
  readonly group: readonly string[]
  readonly allGroups: boolean
  readonly members: boolean
  readonly topic: readonly string[]
  readonly allTopics: boolean
  readonly execute: boolean
}

/** `kafka-consumer-groups`: list, describe, delete, reset offsets. */
export function declareConsumerGroups(command: Command, { shell, action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--list', 'list groups')
    .option('--describe', 'show offsets and lag')
    .option('--delete', 'remove groups without members')
    .option('--reset-offsets', 'move groups without members: shows before → after; --execute does it')
    .option('--group <id>', 'which; may be given again', collect, [])
    .option('--all-groups', 'all of them', false)
    .option('--members', 'describe members instead of partitions', false)
    .option('--topic <topic[:p,..]>', 'with --reset-offsets: which; may be given again', collect, [])
    .option('--all-topics', 'with --reset-offsets: all that the group has offsets for', false)
    .option('--to-earliest', 'the beginning of the log')
    .option('--to-latest', 'its end')
    .option('--to-current', 'where the group is')
    .option('--to-offset <n>', 'an offset')
    .option('--shift-by <n>', 'forwards, or backwards when negative')
    .option('--to-datetime <time>', '2024-05-01T10:30:00.000, UTC unless a zone is given')
    .option('--by-duration <duration>', 'PT1H: where the log was an hour ago')
    .option('--from-file <path>', 'lines of topic,partition,offset or group,topic,partition,offset')
    .option('--dry-run', 'with --reset-offsets: only show it, as without --execute', false)
    .option('--execute', 'with --reset-offsets: do it', false)
    .allowUnknownOption(false)
    .addHelpText(
      'after',
      examples(['kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group billing']),
    )
    .action(
      action(async (options: GroupsOptions) => {
        const wanted = oneAction(options, ['list', 'describe', 'delete', 'resetOffsets'])
        const all = (): Promise<string[]> =>
          withCluster(shell, clusterOf(options), async (cluster) =>
            (await new GroupAdmin(cluster).list()).map(({ groupId }) => groupId),
          )
        if (wanted === 'list') return shell.out.write((await all()).map((group) => `${group}\n`).join(''))
        const groups = options.allGroups ? await all() : options.group
        if (groups.length === 0 && options.allGroups) return
        if (groups.length === 0) throw new CliError('--group or --all-groups is missing', { exitCode: 2 })
        if (wanted === 'resetOffsets') return reset(groups, options)
        const members = wanted === 'describe' && options.members ? ['--members'] : []
        return call(['groups', wanted, ...connectionWords(options), ...members, '--', ...groups])
      }),
    )

  async function reset(groups: readonly string[], options: GroupsOptions): Promise<number | void> {
    if (options.topic.length === 0 && !options.allTopics && options.fromFile === undefined) {
      throw new CliError('--topic, --all-topics or --from-file is missing', { exitCode: 2 })
    }
    const target = resetTarget(options, shell.clock.nowMs())
    const topics = options.topic.flatMap((topic) => ['-t', topic])
    const words = [...connectionWords(options), ...topics, ...(options.execute ? ['--execute'] : [])]
    for (const group of groups) {
      const code = await call(['offsets', 'seek', ...words, `--to=${target}`, '--', group])
      if (code !== 0 && code !== undefined) return code
    }
  }
}
