import type { LogDetails, LogLevel } from '../logger.ts'

/** One line of the log as data: what pino prints as JSON, and what the early lines print before pino is there. */
export interface LogEntry {
  readonly level: LogLevel
  /** ISO 8601, UTC. */
  readonly time: string
  readonly component?: string
  readonly msg: string
  readonly details: LogDetails | undefined
}

/** An error as data: what it is, where it was, and what caused it. */
interface PrintedError {
  readonly type: string
  readonly message: string
  readonly stack: string
  readonly code?: unknown
}

/** How far down a chain of causes a line follows. */
const MAX_CAUSES = 5

/** Whatever was thrown, as data. The stack includes the causes. */
export function printError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  let stack = thrown.stack ?? `${thrown.name}: ${thrown.message}`
  let cause = thrown.cause
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    stack += `\ncaused by: ${cause.stack ?? cause.message}`
    cause = cause.cause
  }
  const code = (thrown as { code?: unknown }).code
  const printed: PrintedError = { type: thrown.name, message: thrown.message, stack }
  return code === undefined ? printed : { ...printed, code }
}

/** Details as they are printed: errors as data, numbers that JSON has no form for as text. */
export function printDetails(details: LogDetails | undefined): Record<string, unknown> {
  const printed: Record<string, unknown> = { ...details }
  for (const [key, value] of Object.entries(printed)) {
    if (key === 'error') printed[key] = printError(value)
    else if (typeof value === 'bigint') printed[key] = value.toString()
  }
  return printed
}

/** A line as JSON, in pino's order of keys. */
export function formatJson(entry: LogEntry): string {
  const { level, time, component, msg, details } = entry
  try {
    return `${JSON.stringify({ level, time, component, ...printDetails(details), msg })}\n`
  } catch {
    // Circular, or something that throws when it is looked at: the words are worth more than the details.
    return `${JSON.stringify({ level, time, component, msg })}\n`
  }
}
