import { Option, type Command } from 'commander'
import type { ClusterOptions } from '../cluster-options.ts'
import { CliError } from '../cli-error.ts'

export interface ApacheConnection {
  readonly bootstrapServer?: string
  readonly brokerList?: string
  readonly zookeeper?: string
  readonly commandConfig?: string
}

const TIMEOUT_MS = 30_000

/** The ways in which Apache's commands say which cluster; old ones name ZooKeeper. */
export function addApacheConnection(command: Command): Command {
  return command
    .option('--bootstrap-server <host:port,..>', 'brokers to begin with')
    .option('--zookeeper <host:port/chroot>', 'as up to Kafka 2.8: the brokers are found there')
    .addOption(new Option('--broker-list <host:port,..>', 'as --bootstrap-server').hideHelp())
    .addOption(new Option('--command-config <file>', 'read by Java clients only').hideHelp())
}

/** As our own commands take it. */
export function clusterOf(options: ApacheConnection): ClusterOptions {
  const bootstrapServer = options.bootstrapServer ?? options.brokerList
  return {
    timeout: TIMEOUT_MS,
    isOldCommand: true,
    ...(bootstrapServer === undefined ? {} : { bootstrapServer }),
    ...(options.zookeeper === undefined ? {} : { zookeeper: options.zookeeper }),
  }
}

/** As words for our own commands. */
export function connectionWords(options: ApacheConnection): string[] {
  const bootstrapServer = options.bootstrapServer ?? options.brokerList
  if (bootstrapServer !== undefined) return ['-b', bootstrapServer]
  return options.zookeeper === undefined ? [] : ['--zookeeper', options.zookeeper]
}

/** Apache's commands do one thing at a time. Throws CliError unless exactly one of the actions is wanted. */
export function oneAction<Name extends string>(
  options: Partial<Record<Name, unknown>>,
  names: readonly Name[],
): Name {
  const wanted = names.filter((name) => options[name] !== undefined && options[name] !== false)
  const [first] = wanted
  if (first !== undefined && wanted.length === 1) return first
  const flags = names.map((name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
  throw new CliError(`exactly one of ${flags.join(', ')} is needed`, { advice: 'see --help', exitCode: 2 })
}

/** An option without which the action makes no sense. Throws CliError. */
export function needed<T>(value: T | undefined, flag: string): T {
  if (value !== undefined) return value
  throw new CliError(`${flag} is missing`, { advice: 'see --help', exitCode: 2 })
}
