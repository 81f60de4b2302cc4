import type { Command } from 'commander'
import { CliError } from './cli-error.ts'
import type { Output } from './shell.ts'
import type { Table } from './table.ts'

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

export function isOutputFormat(text: string): text is OutputFormat {
  return (OUTPUT_FORMATS as readonly string[]).includes(text)
}

/** Throws CliError for anything else. */
export function outputFormat(text: string): OutputFormat {
  if (isOutputFormat(text)) return text
  throw new CliError(`-o ${text} is not a format`, { advice: 'choose table, json or yaml', exitCode: 2 })
}

export interface OutputOptions {
  readonly output: OutputFormat
}

/** `-o`, which every command has that tells something. */
export function addOutputOption(command: Command): Command {
  return command.option('-o, --output <format>', OUTPUT_FORMATS.join(', '), outputFormat, 'table')
}

/** What a command found out: as data for programs, whose keys stay what they are, and as a table for people. */
export interface Report {
  readonly data: unknown
  readonly table: () => Table | readonly Table[]
  /** Said instead of a table without rows. */
  readonly whenEmpty?: string
}

/** Prints a report in the format that was asked for. A table goes to standard output alone: no colours on a pipe. */
export async function print(out: Output, format: OutputFormat, report: Report): Promise<void> {
  switch (format) {
    case 'json':
      return out.write(`${JSON.stringify(report.data, null, 2)}\n`)
    case 'yaml': {
      const { stringify } = await import('yaml')
      return out.write(stringify(report.data))
    }
    case 'table': {
      const { renderTable } = await import('./table.ts')
      const tables: Table[] = [report.table()].flat()
      const texts = await Promise.all(tables.map((table) => renderTable(table, out)))
      return out.write(texts.join('\n'))
    }
  }
}
