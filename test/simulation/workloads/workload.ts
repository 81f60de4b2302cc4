import type { History } from '../history.ts'
import type { Plan, PlannedWorkload } from '../plan.ts'
import type { SimulatedCluster } from '../simulated-cluster.ts'
import type { World } from '../world.ts'

/** What everybody who takes part in a run can see of it. */
export interface Run {
  readonly plan: Plan
  readonly world: World
  readonly cluster: SimulatedCluster
  readonly history: History
}

/**
 * Clients at work. What they do and are told goes into the run's history, for the checkers. A new kind of workload is a
 * kind of PlannedWorkload, a place in `draw-plan.ts`, and a line in `start-workload.ts`.
 */
export interface Workload {
  /** Whether something has succeeded since `heal`: what a healed cluster owes everybody. */
  readonly hasRecovered: boolean
  /** The cluster has healed: from now on everything should succeed again. */
  heal(): void
  /** Begins nothing new; resolves when everything under way has ended. */
  finish(): Promise<void>
  /** Lets go of its connections. */
  close(): void
  /** What it waits for, when it has not recovered or does not finish: one line. */
  describe(): string
}

export type PlannedOf<Kind extends PlannedWorkload['kind']> = Extract<PlannedWorkload, { kind: Kind }>
