import { CliError } from '../cli-error.ts'
import { inOrder, type Committed } from './committed.ts'

/**
 * Three ways to write committed offsets down, each that of a tool which people have files of:
 *
 *     csv    group,topic,partition,offset   and, for one group, Kafka's own topic,partition,offset
 *     rpk    topic partition offset         one group to a file, columns by white space
 *     zk     /consumers/G/offsets/T/P:offset   ExportZkOffsets of Kafka until 0.10
 */
export const OFFSET_FILE_FORMATS = ['csv', 'rpk', 'zk'] as const
export type OffsetFileFormat = (typeof OFFSET_FILE_FORMATS)[number]

const MAX_PARTITION = 0x7fff_ffff

export function writeOffsets(entries: readonly Committed[], format: OffsetFileFormat): string {
  const sorted = [...entries].sort(inOrder)
  const lines = sorted.map((entry) => lineOf(entry, format))
  if (format === 'rpk' && new Set(sorted.map(({ group }) => group)).size > 1) {
    throw new CliError('the rpk format has no column for groups', {
      advice: 'export one group (-g), or use --format csv',
      exitCode: 2,
    })
  }
  return lines.map((line) => `${line}\n`).join('')
}

function lineOf({ group, topic, partition, offset }: Committed, format: OffsetFileFormat): string {
  switch (format) {
    case 'csv':
      return [csvField(group), csvField(topic), partition, offset].join(',')
    case 'rpk':
      return `${topic} ${partition} ${offset}`
    case 'zk':
      return `/consumers/${group}/offsets/${topic}/${partition}:${offset}`
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Reads any of the three, line by line; empty lines and those that begin with `#` are passed over. `group` is the one
 * that lines without a group belong to. Throws CliError with the number of the first line that is none of them, or names
 * a partition twice.
 */
export function readOffsets(text: string, file: string, group: string | null): Committed[] {
  const found = new Map<string, Committed>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const where = `${file}, line ${index + 1}`
    const entry = readLine(line, where, group)
    const key = JSON.stringify([entry.group, entry.topic, entry.partition])
    if (found.has(key)) {
      throw new CliError(`${where}: ${entry.topic}-${entry.partition} is named a second time`, {
        exitCode: 2,
      })
    }
    found.set(key, entry)
  }
  return [...found.values()].sort(inOrder)
}

function readLine(line: string, where: string, fallback: string | null): Committed {
  const znode = /^\/consumers\/([^/]+)\/offsets\/([^/]+)\/(\d+):(-?\d+)$/.exec(line.trim())
  const fields = znode?.slice(1) ?? (line.includes(',') ? csvFields(line) : line.trim().split(/\s+/))
  const [offset, partition, topic, named] = [...fields].reverse()
  const group = named ?? fallback
  if (fields.length < 3 || fields.length > 4 || topic === undefined || topic === '') {
    throw new CliError(`${where}: not understood: ${line.slice(0, 80)}`, {
      advice:
        'a line is group,topic,partition,offset or topic partition offset or /consumers/G/offsets/T/P:offset',
      exitCode: 2,
    })
  }
  if (group === null) {
    throw new CliError(`${where}: which group is it of?`, { advice: 'name it with -g GROUP', exitCode: 2 })
  }
  return {
    group,
    topic,
    partition: numberIn(partition, MAX_PARTITION, `${where}: partition`),
    offset: numberIn(offset, Number.MAX_SAFE_INTEGER, `${where}: offset`),
  }
}

/** The fields of one line, quoted ones without their quotes. */
function csvFields(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain ?? '').trim(),
  )
}

function numberIn(text: string | undefined, max: number, what: string): number {
  const value = Number(text)
  if (text !== undefined && /^\d{1,16}$/.test(text) && value <= max) return value
  throw new CliError(`${what} ${text ?? ''} is not a whole number from 0 to ${max}`, { exitCode: 2 })
}
