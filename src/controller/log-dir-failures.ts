import type { Logger } from '../platform/logger.ts'
import type { AdminStore } from '../../zk/stores/admin-store.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import type { BrokerChanges } from './broker-changes.ts'
import type { ControllerContext, Replica } from './controller-context.ts'
import type { ControllerEvent } from './events.ts'
import type { ReplicaStates } from './replica-states.ts'
import type { Slices } from './slices.ts'

export interface LogDirFailuresOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly admin: AdminStore
  readonly replicaStates: ReplicaStates
  readonly brokerChanges: BrokerChanges
  readonly slices: Slices
  readonly logger: Logger
  /** Sees the next notification. */
  readonly watcher: Watcher
}

type LeaderAndIsrAnswer = Extract<ControllerEvent, { kind: 'LeaderAndIsrAnswered' }>

/**
 * Log directories fail. The broker only says that one has; which replicas were on it shows when all are sent
 * LeaderAndIsr again. Source: KafkaController.processLogDirEventNotification, KIP-112.
 */
export class LogDirFailures {
  private readonly options: LogDirFailuresOptions

  constructor(options: LogDirFailuresOptions) {
    this.options = options
  }

  async handle(): Promise<void> {
    const { admin, fence, context, replicaStates, watcher, logger } = this.options
    const news = await admin.logDirFailures(watcher)
    try {
      const brokers = new Set(news.values.map(({ broker }) => broker))
      if (brokers.size > 0) {
        logger.info('Log directories have failed', { brokers: [...brokers] })
        await replicaStates.move(context.replicasOn(brokers), 'Online')
      }
    } finally {
      await admin.clearLogDirFailures(fence, news.paths)
    }
  }

  /** A broker has answered which replicas it can host. What is on a failed disk from now on is offline. */
  async learn({ broker, hasFailures, results }: LeaderAndIsrAnswer): Promise<void> {
    const { context, brokerChanges, slices, logger } = this.options
    if (!hasFailures && !context.hasFailedDisks(broker)) return
    const lost: Replica[] = []
    await slices.each(results(), ({ topicId, partition: index, error }) => {
      if (error !== 'NONE' && error !== 'KAFKA_STORAGE_ERROR') return
      const partition = context.topicOfId(topicId)?.partitions.get(index)
      if (partition === undefined) return
      const isNews = context.noteDisk(broker, partition, error === 'KAFKA_STORAGE_ERROR')
      if (isNews && error === 'KAFKA_STORAGE_ERROR') lost.push({ partition, broker })
    })
    if (lost.length === 0) return
    logger.warn(`${lost.length} replicas of broker ${broker} are on failed disks`, {
      partitions: lost.slice(0, 20).map(({ partition }) => partition.name),
    })
    await brokerChanges.takeOffline(lost)
  }
}
