import type { LogLine } from '../fakes/logger.ts'

/** The newest lines that are kept. */
const LIMIT = 4000

type Entry =
  | { readonly atMs: number; readonly source: string; readonly text: string }
  | { readonly atMs: number; readonly source: string; readonly line: LogLine }

/** What has happened in a run, for people: the newest part of it. Made into words only when somebody reads it. */
export class Trace {
  private readonly nowMs: () => number
  private entries: Entry[] = []

  constructor(nowMs: () => number) {
    this.nowMs = nowMs
  }

  note(source: string, text: string): void {
    this.keep({ atMs: this.nowMs(), source, text })
  }

  /** A line of a broker's log. */
  log(source: string, line: LogLine): void {
    if (line.level !== 'debug') this.keep({ atMs: this.nowMs(), source, line })
  }

  /** The newest `count` lines, oldest first. */
  tail(count = LIMIT): string[] {
    return this.entries.slice(-Math.min(count, LIMIT)).map(inWords)
  }

  private keep(entry: Entry): void {
    this.entries.push(entry)
    if (this.entries.length > 2 * LIMIT) this.entries = this.entries.slice(-LIMIT)
  }
}

function inWords(entry: Entry): string {
  const time = (entry.atMs / 1000).toFixed(3).padStart(9)
  if ('text' in entry) return `${time} ${entry.source}: ${entry.text}`
  const { level, component, message, details } = entry.line
  const words = Object.entries(details).map(([name, value]) => ` ${name}=${short(value)}`)
  return `${time} ${entry.source} ${level.toUpperCase()} ${component} ${message}${words.join('')}`
}

function short(value: unknown): string {
  if (value instanceof Error) return errorInWords(value)
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** What an error says of itself and of its causes; where it comes from too, if it is none of those that are expected. */
export function errorInWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `, because ${errorInWords(error.cause)}`
  const code = 'error' in error && typeof error.error === 'string' ? ` ${error.error}` : ''
  return `${error.name}${code}: ${error.message}${cause}`
}
