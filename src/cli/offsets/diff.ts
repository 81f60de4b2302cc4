import type { Command } from 'commander'
import type { ClusterOptions } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { addOutputOption, print, type OutputOptions } from '../output.ts'
import { collect } from '../parse.ts'
import type { Cell } from '../table.ts'
import { driftOf, type Drift } from './plan.ts'
import { addSidesOptions, chosenGroups, withSides } from './sides.ts'

interface DiffOptions extends ClusterOptions, OutputOptions {
  readonly group: readonly string[]
  readonly all: boolean
  readonly check: boolean
}

/** `zurau offsets diff`: what each store says, side by side. Changes nothing. */
export function declareDiff(offsets: Command, { shell, action }: CommandContext): void {
  addOutputOption(addSidesOptions(offsets.command('diff').description('show both stores side by side')))
    .option('-g, --group <group>', 'only this group; may be given again', collect, [])
    .option('--all', 'also partitions on which both agree', false)
    .option('--check', 'exit with 1 when the stores differ', false)
    .addHelpText(
      'after',
      examples(
        ['zurau offsets diff', 'zurau offsets diff -g billing --all -o json', 'zurau offsets diff --check'],
        [
          'GROUP    TOPIC   PARTITION  ZOOKEEPER  KAFKA  DRIFT',
          'billing  orders          0       1200   1260    +60',
          'billing  orders          1        980      -      -',
        ].join('\n'),
      ),
    )
    .action(
      action(async (options: DiffOptions) => {
        const drifts = await withSides(shell, options, async (sides) => {
          const all: Drift[] = []
          for (const group of await chosenGroups(sides, options.group)) {
            all.push(...driftOf(await sides.zookeeper.read(group), await sides.kafka.read(group)))
          }
          return all
        })
        const different = drifts.filter(({ drift }) => drift !== 0)
        const shown = options.all ? drifts : different
        await print(shell.out, options.output, {
          data: shown,
          whenEmpty: '',
          table: () => ({
            columns: [
              { title: 'group' },
              { title: 'topic' },
              { title: 'partition', align: 'right' },
              { title: 'zookeeper', align: 'right' },
              { title: 'kafka', align: 'right' },
              { title: 'drift', align: 'right' },
            ],
            rows: shown.map(({ group, topic, partition, zookeeper, kafka, drift }) => [
              group,
              topic,
              String(partition),
              numberOrDash(zookeeper),
              numberOrDash(kafka),
              driftCell(drift),
            ]),
            whenEmpty: 'Both stores say the same.',
          }),
        })
        return options.check && different.length > 0 ? 1 : 0
      }),
    )
}

export function numberOrDash(value: number | null): string {
  return value === null ? '-' : String(value)
}

function driftCell(drift: number | null): Cell {
  if (drift === null) return '-'
  if (drift === 0) return '0'
  return { text: drift > 0 ? `+${drift}` : String(drift), tone: 'bad' }
}
