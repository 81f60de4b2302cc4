import type { Command } from 'commander'
import { Producer, type Acks, type ProducerRecord } from '../client/producer.ts'
import type { Acknowledged } from '../client/producer-queue.ts'
import type { CompressionType } from '../records/compression/codec.ts'
import { loadAvro, type AvroCodec } from './avro.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { fromEnvelope } from './envelope.ts'
import { examples } from './help.ts'
import { outputFormat, print, type OutputFormat } from './output.ts'
import { collect, duration, keyValue, wholeNumber } from './parse.ts'
import { ProduceTally } from './produce-tally.ts'
import { delimiterBytes, splitLines } from './record-lines.ts'
import type { Shell } from './shell.ts'

interface ProduceOptions extends ClusterOptions {
  readonly key: string | undefined
  readonly keySeparator: string | undefined
  readonly delimiter: string
  readonly header: readonly string[]
  readonly file: readonly string[]
  readonly json: boolean
  readonly avro: string | undefined
  readonly keepPartitions: boolean
  readonly nullValue: boolean
  readonly partition: number | undefined
  readonly timestamp: number | undefined
  readonly compression: CompressionType
  readonly acks: Acks
  readonly linger: number
  readonly idempotence: boolean
  readonly quiet: boolean
  readonly output: OutputFormat
}

/** What one record is made of, before it is sent. */
type RecordParts = Omit<ProducerRecord, 'topic'>

const MAX_FILE_BYTES = 128 * 1024 * 1024

export function declareProduce(command: Command, { shell, action }: CommandContext): void {
  addClusterOptions(command)
    .argument('<topic>')
    .argument('[value]', 'one record; - or nothing: a record per line of standard input')
    .option('-k, --key <key>', 'the key of every record')
    .option('-K, --key-separator <text>', 'what stands between key and value in a line (\\t for a tab)')
    .option('-D, --delimiter <text>', 'what ends a record of standard input', '\\n')
    .option('-H, --header <name=value>', 'a header of every record; may be given again', collect, [])
    .option('-F, --file <path>', 'a whole file as one record; may be given again', collect, [])
    .option('--json', 'lines are records in JSON, as consume -o json (or kcat -J) prints them', false)
    .option('--avro <schema.avsc>', 'values in JSON become Avro')
    .option('--keep-partitions', 'with --json: to the partition that is in the record', false)
    .option('--null-value', 'an empty value is null: a tombstone', false)
    .option('-p, --partition <n>', 'to this partition (default: by key)', partitionNumber)
    .option('--timestamp <ms>', 'the timestamp of every record, in ms since 1970', timestamp)
    .option('-z, --compression <type>', 'none, gzip, snappy, lz4 or zstd', compressionType, 'none')
    .option('--acks <n>', '0, 1 or all', acks, -1)
    .option('--linger <duration>', 'how long a batch may wait for more', duration('--linger'), 5)
    .option('-q, --quiet', 'say nothing when all is written', false)
    .option('--no-idempotence', 'let a repetition be written twice')
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .addHelpText(
      'after',
      examples(
        [
          'zurau produce demo hello',
          'zurau produce orders -k 42 -H source=shop \'{"amount":10}\'',
          'zurau produce words < /usr/share/dict/words',
          'zurau produce orders -K : -z zstd < keyed.txt',
          'zurau consume orders -o json | zurau produce orders-copy --json',
        ],
        'demo-0 @ 0   5 B   2 ms',
      ),
    )
    .action(
      action((topic: string, value: string | undefined, options: ProduceOptions) =>
        produce(shell, topic, value ?? null, options),
      ),
    )
}

async function produce(
  shell: Shell,
  topic: string,
  value: string | null,
  options: ProduceOptions,
): Promise<number> {
  const codec = options.avro === undefined ? null : await loadAvro(shell.disk, options.avro)
  const parts = recordsOf(shell, value, options, codec)
  const fixed = fixedParts(options)
  const tally = new ProduceTally(shell.clock)
  await withCluster(shell, options, async ({ client, timeoutMs }) => {
    const producer = new Producer({
      client,
      random: shell.random,
      acks: options.acks,
      isIdempotent: options.idempotence && options.acks === -1,
      compression: options.compression,
      lingerMs: options.linger,
      deliveryTimeoutMs: timeoutMs,
    })
    try {
      for await (const record of parts) {
        if (tally.failure !== null) break
        if (producer.isFull) await producer.room()
        tally.sent(record)
        producer
          .send({
            topic,
            ...record,
            ...fixed,
            headers: [...(fixed.headers ?? []), ...(record.headers ?? [])],
          })
          .then(
            (acknowledged: Acknowledged) => tally.acknowledged(acknowledged),
            (error: unknown) => tally.failed(error),
          )
      }
      await producer.flush()
    } finally {
      producer.close()
    }
  })
  if (tally.failure !== null) {
    if (tally.sentCount > 1)
      await shell.err.write(
        `zurau: ${tally.acknowledgedCount} of ${tally.sentCount} records were acknowledged, then:\n`,
      )
    throw tally.failure
  }
  if (options.quiet) return 0
  const report = tally.report(topic)
  if (options.output === 'table') await shell.out.write(tally.line(topic))
  else await print(shell.out, options.output, { data: report, table: () => [] })
  return 0
}

