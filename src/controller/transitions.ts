/**
 * THE tables of legal moves. A move that is not in its table is refused, logged, and leaves everything as it was; the
 * other partitions of the same change go on.
 * Source: kafka.controller.PartitionState and ReplicaState (3.9): `validPreviousStates`.
 */

/**
 * New: has no state znode yet. Online: has a leader. Offline: had one, which is gone. NonExistent: not created yet, or
 * being deleted.
 */
export const PARTITION_STATES = ['NonExistent', 'New', 'Online', 'Offline'] as const
export type PartitionState = (typeof PARTITION_STATES)[number]

/** Target → the states from which it may be reached. */
export const partitionTransitions: Readonly<Record<PartitionState, readonly PartitionState[]>> = {
  New: ['NonExistent'],
  Online: ['New', 'Online', 'Offline'],
  Offline: ['New', 'Online', 'Offline'],
  NonExistent: ['Offline'],
}

/**
 * New: assigned, has not been told anything yet or starts from nothing. Online: its broker was told to lead or follow.
 * Offline: its broker or its log directory is gone, or it was told to stop. DeletionStarted: told to delete its log.
 * DeletionSuccessful: has done so. DeletionIneligible: cannot at present.
 */
export const REPLICA_STATES = [
  'NonExistent',
  'New',
  'Online',
  'Offline',
  'DeletionStarted',
  'DeletionSuccessful',
  'DeletionIneligible',
] as const
export type ReplicaState = (typeof REPLICA_STATES)[number]

/** Target → the states from which it may be reached. */
export const replicaTransitions: Readonly<Record<ReplicaState, readonly ReplicaState[]>> = {
  New: ['NonExistent'],
  Online: ['New', 'Online', 'Offline', 'DeletionIneligible'],
  Offline: ['New', 'Online', 'Offline', 'DeletionIneligible'],
  DeletionStarted: ['Offline'],
  DeletionSuccessful: ['DeletionStarted'],
  DeletionIneligible: ['Offline', 'DeletionStarted'],
  NonExistent: ['DeletionSuccessful'],
}

export function mayPartitionMove(from: PartitionState, to: PartitionState): boolean {
  return partitionTransitions[to].includes(from)
}

export function mayReplicaMove(from: ReplicaState, to: ReplicaState): boolean {
  return replicaTransitions[to].includes(from)
}
