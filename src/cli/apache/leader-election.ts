import { Option, type Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import type { Shell } from '../shell.ts'
import { readTextFile } from '../text-file.ts'
import { addApacheConnection, connectionWords, needed, type ApacheConnection } from './connection.ts'

interface ElectionOptions extends ApacheConnection {
  readonly electionType?: string
  readonly topic?: string
  readonly partition?: string
  readonly allTopicPartitions: boolean
  readonly pathToJsonFile?: string
}

/** `kafka-leader-election`. */
export function declareLeaderElection(command: Command, { shell, action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--election-type <type>', 'PREFERRED or UNCLEAN')
    .option('--topic <name>', 'with --partition')
    .option('--partition <n>', 'with --topic')
    .option('--all-topic-partitions', 'all of them', false)
    .option('--path-to-json-file <file>', '{"partitions":[{"topic":"orders","partition":0}]}')
    .addOption(new Option('--admin.config <file>').hideHelp())
    .addHelpText(
      'after',
      examples([
        'kafka-leader-election --bootstrap-server localhost:9092 --election-type PREFERRED --all-topic-partitions',
      ]),
    )
    .action(
      action((options: ElectionOptions) => {
        const type = needed(options.electionType, '--election-type').toUpperCase()
        if (type !== 'PREFERRED' && type !== 'UNCLEAN')
          throw new CliError(`--election-type ${type} is unknown`, {
            advice: 'PREFERRED or UNCLEAN',
            exitCode: 2,
          })
        const unclean = type === 'UNCLEAN' ? ['--unclean'] : []
        return call([
          'leaders',
          'elect',
          ...connectionWords(options),
          ...unclean,
          ...partitionsOf(shell, options),
        ])
      }),
    )
}

/** `kafka-preferred-replica-election`, of which Kafka 3 has nothing but the memory. */
export function declarePreferredElection(command: Command, { shell, action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--path-to-json-file <file>', 'only the partitions in it (default: all)')
    .addHelpText('after', examples(['kafka-preferred-replica-election --zookeeper localhost:2181/kafka']))
    .action(
      action((options: ApacheConnection & { pathToJsonFile?: string }) =>
        call([
          'leaders',
          'elect',
          ...connectionWords(options),
          ...partitionsOf(shell, { ...options, allTopicPartitions: true }),
        ]),
      ),
    )
}

function partitionsOf({ disk }: Shell, options: ElectionOptions): string[] {
  const { topic, partition, pathToJsonFile: path, allTopicPartitions: isAll } = options
  if (path !== undefined) return ['--partitions', partitionsInFile(path, readTextFile(disk, path)).join(',')]
  if (topic !== undefined) return ['--partitions', `${topic}-${needed(partition, '--partition')}`]
  if (isAll) return []
  throw new CliError('--topic, --all-topic-partitions or --path-to-json-file is missing', { exitCode: 2 })
}

function partitionsInFile(path: string, text: string): string[] {
  try {
    const { partitions } = JSON.parse(text) as { partitions: { topic: unknown; partition: unknown }[] }
    return partitions.map(({ topic, partition }) => `${String(topic)}-${String(partition)}`)
  } catch (error) {
    throw new CliError(
      `${path} is not {"partitions":[{"topic":…,"partition":…}]}: ${(error as Error).message}`,
      {
        exitCode: 2,
        cause: error,
      },
    )
  }
}
