import type { LogDetails, Logger, LogLevel } from '../../src/platform/logger.ts'

export interface LogLine {
  readonly level: LogLevel
  readonly component: string
  readonly message: string
  readonly details: LogDetails
}

/** Keeps what was said, the newest `limit` lines of it. Children write into the same list. */
export class FakeLogger implements Logger {
  readonly lines: LogLine[]
  private readonly component: string
  private readonly limit: number
  private readonly onLine: ((line: LogLine) => void) | undefined

  constructor(
    options: { component?: string; limit?: number; onLine?: (line: LogLine) => void; lines?: LogLine[] } = {},
  ) {
    this.component = options.component ?? ''
    this.limit = options.limit ?? 10_000
    this.onLine = options.onLine
    this.lines = options.lines ?? []
  }

  debug(message: string, details: LogDetails = {}): void {
    this.keep('debug', message, details)
  }

  info(message: string, details: LogDetails = {}): void {
    this.keep('info', message, details)
  }

  warn(message: string, details: LogDetails = {}): void {
    this.keep('warn', message, details)
  }

  error(message: string, details: LogDetails = {}): void {
    this.keep('error', message, details)
  }

  fatal(message: string, details: LogDetails = {}): void {
    this.keep('fatal', message, details)
  }

  child(component: string): FakeLogger {
    const { limit, lines, onLine } = this
    return new FakeLogger({ component, limit, lines, ...(onLine === undefined ? {} : { onLine }) })
  }

  /** The words of all lines of one level, oldest first. */
  messages(level: LogLevel): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message)
  }

  private keep(level: LogLevel, message: string, details: LogDetails): void {
    const line = { level, component: this.component, message, details }
    this.lines.push(line)
    if (this.lines.length > 2 * this.limit) this.lines.splice(0, this.lines.length - this.limit)
    this.onLine?.(line)
  }
}
