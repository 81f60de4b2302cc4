import { isatty } from 'node:tty'
import type { Logger as Pino } from 'pino'
import type { LogDetails, Logger, LogLevel, LogLevels } from '../logger.ts'
import { formatJson, printDetails } from './log-line.ts'
import { LogOutput } from './log-output.ts'
import { formatPretty } from './pretty-line.ts'

/** The order of the levels, with pino's numbers. */
const LEVELS: Readonly<Record<LogLevel | 'silent', number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: Infinity,
}

export interface NodeLoggerOptions {
  /** Lines below are not printed. Default `info`. */
  readonly level?: LogLevel | 'silent'
  /** `auto`: pretty on a terminal, JSON otherwise. Default `auto`. */
  readonly format?: 'json' | 'pretty' | 'auto'
  /** In pretty lines. Default: on a terminal, unless NO_COLOR is set. */
  readonly hasColours?: boolean
  /** The file descriptor that lines go to. Default 1, standard output. */
  readonly fd?: number
  /**
   * When to load pino, which costs 10 ms bundled and 30 ms unbundled: after the start, not during it. Lines before that
   * have the same form. Default 1000; Infinity: never.
   */
  readonly loadAfterMs?: number
}

export interface NodeLogger extends Logger, LogLevels {
  /** Changes the level of this logger and of all its children that have none of their own. */
  setLevel(level: LogLevel | 'silent'): void
  /** Writes out what is buffered. */
  flush(): void
  /** Loads pino now, unless it is there. Lines keep their form and their order. */
  load(): Promise<void>
}

/** The log of the process: one line of JSON, or one for people, per call. */
export function createNodeLogger(options: NodeLoggerOptions = {}): NodeLogger {
  return new ComponentLogger(new LogSink(options), undefined)
}

/** Where all lines of a process come together. */
class LogSink {
  minLevel: number
  readonly components = new Set<string>()
  /** Components with a level of their own: hardly ever any. */
  readonly componentLevels = new Map<string, number>()
  private readonly output: LogOutput
  private readonly isPretty: boolean
  private readonly hasColours: boolean
  private pino: Pino | null = null
  private loading: Promise<void> | null = null
  /** Of the line that pino is printing. */
  private time = ''

  constructor(options: NodeLoggerOptions) {
    const fd = options.fd ?? 1
    this.output = new LogOutput(fd)
    this.minLevel = LEVELS[options.level ?? 'info']
    const format = options.format ?? 'auto'
    this.isPretty = format === 'pretty' || (format === 'auto' && isatty(fd))
    this.hasColours = options.hasColours ?? (isatty(fd) && (process.env['NO_COLOR'] ?? '') === '')
    const loadAfterMs = options.loadAfterMs ?? 1000
    if (loadAfterMs !== Infinity) setTimeout(() => void this.load(), loadAfterMs).unref()
  }

  print(level: LogLevel, component: string | undefined, msg: string, details: LogDetails | undefined): void {
    const dropped = this.output.takeDropped()
    if (dropped > 0)
      this.print('warn', undefined, `${dropped} lines were dropped: nobody read the log`, undefined)
    this.time = new Date().toISOString()
    if (this.pino === null) {
      const entry = { level, time: this.time, msg, details }
      this.write(formatJson(component === undefined ? entry : { ...entry, component }))
      return
    }
    const speaker = component === undefined ? {} : { component }
    try {
      this.pino[level]({ ...speaker, ...printDetails(details) }, msg)
    } catch {
      // Whatever a detail does when it is looked at: the words are worth more.
      this.pino[level](speaker, msg)
    }
  }

  levelOf(component: string | undefined): number {
    const own = component === undefined ? undefined : this.componentLevels.get(component)
    return own ?? this.minLevel
  }

  flush(): void {
    this.output.flush()
  }

  load(): Promise<void> {
    return (this.loading ??= this.loadPino())
  }

  private write(json: string): void {
    this.output.write(this.isPretty ? formatPretty(json, this.hasColours) : json)
  }

  private async loadPino(): Promise<void> {
    const pino = await import('pino').then(
      (module) => module.default,
      () => null,
    )
    // The early form goes on if need be.
    if (pino === null) return
    this.pino = pino(
      {
        // What may pass is decided before pino is asked.
        level: 'trace',
        base: null,
        timestamp: () => `,"time":"${this.time}"`,
        formatters: { level: (label) => ({ level: label }) },
      },
      { write: (json: string) => this.write(json) },
    )
  }
}

class ComponentLogger implements NodeLogger {
  private readonly sink: LogSink
  private readonly component: string | undefined

  constructor(sink: LogSink, component: string | undefined) {
    this.sink = sink
    this.component = component
  }

  debug(message: string, details?: LogDetails): void {
    this.print('debug', message, details)
  }

  info(message: string, details?: LogDetails): void {
    this.print('info', message, details)
  }

  warn(message: string, details?: LogDetails): void {
    this.print('warn', message, details)
  }

  error(message: string, details?: LogDetails): void {
    this.print('error', message, details)
  }

  /** The last words before the process ends: written out before the call returns. */
  fatal(message: string, details?: LogDetails): void {
    this.print('fatal', message, details)
    this.sink.flush()
  }

  child(component: string): NodeLogger {
    this.sink.components.add(component)
    return new ComponentLogger(this.sink, component)
  }

  setLevel(level: LogLevel | 'silent'): void {
    this.sink.minLevel = LEVELS[level]
  }

  components(): Iterable<string> {
    return this.sink.components
  }

  setComponentLevel(component: string, level: LogLevel | null): void {
    if (level === null) this.sink.componentLevels.delete(component)
    else this.sink.componentLevels.set(component, LEVELS[level])
  }

  flush(): void {
    this.sink.flush()
  }

  load(): Promise<void> {
    return this.sink.load()
  }

  private print(level: LogLevel, message: string, details: LogDetails | undefined): void {
    if (LEVELS[level] >= this.sink.levelOf(this.component)) {
      this.sink.print(level, this.component, message, details)
    }
  }
}
