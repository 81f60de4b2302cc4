import { errorCode, errorName, type ErrorName } from '../model/errors.ts'
import type { BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch } from '../model/ids.ts'
import { ZERO_UUID } from '../model/uuid.ts'
import type { ControllerChannel } from '../network/controller-channel.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { ResponseRead } from '../protocol/apis.ts'
import type { IsrChange } from './isr.ts'
import type { Leader } from './leader.ts'
import type { Partition } from './partition.ts'

/** The version of 3.9, and the last one in which topics go by name. */
const VERSION = 3
const BY_NAME_VERSION = 1
const RETRY_MS = 50
const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')

interface Proposal {
  readonly partition: Partition
  readonly leader: Leader
  readonly change: IsrChange
}

/** After these the leader must ask again; after others it waits for the controller to speak (see Leader.onIsrRefused). */
const FINAL: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'OPERATION_NOT_ATTEMPTED',
  'INELIGIBLE_REPLICA',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'INVALID_UPDATE_VERSION',
  'INVALID_REQUEST',
])

/**
 * The leaders' proposals to the controller: one request in flight, one proposal per partition, repeated until the
 * controller has answered it. Source: kafka.server.AlterPartitionManager; KIP-497.
 */
export class IsrProposals {
  /** What became of proposals since the start. */
  readonly counts = { shrinks: 0, expands: 0, refused: 0 }
  private readonly self: BrokerId
  private readonly brokerEpoch: () => BrokerEpoch
  private readonly controller: ControllerChannel
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly pending = new Map<string, Proposal>()
  private isSending = false
  private isClosed = false

  constructor(options: {
    self: BrokerId
    brokerEpoch: () => BrokerEpoch
    controller: ControllerChannel
    clock: Clock
    logger: Logger
  }) {
    this.self = options.self
    this.brokerEpoch = options.brokerEpoch
    this.controller = options.controller
    this.clock = options.clock
    this.logger = options.logger.child('IsrProposals')
  }

  propose(partition: Partition, leader: Leader, change: IsrChange): void {
    this.pending.set(partition.key, { partition, leader, change })
    void this.send()
  }

  close(): void {
    this.isClosed = true
    this.pending.clear()
  }

  private async send(): Promise<void> {
    if (this.isSending) return
    this.isSending = true
    try {
      // All proposals of this turn go out together.
      await Promise.resolve()
      while (this.pending.size > 0 && !this.isClosed) await this.sendOnce([...this.pending.values()])
    } finally {
      this.isSending = false
    }
  }

  private async sendOnce(proposals: readonly Proposal[]): Promise<void> {
    const current = proposals.filter((proposal) => this.isCurrent(proposal))
    if (current.length === 0) return
    const usesIds = current.every(({ partition }) => partition.topicId !== null)
    const version = usesIds ? VERSION : BY_NAME_VERSION
    const topics = current.map(({ partition, leader, change }) => ({
      topicName: partition.topic,
      topicId: partition.topicId ?? ZERO_UUID,
      partitions: [
        {
          partitionIndex: partition.partition,
          leaderEpoch: leader.leaderEpoch,
          partitionEpoch: leader.isrState.partitionEpoch,
          ...(version >= 3
            ? { newIsrWithEpochs: change.inSyncReplicas.map((brokerId) => ({ brokerId })) }
            : { newIsr: change.inSyncReplicas }),
        },
      ],
    }))
    try {
      const request = { brokerId: this.self, brokerEpoch: this.brokerEpoch(), topics }
      const response = await this.controller.call('AlterPartition', version, request, {
        timeoutMs: null,
        isRefused: ({ errorCode: code, topics: answered }) =>
          code === NOT_CONTROLLER ||
          answered.some(({ partitions }) => partitions.some((one) => one.errorCode === NOT_CONTROLLER)),
      })
      await this.take(response, current)
    } catch (error) {
      if (!this.isClosed)
        this.logger.warn('the controller could not be asked to change the in-sync replicas', { error })
      await sleep(this.clock, RETRY_MS)
    }
  }

  /** A proposal lives as long as the leadership that made it; the next one's stays. */
  private isCurrent(proposal: Proposal): boolean {
    if (proposal.partition.role === proposal.leader) return true
    this.settle(proposal)
    return false
  }

  private async take(response: ResponseRead<'AlterPartition'>, sent: readonly Proposal[]): Promise<void> {
    if (response.errorCode !== 0) {
      // A stale broker epoch: in a moment we have registered again, or know of it.
      this.logger.info('the controller refuses proposals', { error: errorName(response.errorCode) })
      await sleep(this.clock, RETRY_MS)
      return
    }
    for (const proposal of sent) {
      const { partition, leader } = proposal
      const answer = response.topics
        .find(
          ({ topicId, topicName }) =>
            (partition.topicId !== null && topicId === partition.topicId) || topicName === partition.topic,
        )
        ?.partitions.find(({ partitionIndex }) => partitionIndex === partition.partition)
      if (answer === undefined || !this.isCurrent(proposal)) continue
      const error = errorName(answer.errorCode)
      if (error === 'NONE') {
        this.settle(proposal)
        if (proposal.change.kind === 'shrink') this.counts.shrinks++
        else this.counts.expands++
        leader.onIsrAccepted({
          leaderEpoch: answer.leaderEpoch as LeaderEpoch,
          inSyncReplicas: answer.isr as BrokerId[],
          partitionEpoch: answer.partitionEpoch as PartitionEpoch,
        })
      } else if (FINAL.has(error)) {
        this.logger.info(`the in-sync replicas of ${partition.key} stay as they are`, { error })
        this.settle(proposal)
        this.counts.refused++
        leader.onIsrRefused(error)
      }
    }
  }

  private settle(proposal: Proposal): void {
    if (this.pending.get(proposal.partition.key) === proposal) this.pending.delete(proposal.partition.key)
  }
}
