import type { StoredLog } from '../stored-log.ts'
import type { Run } from '../workloads/workload.ts'

/** A run that is over: every client has finished, every broker has stopped in order. */
export interface FinishedRun extends Run {
  /** The logs of a partition on the brokers' disks, by broker. */
  readonly logs: (topic: string, partition: number) => ReadonlyMap<number, StoredLog>
  /** When power was lost, and by whom. */
  readonly powerLosses: readonly { readonly atMs: number; readonly broker: number }[]
}

/** Looks for violations of one kind at the end of a run, and tells the world of them. */
export type Checker = (run: FinishedRun) => void | Promise<void>
