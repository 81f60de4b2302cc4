import type { Command } from 'commander'
import { NodeProcesses } from '../platform/node/node-processes.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { writeTextFile } from './text-file.ts'

const MARK = '# an alias of zurau'
const MAX_BYTES = 64 * 1024

/** `zurau install-aliases DIR`. */
export function declareInstallAliases(command: Command, { shell, action, tables }: CommandContext): void {
  addOutputOption(command)
    .argument('<directory>', 'such as ~/bin; it should come early in PATH')
    .option('--force', 'also in place of files that are not ours', false)
    .addHelpText(
      'after',
      examples(
        ['zurau install-aliases ~/bin', 'kafka-topics.sh --zookeeper localhost:2181/kafka --list'],
        'NAME             FILE\nkafka-topics     ~/bin/kafka-topics',
      ) + '\n\nEach command is there with and without .sh.',
    )
    .action(
      action(async (directory: string, options: OutputOptions & { force: boolean }) => {
        const { disk } = shell
        disk.makeDirectory(directory)
        const paths = tables.apache.flatMap(({ name }) => [
          { name, path: `${directory}/${name}` },
          { name, path: `${directory}/${name}.sh` },
        ])
        for (const { path } of paths) {
          const status = disk.status(path)
          if (status === null || options.force) continue
          if (status.kind === 'file' && disk.readSmallFile(path, MAX_BYTES).toString('utf8').includes(MARK))
            continue
          throw new CliError(`${path} is there already, and is not ours: nothing was changed`, {
            advice: 'choose another directory, or put ours in its place: --force',
          })
        }
        const program = process.argv[1] ?? 'zurau'
        for (const { name, path } of paths) {
          await writeTextFile(
            disk,
            path,
            `#!/bin/sh\n${MARK}\nexec ${quoted(process.execPath)} ${quoted(program)} ${name} "$@"\n`,
          )
        }
        await makeExecutable(paths.map(({ path }) => path))
        await print(shell.out, options.output, {
          data: paths.map(({ name, path }) => ({ name, path })),
          table: () => ({
            columns: [{ title: 'name' }, { title: 'file' }],
            rows: paths.map(({ name, path }) => [name, path]),
          }),
        })
      }),
    )
}

async function makeExecutable(paths: readonly string[]): Promise<void> {
  const started = await new NodeProcesses().start({
    command: 'chmod',
    args: ['755', '--', ...paths],
    environment: process.env,
    directory: '.',
    outputPath: '/dev/null',
  })
  const { code } = await started.ended
  if (code !== 0)
    throw new CliError('the files are there, but could not be made executable', { advice: 'chmod 755 them' })
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
