export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

/** What a line may carry besides its words. Errors under the key `error` are printed with their stack. */
export type LogDetails = Readonly<Record<string, unknown>>

/** The part of pino that we use: a line of words, with details as data. Calls never throw and never wait. */
export interface Logger {
  debug(message: string, details?: LogDetails): void
  info(message: string, details?: LogDetails): void
  warn(message: string, details?: LogDetails): void
  error(message: string, details?: LogDetails): void
  fatal(message: string, details?: LogDetails): void
  /** A logger whose lines also say which part of the broker speaks. */
  child(component: string): Logger
}

/** What lines are let through, where that can be changed while the process runs. */
export interface LogLevels {
  /** Every component that a logger was made for. */
  components(): Iterable<string>
  /** The least important lines that are printed, of whatever has no level of its own. */
  setLevel(level: LogLevel): void
  /** The same for one component; null: it has no level of its own any more. */
  setComponentLevel(component: string, level: LogLevel | null): void
}
