import { Option } from 'commander'
import type { ClusterOptions } from '../cluster-options.ts'
import { OUTPUT_FORMATS, print, type OutputOptions } from '../output.ts'
import type { Shell } from '../shell.ts'
import type { Cell, Tone } from '../table.ts'
import { byPartition, STORE_TITLES, type Committed, type StoreName } from './committed.ts'
import { numberOrDash } from './diff.ts'
import { planOffsets, writesOf, type Action, type PlannedOffset } from './plan.ts'
import { writeTo, type Sides } from './sides.ts'
import { writeUndo } from './undo-file.ts'

export interface ChangeOptions extends ClusterOptions, OutputOptions {
  readonly execute: boolean
  readonly allowRewind: boolean
  readonly undo: string | undefined
}

/** Options of every command that changes committed offsets. */
export function CHANGE_OPTIONS(): Option[] {
  return [
    new Option('--execute', 'do it, and read back what was written').default(false),
    new Option('--allow-rewind', 'offsets may get smaller: records are read again').default(false),
    new Option('--undo <file>', 'write down what there was before: zurau offsets migrate --rollback FILE'),
    new Option('-o, --output <format>').choices(OUTPUT_FORMATS).default('table'),
  ]
}

/** Shows what would change, before → after, and with `--execute` changes it. Returns the exit code. */
export async function changeOffsets(
  shell: Shell,
  sides: Sides,
  store: StoreName,
  wanted: readonly Committed[],
  options: ChangeOptions,
): Promise<number> {
  const plan = await planFor(sides, store, wanted, options.allowRewind)
  await printPlan(shell, plan, store, options)
  const writes = writesOf(plan)
  if (!options.execute) {
    if (writes.length > 0) await shell.err.write('Nothing was changed. Add --execute to do it.\n')
    return 0
  }
  await execute(shell, sides, store, plan, options.undo)
  await shell.err.write(`${writes.length} offsets were written to ${STORE_TITLES[store]} and read back.\n`)
  return 0
}

export async function planFor(
  sides: Sides,
  store: StoreName,
  wanted: readonly Committed[],
  mayLower: boolean,
): Promise<PlannedOffset[]> {
  const ranges = await sides.kafka.ranges(wanted)
  const plan: PlannedOffset[] = []
  for (const [group, entries] of byGroup(wanted)) {
    const present = byPartition(await sides[store].read(group))
    plan.push(...planOffsets(entries, present, ranges, { mayLower }))
  }
  return plan
}

/** Writes a plan, group by group; what was there before is written down first, if a file is given. */
export async function execute(
  shell: Shell,
  sides: Sides,
  store: StoreName,
  plan: readonly PlannedOffset[],
  undo: string | undefined,
): Promise<void> {
  const writes = writesOf(plan)
  if (undo !== undefined) {
    const changed = plan.filter(({ action }) => action !== 'keep' && action !== 'skip')
    await writeUndo(shell.disk, undo, {
      store,
      entries: changed.map(({ group, topic, partition, before }) => ({
        group,
        topic,
        partition,
        offset: before,
      })),
    })
  }
  for (const [group, offsets] of byGroup(writes)) await writeTo(sides, store, group, offsets)
}

export async function printPlan(
  shell: Shell,
  plan: readonly PlannedOffset[],
  store: StoreName,
  options: OutputOptions,
): Promise<void> {
  await print(shell.out, options.output, {
    data: plan,
    table: () => ({
      title: `${STORE_TITLES[store]}, before → after`,
      columns: [
        { title: 'group' },
        { title: 'topic' },
        { title: 'partition', align: 'right' },
        { title: 'before', align: 'right' },
        { title: 'after', align: 'right' },
        { title: 'action' },
        { title: 'remark' },
      ],
      rows: plan.map(({ group, topic, partition, before, after, action, remark }) => [
        group,
        topic,
        String(partition),
        numberOrDash(before),
        numberOrDash(after),
        actionCell(action),
        remark,
      ]),
      whenEmpty: 'There is nothing to change.',
    }),
  })
}

const TONES: Readonly<Record<Action, Tone | null>> = {
  create: 'good',
  raise: 'good',
  keep: null,
  lower: 'bad',
  skip: 'bad',
}

function actionCell(action: Action): Cell {
  const tone = TONES[action]
  return tone === null ? action : { text: action, tone }
}

export function byGroup<T extends { readonly group: string }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const found = groups.get(item.group)
    if (found === undefined) groups.set(item.group, [item])
    else found.push(item)
  }
  return groups
}
