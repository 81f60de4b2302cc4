import type { AdminStore } from '../../zk/stores/admin-store.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import type { LeadershipChanges } from './leadership-changes.ts'
import type { Orders } from './orders.ts'
import type { Reassignment } from './reassignment.ts'

export interface IsrNotificationsOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly admin: AdminStore
  readonly leaderships: LeadershipChanges
  readonly reassignment: Reassignment
  readonly orders: Orders
  /** Sees the next notification. */
  readonly watcher: Watcher
}

/**
 * Leaders of old brokers (inter-broker protocol before 2.7) write in-sync replicas themselves and leave a note.
 * Source: KafkaController.processIsrChangeNotification (3.9).
 */
export class IsrNotifications {
  private readonly options: IsrNotificationsOptions

  constructor(options: IsrNotificationsOptions) {
    this.options = options
  }

  async handle(): Promise<void> {
    const { admin, fence, context, leaderships, reassignment, orders, watcher } = this.options
    const news = await admin.isrChanges(watcher)
    try {
      const changed = new Set<Partition>()
      for (const id of news.values.flat()) {
        const partition = context.partition(id)
        if (partition !== null) changed.add(partition)
      }
      if (changed.size === 0) return
      await leaderships.refresh([...changed])
      await orders.issue([{ kind: 'update-metadata', brokers: context.brokerIds, partitions: changed }])
      await reassignment.completeIfDone(changed)
    } finally {
      await admin.clearIsrChanges(fence, news.paths)
    }
  }
}
