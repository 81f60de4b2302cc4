import { KafkaError, type ErrorName } from '../model/errors.ts'
import type { BrokerId } from '../model/ids.ts'
import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerFence } from '../../zk/stores/fence.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import { whyNot, type Leadership, type LeadershipChanges } from './leadership-changes.ts'
import type { Orders } from './orders.ts'
import { sameList } from './replica-assignment.ts'
import type { AlterPartitionProposal, AlterPartitionReply, InSyncReplicasProposal } from './requests.ts'

export interface AlterPartitionOptions {
  readonly context: ControllerContext
  readonly fence: ControllerFence
  readonly leaderships: LeadershipChanges
  readonly orders: Orders
  readonly logger: Logger
}

/** What to do with a leader's proposal for one partition. */
export type Verdict =
  | { readonly kind: 'accept'; readonly state: LeaderAndIsr }
  /** It holds already: the answer to an earlier one was lost. */
  | { readonly kind: 'known'; readonly state: LeaderAndIsr }
  | { readonly kind: 'refuse'; readonly error: ErrorName }

/** What a verdict depends on besides the proposal. */
export interface ProposalSituation {
  readonly leader: BrokerId
  /** Null when the partition has no leadership, or does not exist. */
  readonly current: LeaderAndIsr | null
  readonly replicas: readonly BrokerId[]
  readonly isLive: (broker: BrokerId) => boolean
  /** What a replica that is not live is refused with; it differs by request version. */
  readonly ineligibleError: ErrorName
}

/**
 * Judges a proposal, in Kafka's order of checks, with three more behind them, which Kafka leaves to the leader's good
 * sense: the proposer leads, it keeps itself in sync, and nobody is in sync who is not assigned.
 * Source: KafkaController.processAlterPartition (3.9); KIP-497, KIP-704, KIP-841.
 */
export function judgeProposal(proposal: InSyncReplicasProposal, situation: ProposalSituation): Verdict {
  const { leader, current, replicas } = situation
  const { leaderEpoch, partitionEpoch, inSyncReplicas, leaderRecoveryState } = proposal
  if (current === null) return refuse('UNKNOWN_TOPIC_OR_PARTITION')
  // The leader knows more than we do: we are not the controller any more, and it should look for the new one.
  if (partitionEpoch > current.partitionEpoch || leaderEpoch > current.leaderEpoch)
    return refuse('NOT_CONTROLLER')
  if (leaderEpoch < current.leaderEpoch) return refuse('FENCED_LEADER_EPOCH')
  const isKnown =
    leader === current.leader &&
    sameList(inSyncReplicas, current.inSyncReplicas) &&
    leaderRecoveryState === current.leaderRecoveryState
  if (isKnown) return { kind: 'known', state: current }
  if (partitionEpoch < current.partitionEpoch) return refuse('INVALID_UPDATE_VERSION')
  const isRecovering = leaderRecoveryState === 'RECOVERING'
  if (isRecovering && (inSyncReplicas.length > 1 || current.leaderRecoveryState === 'RECOVERED')) {
    return refuse('INVALID_REQUEST')
  }
  if (!inSyncReplicas.every(situation.isLive)) return refuse(situation.ineligibleError)
  const isSound =
    leader === current.leader &&
    inSyncReplicas.includes(leader) &&
    inSyncReplicas.every((broker) => replicas.includes(broker)) &&
    new Set(inSyncReplicas).size === inSyncReplicas.length
  if (!isSound) return refuse('INVALID_REQUEST')
  return { kind: 'accept', state: { ...current, inSyncReplicas, leaderRecoveryState } }
}

function refuse(error: ErrorName): Verdict {
  return { kind: 'refuse', error }
}

/** Answers leaders that propose other in-sync replicas. The leader epoch stays: leaders decide this, not elections. */
export class AlterPartition {
  private readonly options: AlterPartitionOptions
  private readonly context: ControllerContext

