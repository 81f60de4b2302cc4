import { Option, type Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { Interruption } from '../interruption.ts'
import { partitionKey } from '../../model/topic-partition.ts'
import { collect, duration } from '../parse.ts'
import type { Shell } from '../shell.ts'
import { byGroup, CHANGE_OPTIONS, execute, planFor, printPlan, type ChangeOptions } from './change.ts'
import { byPartition, STORES, STORE_TITLES, type Committed, type StoreName } from './committed.ts'
import { writesOf, type PlannedOffset } from './plan.ts'
import { addSidesOptions, chosenGroups, removeFrom, withSides, writeTo, type Sides } from './sides.ts'
import { storeGroupIn } from './storage-settings.ts'
import { readUndo } from './undo-file.ts'

interface MigrateOptions extends Omit<ChangeOptions, 'execute'> {
  readonly from: StoreName | undefined
  readonly to: StoreName | undefined
  readonly group: readonly string[]
  readonly plan: boolean
  readonly apply: boolean
  readonly live: boolean
  readonly verify: boolean
  readonly rollback: string | undefined
  readonly wait: number
}

const LOOK_AGAIN_MS = 1000

/** `zurau offsets migrate`: carries committed offsets from one store to the other. */
export function declareMigrate(offsets: Command, { shell, action }: CommandContext): void {
  const command = addSidesOptions(
    offsets.command('migrate').description('carry offsets from one store to the other, forth and back'),
  )
    .addOption(new Option('--from <store>', 'where they are').choices(STORES))
    .addOption(new Option('--to <store>', 'where they shall be').choices(STORES))
    .option('-g, --group <group>', 'only this group; may be given again', collect, [])
    .option('--plan', 'show what would be done: what happens without any of these', false)
    .option('--apply', 'do it, for groups without members, and read back what was written', false)
    .option('--live', 'do it while members go on: through dual commits, see below', false)
    .option('--verify', 'exit with 1 unless the target has at least what the source has', false)
    .option('--rollback <undo>', 'put back what an --undo file says')
    .option(
      '--wait <duration>',
      'with --live: how long members may take to commit',
      duration('--wait'),
      60_000,
    )
  for (const option of CHANGE_OPTIONS()) if (option.long !== '--execute') command.addOption(option)
  command
    .addHelpText(
      'after',
      examples(
        [
          'zurau offsets migrate --from zookeeper --to kafka',
          'zurau offsets migrate --from zookeeper --to kafka -g billing --apply --undo before.json',
          'zurau offsets migrate --from zookeeper --to kafka -g billing --live',
          'zurau offsets migrate --from zookeeper --to kafka -g billing --verify',
          'zurau offsets migrate --rollback before.json',
        ],
        'GROUP    TOPIC   PARTITION  BEFORE  AFTER  ACTION  REMARK\nbilling  orders          0       -   1200  create',
      ) +
        '\n\n--apply can be repeated at any time: what is done is kept, and nothing is lowered without --allow-rewind.' +
        '\n--live sets the storage of the group to dual, waits until the target has caught up, then to the target.' +
        '\nIf it is interrupted the group stays in dual, which is safe; do the same again.',
    )
    .action(
      action((options: MigrateOptions) =>
        withSides(shell, options, (sides) =>
          options.rollback === undefined
            ? migrate(shell, sides, options)
            : rollback(shell, sides, options.rollback, options),
        ),
      ),
    )
}

async function migrate(shell: Shell, sides: Sides, options: MigrateOptions): Promise<number> {
  const { from, to } = directionOf(options)
  const groups = await chosenGroups(sides, options.group)
  if (options.live) return live(shell, sides, { from, to, groups }, options)
  if (options.verify) return verify(shell, sides, { from, to, groups }, options)

  const wanted = await readAll(sides, from, groups)
  const plan = await planFor(sides, to, wanted, options.allowRewind)
  await printPlan(shell, plan, to, options)
  const count = writesOf(plan).length
  if (!options.apply) {
    if (count > 0) await shell.err.write(`Nothing was changed. --apply writes ${count} offsets.\n`)
    return 0
  }
  await execute(shell, sides, to, plan, options.undo)
  await shell.err.write(`${count} offsets were written to ${STORE_TITLES[to]} and read back.\n`)
  return 0
}

function directionOf({ from, to, apply, live: isLive, verify: isVerify, plan }: MigrateOptions): {
  from: StoreName
  to: StoreName
} {
  if (from === undefined || to === undefined || from === to) {
    throw new CliError('where from, and where to?', {
      advice: '--from zookeeper --to kafka, or --from kafka --to zookeeper',
      exitCode: 2,
    })
  }
  if ([apply, isLive, isVerify, plan].filter(Boolean).length > 1) {
    throw new CliError('--plan, --apply, --live and --verify exclude each other', { exitCode: 2 })
  }
  return { from, to }
}

async function readAll(sides: Sides, store: StoreName, groups: readonly string[]): Promise<Committed[]> {
  const all: Committed[] = []
  for (const group of groups) all.push(...(await sides[store].read(group)))
  return all
}

interface Migration {
  readonly from: StoreName
  readonly to: StoreName
  readonly groups: readonly string[]
}

/** What the target lacks: offsets that it does not have, or has smaller. Partitions that are gone do not count. */
async function behind(sides: Sides, { from, to, groups }: Migration): Promise<PlannedOffset[]> {
  const plan = await planFor(sides, to, await readAll(sides, from, groups), false)
  return plan.filter(({ action }) => action === 'create' || action === 'raise')
}

async function verify(
  shell: Shell,
  sides: Sides,
  migration: Migration,
  options: MigrateOptions,
): Promise<number> {
  const missing = await behind(sides, migration)
  if (missing.length === 0) {
    await shell.err.write(
      `${STORE_TITLES[migration.to]} has everything that ${STORE_TITLES[migration.from]} has, for ${migration.groups.length} groups.\n`,
    )
    return 0
  }
  await printPlan(shell, missing, migration.to, options)
  await shell.err.write(`${missing.length} offsets are behind.\n`)
  return 1
}

/** One group after the other: what is committed meanwhile goes to both stores. */
async function live(
  shell: Shell,
  sides: Sides,
  migration: Migration,
  options: MigrateOptions,
): Promise<number> {
  const { from, to } = migration
  if (migration.groups.length === 0) throw new CliError('no group has any offsets', {})
  const interruption = new Interruption(shell)
  try {
    for (const group of migration.groups) {
      await shell.err.write(`${group}: storage dual\n`)
      await storeGroupIn(sides.cluster.admin, group, 'dual')
      sides.kafka.forgetStorage()
      const deadline = shell.clock.monotonicMs() + options.wait
      let missing = await behind(sides, { from, to, groups: [group] })
      while (missing.length > 0) {
        await carry(sides, to, group, missing)
        missing = await behind(sides, { from, to, groups: [group] })
        if (missing.length === 0) break
        const isLate = shell.clock.monotonicMs() >= deadline
        if (isLate || interruption.hasHappened) {
          await printPlan(shell, missing, to, options)
          throw new CliError(
            `${group}: ${missing.length} offsets have not reached ${STORE_TITLES[to]}; the group stays in dual, where nothing is lost`,
            {
              advice:
                'members commit what they read: wait longer (--wait 10m), or stop them and do the same again',
            },
          )
        }
        await interruption.wait(LOOK_AGAIN_MS)
      }
      await storeGroupIn(sides.cluster.admin, group, to)
      sides.kafka.forgetStorage()
      await shell.err.write(`${group}: storage ${to}\n`)
    }
  } finally {
    interruption.end()
  }
  return 0
}

/** Writes from outside what may be: to ZooKeeper always, to the topic when the group has no members. */
async function carry(
  sides: Sides,
  to: StoreName,
  group: string,
  missing: readonly PlannedOffset[],
): Promise<void> {
  if (to === 'zookeeper') {
    // The coordinator raises ZooKeeper by itself, and might be about to write something larger than we have read.
    return
  }
  const { state } = await sides.kafka.groupAdmin.describe(group)
  if (state === 'Empty' || state === 'Dead') await writeTo(sides, to, group, writesOf(missing))
}

async function rollback(shell: Shell, sides: Sides, file: string, options: MigrateOptions): Promise<number> {
  const { store, entries } = readUndo(shell.disk, file)
  const wanted = entries.flatMap((entry) =>
    entry.offset === null ? [] : [{ ...entry, offset: entry.offset }],
  )
  const removed = entries.filter(({ offset }) => offset === null)
  const plan = await planFor(sides, store, wanted, true)
  const present = new Map<string, ReturnType<typeof byPartition>>()
  for (const group of byGroup(removed).keys()) present.set(group, byPartition(await sides[store].read(group)))
  await printPlan(shell, plan, store, options)
  await execute(shell, sides, store, plan, undefined)
  for (const [group, partitions] of byGroup(removed)) {
    const there = partitions.filter(({ topic, partition }) =>
      present.get(group)?.has(partitionKey(topic, partition)),
    )
    await removeFrom(sides, store, group, there)
  }
  await shell.err.write(
    `${writesOf(plan).length} offsets were put back in ${STORE_TITLES[store]}, ${removed.length} removed.\n`,
  )
  return 0
}
