import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'

/** Something to be done again and again. */
export interface PeriodicTask {
  readonly name: string
  /** Until the first run. */
  readonly initialDelayMs: number
  /** Between the end of a run and the next. */
  readonly periodMs: number
  run(): void | Promise<void>
}

/** Runs tasks on the clock, each with its own period, never two runs of one at a time. What a run throws is logged. */
export class PeriodicTasks {
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly timers = new Map<string, Timer>()
  private readonly running = new Map<string, Promise<void>>()
  private isStopped = false

  constructor(options: { clock: Clock; logger: Logger }) {
    this.clock = options.clock
    this.logger = options.logger
  }

  start(task: PeriodicTask): void {
    this.schedule(task, task.initialDelayMs)
  }

  /** No more runs begin; resolves when those under way are done. */
  async stop(): Promise<void> {
    this.isStopped = true
    for (const timer of this.timers.values()) timer.cancel()
    this.timers.clear()
    await Promise.all(this.running.values())
  }

  private schedule(task: PeriodicTask, delayMs: number): void {
    if (this.isStopped) return
    const timer = this.clock.after(delayMs, () => {
      this.timers.delete(task.name)
      this.running.set(task.name, this.runOnce(task))
    })
    this.timers.set(task.name, timer)
  }

  private async runOnce(task: PeriodicTask): Promise<void> {
    try {
      await task.run()
    } catch (error) {
      this.logger.error(`${task.name} failed`, { error })
    } finally {
      this.running.delete(task.name)
      this.schedule(task, task.periodMs)
    }
  }
}
