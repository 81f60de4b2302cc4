import type { Command } from 'commander'
import type { Shell } from './shell.ts'

/** What a command is given when it declares itself. */
export interface CommandContext {
  readonly shell: Shell
  /** Wraps what a command does: what it returns is the exit code; nothing stands for 0. */
  readonly action: <Arguments extends unknown[]>(
    run: (...args: Arguments) => Promise<number | void>,
  ) => (...args: Arguments) => Promise<void>
  /** Runs another command in place of this one, as if its words had been typed; returns its exit code. */
  readonly call: (words: readonly string[]) => Promise<number>
  /** Everything there is: for commands about commands. */
  readonly tables: { readonly own: readonly CommandEntry[]; readonly apache: readonly CommandEntry[] }
}

/** Adds arguments, options, help and action to a command of that name. */
export type Declare = (command: Command, context: CommandContext) => void

export interface CommandEntry {
  readonly name: string
  readonly group: 'Run' | 'Records' | 'Cluster' | 'ZooKeeper and files' | 'Set-up' | 'Apache names'
  readonly summary: string
  /** Loads the command: only the one that is called is. */
  readonly load: () => Promise<Declare>
}
