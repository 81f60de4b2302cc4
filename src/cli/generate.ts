import type { Command } from 'commander'
import { hostPort } from '../model/endpoint.ts'
import { DiskError } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import type { GeneratedFile } from './generate/generated-file.ts'
import { examples } from './help.ts'
import { addressList, wholeNumber } from './parse.ts'
import type { Shell } from './shell.ts'
import { writeTextFile } from './text-file.ts'

const HTTP_PORT = 8082
/** So many brokers have a port of the form N9092. */
const MAX_CONTAINERS = 5

interface PlaceOptions {
  readonly into?: string
}

/** `zurau generate`: files for what runs brokers and what watches them, made from the broker's own tables. */
export function declareGenerate(generate: Command, { shell, action }: CommandContext): void {
  generate.addHelpText(
    'after',
    examples([
      'zurau generate prometheus --targets kafka1:8082,kafka2:8082,kafka3:8082 --into /etc/prometheus',
      'zurau generate prometheus zurau-alerts.yml',
      'zurau generate grafana --into dashboards',
      'zurau generate systemd > /etc/systemd/system/zurau.service',
      'zurau generate compose --brokers 3 > compose.yaml',
    ]),
  )
  placed(generate.command('prometheus').description('a scrape configuration and alerting rules'))
    .option('--targets <host:port,..>', 'the HTTP side of every broker', `localhost:${HTTP_PORT}`)
    .action(
      action(async (file: string | undefined, options: PlaceOptions & { targets: string }) => {
        const targets = addressList(options.targets, HTTP_PORT).map(({ host, port }) => hostPort(host, port))
        const { prometheusFiles } = await import('./generate/prometheus.ts')
        await hand(shell, prometheusFiles(targets), file, options)
      }),
    )
  placed(generate.command('grafana').description('two dashboards, with a panel for every metric')).action(
    action(async (file: string | undefined, options: PlaceOptions) => {
      const { grafanaFiles } = await import('./generate/dashboards.ts')
      await hand(shell, grafanaFiles(), file, options)
    }),
  )
  placed(generate.command('systemd').description('a unit that runs a broker'))
    .option('--command <path>', 'where zurau is', '/usr/local/bin/zurau')
    .option('--user <name>', 'who runs it', 'kafka')
    .option('--properties <path>', 'its configuration', '/etc/zurau/server.properties')
    .action(
      action(
        async (
          file: string | undefined,
          options: PlaceOptions & { command: string; user: string; properties: string },
        ) => {
          for (const [name, value] of Object.entries({
            command: options.command,
            properties: options.properties,
          })) {
            if (/^\/[^\s%"']+$/.test(value)) continue
            throw new CliError(`--${name} ${value} is not an absolute path that a unit can name`, {
              exitCode: 2,
            })
          }
          if (!/^[a-z_][a-z0-9_-]*$/.test(options.user))
            throw new CliError(`--user ${options.user} is not a name of a user`, { exitCode: 2 })
          const { systemdFiles } = await import('./generate/systemd.ts')
          await hand(shell, systemdFiles(options), file, options)
        },
      ),
    )
  const count = (name: string) => wholeNumber(name, { min: 1, max: MAX_CONTAINERS })
  placed(generate.command('compose').description('containers: ZooKeepers and brokers'))
    .option('--brokers <count>', 'how many brokers', count('--brokers'), 3)
    .option('--zookeepers <count>', 'how many ZooKeepers', count('--zookeepers'), 3)
    .option('--image <name>', 'the image of the brokers', 'zurau')
    .action(
      action(
        async (
          file: string | undefined,
          options: PlaceOptions & { brokers: number; zookeepers: number; image: string },
        ) => {
          if (!/^[\w][\w.\-/:@]*$/.test(options.image))
            throw new CliError(`--image ${options.image} is not a name of an image`, { exitCode: 2 })
          const { composeFiles } = await import('./generate/compose.ts')
          await hand(shell, composeFiles(options), file, options)
        },
      ),
    )
}

function placed(command: Command): Command {
  return command
    .argument('[file]', 'the one to print, where there are several')
    .option('--into <directory>', 'write the files there in place of printing one')
}

/** Prints the one file that is wanted, or writes all of them. */
async function hand(
  shell: Shell,
  files: readonly GeneratedFile[],
  wanted: string | undefined,
  { into }: PlaceOptions,
): Promise<void> {
  const names = files.map(({ name }) => name).join(', ')
  const chosen = wanted === undefined ? files : files.filter(({ name }) => name === wanted)
  if (chosen.length === 0)
    throw new CliError(`${wanted} is not among what this makes`, {
      advice: `name one of: ${names}`,
      exitCode: 2,
    })
  if (into !== undefined) {
    for (const file of chosen) await write(shell, into, file)
    return
  }
  const [only, ...others] = chosen
  if (only === undefined || others.length > 0) {
    throw new CliError(`this makes ${files.length} files: ${names}`, {
      advice: 'name one of them to print it, or write all of them: --into DIRECTORY',
      exitCode: 2,
    })
  }
  await shell.out.write(only.text)
}

async function write(shell: Shell, directory: string, { name, text }: GeneratedFile): Promise<void> {
  const path = `${directory}/${name}`
  try {
    shell.disk.makeDirectory(directory)
    await writeTextFile(shell.disk, path, text)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    throw new CliError(`${path} cannot be written: ${error.message}`, { cause: error })
  }
  await shell.err.write(`wrote ${path}\n`)
}
