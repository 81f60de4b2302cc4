import { Option, type Command } from 'commander'
import { Consumer, type Assignment } from '../client/consumer.ts'
import { findOffsets } from '../client/offsets.ts'
import { TopicLeaders } from '../client/topic-leaders.ts'
import { loadAvro, type AvroCodec } from './avro.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { offsetOfPoint, parseOffsetRange, type OffsetRange, type RangePoint } from './offset-range.ts'
import { isOutputFormat, OUTPUT_FORMATS, type OutputFormat } from './output.ts'
import { collect, commaList, wholeNumber } from './parse.ts'
import { recordFilter } from './record-filter.ts'
import { recordPrinter } from './record-printer.ts'
import type { Shell } from './shell.ts'

interface ConsumeOptions extends ClusterOptions {
  readonly offset: readonly string[]
  readonly output: OutputFormat | undefined
  readonly fromBeginning: boolean
  readonly follow: boolean
  readonly num: number | undefined
  readonly partition: string | undefined
  readonly format: string | undefined
  readonly kcatFormat: string | undefined
  readonly filterKey: string | undefined
  readonly filterValue: string | undefined
  readonly filterHeader: readonly string[]
  readonly where: string | undefined
  readonly avro: string | undefined
  readonly readCommitted: boolean
}

const POLL_MS = 500

export function declareConsume(command: Command, { shell, action }: CommandContext): void {
  addClusterOptions(command)
    .argument('<topic>')
    .option(
      '-o, --offset <range|format>',
      'where to begin and stop, see below; or json, yaml, table',
      collect,
      [],
    )
    .addOption(
      new Option('--output <format>', 'text by default; or table, json (a line per record), yaml').choices(
        OUTPUT_FORMATS,
      ),
    )
    .option('--from-beginning', 'from the first record on: the default', false)
    .option('--follow', 'go on when the end is reached', false)
    .option('-n, --num <n>', 'stop after so many records', recordCount)
    .option('-p, --partition <n,..>', 'only these partitions')
    .option('-f, --format <text>', "rpk's language: %t %p %o %k %v %d %h{..}; with %s in it kcat's")
    .option('--kcat-format <text>', "kcat's language: %s %k %t %p %o %T %h")
    .option('--filter-key <glob>', 'only records whose key matches')
    .option('--filter-value <glob>', 'only records whose value matches')
    .option('--filter-header <name=glob>', 'only records with such a header; may be given again', collect, [])
    .option('--where <expression>', 'only records for which this JavaScript is true: value.amount > 10')
    .option('--avro <schema.avsc>', 'decode values')
    .option('--read-committed', 'only what no open or aborted transaction wrote', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau consume demo',
          'zurau consume demo -n 1 -o json',
          'zurau consume orders --follow -f "%p@%o %k: %v\\n"',
          'zurau consume orders -o 10:20 -p 0',
          'zurau consume orders -o @-1h --where "value.amount > 10"',
          'zurau consume orders -o @2024-05-01T10:00:2024-05-01T11:00 -o json > hour.jsonl',
        ],
        '{"topic":"demo","partition":0,"offset":0,"timestamp":1700000000000,"key":null,"value":"hello","headers":[]}',
      ) +
        '\n\nRanges: start, end, 10, -10 (the last ten of each partition), +10, 10:20, :end, @TIME, @TIME:TIME.' +
        '\nTimes: 2024-05-01T10:30, 10:30 (today), 1h or -1h (ago), ms or seconds since 1970; +1h after the first.' +
        '\nWithout --follow it stops at what was the end when it began.',
    )
    .action(action((topic: string, options: ConsumeOptions) => consume(shell, topic, options)))
}

const recordCount = wholeNumber('--num', { min: 1, max: Number.MAX_SAFE_INTEGER })

