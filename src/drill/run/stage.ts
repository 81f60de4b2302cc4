import type { Observer } from '../sandbox/observer.ts'
import type { MachinePorts } from '../sandbox/sandbox-options.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { GroupMember } from '../workload/group-member.ts'
import type { Workload } from '../workload/workload.ts'
import type { Recorder } from './recorder.ts'
import type { Victims } from './references.ts'

/** What drill commands work on: the sandbox and nothing else. */
export interface Stage {
  readonly ports: MachinePorts
  readonly sandbox: Sandbox
  readonly observer: Observer
  readonly workload: Workload
  readonly recorder: Recorder
  readonly victims: Victims
  readonly signal: AbortSignal
  /** Values that steps measured, for thresholds. */
  readonly measured: Map<string, number>
  /** The controller's epoch before the first fault. */
  controllerEpoch: number
  /** Members of the drill's group, and the generations that they saw. */
  readonly members: GroupMember[]
  readonly generations: { readonly generation: number; readonly atMs: number }[]
  /** When the first fault was injected, on the workload's clock. */
  faultMs: number | null
}

export type CommandValue = number | string | boolean

export interface DrillCommand {
  readonly words: string
  /** What follows the words: each says whether a word fits, or is said in words itself. */
  readonly parameters: readonly Parameter[]
  readonly options?: readonly string[]
  /** A fault: the first one starts the clocks. */
  readonly isInjection?: boolean
  readonly run: (
    stage: Stage,
    words: readonly string[],
    options: ReadonlyMap<string, string>,
  ) => Promise<CommandValue>
}

export interface Parameter {
  readonly name: string
  readonly fits: (word: string) => boolean
}
