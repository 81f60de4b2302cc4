import type {
  BrokerEpoch,
  BrokerId,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
  ProducerId,
} from '../model/ids.ts'
import type { ErrorName } from '../model/errors.ts'
import type { LeaderAndIsr, LeaderRecoveryState } from '../model/leader-and-isr.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { Uuid } from '../model/uuid.ts'

/** What the controller is asked, and what it answers, in the words of the domain. */

/** How something went: `NONE` and null when well. */
export interface Outcome {
  readonly error: ErrorName
  /** Null: the error's usual words will do. */
  readonly message: string | null
}

export const DONE: Outcome = { error: 'NONE', message: null }

export type PartitionOutcome = TopicPartition & Outcome

/** Preferred: to the first replica. Unclean: to any replica that is online, where the leader is gone. */
export type ElectionKind = 'preferred' | 'unclean'

/** `leader`: who was elected; null where nobody was. */
export type ElectionOutcome = PartitionOutcome & { readonly leader: BrokerId | null }

/** Null `replicas`: give up the reassignment that is in progress. */
export interface ReassignmentRequest extends TopicPartition {
  readonly replicas: readonly BrokerId[] | null
}

/** A reassignment in progress. */
export interface OngoingReassignment extends TopicPartition {
  readonly replicas: readonly BrokerId[]
  readonly adding: readonly BrokerId[]
  readonly removing: readonly BrokerId[]
}

/** A leader's wish to change the in-sync replicas of partitions it leads. */
export interface AlterPartitionProposal {
  readonly broker: BrokerId
  readonly brokerEpoch: BrokerEpoch
  /** From request version 2 on: topics go by their ids, and refused replicas have an error of their own. */
  readonly usesTopicIds: boolean
  readonly topics: readonly {
    /** Counts when `usesTopicIds`. */
    readonly id: Uuid
    /** Counts otherwise. */
    readonly name: string
    readonly partitions: readonly InSyncReplicasProposal[]
  }[]
}

export interface InSyncReplicasProposal {
  readonly partition: PartitionIndex
  readonly leaderEpoch: LeaderEpoch
  readonly partitionEpoch: PartitionEpoch
  readonly inSyncReplicas: readonly BrokerId[]
  readonly leaderRecoveryState: LeaderRecoveryState
}

/** In the order of the proposal. `state` is what holds now; null where `error` is not NONE. */
export interface AlterPartitionReply {
  readonly topics: readonly {
    readonly id: Uuid
    readonly name: string
    readonly partitions: readonly {
      readonly partition: PartitionIndex
      readonly error: ErrorName
      readonly state: LeaderAndIsr | null
    }[]
  }[]
}

export interface ProducerIdRange {
  readonly firstId: ProducerId
  readonly count: number
}

export type FeatureUpgradeType = 'unknown' | 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade'

export interface FeatureUpdate {
  readonly feature: string
  readonly maxVersionLevel: number
  readonly upgradeType: FeatureUpgradeType
}

export type FeatureUpdateOutcome = Outcome & { readonly feature: string }