async function consume(shell: Shell, topic: string, options: ConsumeOptions): Promise<number> {
  const { range, output } = readOffsetOption(options, shell.clock.nowMs())
  const codec = options.avro === undefined ? null : await loadAvro(shell.disk, options.avro)
  const filter = recordFilter(options)
  const printer = recordPrinter(shell.out, { ...options, output })
  const isFollowing = options.follow || (range.from.kind === 'end' && range.until === null)
  const seen = { scanned: 0, printed: 0 }
  let isInterrupted = false
  await withCluster(shell, options, async (cluster) => {
    const consumer = new Consumer({
      client: cluster.client,
      isolation: options.readCommitted ? 'read_committed' : 'read_uncommitted',
      onOutOfRange: 'earliest',
      patienceMs: cluster.timeoutMs,
    })
    const forgetInterrupt = shell.onInterrupt(() => {
      isInterrupted = true
      consumer.close()
    })
    try {
      await consumer.assign(await assignments(cluster, topic, range, { ...options, isFollowing }))
      const limit = options.num ?? Infinity
      while (!consumer.isFinished && !isInterrupted && seen.printed < limit) {
        const records = await consumer.poll(POLL_MS)
        for (const record of records) {
          seen.scanned++
          const decoded = decode(codec, record.value)
          if (!filter.matches(record, decoded)) continue
          printer.add({ record, index: seen.printed, ...(decoded === undefined ? {} : { decoded }) })
          if (++seen.printed >= limit) break
        }
        await printer.flush()
      }
    } finally {
      forgetInterrupt()
      consumer.close()
    }
  })
  await conclude(shell, seen, filter.failures, isFollowing)
  return 0
}

function decode(codec: AvroCodec | null, value: Buffer | null): unknown {
  return codec === null || value === null ? undefined : codec.decode(value)
}

/** `-o` names a range or a format: no word is both. */
function readOffsetOption(
  { offset, output, fromBeginning }: ConsumeOptions,
  nowMs: number,
): { range: OffsetRange; output: OutputFormat | 'text' } {
  const formats = offset.filter(isOutputFormat)
  const ranges = offset.filter((text) => !isOutputFormat(text))
  if (ranges.length > 1 || formats.length > 1 || (fromBeginning && ranges.length > 0)) {
    throw new CliError(
      `${['-o', offset.join(' -o '), fromBeginning ? '--from-beginning' : ''].join(' ')}: one range only`,
      {
        advice: 'a range of offsets once, a format once',
        exitCode: 2,
      },
    )
  }
  const [text = 'start'] = ranges
  return { range: parseOffsetRange(text, nowMs), output: output ?? formats[0] ?? 'text' }
}

/** Where each partition begins and stops, by offsets. */
async function assignments(
  { client, admin, timeoutMs }: Cluster,
  topic: string,
  { from, until }: OffsetRange,
  options: { partition: string | undefined; readCommitted: boolean; isFollowing: boolean },
): Promise<Assignment[]> {
  const [found] = await admin.topics([topic])
  const all = found?.partitions.map(({ partitionIndex }) => partitionIndex) ?? []
  const chosen = options.partition === undefined ? all : partitionsIn(options.partition, all, topic)
  const leaders = new TopicLeaders({ client })
  const ask = async (
    query: Parameters<typeof findOffsets>[2][number]['query'],
  ): Promise<Map<number, number>> => {
    const queries = chosen.map((partition) => ({ topic, partition, query }))
    const isReadCommitted = options.readCommitted
    const offsets = await findOffsets(client, leaders, queries, { timeoutMs, isReadCommitted })
    return new Map(offsets.map(({ partition, offset }) => [partition, offset]))
  }
  const starts = await ask({ kind: 'earliest' })
  const ends = await ask({ kind: 'latest' })
  const times = new Map<number, Map<number, number>>()
  for (const point of [from, until]) {
    if (point?.kind === 'time') times.set(point.ms, await ask({ kind: 'timestamp', ms: point.ms }))
  }
  const stop: RangePoint | null = until ?? (options.isFollowing ? null : { kind: 'end' })
  return chosen.map((partition) => {
    const log = { start: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0 }
    const offsetAt = (ms: number): number => times.get(ms)?.get(partition) ?? -1
    return {
      topic,
      partition,
      from: { kind: 'offset', offset: offsetOfPoint(from, log, offsetAt) },
      until: stop === null ? null : offsetOfPoint(stop, log, offsetAt),
    }
  })
}

function partitionsIn(text: string, all: readonly number[], topic: string): number[] {
  return commaList(text).map((part) => {
    const partition = Number(part)
    if (all.includes(partition)) return partition
    throw new CliError(`${topic} has no partition ${part}: it has ${all.length}`, {
      advice: 'partitions are counted from 0',
      exitCode: 2,
    })
  })
}

/** Said to people only, beside the data. */
async function conclude(
  { err }: Shell,
  { scanned, printed }: { scanned: number; printed: number },
  failures: { readonly count: number; readonly first: string | null },
  isFollowing: boolean,
): Promise<void> {
  if (failures.count > 0)
    await err.write(`zurau: --where failed for ${failures.count} of ${scanned} records: ${failures.first}\n`)
  if (!err.isTerminal) return
  if (scanned > printed) await err.write(`${scanned} records read, ${printed} matched\n`)
  else if (scanned === 0 && !isFollowing) await err.write('no records there; --follow waits for some\n')
}
