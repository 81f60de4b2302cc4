import type { Command } from 'commander'
import { createZooKeeperClient } from '../../../zk/client/create-client.ts'
import { parseConnectString } from '../../../zk/connect-string.ts'
import type { Session, Stat, WatchEvent, ZooKeeper } from '../../../zk/zookeeper.ts'
import { hostPort } from '../../model/endpoint.ts'
import { CliError } from '../cli-error.ts'
import { SILENT_LOGGER } from '../node-shell.ts'
import { duration } from '../parse.ts'
import { chosenProfile } from '../profiles.ts'
import type { Shell } from '../shell.ts'

export interface EnsembleOptions {
  readonly zookeeper?: string
  readonly profile?: string
  readonly timeout: number
}

const DEFAULT_CONNECT = 'localhost:2181'
const DEFAULT_TIMEOUT_MS = 10_000
const SESSION_TIMEOUT_MS = 10_000

/** Options of every command that looks into ZooKeeper. */
export function addEnsembleOptions(command: Command): Command {
  return command
    .option('--zookeeper <host:port/chroot>', `which ensemble (default: ${DEFAULT_CONNECT})`)
    .option('--profile <name>', 'use the ensemble of a profile')
    .option('--timeout <duration>', 'how long to try', duration('--timeout'), DEFAULT_TIMEOUT_MS)
}

export interface ZnodeContent {
  readonly data: Buffer | null
  readonly stat: Stat
}

/** An ensemble as it is looked at: paths begin below the chroot, and nothing is ever written. */
export interface Ensemble {
  /** Servers and chroot, as they were given. */
  readonly name: string
  readonly chroot: string
  readonly session: Session
  get(path: string, watcher?: (event: WatchEvent) => void): Promise<ZnodeContent | null>
  children(path: string, watcher?: (event: WatchEvent) => void): Promise<string[] | null>
}

/** What the command names comes first, then the environment, then profiles, then this machine. */
export function connectStringOf({ environment, disk }: Shell, options: EnsembleOptions): string {
  if (options.zookeeper !== undefined) return options.zookeeper
  const { ZURAU_ZOOKEEPER: own, KAFKA_ZOOKEEPER_CONNECT: kafka } = environment
  const named = own ?? kafka
  if (options.profile === undefined && named !== undefined && named !== '') return named
  return chosenProfile(disk, environment, options.profile)?.zookeeper ?? DEFAULT_CONNECT
}

/**
 * Runs `act` in a session with the ensemble and ends it. Unlike a broker it does not make a chroot that is missing:
 * throws CliError then. Throws ZooKeeperUnavailableError, ConnectStringError.
 */
export async function withEnsemble<T>(
  shell: Shell,
  options: EnsembleOptions,
  act: (ensemble: Ensemble) => Promise<T>,
): Promise<T> {
  const name = connectStringOf(shell, options)
  const { servers, chroot } = parseConnectString(name)
  const zooKeeper = await createZooKeeperClient({
    connectString: servers.map(({ host, port }) => hostPort(host, port)).join(','),
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: options.timeout,
    maxInFlightRequests: 256,
    platform: { clock: shell.clock, random: shell.random, logger: SILENT_LOGGER },
  })
  try {
    if (chroot !== '') await mustExist(zooKeeper, chroot)
    return await act(ensembleOver(zooKeeper, name, chroot))
  } finally {
    await zooKeeper.close()
  }
}

function ensembleOver(zooKeeper: ZooKeeper, name: string, chroot: string): Ensemble {
  const full = (path: string): string => (path === '/' ? chroot || '/' : chroot + path)
  return {
    name,
    chroot,
    session: zooKeeper.session,
    get: (path, watcher) => zooKeeper.get(full(path), watcher),
    children: (path, watcher) => zooKeeper.children(full(path), watcher),
  }
}

async function mustExist(zooKeeper: ZooKeeper, chroot: string): Promise<void> {
  if ((await zooKeeper.exists(chroot)) !== null) return
  const parent = chroot.slice(0, Math.max(1, chroot.lastIndexOf('/')))
  const names = (await zooKeeper.children(parent)) ?? (await zooKeeper.children('/')) ?? []
  throw new CliError(
    `there is no ${chroot} in this ensemble; below ${parent} it has: ${names.sort().join(', ')}`,
    {
      advice: 'correct what follows the last server: --zookeeper HOST:PORT/CHROOT',
    },
  )
}

/** A path as the ensemble takes it: it begins with a slash and ends without one. Throws CliError. */
export function znodePath(text: string): string {
  const path = `/${text}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1')
  if (/\/\.{1,2}(\/|$)/.test(path)) throw new CliError(`${text} is not a path of a znode`, { exitCode: 2 })
  return path
}
