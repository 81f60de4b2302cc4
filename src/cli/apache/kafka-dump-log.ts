import { Option, type Command } from 'commander'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { commaList } from '../parse.ts'
import { needed } from './connection.ts'

interface DumpOptions {
  readonly files?: string
  readonly printDataLog: boolean
  readonly deepIteration: boolean
}

/** `kafka-dump-log`. */
export function declareKafkaDumpLog(command: Command, { action, call }: CommandContext): void {
  command
    .option('--files <path,..>', 'which')
    .option('--print-data-log', 'show records', false)
    .option('--deep-iteration', 'show records', false)
    .addOption(new Option('--verify-index-only').hideHelp())
    .addOption(new Option('--index-sanity-check').hideHelp())
    .addHelpText(
      'after',
      examples(['kafka-dump-log --files /data/orders-0/00000000000000000000.log --print-data-log']),
    )
    .action(
      action(({ files, printDataLog, deepIteration }: DumpOptions) =>
        call([
          'dump-log',
          ...commaList(needed(files, '--files')),
          ...(printDataLog || deepIteration ? ['--records'] : []),
        ]),
      ),
    )
}