/** What the command line says of every record. */
function fixedParts({ key, partition, timestamp: ms, header }: ProduceOptions): RecordParts {
  const headers = header.map((text) => {
    const { key: name, value } = keyValue(text, '--header')
    return { key: name, value }
  })
  return {
    ...(key === undefined ? {} : { key }),
    ...(partition === undefined ? {} : { partition }),
    ...(ms === undefined ? {} : { timestamp: ms }),
    ...(headers.length === 0 ? {} : { headers }),
  }
}

async function* recordsOf(
  shell: Shell,
  value: string | null,
  options: ProduceOptions,
  codec: AvroCodec | null,
): AsyncGenerator<RecordParts> {
  const { file, json, nullValue } = options
  const read = json
    ? (line: Buffer): RecordParts => readEnvelope(line, options, codec)
    : (line: Buffer): RecordParts => readLine(line, options, codec)
  for (const path of file) {
    yield { value: encode(shell.disk.readSmallFile(path, MAX_FILE_BYTES), codec) }
  }
  if (value !== null && value !== '-') {
    yield json ? read(Buffer.from(value)) : { value: emptyAsNull(Buffer.from(value), nullValue, codec) }
    return
  }
  if (value === null && file.length > 0) return
  if (shell.input.isTerminal) await shell.err.write('Each line becomes a record; Ctrl-D ends.\n')
  for await (const line of splitLines(
    shell.input.chunks(),
    delimiterBytes(options.delimiter, '--delimiter'),
  )) {
    if (json && line.length === 0) continue
    yield read(line)
  }
}

function readLine(line: Buffer, options: ProduceOptions, codec: AvroCodec | null): RecordParts {
  if (options.keySeparator === undefined) return { value: emptyAsNull(line, options.nullValue, codec) }
  const separator = delimiterBytes(options.keySeparator, '--key-separator')
  const at = line.indexOf(separator)
  if (at < 0) {
    throw new CliError(`the line ${JSON.stringify(line.toString().slice(0, 60))} has no key separator`, {
      advice: `write key${options.keySeparator}value, or leave --key-separator out`,
    })
  }
  const value = line.subarray(at + separator.length)
  return { key: line.subarray(0, at), value: emptyAsNull(value, options.nullValue, codec) }
}

function readEnvelope(line: Buffer, options: ProduceOptions, codec: AvroCodec | null): RecordParts {
  const { key, value, headers, timestamp: ms, partition } = fromEnvelope(line.toString())
  const isDecoded = value !== null && !Buffer.isBuffer(value)
  const bytes = isDecoded
    ? codec === null
      ? Buffer.from(JSON.stringify(value.decoded))
      : codec.encode(value.decoded)
    : value
  return {
    key,
    value: bytes,
    headers,
    ...(ms === null ? {} : { timestamp: ms }),
    ...(options.keepPartitions && partition !== null ? { partition } : {}),
  }
}

function emptyAsNull(value: Buffer, isNullWanted: boolean, codec: AvroCodec | null): Buffer | null {
  return value.length === 0 && isNullWanted ? null : encode(value, codec)
}

function encode(value: Buffer, codec: AvroCodec | null): Buffer {
  if (codec === null) return value
  let parsed: unknown
  try {
    parsed = JSON.parse(value.toString())
  } catch (error) {
    throw new CliError(`a value is not JSON: ${(error as Error).message}`, { cause: error })
  }
  return codec.encode(parsed)
}

const partitionNumber = wholeNumber('--partition', { min: 0, max: 0x7fffffff })
const timestamp = wholeNumber('--timestamp', { min: 0, max: Number.MAX_SAFE_INTEGER })

function compressionType(text: string): CompressionType {
  switch (text) {
    case 'none':
    case 'gzip':
    case 'snappy':
    case 'lz4':
    case 'zstd':
      return text
    default:
      throw new CliError(`--compression ${text} is unknown`, {
        advice: 'choose none, gzip, snappy, lz4 or zstd',
        exitCode: 2,
      })
  }
}

function acks(text: string): Acks {
  if (text === 'all' || text === '-1') return -1
  if (text === '0') return 0
  if (text === '1') return 1
  throw new CliError(`--acks ${text} is unknown`, { advice: 'choose 0, 1 or all', exitCode: 2 })
}
