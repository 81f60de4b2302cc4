import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionEpoch } from './ids.ts'
import { NO_BROKER } from './ids.ts'

/** Whether a leader that was elected uncleanly has not yet recovered (KIP-704). */
export type LeaderRecoveryState = 'RECOVERED' | 'RECOVERING'

/** Who leads a partition and who is in sync: the content of its state znode. */
export interface LeaderAndIsr {
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  readonly inSyncReplicas: readonly BrokerId[]
  readonly leaderRecoveryState: LeaderRecoveryState
  /** The dataVersion of the state znode that holds this. */
  readonly partitionEpoch: PartitionEpoch
  /** The epoch of the controller that wrote it last. */
  readonly controllerEpoch: ControllerEpoch
}

/** In place of a leader: the partition has none. */
export const NO_LEADER = NO_BROKER
/** In place of a leader, in UpdateMetadata: the topic is being deleted; forget the partition. */
export const LEADER_DURING_DELETE = -2 as BrokerId
/** In place of a leader epoch, in StopReplica: the topic is being deleted. */
export const EPOCH_DURING_DELETE = -2 as LeaderEpoch
