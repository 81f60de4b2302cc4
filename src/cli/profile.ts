import type { Command } from 'commander'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { addressList } from './parse.ts'
import { readProfiles, writeProfiles, type Profile } from './profiles.ts'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
const DEFAULT_PORT = 9092

/** `zurau profile`. */
export function declareProfile(profile: Command, context: CommandContext): void {
  profile.addHelpText(
    'after',
    examples([
      'zurau profile add prod -b kafka1:9092,kafka2:9092',
      'zurau profile use prod',
      'zurau profile list',
    ]),
  )
  declareList(profile, context)
  declareAdd(profile, context)
  declareUse(profile, context)
  declareRemove(profile, context)
}

function declareList(profile: Command, { shell, action }: CommandContext): void {
  addOutputOption(profile.command('list').description('list profiles'))
    .addHelpText(
      'after',
      examples(['zurau profile list'], 'NAME  CURRENT  BROKERS      ZOOKEEPER\nprod  yes      kafka1:9092'),
    )
    .action(
      action(async (options: OutputOptions) => {
        const { current, profiles } = readProfiles(shell.disk, shell.environment)
        const listed = [...profiles].map(([name, each]) => ({ name, isCurrent: name === current, ...each }))
        await print(shell.out, options.output, {
          data: listed,
          table: () => ({
            columns: ['name', 'current', 'brokers', 'zookeeper'].map((title) => ({ title })),
            rows: listed.map(({ name, isCurrent, bootstrap, zookeeper }) => [
              name,
              isCurrent ? 'yes' : '',
              bootstrap ?? '',
              zookeeper ?? '',
            ]),
            whenEmpty: 'There are none. Make one: zurau profile add NAME -b host:port',
          }),
        })
      }),
    )
}

function declareAdd(profile: Command, { shell, action }: CommandContext): void {
  profile
    .command('add')
    .description('give a cluster a name, or another address')
    .argument('<name>')
    .option('-b, --bootstrap-server <host:port,..>', 'its brokers')
    .option('--zookeeper <host:port/chroot>', 'its ensemble')
    .option('--use', 'make it the current one', false)
    .addHelpText(
      'after',
      examples(['zurau profile add dev -b localhost:9092 --zookeeper localhost:2181 --use']),
    )
    .action(
      action(
        async (
          name: string,
          options: { bootstrapServer: string | undefined; zookeeper: string | undefined; use: boolean },
        ) => {
          if (!NAME.test(name))
            throw new CliError(`${name} is not a name for a profile`, {
              advice: 'letters, digits, dots, dashes, at most 64',
              exitCode: 2,
            })
          const { bootstrapServer: bootstrap = null, zookeeper = null } = options
          if (bootstrap === null && zookeeper === null)
            throw new CliError('a profile names brokers or an ensemble', {
              advice: 'give -b host:port or --zookeeper host:port/chroot',
              exitCode: 2,
            })
          if (bootstrap !== null) addressList(bootstrap, DEFAULT_PORT)
          const { current, profiles } = readProfiles(shell.disk, shell.environment)
          const next = new Map<string, Profile>([...profiles, [name, { bootstrap, zookeeper }]])
          // The first one is the one that is meant.
          const isCurrent = options.use || next.size === 1
          await writeProfiles(shell.disk, shell.environment, {
            current: isCurrent ? name : current,
            profiles: next,
          })
        },
      ),
    )
}

function declareUse(profile: Command, { shell, action }: CommandContext): void {
  profile
    .command('use')
    .description('make a profile the current one')
    .argument('<name>')
    .addHelpText('after', examples(['zurau profile use prod']))
    .action(
      action(async (name: string) => {
        const { profiles } = readProfiles(shell.disk, shell.environment)
        mustBeThere(profiles, name)
        await writeProfiles(shell.disk, shell.environment, { current: name, profiles })
      }),
    )
}

function declareRemove(profile: Command, { shell, action }: CommandContext): void {
  profile
    .command('remove')
    .description('forget a profile')
    .argument('<name>')
    .addHelpText('after', examples(['zurau profile remove old']))
    .action(
      action(async (name: string) => {
        const { current, profiles } = readProfiles(shell.disk, shell.environment)
        mustBeThere(profiles, name)
        const left = new Map([...profiles].filter(([each]) => each !== name))
        await writeProfiles(shell.disk, shell.environment, {
          current: current === name ? null : current,
          profiles: left,
        })
      }),
    )
}

function mustBeThere(profiles: ReadonlyMap<string, Profile>, name: string): void {
  if (profiles.has(name)) return
  throw new CliError(`there is no profile ${name}`, {
    advice: 'see what there is: zurau profile list',
    exitCode: 2,
  })
}
