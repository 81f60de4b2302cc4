/** How a process ended: with a code, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: string | null
}

export type ProcessSignal = 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'

export interface ProcessSpec {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly directory: string
  /** Where its standard output and standard error are appended. */
  readonly outputPath: string
}

/** A process that we started, with all that it starts in turn. */
export interface RunningProcess {
  readonly pid: number
  readonly hasEnded: boolean
  readonly ended: Promise<ProcessEnd>
  /** Sent to the process and its children. False when there is nobody left to hear it. */
  signal(signal: ProcessSignal): boolean
}

/**
 * Other processes of this machine. What was started and still runs when our own process exits is killed then: drills
 * leave no orphans behind. (After a SIGKILL of ours nobody can do that.)
 */
export interface Processes {
  /** Rejects with an Error that says why when the command cannot be run. */
  start(spec: ProcessSpec): Promise<RunningProcess>
}
