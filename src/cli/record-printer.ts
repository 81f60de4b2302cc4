import { toEnvelope } from './envelope.ts'
import { parseKcatFormat } from './kcat-format.ts'
import type { OutputFormat } from './output.ts'
import {
  isoTime,
  parsePercentFormat,
  valueOf,
  type PrintedRecord,
  type RecordFormatter,
} from './record-format.ts'
import { CliError } from './cli-error.ts'
import type { Output } from './shell.ts'

/** Prints records as they come; what was added is written at `flush`. */
export interface RecordPrinter {
  add(printed: PrintedRecord): void
  flush(): Promise<void>
}

const NEWLINE = Buffer.from('\n')

export function recordPrinter(
  out: Output,
  options: {
    readonly output: OutputFormat | 'text'
    readonly format: string | undefined
    readonly kcatFormat: string | undefined
  },
): RecordPrinter {
  const { output, format, kcatFormat } = options
  if (format !== undefined && kcatFormat !== undefined)
    throw new CliError('--format and --kcat-format exclude each other', { exitCode: 2 })
  const text = format ?? kcatFormat
  if (text !== undefined && output !== 'text')
    throw new CliError(`--format and -o ${output} exclude each other`, { exitCode: 2 })
  if (text !== undefined) {
    const isKcat = kcatFormat !== undefined || /(^|[^%])(%%)*%s/.test(text)
    return new BufferedPrinter(out, isKcat ? parseKcatFormat(text) : parsePercentFormat(text))
  }
  switch (output) {
    case 'text':
      return new BufferedPrinter(out, (printed) =>
        Buffer.concat([valueOf(printed) ?? Buffer.alloc(0), NEWLINE]),
      )
    case 'json':
      return new BufferedPrinter(out, ({ record, decoded }) =>
        Buffer.from(`${JSON.stringify(toEnvelope(record, decoded))}\n`),
      )
    case 'yaml':
      return new YamlPrinter(out)
    case 'table':
      return new BufferedPrinter(out, tableRow)
  }
}

class BufferedPrinter implements RecordPrinter {
  private readonly out: Output
  private readonly format: RecordFormatter
  private waiting: Buffer[] = []

  constructor(out: Output, format: RecordFormatter) {
    this.out = out
    this.format = format
  }

  add(printed: PrintedRecord): void {
    this.waiting.push(this.format(printed))
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return
    const bytes = Buffer.concat(this.waiting)
    this.waiting = []
    await this.out.write(bytes)
  }
}

/** A document for each record. */
class YamlPrinter implements RecordPrinter {
  private readonly out: Output
  private waiting: PrintedRecord[] = []

  constructor(out: Output) {
    this.out = out
  }

  add(printed: PrintedRecord): void {
    this.waiting.push(printed)
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return
    const { stringify } = await import('yaml')
    const records = this.waiting
    this.waiting = []
    await this.out.write(
      records.map(({ record, decoded }) => `---\n${stringify(toEnvelope(record, decoded))}`).join(''),
    )
  }
}

/** Columns of fixed width: the next record is not known yet. */
function tableRow(printed: PrintedRecord): Buffer {
  const { record, index } = printed
  const head =
    index === 0
      ? `${'PARTITION'} ${'OFFSET'.padStart(12)}  ${'TIMESTAMP'.padEnd(24)}  ${'KEY'.padEnd(16)}  VALUE\n`
      : ''
  const cells = [
    String(record.partition).padStart(9),
    `${String(record.offset).padStart(12)} `,
    `${isoTime(record.timestamp).padEnd(24)} `,
    `${printable(record.key).padEnd(16)} `,
    printable(valueOf(printed)),
  ]
  return Buffer.from(`${head}${cells.join(' ')}\n`)
}

function printable(bytes: Buffer | null): string {
  return bytes === null ? 'null' : bytes.toString().replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '·')
}
