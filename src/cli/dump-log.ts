import type { Command } from 'commander'
import { CorruptSnapshotError } from '../log/producer-snapshot.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { readLogFile, type Damage, type DumpedBatch } from './dump-log/read-log.ts'
import { kindOf, readIndexEntries, readSnapshotEntries, type DumpedRow } from './dump-log/small-files.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import type { Shell } from './shell.ts'

interface DumpOptions extends OutputOptions {
  readonly records: boolean
  readonly verify: boolean
}

const MAX_SMALL_FILE_BYTES = 256 * 1024 * 1024

/** `zurau dump-log`. */
export function declareDumpLog(command: Command, { shell, action }: CommandContext): void {
  addOutputOption(command)
    .argument(
      '<file...>',
      '.log, .index, .timeindex, .txnindex, .snapshot, checkpoints; or a partition’s directory',
    )
    .option('--records', 'show the records of each batch, too', false)
    .option('--verify', 'say only what is wrong', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau dump-log /data/orders-0/00000000000000000000.log',
          'zurau dump-log /data/orders-0 --verify',
          'zurau dump-log /data/orders-0/*.log --records -o json | jq -r .records[].value',
        ],
        [
          '00000000000000000000.log',
          '0..9  10 records  at 0  1.2 kB  epoch 0  producer 4000 epoch 0 sequence 0..9  lz4  ok',
        ].join('\n'),
      ) + '\n\nWith -o json every batch or entry is a line. Exit code 1 when something is damaged.',
    )
    .action(action((paths: string[], options: DumpOptions) => dumpAll(shell, paths, options)))
}

async function dumpAll(shell: Shell, paths: readonly string[], options: DumpOptions): Promise<number> {
  const files = paths.flatMap((path) => filesAt(shell, path))
  let faults = 0
  for (const path of files) faults += await dumpFile(shell, path, options)
  if (options.verify && faults === 0) await shell.out.write(`${files.length} files, nothing is wrong\n`)
  return faults > 0 ? 1 : 0
}

/** A directory stands for the files of a log that are in it. */
function filesAt({ disk }: Shell, path: string): string[] {
  const status = disk.status(path)
  if (status === null) throw new CliError(`${path}: there is no such file`, { exitCode: 2 })
  if (status.kind !== 'directory') return [path]
  const names = disk.list(path).sort()
  const known = names.map((name) => `${path}/${name}`).filter((each) => kindOf(each) !== null)
  if (known.length > 0) return known
  throw new CliError(`${path} has no files of a log in it`, {
    advice: 'name the directory of one partition, such as /data/orders-0',
    exitCode: 2,
  })
}

async function dumpFile(shell: Shell, path: string, options: DumpOptions): Promise<number> {
  const { disk, out } = shell
  const kind = kindOf(path)
  if (kind === null)
    throw new CliError(`${path} is none of the files of a log`, {
      advice: 'see zurau dump-log --help',
      exitCode: 2,
    })
  if (options.output === 'table' && !options.verify) await out.write(`${path}\n`)
  if (kind === 'log') return dumpLogFile(shell, path, options)
  const bytes = disk.readSmallFile(path, MAX_SMALL_FILE_BYTES)
  if (kind === 'text') {
    if (options.verify) return 0
    const lines = bytes.toString('utf8').trimEnd().split('\n')
    if (options.output === 'table') await out.write(`${lines.map((line) => `  ${line}`).join('\n')}\n`)
    else await printRow(shell, options, { file: path, lines })
    return 0
  }
  try {
    const rows = kind === 'snapshot' ? readSnapshotEntries(bytes) : readIndexEntries(kind, path, bytes)
    if (!options.verify) await dumpRows(shell, path, rows, options)
    return 0
  } catch (error) {
    if (!(error instanceof CorruptSnapshotError)) throw error
    await out.write(`${path}: ${error.message}\n`)
    return 1
  }
}

async function dumpRows(
  shell: Shell,
  path: string,
  rows: readonly DumpedRow[],
  options: DumpOptions,
): Promise<void> {
  if (options.output !== 'table') {
    for (const row of rows) await printRow(shell, options, { file: path, ...row })
    return
  }
  await print(shell.out, 'table', {
    data: rows,
    table: () => ({
      columns: Object.keys(rows[0] ?? {}).map((title) => ({ title, align: 'right' })),
      rows: rows.map((row) => Object.values(row).map((value) => (value === null ? '' : String(value)))),
      whenEmpty: '  no entries',
    }),
  })
}

async function dumpLogFile(shell: Shell, path: string, options: DumpOptions): Promise<number> {
  const { disk, out } = shell
  let faults = 0
  let next = 0
  for await (const found of readLogFile(disk, path, { withRecords: options.records })) {
    const isWrong = 'what' in found || !found.isValid || found.baseOffset < next
    if (isWrong) faults++
    if (options.verify) {
      if (isWrong) await out.write(`${path} at ${found.position}: ${faultOf(found, next)}\n`)
    } else if (options.output !== 'table') await printRow(shell, options, { file: path, ...forPrint(found) })
    else await out.write(textOf(found))
    if (!('what' in found)) next = found.lastOffset + 1
  }
  return faults
}

function faultOf(found: DumpedBatch | Damage, next: number): string {
  if ('what' in found) return found.what
  if (!found.isValid) return `the checksum of the batch ${found.baseOffset}..${found.lastOffset} is wrong`
  return `offset ${found.baseOffset} comes after ${next - 1}`
}

function textOf(found: DumpedBatch | Damage): string {
  if ('what' in found) return `! at ${found.position}: ${found.what}\n`
  const { producerId, producerEpoch, baseSequence, lastSequence, marker } = found
  const parts = [
    `${found.baseOffset}..${found.lastOffset}`,
    `${found.count} ${found.count === 1 ? 'record' : 'records'}`,
    `at ${found.position}`,
    `${found.sizeBytes} B`,
    ...(found.magic < 2 ? [`magic ${found.magic}`] : [`epoch ${found.leaderEpoch}`]),
    ...(producerId < 0
      ? []
      : [`producer ${producerId} epoch ${producerEpoch} sequence ${baseSequence}..${lastSequence}`]),
    `${found.timestampType} ${found.maxTimestamp}`,
    ...(found.compression === 'none' ? [] : [found.compression]),
    ...(found.isTransactional ? ['transactional'] : []),
    ...(found.isControl ? [`marker ${marker ?? ''}`] : []),
    found.isValid ? 'ok' : '! WRONG CHECKSUM',
  ]
  const records = (found.records ?? []).map(
    ({ offset, timestamp, key, value }) => `  ${offset}  ${timestamp}  ${shown(key)}  ${shown(value)}\n`,
  )
  return `${parts.join('  ')}\n${records.join('')}`
}

function forPrint(found: DumpedBatch | Damage): object {
  if ('what' in found || found.records === null) return found
  const records = found.records.map(({ offset, timestamp, key, value }) => ({
    offset,
    timestamp,
    key: key?.toString('utf8') ?? null,
    value: value?.toString('utf8') ?? null,
  }))
  return { ...found, records }
}

function shown(bytes: Buffer | null): string {
  return bytes === null ? 'null' : JSON.stringify(bytes.toString('utf8'))
}

async function printRow({ out }: Shell, { output }: OutputOptions, row: object): Promise<void> {
  if (output === 'json') return out.write(`${JSON.stringify(row)}\n`)
  const { stringify } = await import('yaml')
  await out.write(stringify([row]))
}
