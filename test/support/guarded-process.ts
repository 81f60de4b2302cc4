import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

const STOP_DEADLINE_MS = 30_000

/** A process that writes into a log file, and that does not outlive the one which started it. */
export class GuardedProcess {
  readonly exited: Promise<number | null>
  private readonly child: ChildProcess
  private readonly logFile: string
  private readonly logStart: number
  private hasExited = false

  constructor(program: string, args: readonly string[], options: { readonly logFile: string }) {
    this.logFile = options.logFile
    const log = openSync(options.logFile, 'a')
    this.logStart = readFileSync(options.logFile).length
    this.child = spawn(program, args, { stdio: ['ignore', log, log] })
    closeSync(log)
    // However this process ends, its end of the pipe closes: then the guard ends the child.
    const guard = spawn('sh', ['-c', 'cat; kill -KILL "$0"', String(this.child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code) => {
        this.hasExited = true
        guard.kill('SIGKILL')
        resolve(code)
      })
    })
  }

  get pid(): number {
    return this.child.pid as number
  }

  get isAlive(): boolean {
    return !this.hasExited
  }

  /** What it has written since it was started. */
  get log(): string {
    return readFileSync(this.logFile).subarray(this.logStart).toString('utf8')
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.hasExited) this.child.kill(signal)
  }

  /** SIGTERM, and SIGKILL when that does not help in time; returns how long it took. */
  async stop(): Promise<number> {
    const startMs = performance.now()
    this.signal('SIGCONT')
    this.signal('SIGTERM')
    const impatience = setTimeout(() => this.signal('SIGKILL'), STOP_DEADLINE_MS)
    await this.exited
    clearTimeout(impatience)
    return performance.now() - startMs
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }
}
