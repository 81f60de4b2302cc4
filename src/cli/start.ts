import type { Command } from 'commander'
import { createNodePlatform, type NodePlatform } from '../platform/node/node-platform.ts'
import { runBroker } from './broker-process.ts'
import { loadBrokerConfig, type LoadedConfig } from './broker-config.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { startEmbeddedZooKeeper } from './embedded-zookeeper.ts'
import { examples } from './help.ts'
import { collect } from './parse.ts'
import type { Shell } from './shell.ts'

export interface StartOptions {
  readonly override: readonly string[]
  readonly zookeeper: string | undefined
  readonly joinForeign: boolean
}

export function declareStart(command: Command, { shell, action }: CommandContext): void {
  command
    .argument('[server.properties]', 'its configuration, in Kafka’s own format')
    .option('--zookeeper <host:port/chroot>', 'the same as --override zookeeper.connect=…')
    .option('--override <key=value>', 'set one key; may be given again', collect, [])
    .option('--join-foreign', 'join a cluster of another make of brokers', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau start server.properties',
          'zurau start --zookeeper zk1:2181,zk2:2181/kafka --override broker.id=1',
          'KAFKA_ZOOKEEPER_CONNECT=zk1:2181/kafka KAFKA_BROKER_ID=1 zurau start',
          'zurau config explain server.properties',
        ],
        '{"level":"info","time":"…","msg":"[KafkaServer id=1] started"}',
      ) + '\n\nWhat counts more: --override, then KAFKA_… variables, then the file, then defaults.',
    )
    .action(action((path: string | undefined, options: StartOptions) => start(path ?? null, options, shell)))
}

/** `zurau start [server.properties] [--override key=value]…`: one broker in the foreground. */
export async function start(path: string | null, options: StartOptions, shell: Shell): Promise<number> {
  const ensemble = options.zookeeper === undefined ? [] : [`zookeeper.connect=${options.zookeeper}`]
  const loaded = loadBrokerConfig({
    disk: shell.disk,
    path,
    environment: shell.environment,
    overrides: [...ensemble, ...options.override],
  })
  const { config } = loaded
  const connectString = config.get('zookeeper.connect')
  if (connectString === null) {
    throw new CliError('zookeeper.connect is not set: a broker keeps its metadata in ZooKeeper', {
      advice:
        'set it: zurau start --zookeeper host:port/chroot; or try a broker without ZooKeeper: zurau dev',
      exitCode: 2,
    })
  }
  const platform = platformFor(loaded)
  const embedded = config.get('zurau.embedded.zookeeper')
    ? await startEmbeddedZooKeeper({ platform, connectString, directory: null, config })
    : null
  if (embedded === null) {
    const { refuseWhatHurts } = await import('./doctor/refuse.ts')
    await refuseWhatHurts({ platform, config, connectString, mayJoinForeign: options.joinForeign })
  }
  const broker = await runBroker({
    config,
    platform,
    connectString: embedded?.connectString ?? connectString,
    ...(embedded === null ? {} : { afterStop: () => embedded.stop() }),
  })
  return broker.ended
}

/** The machine as the configuration wants it, and what there is to say about the configuration. */
export function platformFor({ config, resolved }: LoadedConfig): NodePlatform {
  const platform = createNodePlatform({
    log: { level: config.get('zurau.log.level'), format: config.get('zurau.log.format') },
  })
  for (const { level, message } of resolved.notes) platform.logger[level](message)
  return platform
}
