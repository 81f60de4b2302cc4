import { adminCommands } from './admin-commands.ts'
import { faultCommands } from './fault-commands.ts'
import { groupCommands } from './group-commands.ts'
import { probeCommands } from './probe-commands.ts'
import type { DrillCommand, Parameter } from './stage.ts'
import { waitCommands } from './wait-commands.ts'

/** THE table of drill commands: what stands after `zurau` in an activity's arguments. */
export const drillCommands: readonly DrillCommand[] = [
  ...faultCommands,
  ...waitCommands,
  ...adminCommands,
  ...probeCommands,
  ...groupCommands,
]

export interface ParsedCommand {
  readonly command: DrillCommand
  readonly words: readonly string[]
  readonly options: ReadonlyMap<string, string>
}

/** The command of a line, or what is wrong with the line. */
export function parseCommand(line: string): ParsedCommand | { readonly problem: string } {
  const tokens = line
    .trim()
    .split(/\s+/)
    .filter((token) => token !== '')
  const command = drillCommands
    .filter(({ words }) => `${tokens.join(' ')} `.startsWith(`${words} `))
    .sort((one, other) => other.words.length - one.words.length)[0]
  if (command === undefined) return { problem: `"${line}" is no drill command` }
  const rest = tokens.slice(command.words.split(' ').length)
  const words: string[] = []
  const options = new Map<string, string>()
  for (let index = 0; index < rest.length; index++) {
    const token = rest[index] as string
    if (!token.startsWith('--')) {
      words.push(token)
      continue
    }
    const name = token.slice(2)
    if (!(command.options ?? []).includes(name))
      return { problem: `"${command.words}" has no option ${token}` }
    const value = rest[++index]
    if (value === undefined) return { problem: `${token} needs a value` }
    options.set(name, value)
  }
  const { parameters } = command
  if (words.length !== parameters.length) {
    const wanted = parameters.map(({ name }) => name).join(' ')
    return { problem: `"${command.words}" takes ${parameters.length === 0 ? 'nothing more' : wanted}` }
  }
  const misfit = parameters.findIndex(({ fits }, index) => !fits(words[index] as string))
  if (misfit >= 0) return { problem: `"${words[misfit]}" is not ${(parameters[misfit] as Parameter).name}` }
  return { command, words, options }
}
