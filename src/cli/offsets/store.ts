import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { addClusterOptions, withCluster, type ClusterOptions } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { addOutputOption, print, type OutputOptions } from '../output.ts'
import { readStorageSettings, STORAGES, storeGroupIn, type Storage } from './storage-settings.ts'

/** `zurau offsets store`: where groups keep their offsets, and another place for one of them. */
export function declareStore(offsets: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(offsets.command('store').description('show or choose where a group keeps its offsets')),
  )
    .argument('[group]', 'without one: what holds for all, and the exceptions')
    .argument('[storage]', `${STORAGES.join(', ')}; or default, for what the brokers say`)
    .addHelpText(
      'after',
      examples(
        ['zurau offsets store', 'zurau offsets store billing dual', 'zurau offsets store billing default'],
        'GROUP      STORAGE\n(default)  kafka\nbilling    dual',
      ) +
        '\n\ndual: commits go to the topic first and then to ZooKeeper; the larger of the two is read. All brokers' +
        "\nfollow at once; the setting is kept in ZooKeeper as offsets.storage.overrides of the brokers' default.",
    )
    .action(
      action(
        async (
          group: string | undefined,
          storage: string | undefined,
          options: ClusterOptions & OutputOptions,
        ) => {
          const settings = await withCluster(shell, options, async ({ admin }) => {
            if (group !== undefined && storage !== undefined)
              await storeGroupIn(admin, group, storageOf(storage))
            return readStorageSettings(admin)
          })
          const rows: { group: string | null; storage: Storage }[] =
            group === undefined
              ? [
                  { group: null, storage: settings.fallback },
                  ...[...settings.overrides].map(([name, kept]) => ({ group: name, storage: kept })),
                ]
              : [{ group, storage: settings.of(group) }]
          await print(shell.out, options.output, {
            data: rows,
            table: () => ({
              columns: [{ title: 'group' }, { title: 'storage' }],
              rows: rows.map((row) => [row.group ?? '(default)', row.storage]),
            }),
          })
        },
      ),
    )
}

function storageOf(text: string): Storage | null {
  if (text === 'default') return null
  const found = STORAGES.find((storage) => storage === text)
  if (found !== undefined) return found
  throw new CliError(`${text} is no storage`, {
    advice: `choose ${STORAGES.join(', ')} or default`,
    exitCode: 2,
  })
}
