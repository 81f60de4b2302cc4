import type { Clock } from '../../src/platform/clock.ts'
import type { Logger } from '../../src/platform/logger.ts'
import { sleep } from '../../src/platform/clock.ts'
import { deferred } from '../../src/std/deferred.ts'
import type { Stat, WatchEvent, Watcher, ZooKeeper } from '../zookeeper.ts'
import { isZooKeeperError } from '../zookeeper.ts'

/** After a failed look, by a server that throttles or a connection that is gone for long. */
const RETRY_MS = 500

export interface FollowOptions<T> {
  readonly zooKeeper: ZooKeeper
  readonly clock: Clock
  readonly logger: Logger
  /** For log lines: `/brokers/ids`. */
  readonly what: string
  /** Reads, and sets a watch on what it reads in the same call. */
  readonly read: (watcher: Watcher) => Promise<T>
  /** Told what is there now. The next look waits until it is done; what it throws is logged. */
  readonly onValue: (value: T) => void | Promise<void>
}

export interface Follower {
  /** Resolves when the first value has been handled; also when the follower is stopped before. */
  readonly ready: Promise<void>
  /** Looks again although no watch has fired. */
  look(): void
  /** No value is handed out any more; resolves when the one being handled is done. */
  stop(): Promise<void>
}

/**
 * Makes a stream of "this is there now" out of one-shot watches. Looks at once, again after every event and in every
 * new session; changes that come while a value is being handled are one look. States in between may be missed: compare,
 * do not replay.
 */
export function follow<T>(options: FollowOptions<T>): Follower {
  return new WatchFollower(options)
}

/** Follows a znode's data. The value is null while the znode is not there. */
export function followData(
  options: Omit<
    FollowOptions<{ readonly data: Buffer | null; readonly stat: Stat } | null>,
    'read' | 'what'
  > & {
    readonly path: string
  },
): Follower {
  const { zooKeeper, path } = options
  return follow({ ...options, what: path, read: (watcher) => dataOrAbsence(zooKeeper, path, watcher) })
}

/** Follows the names of a znode's children, in no order. The value is null while the znode is not there. */
export function followChildren(
  options: Omit<FollowOptions<string[] | null>, 'read' | 'what'> & { readonly path: string },
): Follower {
  const { zooKeeper, path } = options
  return follow({ ...options, what: path, read: (watcher) => childrenOrAbsence(zooKeeper, path, watcher) })
}

/** A znode's data with a watch; when it is not there, with a watch for its creation. */
export async function dataOrAbsence(
  zooKeeper: ZooKeeper,
  path: string,
  watcher: Watcher,
): Promise<{ readonly data: Buffer | null; readonly stat: Stat } | null> {
  for (;;) {
    const found = await zooKeeper.get(path, watcher)
    if (found !== null || (await zooKeeper.exists(path, watcher)) === null) return found
  }
}

/** The names of a znode's children with a watch; when it is not there, with a watch for its creation. */
async function childrenOrAbsence(
  zooKeeper: ZooKeeper,
  path: string,
  watcher: Watcher,
): Promise<string[] | null> {
  for (;;) {
    const found = await zooKeeper.children(path, watcher)
    if (found !== null || (await zooKeeper.exists(path, watcher)) === null) return found
  }
}

class WatchFollower<T> implements Follower {
  private readonly options: FollowOptions<T>
  private readonly firstValue = deferred<void>()
  private readonly stopListening: () => void
  private running = Promise.resolve()
  private isRunning = false
  private mustLook = false
  private hasStopped = false

  constructor(options: FollowOptions<T>) {
    this.options = options
    this.stopListening = options.zooKeeper.session.listen({ afterNewSession: () => this.look() })
    this.look()
  }

  get ready(): Promise<void> {
    return this.firstValue.promise
  }

  look(): void {
    this.mustLook = true
    if (!this.hasStopped && !this.isRunning) this.running = this.run()
  }

  async stop(): Promise<void> {
    this.hasStopped = true
    this.stopListening()
    this.firstValue.resolve()
    await this.running
  }

  /** One and the same for every look, so that watches that have not fired do not pile up. */
  private readonly watcher = (event: WatchEvent): void => {
    // After the end of a session there is nothing to see until the next one, which has its own way of telling.
    if (event !== 'lost') this.look()
  }

  private async run(): Promise<void> {
    this.isRunning = true
    while (this.mustLook && !this.hasStopped) {
      this.mustLook = false
      const found = await this.read()
      if (found !== null && !this.isStopped()) await this.handle(found.value)
    }
    // In the same turn as the last check: a look asked for from here on starts anew.
    this.isRunning = false
  }

  private async read(): Promise<{ readonly value: T } | null> {
    const { read, clock, logger, what } = this.options
    try {
      return { value: await read(this.watcher) }
    } catch (error) {
      if (isZooKeeperError(error, 'SESSION_EXPIRED', 'AUTH_FAILED', 'CLOSED')) return null
      // That the connection is gone is said once, by the session.
      const isNews = !isZooKeeperError(error, 'NOT_SENT', 'UNKNOWN_OUTCOME')
      logger[isNews ? 'warn' : 'debug'](`${what} could not be read; it is tried again`, { error })
      await sleep(clock, RETRY_MS)
      this.mustLook = true
      return null
    }
  }

  private async handle(value: T): Promise<void> {
    try {
      await this.options.onValue(value)
    } catch (error) {
      this.options.logger.error(`a change of ${this.options.what} was not handled`, { error })
    }
    this.firstValue.resolve()
  }

  /** Asked again after every wait. */
  private isStopped(): boolean {
    return this.hasStopped
  }
}
