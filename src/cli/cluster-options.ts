import { Option, type Command } from 'commander'
import { ClusterAdmin } from '../client/cluster-admin.ts'
import { ClusterClient } from '../client/cluster-client.ts'
import { chosenProfile } from './profiles.ts'
import { addressList, duration } from './parse.ts'
import type { Shell } from './shell.ts'

export interface ClusterOptions {
  readonly bootstrapServer?: string
  readonly profile?: string
  readonly zookeeper?: string
  readonly timeout: number
  /** Commands of old know ZooKeeper only: nobody is told that there is another way. */
  readonly isOldCommand?: boolean
}

export const DEFAULT_BOOTSTRAP = 'localhost:9092'
const DEFAULT_TIMEOUT_MS = 15_000
const DEFAULT_PORT = 9092

/** Options of every command that talks to brokers. */
export function addClusterOptions(command: Command): Command {
  return command
    .option('-b, --bootstrap-server <host:port,..>', `brokers to begin with (default: ${DEFAULT_BOOTSTRAP})`)
    .option('--profile <name>', 'use the brokers of a profile')
    .option('--timeout <duration>', 'how long to try', duration('--timeout'), DEFAULT_TIMEOUT_MS)
    .addOption(new Option('--zookeeper <host:port/chroot>', 'find the brokers in ZooKeeper').hideHelp())
}

/** A connected cluster, for as long as a command runs. */
export interface Cluster {
  readonly client: ClusterClient
  readonly admin: ClusterAdmin
  /** How long single operations may be tried. */
  readonly timeoutMs: number
}

/** Runs `act` with a client of the cluster that the options name, and closes it. */
export async function withCluster<T>(
  shell: Shell,
  options: ClusterOptions,
  act: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const { clock, network } = shell
  const bootstrap = await bootstrapOf(shell, options)
  const client = new ClusterClient({
    clock,
    network,
    bootstrap,
    clientId: 'zurau',
    requestTimeoutMs: options.timeout,
  })
  const admin = new ClusterAdmin({ client, timeoutMs: options.timeout })
  try {
    // At first contact nobody is waited for: a wrong address is to be heard of at once.
    await client.metadata([])
    return await act({ client, admin, timeoutMs: options.timeout })
  } finally {
    client.close()
  }
}

/** What the command names comes first, then the environment, then profiles, then this machine. */
async function bootstrapOf(shell: Shell, options: ClusterOptions): Promise<{ host: string; port: number }[]> {
  const { environment, disk, err } = shell
  if (options.bootstrapServer !== undefined) return addressList(options.bootstrapServer, DEFAULT_PORT)
  if (options.zookeeper !== undefined) {
    if (options.isOldCommand !== true)
      await err.write(
        'zurau: --zookeeper is not needed any more: brokers are asked themselves, -b host:port\n',
      )
    return findInZooKeeper(shell, options.zookeeper)
  }
  const { ZURAU_BOOTSTRAP: named } = environment
  if (options.profile === undefined && named !== undefined && named !== '')
    return addressList(named, DEFAULT_PORT)
  const profile = chosenProfile(disk, environment, options.profile)
  if (profile === null) return addressList(DEFAULT_BOOTSTRAP, DEFAULT_PORT)
  if (profile.bootstrap !== null) return addressList(profile.bootstrap, DEFAULT_PORT)
  return findInZooKeeper(shell, profile.zookeeper ?? '')
}

async function findInZooKeeper(
  shell: Shell,
  connectString: string,
): Promise<{ host: string; port: number }[]> {
  const { brokersInZooKeeper } = await import('./zk/brokers.ts')
  return brokersInZooKeeper(shell, connectString)
}
