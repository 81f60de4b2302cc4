import type { Command } from 'commander'
import { hostPort } from '../model/endpoint.ts'
import { loadBrokerConfig } from './broker-config.ts'
import { runBroker, uptimeMs } from './broker-process.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { startEmbeddedZooKeeper } from './embedded-zookeeper.ts'
import { examples } from './help.ts'
import { collect, wholeNumber } from './parse.ts'
import type { Shell } from './shell.ts'
import { platformFor } from './start.ts'
import { VERSION } from './version.ts'

export interface DevOptions {
  readonly port: number
  readonly data: string
  readonly memory: boolean
  readonly zookeeper: string | undefined
  readonly verbose: boolean
  readonly override: readonly string[]
}

const EMBEDDED_AT = '127.0.0.1:2181'

export function declareDev(command: Command, { shell, action }: CommandContext): void {
  command
    .option('-p, --port <port>', 'where Kafka clients connect; 0: any that is free', devPort, 9092)
    .option('-d, --data <directory>', 'where data are kept', '.zurau')
    .option('--memory', 'forget the metadata at the end', false)
    .option('--zookeeper <host:port/chroot>', 'use a real ZooKeeper instead')
    .option('-v, --verbose', 'print the log', false)
    .option('--override <key=value>', 'set one key of the configuration; may be given again', collect, [])
    .addHelpText(
      'after',
      examples(
        ['zurau dev', 'zurau dev --port 19092 --data /tmp/kafka', 'zurau dev --zookeeper localhost:2181/dev'],
        [
          `zurau ${VERSION}   node ${process.versions.node}   pid 4711`,
          '▸ kafka     localhost:9092     ready in 148 ms',
          '▸ zookeeper 127.0.0.1:2181     embedded   ← --zookeeper HOST:PORT for a real one',
          '▸ data      .zurau',
        ].join('\n'),
      ),
    )
    .action(action((options: DevOptions) => dev(options, shell)))
}

const devPort = wholeNumber('--port', { min: 0, max: 65_535 })

/** `zurau dev`: a broker to develop against, in one command, with its metadata service inside. */
async function dev(options: DevOptions, shell: Shell): Promise<number> {
  const loaded = loadBrokerConfig({
    disk: shell.disk,
    path: null,
    environment: {},
    overrides: [...defaultsOf(options), ...options.override],
  })
  const { config } = loaded
  const platform = platformFor(loaded)
  const embedded =
    options.zookeeper === undefined
      ? await startEmbeddedZooKeeper({
          platform,
          connectString: EMBEDDED_AT,
          directory: `${options.data}/zookeeper`,
          config,
          inMemory: options.memory,
          isForDevelopment: true,
        })
      : null
  const connectString = embedded?.connectString ?? options.zookeeper ?? EMBEDDED_AT
  const running = await runBroker({
    config,
    platform,
    connectString,
    ...(embedded === null ? {} : { afterStop: () => embedded.stop() }),
    onHttp: (url) => void shell.out.write(`  ▸ http      ${url}     /healthz /readyz /metrics\n`),
  }).catch((error: unknown) => {
    throw portAdvice(error)
  })
  const [listener] = running.broker.listeners
  const address = listener === undefined ? '' : hostPort('localhost', listener.port)
  await shell.out.write(banner({ ...options, address, connectString, isEmbedded: embedded !== null }))
  return running.ended
}

function portAdvice(error: unknown): unknown {
  if (!(error instanceof CliError) || error.fault !== 'ZU1002') return error
  return new CliError(error.message, {
    advice:
      'another broker may run there already: zurau health; or take another port: zurau dev --port 19092',
    fault: error.fault,
    cause: error,
  })
}

/** What listens where, and the next thing to type. */
export function banner(running: {
  readonly address: string
  readonly connectString: string
  readonly isEmbedded: boolean
  readonly memory: boolean
  readonly data: string
}): string {
  const { address, connectString, isEmbedded, memory, data } = running
  const embedded = isEmbedded
    ? `     embedded${memory ? ', in memory' : ''}   ← --zookeeper HOST:PORT for a real one`
    : ''
  const flag = address === 'localhost:9092' ? '' : ` -b ${address}`
  return [
    '',
    `  zurau ${VERSION}   node ${process.versions.node}   pid ${process.pid}`,
    `  ▸ kafka     ${address}     ready in ${Math.round(uptimeMs())} ms`,
    `  ▸ zookeeper ${connectString}${embedded}`,
    `  ▸ data      ${data}`,
    '',
    `  try   kcat -b ${address} -L`,
    `        zurau produce${flag} demo hello   ·   zurau consume${flag} demo --from-beginning`,
    `  stop  Ctrl-C; twice: at once`,
    '',
    '',
  ].join('\n')
}

function defaultsOf({ port, data, verbose }: DevOptions): string[] {
  return [
    'broker.id=1',
    `listeners=PLAINTEXT://:${port}`,
    `advertised.listeners=PLAINTEXT://localhost:${port}`,
    `zookeeper.connect=${EMBEDDED_AT}`,
    `log.dirs=${data}/kafka`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    `zurau.log.level=${verbose ? 'info' : 'warn'}`,
  ]
}
