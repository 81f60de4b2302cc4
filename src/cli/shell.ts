import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Network } from '../platform/network.ts'
import type { Random } from '../platform/random.ts'

/** Standard output or standard error. */
export interface Output {
  readonly isTerminal: boolean
  /** Infinity where nobody looks at a screen. */
  readonly columns: number
  readonly hasColors: boolean
  /** Resolves when there is room for more. Throws OutputClosedError when nobody reads any more. */
  write(text: string | Buffer): Promise<void>
}

/** The reader of our output has gone, as `head` does when it has enough: the command ends, and that is no failure. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError'
}

/** Standard input. */
export interface Input {
  readonly isTerminal: boolean
  chunks(): AsyncIterable<Buffer>
}

/** The process around a command: all that commands know of it. The real one is node-shell.ts; tests have their own. */
export interface Shell {
  readonly out: Output
  readonly err: Output
  readonly input: Input
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  /** Calls `action` on Ctrl-C and SIGTERM in place of ending the process. Returns what takes that back. */
  onInterrupt(action: () => void): () => void
}
