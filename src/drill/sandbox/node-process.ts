import { sleep, type Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Processes, ProcessEnd, RunningProcess } from '../../platform/processes.ts'
import { NO_INNER_FAULTS, type InnerFaults } from '../faults/fault-preload.ts'
import { writeText } from './text-file.ts'

/** How a process is started; said anew for every start. */
export interface NodeCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface NodeProcessOptions {
  readonly name: string
  readonly directory: string
  readonly disk: Disk
  readonly clock: Clock
  readonly processes: Processes
  readonly commandOf: () => NodeCommand
  /** Whether it serves by now. */
  readonly isServing: () => Promise<boolean>
  /** Told of a process that ended although nobody asked it to. */
  readonly onSurprise: (name: string, end: ProcessEnd) => void
}

/** What a node has not done by then it will not do. */
const START_LIMIT_MS = 90_000
const STOP_LIMIT_MS = 30_000
const LOOK_EVERY_MS = 50

/** A broker or a ZooKeeper server of a sandbox: a process that comes and goes in a folder that stays. */
export class NodeProcess {
  readonly name: string
  readonly directory: string
  private readonly options: NodeProcessOptions
  private running: RunningProcess | null = null
  private isExpectedToRun = false
  private paused = false
  private inner: InnerFaults = NO_INNER_FAULTS

  constructor(options: NodeProcessOptions) {
    this.options = options
    this.name = options.name
    this.directory = options.directory
    options.disk.makeDirectory(options.directory)
    this.setInnerFaults(NO_INNER_FAULTS)
  }

  get isRunning(): boolean {
    return this.running !== null && !this.running.hasEnded
  }

  get isPaused(): boolean {
    return this.isRunning && this.paused
  }

  get pid(): number | null {
    return this.isRunning ? (this.running?.pid ?? null) : null
  }

  get outputPath(): string {
    return `${this.directory}/output.log`
  }

  get faultFile(): string {
    return `${this.directory}/faults.json`
  }

  get innerFaults(): InnerFaults {
    return this.inner
  }

  setInnerFaults(faults: InnerFaults): void {
    this.inner = faults
    writeText(this.options.disk, this.faultFile, JSON.stringify(faults))
  }

  /** Starts the process and returns; `serving` tells when it is of use. */
  async start(): Promise<void> {
    if (this.isRunning) return
    const { command, args, environment } = this.options.commandOf()
    const started = await this.options.processes.start({
      command,
      args,
      environment,
      directory: this.directory,
      outputPath: this.outputPath,
    })
    this.running = started
    this.paused = false
    this.isExpectedToRun = true
    void started.ended.then((end) => {
      if (this.running === started && this.isExpectedToRun) this.options.onSurprise(this.name, end)
    })
  }

  /** Throws when the process ends first, or takes longer than anybody waits. */
  async serving(): Promise<void> {
    const { clock, isServing } = this.options
    const limitMs = clock.monotonicMs() + START_LIMIT_MS
    while (!(await isServing())) {
      if (!this.isRunning) throw new Error(`${this.name} ended while it started; see ${this.outputPath}`)
      if (clock.monotonicMs() > limitMs)
        throw new Error(`${this.name} did not serve within ${START_LIMIT_MS} ms`)
      await sleep(clock, LOOK_EVERY_MS)
    }
  }

  /** In order: with time to hand things over. */
  async stop(): Promise<void> {
    const { running } = this
    if (running === null || running.hasEnded) return
    this.isExpectedToRun = false
    this.resume()
    running.signal('SIGTERM')
    const timer = this.options.clock.after(STOP_LIMIT_MS, () => running.signal('SIGKILL'))
    await running.ended
    timer.cancel()
  }

  async kill(): Promise<void> {
    const { running } = this
    if (running === null || running.hasEnded) return
    this.isExpectedToRun = false
    running.signal('SIGKILL')
    await running.ended
  }

  pause(): void {
    this.paused = this.running?.signal('SIGSTOP') ?? false
  }

  resume(): void {
    this.running?.signal('SIGCONT')
    this.paused = false
  }
}
