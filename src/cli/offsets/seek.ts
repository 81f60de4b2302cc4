import { Option, type Command } from 'commander'
import { findOffsets, type OffsetQuery } from '../../client/offsets.ts'
import { TopicLeaders } from '../../client/topic-leaders.ts'
import { partitionKey } from '../../model/topic-partition.ts'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { parseTime } from '../offset-range.ts'
import { collect } from '../parse.ts'
import type { Shell } from '../shell.ts'
import { readTextFile } from '../text-file.ts'
import { changeOffsets, CHANGE_OPTIONS, type ChangeOptions } from './change.ts'
import { STORES, type Committed, type StoreName } from './committed.ts'
import { readOffsets } from './offset-file.ts'
import { addSidesOptions, withSides, type Sides } from './sides.ts'

interface SeekOptions extends ChangeOptions {
  readonly to: string
  readonly topic: readonly string[]
  readonly store: StoreName
}

/** Where to: what `--to` may say. */
type Target =
  | { readonly kind: 'query'; readonly query: OffsetQuery }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'file'; readonly file: string }

/** `zurau offsets seek`: moves a group, and shows before → after first. */
export function declareSeek(offsets: Command, { shell, action }: CommandContext): void {
  const command = addSidesOptions(
    offsets.command('seek').description('move a group: shows before → after; --execute does it'),
  )
    .argument('<group>')
    .requiredOption('--to <target>', 'earliest, latest, 1200, +100, -100, @TIME, group:OTHER, file:PATH')
    .option('-t, --topic <topic[:p,..]>', 'only these partitions; may be given again', collect, [])
    .addOption(new Option('--store <store>', 'which of the two stores').choices(STORES).default('kafka'))
  for (const option of CHANGE_OPTIONS()) if (option.long !== '--allow-rewind') command.addOption(option)
  command
    .addHelpText(
      'after',
      examples(
        [
          'zurau offsets seek billing --to earliest',
          'zurau offsets seek billing --to -100 -t orders:0,1 --execute',
          'zurau offsets seek billing --to @-1h --execute --undo before.json',
          'zurau offsets seek billing-copy --to group:billing --execute',
        ],
        'GROUP    TOPIC   PARTITION  BEFORE  AFTER  ACTION  REMARK\nbilling  orders          0    1200      0  lower   by 1200',
      ) +
        '\n\nWithout -t: every partition for which the group (or the other group, or the file) has an offset.' +
        '\nTimes: 2024-05-01T10:30, 10:30 (today), -1h (ago), ms since 1970. The group must have no members.',
    )
    .action(
      action(async (group: string, options: SeekOptions) =>
        withSides(shell, options, async (sides) => {
          const wanted = await wantedBy(shell, sides, group, options)
          if (wanted.length === 0) {
            throw new CliError(`group ${group} has no offsets in ${options.store}`, {
              advice: 'name the topics: -t orders',
            })
          }
          return changeOffsets(shell, sides, options.store, wanted, { ...options, allowRewind: true })
        }),
      ),
    )
}

async function wantedBy(
  shell: Shell,
  sides: Sides,
  group: string,
  options: SeekOptions,
): Promise<Committed[]> {
  const target = parseTarget(options.to, shell.clock.nowMs())
  const named = await namedPartitions(sides, options.topic)
  const isNamed = ({ topic, partition }: Committed): boolean =>
    named === null || named.some((each) => each.topic === topic && each.partition === partition)
  switch (target.kind) {
    case 'group': {
      const found = await sides[options.store].read(target.group)
      return found.filter(isNamed).map((entry) => ({ ...entry, group }))
    }
    case 'file': {
      const found = readOffsets(readTextFile(shell.disk, target.file), target.file, group)
      return found.filter(isNamed).map((entry) => ({ ...entry, group }))
    }
    case 'shift': {
      const present = (await sides[options.store].read(group)).filter(isNamed)
      return present.map((entry) => ({ ...entry, offset: Math.max(0, entry.offset + target.by) }))
    }
    case 'offset':
      return (await partitionsOf(sides, group, options, named)).map((each) => ({
        ...each,
        offset: target.offset,
      }))
    case 'query':
      return atQuery(sides, await partitionsOf(sides, group, options, named), target.query)
  }
}

