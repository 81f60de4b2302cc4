import { Option, type Command } from 'commander'
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

interface GroupsOptions extends ApacheConnection {
  readonly list?: boolean
  readonly describe?: boolean
  readonly delete?: boolean
  readonly resetOffsets?: boolean
  readonly group: readonly string[]
  readonly allGroups: boolean
  readonly members: boolean
}

/** `kafka-consumer-groups`: list, describe, delete. */
export function declareConsumerGroups(command: Command, { shell, action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--list', 'list groups')
    .option('--describe', 'show offsets and lag')
    .option('--delete', 'remove groups without members')
    .addOption(new Option('--reset-offsets').hideHelp())
    .option('--group <id>', 'which; may be given again', collect, [])
    .option('--all-groups', 'all of them', false)
    .option('--members', 'describe members instead of partitions', false)
    .allowUnknownOption(false)
    .addHelpText(
      'after',
      examples(['kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group billing']),
    )
    .action(
      action(async (options: GroupsOptions) => {
        const wanted = oneAction(options, ['list', 'describe', 'delete', 'resetOffsets'])
        if (wanted === 'resetOffsets') {
          throw new CliError('--reset-offsets is not done under this name', {
            advice: 'use Apache’s own kafka-consumer-groups for it',
            exitCode: 2,
          })
        }
        const all = (): Promise<string[]> =>
          withCluster(shell, clusterOf(options), async (cluster) =>
            (await new GroupAdmin(cluster).list()).map(({ groupId }) => groupId),
          )
        if (wanted === 'list') return shell.out.write((await all()).map((group) => `${group}\n`).join(''))
        const groups = options.allGroups ? await all() : options.group
        if (groups.length === 0 && options.allGroups) return
        if (groups.length === 0) throw new CliError('--group or --all-groups is missing', { exitCode: 2 })
        const members = wanted === 'describe' && options.members ? ['--members'] : []
        return call(['groups', wanted, ...connectionWords(options), ...members, '--', ...groups])
      }),
    )
}
