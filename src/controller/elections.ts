import type { BrokerId, LeaderEpoch } from '../model/ids.ts'
import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import type { ReplicaAssignment } from '../../zk/znodes/topics.ts'
import { targetReplicas } from './replica-assignment.ts'

/**
 * Why a leader is being elected, which decides who may be it:
 * - offline: the leader is gone, or the partition never had one.
 * - unclean: the same, but a replica that lags may lead when no in-sync one is online. Records may be lost.
 * - reassign: the reassignment is done and its target does not hold the leader.
 * - preferred: leadership goes back to the first replica.
 * - controlled-shutdown: the leader's broker is about to stop.
 */
export type ElectionStrategy = 'offline' | 'unclean' | 'reassign' | 'preferred' | 'controlled-shutdown'

/** What an election looks at. `isOnline`: the broker lives, is not shutting down, and the replica's disk works. */
export interface Electorate {
  readonly assignment: ReplicaAssignment
  readonly current: LeaderAndIsr
  readonly isOnline: (broker: BrokerId) => boolean
  readonly isShuttingDown: (broker: BrokerId) => boolean
  /** As `isOnline`, with the brokers that are shutting down. */
  readonly isOnlineOrShuttingDown: (broker: BrokerId) => boolean
}

export interface Election {
  /** To be written in place of `current`, at its version. */
  readonly elected: LeaderAndIsr
  /** Who is told with LeaderAndIsr. */
  readonly recipients: readonly BrokerId[]
  readonly isUnclean: boolean
}

/**
 * Who leads next, or null when nobody can. Of several candidates the first in the order of the assignment wins.
 * Source: kafka.controller.Election and PartitionLeaderElectionAlgorithms (3.9); KIP-704 for the recovery state.
 */
export function elect(strategy: ElectionStrategy, electorate: Electorate): Election | null {
  switch (strategy) {
    case 'offline':
      return electAfterFailure(electorate, false)
    case 'unclean':
      return electAfterFailure(electorate, true)
    case 'reassign':
      return electFromTarget(electorate)
    case 'preferred':
      return electPreferred(electorate)
    case 'controlled-shutdown':
      return electForShutdown(electorate)
  }
}

/** Whether the first replica could take leadership over now. */
export function canPreferredReplicaLead({ assignment, current, isOnline }: Electorate): boolean {
  const preferred = assignment.replicas[0]
  return preferred !== undefined && isOnline(preferred) && current.inSyncReplicas.includes(preferred)
}

/** Whether some in-sync replica is online: then an unclean election is out of the question. */
export function hasOnlineInSyncReplica({ current, isOnline }: Electorate): boolean {
  return current.inSyncReplicas.some(isOnline)
}

function electAfterFailure(
  { assignment, current, isOnline }: Electorate,
  isUncleanAllowed: boolean,
): Election | null {
  const online = assignment.replicas.filter(isOnline)
  const inSync = online.find((broker) => current.inSyncReplicas.includes(broker))
  if (inSync !== undefined) {
    const elected = succeed(current, inSync, current.inSyncReplicas.filter(isOnline))
    return { elected, recipients: online, isUnclean: false }
  }
  const lagging = online[0]
  // An in-sync replica that is online but not assigned any more does not lead, and forbids an unclean leader.
  if (!isUncleanAllowed || lagging === undefined || current.inSyncReplicas.some(isOnline)) return null
  const elected: LeaderAndIsr = { ...succeed(current, lagging, [lagging]), leaderRecoveryState: 'RECOVERING' }
  return { elected, recipients: online, isUnclean: true }
}

function electFromTarget({ assignment, current, isOnline }: Electorate): Election | null {
  const target = targetReplicas(assignment)
  const leader = target.find((broker) => isOnline(broker) && current.inSyncReplicas.includes(broker))
  if (leader === undefined) return null
  return { elected: succeed(current, leader, current.inSyncReplicas), recipients: target, isUnclean: false }
}

function electPreferred(electorate: Electorate): Election | null {
  const { assignment, current } = electorate
  const preferred = assignment.replicas[0]
  if (preferred === undefined || !canPreferredReplicaLead(electorate)) return null
  const elected = succeed(current, preferred, current.inSyncReplicas)
  return { elected, recipients: assignment.replicas, isUnclean: false }
}

function electForShutdown({
  assignment,
  current,
  isOnlineOrShuttingDown,
  isShuttingDown,
}: Electorate): Election | null {
  const recipients = assignment.replicas.filter(isOnlineOrShuttingDown)
  const leader = recipients.find(
    (broker) => current.inSyncReplicas.includes(broker) && !isShuttingDown(broker),
  )
  if (leader === undefined) return null
  const inSyncReplicas = current.inSyncReplicas.filter((broker) => !isShuttingDown(broker))
  return { elected: succeed(current, leader, inSyncReplicas), recipients, isUnclean: false }
}

/** The next leadership: every change that replicas must obey raises the leader epoch. */
export function succeed(
  current: LeaderAndIsr,
  leader: BrokerId,
  inSyncReplicas: readonly BrokerId[],
): LeaderAndIsr {
  return { ...current, leader, inSyncReplicas, leaderEpoch: (current.leaderEpoch + 1) as LeaderEpoch }
}
