import type { Command } from 'commander'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import type { DrillRunOptions } from './drill-run.ts'
import { examples } from './help.ts'
import { addOutputOption, type OutputOptions } from './output.ts'
import { wholeNumber } from './parse.ts'

const EXIT_CODES =
  '\n\nExit codes: 0 held, 1 it did not work, 2 the file is wrong, 3 not steady before, 4 deviated, 5 aborted, 99 a threshold was breached.'

/** `zurau drill`. */
export function declareDrill(drill: Command, context: CommandContext): void {
  const { shell, action } = context
  drill.addHelpText(
    'after',
    examples(['zurau drill list', 'zurau drill run broker-crash', 'zurau drill run --all']),
  )
  addOutputOption(drill.command('list').description('list the drills of the catalogue'))
    .option('--tag <tag>', 'only those with that tag')
    .addHelpText('after', examples(['zurau drill list', 'zurau drill list --tag zookeeper -o json']))
    .action(
      action(async (options: OutputOptions & { readonly tag?: string }) =>
        (await import('./drill-files.ts')).listDrills(options, shell),
      ),
    )
  drill
    .command('show')
    .description('show what a drill does, and what good looks like')
    .argument('<drill>', 'a name of the catalogue, or a file')
    .addHelpText('after', examples(['zurau drill show broker-crash']))
    .action(action(async (name: string) => (await import('./drill-files.ts')).showDrill(name, shell)))
  drill
    .command('lint')
    .description('check drill files: every mistake with its line and column')
    .argument('<file...>', 'files')
    .addHelpText(
      'after',
      examples(
        ['zurau drill lint my-drill.yaml'],
        'my-drill.yaml:12:20: "fault kil broker 1" is no drill command',
      ),
    )
    .action(action(async (files: string[]) => (await import('./drill-files.ts')).lintDrills(files, shell)))
  drill
    .command('new')
    .description('write a drill file to begin with')
    .argument('<file>', 'where to write it')
    .option('--from <drill>', 'copy that drill of the catalogue', 'broker-crash')
    .addHelpText('after', examples(['zurau drill new my-drill.yaml --from zookeeper-leader-loss']))
    .action(
      action(async (file: string, options: { readonly from: string }) =>
        (await import('./drill-files.ts')).newDrill(file, options.from, shell),
      ),
    )
  drill
    .command('report')
    .description('write the report of an earlier run again, beside other runs of the same drill')
    .argument('<directory>', 'of the run')
    .addHelpText('after', examples(['zurau drill report drills/2026-11-21T083100-broker-crash']))
    .action(
      action(async (directory: string) => (await import('./drill-report.ts')).reportAgain(directory, shell)),
    )
  declareRun(drill, context)
  drill
    .command('zookeeper', { hidden: true })
    .argument('<port>', 'where to listen', wholeNumber('port', { min: 1, max: 65_535 }))
    .argument('<directory>', 'where to keep the data')
    .action(
      action(async (port: number, directory: string) =>
        (await import('./drill-zookeeper.ts')).serveZookeeper(port, directory, shell),
      ),
    )
}

function declareRun(drill: Command, { shell, action }: CommandContext): void {
  drill
    .command('run')
    .description('run drills in a sandbox of their own, and judge them')
    .argument('[drill...]', 'names of the catalogue, or files')
    .option('--all', 'the whole catalogue', false)
    .option('--tag <tag>', 'those of the catalogue with that tag')
    .option('--out <directory>', 'where reports go', 'drills')
    .option('--brokers <make>', 'whose brokers to rehearse on: zurau or kafka', brokersOption, 'zurau')
    .option('--mutate', 'break on purpose what the drill checks: it must not hold', false)
    .option('--train', 'say the symptom only, and let me do the steps', false)
    .option('--topology <file>', 'rehearse on a scaled clone of that cluster (zurau topology export)')
    .option('--keep', 'leave the files of the sandbox', false)
    .option('--json', 'one event a line', false)
    .addHelpText(
      'after',
      examples([
        'zurau drill run broker-crash',
        'zurau drill run broker-crash --train',
        'zurau drill run --all --out drills',
        'BROKER_CMD=/opt/kafka/bin/kafka-server-start.sh zurau drill run broker-crash --brokers kafka',
      ]) +
        EXIT_CODES +
        '\nEnvironment: ZURAU_ZOOKEEPER_JARS, a directory with ZooKeeper’s jars, for ensembles of three; BROKER_CMD, a command that runs a broker.',
    )
    .action(
      action(async (names: string[], options: DrillRunOptions) =>
        (await import('./drill-run.ts')).runDrills(names, options, shell),
      ),
    )
}

function brokersOption(text: string): 'zurau' | 'kafka' {
  if (text === 'zurau' || text === 'kafka') return text
  throw new CliError(`--brokers ${text} is neither zurau nor kafka`, { exitCode: 2 })
}
