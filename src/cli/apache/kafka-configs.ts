import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import {
  addApacheConnection,
  connectionWords,
  needed,
  oneAction,
  type ApacheConnection,
} from './connection.ts'

interface ConfigsOptions extends ApacheConnection {
  readonly describe?: boolean
  readonly alter?: boolean
  readonly all: boolean
  readonly entityType?: string
  readonly entityName?: string
  readonly entityDefault: boolean
  readonly topic?: string
  readonly broker?: string
  readonly brokerDefaults: boolean
  readonly addConfig?: string
  readonly deleteConfig?: string
}

/** `kafka-configs` for topics, brokers and their loggers. */
export function declareKafkaConfigs(command: Command, { action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--describe', 'show values')
    .option('--alter', 'change values')
    .option('--all', 'defaults, too', false)
    .option('--entity-type <type>', 'topics, brokers or broker-loggers')
    .option('--entity-name <name>', 'which')
    .option('--entity-default', 'all brokers', false)
    .option('--topic <name>', 'as --entity-type topics --entity-name')
    .option('--broker <id>', 'as --entity-type brokers --entity-name')
    .option('--broker-defaults', 'as --entity-type brokers --entity-default', false)
    .option('--add-config <k=v,k=[a,b]>', 'set these')
    .option('--delete-config <k,k>', 'take these back')
    .addHelpText(
      'after',
      examples([
        'kafka-configs --bootstrap-server localhost:9092 --describe --topic orders',
        'kafka-configs --zookeeper localhost:2181 --alter --entity-type topics --entity-name orders --add-config retention.ms=1000',
      ]),
    )
    .action(
      action((options: ConfigsOptions) => {
        const wanted = oneAction(options, ['describe', 'alter'])
        const target = [...entityOf(options), ...connectionWords(options)]
        if (wanted === 'describe')
          return call(['configs', 'describe', ...target, ...(options.all ? ['--all'] : [])])
        const set =
          options.addConfig === undefined
            ? []
            : splitPairs(options.addConfig).flatMap((pair) => ['--set', pair])
        const unset = (options.deleteConfig ?? '').split(',').filter((key) => key.trim() !== '')
        return call([
          'configs',
          'alter',
          ...target,
          ...set,
          ...unset.flatMap((key) => ['--unset', key.trim()]),
        ])
      }),
    )
}

function entityOf(options: ConfigsOptions): [string, string] {
  if (options.topic !== undefined) return ['topic', options.topic]
  if (options.broker !== undefined) return ['broker', options.broker]
  if (options.brokerDefaults) return ['broker', 'default']
  const type = needed(options.entityType, '--entity-type')
  if (!['topics', 'brokers', 'broker-loggers'].includes(type)) {
    throw new CliError(`--entity-type ${type} cannot be shown or changed here`, {
      advice: 'topics, brokers and broker-loggers can; for users and clients use Apache’s own kafka-configs',
      exitCode: 2,
    })
  }
  return [type, options.entityDefault ? 'default' : needed(options.entityName, '--entity-name')]
}

/** `a=1,b=[x,y]`: brackets hold commas together, and are not part of the value. */
export function splitPairs(text: string): string[] {
  const pairs = text.match(/[^,[]+(?:\[[^\]]*\])?[^,]*/g) ?? []
  return pairs.map((pair) => pair.trim().replace(/=\[(.*)\]$/s, '=$1'))
}
