import { Command, CommanderError } from 'commander'
import { nearestName } from '../config/nearest-name.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext, CommandEntry } from './command.ts'
import { apacheTable, commandTable } from './command-table.ts'
import { explainError } from './explain-error.ts'
import { examples } from './help.ts'
import { OutputClosedError, type Output, type Shell } from './shell.ts'
import { VERSION } from './version.ts'

const OK = 0
const DID_NOT_WORK = 1
const NOT_UNDERSTOOD = 2
/** Wider lines are hard to read. */
const HELP_COLUMNS = 110

const everyCommand: readonly CommandEntry[] = [...commandTable, ...apacheTable]

/**
 * Runs one command; returns the exit code: 0 done, 1 it did not work, 2 the command was not understood. Only the
 * command that is called is loaded.
 */
export async function run(words: readonly string[], shell: Shell): Promise<number> {
  try {
    return await call(words, shell)
  } catch (error) {
    return report(error, shell.err)
  }
}

async function call(words: readonly string[], shell: Shell): Promise<number> {
  const [first, ...rest] = words
  switch (first) {
    case undefined:
    case '-h':
    case '--help':
      await shell.out.write(overview())
      return OK
    case '-V':
    case '--version':
      await shell.out.write(`${VERSION}\n`)
      return OK
    case 'help':
      return call(rest.length === 0 ? [] : [...rest, '--help'], shell)
    default:
      return callCommand(entryOf(first), rest, shell)
  }
}

async function callCommand(entry: CommandEntry, words: readonly string[], shell: Shell): Promise<number> {
  let code = OK
  const context: CommandContext = {
    shell,
    action:
      (act) =>
      async (...args) => {
        code = (await act(...args)) ?? OK
      },
    call: (others) => call(others, shell),
    tables: { own: commandTable, apache: apacheTable },
  }
  // Commander speaks synchronously; what it says is written afterwards.
  const said: string[] = []
  const complaints: string[] = []
  const command = new Command(`zurau ${entry.name}`)
    .description(entry.summary)
    .exitOverride()
    .showHelpAfterError('  → see --help')
    .configureOutput({
      writeOut: (text) => said.push(text),
      writeErr: (text) => complaints.push(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'zurau: ')),
      getOutHelpWidth: () => Math.min(shell.out.columns, HELP_COLUMNS),
    })
    .helpCommand(false)
  const declare = await entry.load()
  declare(command, context)
  try {
    await command.parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== OK) code = NOT_UNDERSTOOD
  }
  if (said.length > 0) await shell.out.write(said.join(''))
  if (complaints.length > 0) await shell.err.write(complaints.join(''))
  return code
}

function entryOf(name: string): CommandEntry {
  const entry = everyCommand.find((each) => each.name === name)
  if (entry !== undefined) return entry
  const isOption = name.startsWith('-')
  const nearest = isOption
    ? null
    : nearestName(
        name,
        everyCommand.map((each) => each.name),
      )
  throw new CliError(`${name} is not ${isOption ? 'an option of zurau itself' : 'a command'}`, {
    advice: nearest === null ? 'see what there is: zurau --help' : `did you mean: zurau ${nearest}`,
    exitCode: NOT_UNDERSTOOD,
  })
}

/** Says what happened, why and what to do; returns the exit code. */
async function report(error: unknown, err: Output): Promise<number> {
  if (error instanceof OutputClosedError) return OK
  const explained = explainError(error)
  try {
    await err.write(explained === null ? unforeseen(error) : inWords(explained))
  } catch (failure) {
    if (!(failure instanceof OutputClosedError)) throw failure
  }
  return explained?.exitCode ?? DID_NOT_WORK
}

/** What, why and what to do. */
export function inWords({ message, advice, fault }: CliError): string {
  const number = fault === null ? '' : `${fault} `
  return `zurau: ${number}${message}\n${advice === null ? '' : `  → ${advice}\n`}`
}

function unforeseen(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `zurau: this should not have happened:\n${stack}\n`
}

function overview(): string {
  const width = Math.max(...commandTable.map(({ name }) => name.length))
  const groups = [...new Set(commandTable.map(({ group }) => group))].map((group) => {
    const lines = commandTable
      .filter((entry) => entry.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
    return `${group}\n${lines.join('\n')}\n`
  })
  const apache = apacheTable.map(({ name }) => name).join(' ')
  return [
    'zurau COMMAND [options]',
    '',
    'A Kafka-compatible broker whose metadata lives in ZooKeeper, and the tools around it.',
    '',
    groups.join('\n'),
    `Under Apache's names, with Apache's options: ${apache}`,
    examples([
      'zurau dev',
      'zurau produce demo hello',
      'zurau consume demo --from-beginning',
      'zurau topics create orders --partitions 6',
      'zurau topics --help',
    ]),
    '',
    'Exit codes: 0 done, 1 it did not work, 2 the command was not understood.',
    '',
  ].join('\n')
}
