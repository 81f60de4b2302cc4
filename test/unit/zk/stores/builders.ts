import type { BrokerId, ControllerEpoch, LeaderEpoch } from '../../../../src/model/ids.ts'
import type { PartitionState } from '../../../../zk/znodes/topics.ts'

/** The state of a partition with one replica, broker 1, just born. */
export function aState(changes: Partial<PartitionState> = {}): PartitionState {
  return {
    leader: 1 as BrokerId,
    leaderEpoch: 0 as LeaderEpoch,
    inSyncReplicas: [1 as BrokerId],
    leaderRecoveryState: 'RECOVERED',
    controllerEpoch: 1 as ControllerEpoch,
    ...changes,
  }
}
