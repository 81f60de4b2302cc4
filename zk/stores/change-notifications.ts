import type { Logger } from '../../src/platform/logger.ts'
import { persistently } from '../client/retry.ts'
import { followChildren } from '../client/watch.ts'
import type { Follower } from '../client/watch.ts'
import type { Znode } from '../znode.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import { mapPipelined } from './pipeline.ts'
import { ensurePath, parentOf, storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

type NotificationZnode<Value> = Znode<`${string}{sequence:sequence}`, Value>

/** How long a notification is kept. Who may have been away for longer must read everything anew. Kafka's constant. */
const EXPIRATION_MS = 15 * 60 * 1000

/**
 * Appends a notification to its row. When nobody knows whether it was written, it is written once more: those who read
 * it only look at something twice. Source: KafkaZkClient.createConfigChangeNotification.
 */
export async function writeNotification<Value>(
  context: StoreContext,
  znode: NotificationZnode<Value>,
  value: Value,
): Promise<void> {
  const { zooKeeper, acls } = context
  const prefix = znode.prefix()
  const write = () =>
    persistently(context, () =>
      zooKeeper.create(prefix, znode.encode(value), { mode: 'persistent-sequential', acl: acls(prefix) }),
    )
  try {
    await write()
  } catch (error) {
    if (!isZooKeeperError(error, 'NO_NODE')) throw error
    await ensurePath(context, parentOf(prefix) ?? '/')
    await write()
  }
}

export interface ChangeNotificationsOptions<Value> extends StoreOptions {
  readonly logger: Logger
  /** What the row consists of. */
  readonly znode: NotificationZnode<Value>
  /** Handles one notification; the next waits. What it throws is logged, and the notification counts as handled. */
  readonly onNotification: (value: Value) => void | Promise<void>
}

interface Notification {
  readonly name: string
  readonly sequence: number
}

/**
 * Follows a row of numbered notifications: handles each once, in order; at the start and in a new session all that are
 * there and were not handled. Removes the old ones: whoever comes first. Source: ZkNodeChangeNotificationListener.
 */
export class ChangeNotifications<Value> {
  private readonly context: StoreContext
  private readonly options: ChangeNotificationsOptions<Value>
  private readonly parent: string
  private lastSequence = -1
  /** When the znodes that were read were made, by the servers' clock. */
  private readonly createdMs = new Map<string, number>()
  private follower: Follower | null = null

  constructor(options: ChangeNotificationsOptions<Value>) {
    this.options = options
    this.context = storeContext(options)
    this.parent = parentOf(options.znode.prefix()) ?? '/'
  }

  /** Resolves when everything that is there now has been handled. */
  async start(): Promise<void> {
    const { zooKeeper, clock } = this.context
    this.follower = followChildren({
      zooKeeper,
      clock,
      logger: this.options.logger,
      path: this.parent,
      onValue: (names) => this.process(names ?? []),
    })
    await this.follower.ready
  }

  async stop(): Promise<void> {
    await this.follower?.stop()
  }

  private async process(names: readonly string[]): Promise<void> {
    const notifications = names.map((name) => this.parse(name)).filter((found) => found !== null)
    notifications.sort((one, other) => one.sequence - other.sequence)
    const fresh = notifications.filter(({ sequence }) => sequence > this.lastSequence)
    const contents = await mapPipelined(fresh, ({ name }) => this.read(name))
    for (const [index, { name, sequence }] of fresh.entries()) {
      const content = contents[index]
      if (content != null) await this.handle(name, content)
      this.lastSequence = sequence
    }
    await this.purge(new Set(names))
  }

  private parse(name: string): Notification | null {
    const parameters = this.options.znode.match(this.pathOf(name))
    return parameters === null ? null : { name, sequence: parameters.sequence }
  }

  private async read(name: string): Promise<Buffer | null> {
    const path = this.pathOf(name)
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
    if (found === null) return null
    this.createdMs.set(name, found.stat.ctimeMs)
    return found.data ?? Buffer.alloc(0)
  }

  private async handle(name: string, data: Buffer): Promise<void> {
    const path = this.pathOf(name)
    try {
      await this.options.onNotification(this.options.znode.decode(data, path))
    } catch (error) {
      this.options.logger.error(`the notification ${path} was not handled`, { error })
    }
  }

  private async purge(present: ReadonlySet<string>): Promise<void> {
    const { zooKeeper, clock } = this.context
    const oldestMs = clock.nowMs() - EXPIRATION_MS
    for (const [name, createdMs] of [...this.createdMs]) {
      if (present.has(name) && createdMs >= oldestMs) continue
      this.createdMs.delete(name)
      if (!present.has(name)) continue
      try {
        await persistently(this.context, () => zooKeeper.delete(this.pathOf(name), ANY_VERSION))
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_NODE')) throw error
      }
    }
  }

  private pathOf(name: string): string {
    return `${this.parent}/${name}`
  }
}
