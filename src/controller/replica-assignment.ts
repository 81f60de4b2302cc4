import type { BrokerId } from '../model/ids.ts'
import type { ReplicaAssignment } from '../../zk/znodes/topics.ts'

/**
 * What can be said of a ReplicaAssignment: which brokers host a partition. While it is being reassigned `replicas`
 * holds the old and the new ones: the target first, in its order, then what is to go.
 * Source: kafka.controller.ReplicaAssignment; KIP-455.
 */

/** An assignment at rest. */
export function assigned(replicas: readonly BrokerId[]): ReplicaAssignment {
  return { replicas, adding: [], removing: [] }
}

export function isBeingReassigned(assignment: ReplicaAssignment): boolean {
  return assignment.adding.length > 0 || assignment.removing.length > 0
}

/** The replicas before the reassignment began. */
export function originReplicas(assignment: ReplicaAssignment): readonly BrokerId[] {
  return without(assignment.replicas, assignment.adding)
}

/** The replicas when the reassignment will be done. */
export function targetReplicas(assignment: ReplicaAssignment): readonly BrokerId[] {
  return without(assignment.replicas, assignment.removing)
}

/**
 * The assignment on its way to `target`. Asked for while another reassignment is in progress, the new one starts from
 * where that one started.
 */
export function reassignTo(assignment: ReplicaAssignment, target: readonly BrokerId[]): ReplicaAssignment {
  const origin = originReplicas(assignment)
  const replicas = [...new Set([...target, ...origin])]
  return { replicas, adding: without(replicas, origin), removing: without(replicas, target) }
}

/** The assignment without one replica, wherever it stands in it. */
export function withoutReplica(assignment: ReplicaAssignment, broker: BrokerId): ReplicaAssignment {
  return {
    replicas: without(assignment.replicas, [broker]),
    adding: without(assignment.adding, [broker]),
    removing: without(assignment.removing, [broker]),
  }
}

export function sameAssignment(one: ReplicaAssignment, other: ReplicaAssignment): boolean {
  return (
    sameList(one.replicas, other.replicas) &&
    sameList(one.adding, other.adding) &&
    sameList(one.removing, other.removing)
  )
}

/** Whether two lists hold the same brokers in the same order. */
export function sameList(one: readonly BrokerId[], other: readonly BrokerId[]): boolean {
  return one.length === other.length && one.every((broker, place) => broker === other[place])
}

/** `list` without those of `removed`, in its order. */
export function without(list: readonly BrokerId[], removed: readonly BrokerId[]): readonly BrokerId[] {
  return list.filter((broker) => !removed.includes(broker))
}