  constructor(options: AlterPartitionOptions) {
    this.options = options
    this.context = options.context
  }

  /**
   * Writes what is acceptable, and tells all brokers how the partitions stand. Throws KafkaError STALE_BROKER_EPOCH
   * when the proposer is not registered in the life that it claims.
   */
  async handle(proposal: AlterPartitionProposal): Promise<AlterPartitionReply> {
    if (this.context.brokers.get(proposal.broker)?.epoch !== proposal.brokerEpoch) {
      throw new KafkaError('STALE_BROKER_EPOCH')
    }
    const accepted: Leadership[] = []
    const named: Partition[] = []
    const judged = proposal.topics.map(({ id, name, partitions }) => {
      const topic = proposal.usesTopicIds ? this.context.topicOfId(id) : this.context.topic(name)
      const isUnknownId = topic === null && proposal.usesTopicIds
      const verdicts = partitions.map((entry) => {
        const partition = topic?.partitions.get(entry.partition) ?? null
        const verdict = isUnknownId ? refuse('UNKNOWN_TOPIC_ID') : this.judge(proposal, entry, partition)
        if (partition !== null) named.push(partition)
        if (partition !== null && verdict.kind === 'accept')
          accepted.push({ partition, state: verdict.state })
        return { entry, partition, verdict }
      })
      return { id, name, topic, verdicts }
    })
    const results = await this.write(accepted)
    await this.options.orders.issue([
      { kind: 'update-metadata', brokers: this.context.brokerIds, partitions: named },
    ])
    return {
      topics: judged.map(({ id, name, topic, verdicts }) => ({
        id,
        name: topic?.name ?? name,
        partitions: verdicts.map(({ entry, partition, verdict }) => ({
          partition: entry.partition,
          ...settled(verdict, partition === null ? undefined : results.get(partition)),
        })),
      })),
    }
  }

  private judge(
    { broker, usesTopicIds }: AlterPartitionProposal,
    entry: InSyncReplicasProposal,
    partition: Partition | null,
  ): Verdict {
    return judgeProposal(entry, {
      leader: broker,
      current: partition?.leadership ?? null,
      replicas: partition?.assignment.replicas ?? [],
      isLive: this.context.isLive,
      ineligibleError: usesTopicIds ? 'INELIGIBLE_REPLICA' : 'OPERATION_NOT_ATTEMPTED',
    })
  }

  private async write(accepted: readonly Leadership[]): Promise<Map<Partition, LeaderAndIsr | ErrorName>> {
    const results = new Map<Partition, LeaderAndIsr | ErrorName>()
    const overtaken: Partition[] = []
    const { leaderships, fence, logger } = this.options
    const next = accepted.map(({ partition, state }) => ({
      partition,
      state: { ...state, controllerEpoch: fence.epoch },
    }))
    for (const [partition, written] of await leaderships.replace(next)) {
      if (written.kind === 'written') {
        results.set(partition, written.state)
      } else if (written.kind === 'conflict') {
        overtaken.push(partition)
        results.set(partition, 'INVALID_UPDATE_VERSION')
      } else {
        logger.error(`In-sync replicas of ${partition.name} could not be written: ${whyNot(written)}`)
        results.set(partition, 'UNKNOWN_SERVER_ERROR')
      }
    }
    if (overtaken.length > 0) await leaderships.refresh(overtaken)
    return results
  }
}

function settled(
  verdict: Verdict,
  result: LeaderAndIsr | ErrorName | undefined,
): { readonly error: ErrorName; readonly state: LeaderAndIsr | null } {
  if (verdict.kind === 'refuse') return { error: verdict.error, state: null }
  if (verdict.kind === 'known') return { error: 'NONE', state: verdict.state }
  if (result === undefined) return { error: 'UNKNOWN_SERVER_ERROR', state: null }
  return typeof result === 'string' ? { error: result, state: null } : { error: 'NONE', state: result }
}
