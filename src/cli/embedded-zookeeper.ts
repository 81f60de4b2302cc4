import { logDirs } from '../config/derived.ts'
import type { LiveBrokerConfig } from '../config/live-config.ts'
import { DiskError } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { NetworkError } from '../platform/network.ts'
import type { NodePlatform } from '../platform/node/node-platform.ts'
import { parseConnectString } from '../../zk/connect-string.ts'
import { createEmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { CliError } from './cli-error.ts'
import { explainStartup } from './startup-fault.ts'

export interface RunningZooKeeper {
  /** Where it serves, the chroot included. */
  readonly connectString: string
  stop(): Promise<void>
}

/**
 * A ZooKeeper inside this process, at the one address in the connect string. Its sessions end with the process, so that
 * a broker which was killed need not wait for its own. `directory`: where it keeps its data; null: beside the logs.
 * `isForDevelopment`: it takes a free port when the wanted one is in use, and does not warn of what it is.
 */
export async function startEmbeddedZooKeeper(options: {
  platform: NodePlatform
  connectString: string
  directory: string | null
  config: LiveBrokerConfig
  inMemory?: boolean
  isForDevelopment?: boolean
}): Promise<RunningZooKeeper> {
  const { platform, connectString, config, inMemory = false, isForDevelopment = false } = options
  const { servers, chroot } = parseConnectString(connectString)
  const [server] = servers
  if (server === undefined || servers.length > 1) {
    throw new CliError(
      `an embedded ZooKeeper has one address, and zookeeper.connect names ${servers.length}`,
      {
        advice: 'name one address of this machine, or use the ensemble: zurau.embedded.zookeeper=false',
        exitCode: 2,
      },
    )
  }
  const directory = options.directory ?? `${logDirs(config)[0] ?? ''}/../zookeeper`
  const logger = isForDevelopment ? withoutWarnings(platform.logger) : platform.logger
  const open = async (port: number) => {
    const embedded = createEmbeddedZooKeeper({
      platform: { ...platform, logger },
      config: {
        dataDirectory: inMemory ? null : directory,
        host: server.host,
        port,
        maxClientConnections: 0,
        fourLetterWords: ['*'],
        forgetSessions: true,
      },
      onFailure: (error) => platform.logger.fatal('the embedded ZooKeeper has failed', { error }),
    })
    await embedded.start()
    return embedded
  }
  const isTaken = (error: unknown): boolean => error instanceof NetworkError && error.code === 'EADDRINUSE'
  const embedded = await open(server.port).catch((error: unknown) => {
    if (isTaken(error) && isForDevelopment) return open(0)
    if (isTaken(error)) {
      throw new CliError(`port ${server.port}, wanted for the embedded ZooKeeper, is in use`, {
        advice:
          'if a ZooKeeper runs there, use it: zurau start --zookeeper HOST:PORT; otherwise name another port',
        fault: 'ZU1002',
        cause: error,
      })
    }
    throw error instanceof DiskError ? (explainStartup(error) ?? error) : error
  })
  if (!isForDevelopment) {
    platform.logger.warn(
      'metadata is kept by an embedded ZooKeeper: one process, one point of failure; not for production',
    )
  }
  return { connectString: `${embedded.host}:${embedded.port}${chroot}`, stop: () => embedded.stop() }
}

/** What it warns of, the banner of `zurau dev` says already. */
function withoutWarnings(logger: Logger): Logger {
  return {
    debug: (message, details) => logger.debug(message, details),
    info: (message, details) => logger.info(message, details),
    warn: (message, details) => logger.info(message, details),
    error: (message, details) => logger.error(message, details),
    fatal: (message, details) => logger.fatal(message, details),
    child: (component) => withoutWarnings(logger.child(component)),
  }
}
