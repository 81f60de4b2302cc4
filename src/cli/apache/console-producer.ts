import { Option, type Command } from 'commander'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { collect } from '../parse.ts'
import { addApacheConnection, connectionWords, needed, type ApacheConnection } from './connection.ts'

interface ProducerOptions extends ApacheConnection {
  readonly topic?: string
  readonly property: readonly string[]
  readonly producerProperty: readonly string[]
  readonly compressionCodec?: string | true
  readonly requestRequiredAcks?: string
}

/** `kafka-console-producer`: lines of standard input become records. */
export function declareConsoleProducer(command: Command, { action, call }: CommandContext): void {
  addApacheConnection(command)
    .option('--topic <name>', 'where to')
    .option('--property <key=value>', 'parse.key, key.separator; may be given again', collect, [])
    .option(
      '--producer-property <key=value>',
      'acks, compression.type, enable.idempotence, linger.ms',
      collect,
      [],
    )
    .option('--compression-codec [type]', 'none, gzip, snappy, lz4 or zstd')
    .option('--request-required-acks <n>', '0, 1, -1 or all')
    .addOption(new Option('--producer.config <file>').hideHelp())
    .addOption(new Option('--sync').hideHelp())
    .addOption(new Option('--batch-size <n>').hideHelp())
    .addOption(new Option('--timeout <ms>').hideHelp())
    .addHelpText(
      'after',
      examples(['kafka-console-producer --bootstrap-server localhost:9092 --topic demo < lines']),
    )
    .action(
      action((options: ProducerOptions) => {
        const reader = pairs(options.property)
        const producer = pairs(options.producerProperty)
        const { compressionCodec: codec } = options
        const compression = codec === true ? 'gzip' : (codec ?? producer.get('compression.type'))
        const acks = options.requestRequiredAcks ?? producer.get('acks')
        const linger = producer.get('linger.ms')
        return call([
          'produce',
          needed(options.topic, '--topic'),
          ...connectionWords(options),
          '--quiet',
          ...(reader.get('parse.key') === 'true' ? ['-K', reader.get('key.separator') ?? '\\t'] : []),
          ...(compression === undefined ? [] : ['-z', compression]),
          ...(acks === undefined ? [] : [`--acks=${acks}`]),
          ...(linger === undefined ? [] : ['--linger', `${linger}ms`]),
          ...(producer.get('enable.idempotence') === 'false' ? ['--no-idempotence'] : []),
        ])
      }),
    )
}

/** `key=value`, each; a later one counts more. */
export function pairs(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf('=')
      return equals < 0 ? [text, 'true'] : [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}
