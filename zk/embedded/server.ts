import type { Listener } from '../../src/platform/network.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { assert } from '../../src/std/assert.ts'
import type { SessionId } from '../zookeeper.ts'
import { checkConfig } from './config.ts'
import type { CheckedConfig, EmbeddedZooKeeperConfig } from './config.ts'
import { Database } from './database.ts'
import { Service } from './service.ts'
import type { SessionStatus } from './service.ts'
import { Storage } from './storage.ts'

/** A ZooKeeper of our own, for development, tests and drills: one server, and so one point of failure. */
export interface EmbeddedZooKeeper {
  /** Reads what is stored and begins to serve. */
  start(): Promise<void>
  /** The address it listens on, once started. */
  readonly host: string
  /** The port it listens on, once started. */
  readonly port: number
  /** Closes all connections and makes everything durable. The sessions stay, for the next start. */
  stop(): Promise<void>
  sessions(): SessionStatus[]
  /** Ends a session as if its time were up: ephemerals go, its connection is closed. False when there is none. */
  expireSession(id: SessionId): boolean
  /**
   * Ends every session that has no connection now, and returns how many. For whoever knows that the missing ones
   * were killed and will not come back, and does not want to wait for their timeouts.
   */
  expireDisconnectedSessions(): number
}

export interface EmbeddedZooKeeperOptions {
  readonly platform: Platform
  readonly config: EmbeddedZooKeeperConfig
  /** The disk refused a transaction: nobody is served any more. The owner should stop the server. */
  readonly onFailure?: (error: unknown) => void
}

/**
 * Throws RangeError when the configuration cannot work. Nothing happens before `start`, which may throw
 * DamagedFileError, DiskError and NetworkError.
 */
export function createEmbeddedZooKeeper(options: EmbeddedZooKeeperOptions): EmbeddedZooKeeper {
  return new EmbeddedServer(options)
}

interface Running {
  readonly service: Service
  readonly storage: Storage | null
  readonly listener: Listener
}

class EmbeddedServer implements EmbeddedZooKeeper {
  private readonly platform: Platform
  private readonly config: CheckedConfig
  private readonly onFailure: (error: unknown) => void
  private running: Running | null = null

  constructor({ platform, config, onFailure }: EmbeddedZooKeeperOptions) {
    const { clock, random, disk, network } = platform
    this.platform = { clock, random, disk, network, logger: platform.logger.child('zookeeper') }
    this.config = checkConfig(config)
    this.onFailure = onFailure ?? (() => undefined)
  }

  get host(): string {
    return this.live.listener.host
  }

  get port(): number {
    return this.live.listener.port
  }

  async start(): Promise<void> {
    assert(this.running === null, 'the embedded ZooKeeper runs already')
    const { network, logger } = this.platform
    const { host, port, dataDirectory } = this.config
    const { service, storage } = await this.open()
    try {
      if (this.config.forgetSessions) service.expireAllSessions()
      const listener = await network.listen({ host, port }, (stream) => service.accept(stream))
      this.running = { service, storage, listener }
      service.begin(listener.port)
    } catch (error) {
      await storage?.close()
      throw error
    }
    logger.warn('embedded ZooKeeper serves: a single server for development, not for production', {
      address: `${this.host}:${this.port}`,
      dataDirectory,
    })
  }

  async stop(): Promise<void> {
    const { running } = this
    if (running === null) return
    this.running = null
    await running.listener.close()
    running.service.end()
    await running.storage?.close()
    await running.service.drained()
  }

  sessions(): SessionStatus[] {
    return this.live.service.sessionStatuses()
  }

  expireSession(id: SessionId): boolean {
    return this.live.service.expireSession(id)
  }

  expireDisconnectedSessions(): number {
    return this.live.service.expireDisconnectedSessions()
  }

  /** In memory, or with what the data directory holds. */
  private async open(): Promise<{ service: Service; storage: Storage | null }> {
    const { platform, config } = this
    const { dataDirectory, tickTimeMs, snapshotEveryTransactions } = config
    if (dataDirectory === null) {
      const database = Database.empty(tickTimeMs, () => undefined)
      return { service: new Service({ platform, config, database, storage: null }), storage: null }
    }
    let service: Service | null = null
    const storage = await Storage.open({
      ...platform,
      directory: dataDirectory,
      tickTimeMs,
      snapshotEveryTransactions,
      onDurable: () => service?.flush(),
      onFailure: (error) => {
        platform.logger.fatal('the embedded ZooKeeper cannot write its log, and serves nobody', { error })
        service?.refuseEverybody()
        this.onFailure(error)
      },
    })
    service = new Service({ platform, config, database: storage.database, storage })
    return { service, storage }
  }

  private get live(): Running {
    assert(this.running !== null, 'the embedded ZooKeeper does not run')
    return this.running
  }
}
