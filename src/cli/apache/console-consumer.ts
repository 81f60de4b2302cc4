import { Option, type Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { collect } from '../parse.ts'
import { addApacheConnection, connectionWords, needed, type ApacheConnection } from './connection.ts'
import { pairs } from './console-producer.ts'

interface ConsumerOptions extends ApacheConnection {
  readonly topic?: string
  readonly fromBeginning: boolean
  readonly maxMessages?: string
  readonly partition?: string
  readonly offset?: string
  readonly property: readonly string[]
  readonly isolationLevel?: string
  readonly timeoutMs?: string
  readonly group?: string
}

/** `kafka-console-consumer`, without a group: it reads all partitions, or one, and commits nothing. */
export function declareConsoleConsumer(command: Command, { action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--topic <name>', 'what to read')
    .option('--from-beginning', 'from the first record on', false)
    .option('--max-messages <n>', 'stop after so many')
    .option('--partition <n>', 'only this one')
    .option('--offset <offset>', 'earliest, latest or a number; with --partition')
    .option('--property <key=value>', 'print.key, print.value, print.timestamp, print.offset, …', collect, [])
    .option('--isolation-level <level>', 'read_committed or read_uncommitted')
    .option('--timeout-ms <ms>', 'stop at the end instead of waiting')
    .addOption(new Option('--group <id>').hideHelp())
    .addOption(new Option('--consumer-property <key=value>').argParser(collect).hideHelp())
    .addOption(new Option('--consumer.config <file>').hideHelp())
    .addOption(new Option('--formatter <class>').hideHelp())
    .addHelpText(
      'after',
      examples(['kafka-console-consumer --bootstrap-server localhost:9092 --topic demo --from-beginning']),
    )
    .action(
      action((options: ConsumerOptions) => {
        if (options.group !== undefined) {
          throw new CliError('--group: this consumer joins no group and commits nothing', {
            advice: 'leave --group out to look at the records, or use a client of your application',
            exitCode: 2,
          })
        }
        const start = options.fromBeginning ? 'start' : startOf(options.offset ?? 'latest')
        return call([
          'consume',
          needed(options.topic, '--topic'),
          ...connectionWords(options),
          `--offset=${start}`,
          `--format=${formatOf(pairs(options.property))}`,
          ...(options.timeoutMs === undefined ? ['--follow'] : []),
          ...(options.maxMessages === undefined ? [] : ['-n', options.maxMessages]),
          ...(options.partition === undefined ? [] : ['-p', options.partition]),
          ...(options.isolationLevel === 'read_committed' ? ['--read-committed'] : []),
        ])
      }),
    )
}

function startOf(offset: string): string {
  if (offset === 'earliest') return 'start'
  return offset === 'latest' ? 'end' : offset
}

/** What DefaultMessageFormatter prints, in our own language for records. */
export function formatOf(properties: ReadonlyMap<string, string>): string {
  const isWanted = (name: string, byDefault = 'false'): boolean =>
    (properties.get(name) ?? byDefault) === 'true'
  const separator = properties.get('key.separator') ?? '\\t'
  const parts = [
    ...(isWanted('print.timestamp') ? ['CreateTime:%d'] : []),
    ...(isWanted('print.partition') ? ['Partition:%p'] : []),
    ...(isWanted('print.offset') ? ['Offset:%o'] : []),
    ...(isWanted('print.key') ? ['%k'] : []),
    ...(isWanted('print.value', 'true') ? ['%v'] : []),
  ]
  return `${parts.join(separator)}${properties.get('line.separator') ?? '\\n'}`
}
