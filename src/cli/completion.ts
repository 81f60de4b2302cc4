import { Command } from 'commander'
import { GroupAdmin } from '../client/group-admin.ts'
import { CliError } from './cli-error.ts'
import { withCluster, type Cluster } from './cluster-options.ts'
import type { CommandContext, CommandEntry } from './command.ts'
import { examples } from './help.ts'
import type { Shell } from './shell.ts'

/** `zurau completion`: scripts for shells, and what those scripts ask. */
export function declareCompletion(command: Command, context: CommandContext): void {
  const { shell, action } = context
  command
    .argument('<shell>', 'bash, zsh or fish')
    .argument('[word...]', 'what has been typed: asked by the script itself')
    .addHelpText(
      'after',
      examples([
        'source <(zurau completion bash)          # in ~/.bashrc',
        'source <(zurau completion zsh)           # in ~/.zshrc',
        'zurau completion fish > ~/.config/fish/completions/zurau.fish',
      ]) + '\n\nTopics, groups and brokers are asked of the cluster of the current profile.',
    )
    .action(
      action(async (kind: string, words: string[]) => {
        if (kind === 'words') {
          const found = await candidates(context, words)
          return shell.out.write(found.map((each) => `${each}\n`).join(''))
        }
        const script = SCRIPTS.get(kind)
        if (script === undefined)
          throw new CliError(`there is no completion for ${kind}`, {
            advice: 'choose bash, zsh or fish',
            exitCode: 2,
          })
        await shell.out.write(script)
      }),
    )
}

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  [
    'bash',
    `_zurau() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(zurau completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _zurau zurau
`,
  ],
  [
    'zsh',
    `_zurau() {
  local -a found
  found=(\${(f)"$(zurau completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found || _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _zurau zurau
`,
  ],
  [
    'fish',
    `complete -c zurau -a '(zurau completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
  ],
])

/** Somebody waits with a finger on the tab key. */
const PATIENCE_MS = 1000

/** What the last word may become; nothing where nobody can tell. */
async function candidates(context: CommandContext, words: readonly string[]): Promise<string[]> {
  const { tables, shell } = context
  const last = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const [name, ...rest] = before
  const startsRight = (text: string): boolean => text.startsWith(last)
  if (name === undefined) return tables.own.map((entry) => entry.name).filter(startsRight)
  const entry = [...tables.own, ...tables.apache].find((each) => each.name === name)
  if (entry === undefined) return []
  const { command, given } = descend(await declared(entry, context), rest)
  if (last.startsWith('-')) {
    return command.options
      .filter(({ hidden }) => !hidden)
      .map(({ long, short }) => long ?? short ?? '')
      .filter(startsRight)
  }
  if (command.commands.length > 0) return command.commands.map((each) => each.name()).filter(startsRight)
  const positional = command.registeredArguments[Math.min(given, command.registeredArguments.length - 1)]
  if (positional === undefined) return []
  return (await namesOf(shell, positional.name(), name)).filter(startsRight)
}

async function declared(entry: CommandEntry, context: CommandContext): Promise<Command> {
  const command = new Command(entry.name)
  const declare = await entry.load()
  declare(command, context)
  return command
}

/** The subcommand that was typed, and how many arguments it has been given. */
function descend(command: Command, words: readonly string[]): { command: Command; given: number } {
  const [word, ...rest] = words
  const sub = word === undefined ? undefined : command.commands.find((each) => each.name() === word)
  if (sub !== undefined) return descend(sub, rest)
  let given = 0
  for (let i = 0; i < words.length; i++) {
    const each = words[i] as string
    if (!each.startsWith('-')) given++
    else if (command.options.find(({ long, short }) => long === each || short === each)?.required === true)
      i++
  }
  return { command, given }
}

async function namesOf(shell: Shell, argument: string, command: string): Promise<string[]> {
  const ask = ASKED.get(argument === 'id' || argument === 'id...' ? 'id' : argument)
  if (ask === undefined || (argument === 'id' && command !== 'brokers')) return []
  try {
    return await withCluster(shell, { timeout: PATIENCE_MS }, ask)
  } catch {
    // No cluster, no names: a completion does not complain.
    return []
  }
}

const ASKED: ReadonlyMap<string, (cluster: Cluster) => Promise<string[]>> = new Map([
  [
    'topic',
    async ({ admin }: Cluster) =>
      (await admin.topics(null)).filter(({ isInternal }) => !isInternal).map(({ name }) => name),
  ],
  ['group', async (cluster: Cluster) => (await new GroupAdmin(cluster).list()).map(({ groupId }) => groupId)],
  [
    'id',
    async ({ admin }: Cluster) => (await admin.metadata([])).brokers.map(({ nodeId }) => String(nodeId)),
  ],
])
