import { Option, type Command } from 'commander'
import type { ClusterOptions } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { collect } from '../parse.ts'
import { readTextFile, writeTextFile } from '../text-file.ts'
import { STORES, type Committed, type StoreName } from './committed.ts'
import { OFFSET_FILE_FORMATS, readOffsets, writeOffsets, type OffsetFileFormat } from './offset-file.ts'
import { changeOffsets, CHANGE_OPTIONS, type ChangeOptions } from './change.ts'
import { addSidesOptions, chosenGroups, withSides } from './sides.ts'

interface ExportOptions extends ClusterOptions {
  readonly group: readonly string[]
  readonly store: StoreName
  readonly format: OffsetFileFormat
  readonly file: string | undefined
}

const storeOption = () =>
  new Option('--store <store>', 'which of the two stores')
    .choices(STORES)
    .default('kafka' satisfies StoreName)

/** `zurau offsets export`: committed offsets as lines of text. */
export function declareExport(offsets: Command, { shell, action }: CommandContext): void {
  addSidesOptions(offsets.command('export').description('write committed offsets down'))
    .option('-g, --group <group>', 'only this group; may be given again', collect, [])
    .addOption(storeOption())
    .addOption(new Option('--format <format>', 'of the lines').choices(OFFSET_FILE_FORMATS).default('csv'))
    .option('-f, --file <file>', 'where to; standard output otherwise')
    .addHelpText(
      'after',
      examples(
        [
          'zurau offsets export > offsets.csv',
          'zurau offsets export --store zookeeper --format zk',
          'zurau offsets export -g billing --format rpk',
        ],
        'billing,orders,0,1200\nbilling,orders,1,980',
      ),
    )
    .action(
      action(async (options: ExportOptions) => {
        const entries = await withSides(shell, options, async (sides) => {
          const all: Committed[] = []
          for (const group of await chosenGroups(sides, options.group)) {
            all.push(...(await sides[options.store].read(group)))
          }
          return all
        })
        const text = writeOffsets(entries, options.format)
        if (options.file === undefined) await shell.out.write(text)
        else await writeTextFile(shell.disk, options.file, text)
      }),
    )
}

interface ImportOptions extends ChangeOptions {
  readonly group: string | undefined
  readonly store: StoreName
}

/** `zurau offsets import`: commits what a file says. */
export function declareImport(offsets: Command, { shell, action }: CommandContext): void {
  const command = addSidesOptions(
    offsets
      .command('import')
      .description('commit the offsets in a file: shows what would change; --execute does it'),
  )
    .argument('<file>', 'csv, rpk or ExportZkOffsets lines; told apart by themselves')
    .option('-g, --group <group>', 'the group of lines that name none')
    .addOption(storeOption())
  for (const option of CHANGE_OPTIONS()) command.addOption(option)
  command
    .addHelpText(
      'after',
      examples([
        'zurau offsets import offsets.csv',
        'zurau offsets import offsets.csv --execute --undo before.json',
        'zurau offsets import zk-offsets.txt --store zookeeper --execute',
      ]),
    )
    .action(
      action(async (file: string, options: ImportOptions) => {
        const wanted = readOffsets(readTextFile(shell.disk, file), file, options.group ?? null)
        return withSides(shell, options, (sides) =>
          changeOffsets(shell, sides, options.store, wanted, options),
        )
      }),
    )
}
