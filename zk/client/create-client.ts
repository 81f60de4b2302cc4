import type { Platform } from '../../src/platform/platform.ts'
import { parseConnectString } from '../connect-string.ts'
import type { Acl, ZooKeeper } from '../zookeeper.ts'
import { OPEN_ACL, ZooKeeperError, isZooKeeperError } from '../zookeeper.ts'
import { Connection } from './connection.ts'
import type { Credential } from './connection.ts'
import { NodeClient } from './node-client.ts'
import type { ClientStatistics } from './node-client.ts'
import { checkPackage } from './package-check.ts'
import { ServerList } from './server-list.ts'
import { ClientSession } from './session.ts'

export interface ZooKeeperClientOptions {
  /** `zookeeper.connect`: servers and chroot. */
  readonly connectString: string
  /** `zookeeper.session.timeout.ms`: what is asked for; servers grant 2 to 20 of their ticks. */
  readonly sessionTimeoutMs: number
  /** `zookeeper.connection.timeout.ms`: how long to wait for the first connection. */
  readonly connectionTimeoutMs: number
  /** `zookeeper.max.in.flight.requests`. */
  readonly maxInFlightRequests: number
  readonly platform: Pick<Platform, 'clock' | 'random' | 'logger'>
  readonly credentials?: readonly Credential[]
  /** Of a chroot that has to be made. */
  readonly chrootAcl?: readonly Acl[]
  /** The servers' jute.maxbuffer. */
  readonly maxRequestBytes?: number
  /** Requests that may wait: more fail with OVERLOADED. */
  readonly maxQueuedRequests?: number
  readonly maxQueuedBytes?: number
  /** Told how long each request waited for its answer, in milliseconds. */
  readonly onAnswer?: (latencyMs: number) => void
}

export interface ZooKeeperClient extends ZooKeeper {
  statistics(): ClientStatistics
}

/** No server of the ensemble served us in time. The message says who was asked, how long, and what each answered. */
export class ZooKeeperUnavailableError extends Error {
  override readonly name = 'ZooKeeperUnavailableError'
}

const MiB = 1024 * 1024
/** The servers' default for jute.maxbuffer. */
const DEFAULT_MAX_REQUEST_BYTES = 0xfffff
/** A list of a million children with names of 40 characters is 44 MB. */
const MAX_REPLY_BYTES = 64 * MiB

/**
 * Connects to an ensemble; makes the chroot if it is missing. Throws ConnectStringError, ZooKeeperUnavailableError,
 * ZooKeeperError AUTH_FAILED, or why the chroot could not be made.
 */
export async function createZooKeeperClient(options: ZooKeeperClientOptions): Promise<ZooKeeperClient> {
  const { servers, chroot } = parseConnectString(options.connectString)
  const { clock, random, logger } = options.platform
  checkPackage()
  const serverList = new ServerList(servers, random)
  const { onAnswer } = options
  const session = new ClientSession({
    clock,
    logger,
    openConnection: (onState) =>
      new Connection(
        {
          clock,
          servers: serverList,
          chroot,
          sessionTimeoutMs: options.sessionTimeoutMs,
          maxConnectMs: options.connectionTimeoutMs,
          credentials: options.credentials ?? [],
          limits: {
            maxInFlight: options.maxInFlightRequests,
            maxQueued: options.maxQueuedRequests ?? 100_000,
            maxQueuedBytes: options.maxQueuedBytes ?? 64 * MiB,
            maxReplyBytes: MAX_REPLY_BYTES,
          },
          onWatcherError: (error, path) => logger.error(`a watcher of ${path} failed`, { error }),
          ...(onAnswer === undefined ? {} : { onAnswer }),
        },
        onState,
      ),
  })
  const maxRequestBytes = options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES
  const client = new NodeClient({ session, clock, chroot, maxRequestBytes })
  try {
    await connectInTime()
    // Answers come in order: the first one also tells whether our credentials were taken.
    const mustAsk = chroot !== '' || (options.credentials ?? []).length > 0
    const isRootThere = !mustAsk || (await client.exists('/')) !== null
    if (!isRootThere && chroot !== '') await makeChroot(unrooted(), chroot, options.chrootAcl ?? OPEN_ACL)
  } catch (error) {
    await client.close()
    throw error
  }
  return client

  async function connectInTime(): Promise<void> {
    const timedOut = new Promise<never>((_, reject) => {
      const timer = clock.after(options.connectionTimeoutMs, () => {
        const words = `no ZooKeeper server served us within ${options.connectionTimeoutMs} ms`
        reject(new ZooKeeperUnavailableError(`${words}: ${serverList.describe()}`))
      })
      const stop = () => timer.cancel()
      session.connected().then(stop, stop)
    })
    session.start()
    await Promise.race([session.connected(), timedOut])
  }

  function unrooted(): NodeClient {
    return new NodeClient({ session, clock, chroot: '', maxRequestBytes })
  }
}

/** The chroot and its parents, over the same session but with paths from the root of the ensemble. */
async function makeChroot(unrooted: ZooKeeper, chroot: string, acl: readonly Acl[]): Promise<void> {
  const names = chroot.slice(1).split('/')
  for (let depth = 1; depth <= names.length; depth++) {
    const path = `/${names.slice(0, depth).join('/')}`
    try {
      await unrooted.create(path, null, { acl })
    } catch (error) {
      if (isZooKeeperError(error, 'NODE_EXISTS')) continue
      const why = error instanceof Error ? error.message : String(error)
      throw new ZooKeeperError(
        isZooKeeperError(error) ? error.error : 'SYSTEM_ERROR',
        path,
        `the chroot ${chroot} cannot be made: ${why}`,
      )
    }
  }
}
