/** The states of a group, by the names that clients see. */
export const GROUP_STATES = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'] as const
export type GroupState = (typeof GROUP_STATES)[number]

/**
 * From where a group may come into each state.
 * - Empty: no members; perhaps offsets.
 * - PreparingRebalance: waits for its members to join again.
 * - CompletingRebalance: a generation has begun and waits for its leader's assignment.
 * - Stable: every member has its assignment.
 * - Dead: removed, or coordinated elsewhere.
 * Source: kafka.coordinator.group.GroupState.
 */
const CAME_FROM: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
}

export function mayMove(from: GroupState, to: GroupState): boolean {
  return CAME_FROM[to].includes(from)
}

/** How many groups of one partition are in each state. */
export type GroupCensus = Record<GroupState, number>

export function emptyCensus(): GroupCensus {
  return { Empty: 0, PreparingRebalance: 0, CompletingRebalance: 0, Stable: 0, Dead: 0 }
}