interface Place {
  readonly group: string
  readonly topic: string
  readonly partition: number
}

async function partitionsOf(
  sides: Sides,
  group: string,
  options: SeekOptions,
  named: readonly Omit<Place, 'group'>[] | null,
): Promise<Place[]> {
  if (named !== null) return named.map((each) => ({ ...each, group }))
  const present = await sides[options.store].read(group)
  return present.map(({ topic, partition }) => ({ group, topic, partition }))
}

/** The offsets that the logs give; the end where no record is that young. Partitions that do not exist get 0. */
async function atQuery(sides: Sides, places: readonly Place[], query: OffsetQuery): Promise<Committed[]> {
  const ranges = await sides.kafka.ranges(places)
  const there = places.filter(({ topic, partition }) => ranges.get(partitionKey(topic, partition)) !== null)
  const { client, timeoutMs } = sides.cluster
  const found = await findOffsets(
    client,
    new TopicLeaders({ client }),
    there.map(({ topic, partition }) => ({ topic, partition, query })),
    { timeoutMs },
  )
  const offsets = new Map(
    found.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]),
  )
  return places.map((place) => {
    const key = partitionKey(place.topic, place.partition)
    const offset = offsets.get(key) ?? 0
    return { ...place, offset: offset < 0 ? (ranges.get(key)?.end ?? 0) : offset }
  })
}

/** `orders`, or `orders:0,2`; null when no topic is named. */
async function namedPartitions(
  sides: Sides,
  texts: readonly string[],
): Promise<{ readonly topic: string; readonly partition: number }[] | null> {
  if (texts.length === 0) return null
  const wanted = texts.map((text) => {
    const match = /^([^:]+)(?::(\d{1,9}(?:,\d{1,9})*))?$/.exec(text)
    if (match === null) {
      throw new CliError(`-t ${text} is not understood`, {
        advice: 'write orders or orders:0,2',
        exitCode: 2,
      })
    }
    return { topic: match[1] ?? '', partitions: match[2]?.split(',').map(Number) ?? null }
  })
  const counts = await sides.kafka.partitionCounts(wanted.map(({ topic }) => topic))
  return wanted.flatMap(({ topic, partitions }) => {
    const count = counts.get(topic)
    if (count === undefined) throw new CliError(`topic ${topic} does not exist`, { fault: 'ZU1501' })
    const chosen = partitions ?? Array.from({ length: count }, (_, index) => index)
    return chosen.map((partition) => ({ topic, partition }))
  })
}

/** Throws CliError. */
export function parseTarget(text: string, nowMs: number): Target {
  if (text === 'earliest' || text === 'start') return { kind: 'query', query: { kind: 'earliest' } }
  if (text === 'latest' || text === 'end') return { kind: 'query', query: { kind: 'latest' } }
  if (text.startsWith('group:') && text.length > 6) return { kind: 'group', group: text.slice(6) }
  if (text.startsWith('file:') && text.length > 5) return { kind: 'file', file: text.slice(5) }
  if (text.startsWith('@')) {
    const ms = parseTime(text.slice(1), nowMs, nowMs)
    if (ms !== null) return { kind: 'query', query: { kind: 'timestamp', ms } }
  }
  const number = Number(text)
  if (/^[+-]\d{1,16}$/.test(text) && Number.isSafeInteger(number)) return { kind: 'shift', by: number }
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(number)) return { kind: 'offset', offset: number }
  throw new CliError(`--to ${text} is not understood`, {
    advice: 'one of earliest, latest, 1200, +100, -100, @TIME, group:OTHER, file:PATH',
    exitCode: 2,
  })
}
