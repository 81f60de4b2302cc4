import type { EventOwner, ScheduledEvent, Scheduler } from './scheduler.ts'

/**
 * One process of a simulated world: the owner of events. It can stand still (a SIGSTOP, a stopped virtual machine), be
 * busy for a while (a garbage collection, a slow write that blocks the loop) and die.
 */
export class SimulatedProcess implements EventOwner {
  readonly name: string
  /**
   * The last line of defence: gets what an event of this process throws. Without it the run of the simulation fails
   * with the error.
   */
  onUncaught: ((error: unknown) => void) | null = null
  private readonly scheduler: Scheduler
  private state: 'running' | 'frozen' | 'dead' = 'running'
  private busyUntil = 0
  private parked: ScheduledEvent[] = []
  private readonly deathActions = new Set<() => void>()

  constructor(scheduler: Scheduler, name: string) {
    this.scheduler = scheduler
    this.name = name
  }

  get isDead(): boolean {
    return this.state === 'dead'
  }

  get isFrozen(): boolean {
    return this.state === 'frozen'
  }

  /** The world's time as this process sees it: ahead of the world while it is busy. */
  get nowMs(): number {
    return Math.max(this.scheduler.nowMs, this.busyUntil)
  }

  /** Whether the process could run something at this very instant. */
  get isReady(): boolean {
    return this.state === 'running' && this.busyUntil <= this.scheduler.nowMs
  }

  /** Nothing of this process runs until `thaw`; what becomes due waits. */
  freeze(): void {
    if (this.state === 'running') this.state = 'frozen'
  }

  thaw(): void {
    if (this.state !== 'frozen') return
    this.state = 'running'
    const waiting = this.parked
    this.parked = []
    for (const event of waiting) this.scheduler.requeue(event, this.scheduler.nowMs)
  }

  /** Blocks the event loop for `ms`: its clock is ahead at once, and nothing else of it runs until the world is there. */
  block(ms: number): void {
    this.busyUntil = this.nowMs + ms
  }

  /** The process is gone, and with it its timers, sockets, open files and locks. */
  kill(): void {
    if (this.state === 'dead') return
    this.state = 'dead'
    this.parked = []
    for (const action of [...this.deathActions]) action()
    this.deathActions.clear()
  }

  /** What the operating system cleans up behind a dead process, inside `kill`. Returns how to forget it again. */
  onDeath(action: () => void): () => void {
    this.deathActions.add(action)
    return () => this.deathActions.delete(action)
  }

  /** For the scheduler: may the event run now? If not it is parked, put off or dropped. */
  admits(event: ScheduledEvent): boolean {
    if (this.state === 'running') {
      if (this.busyUntil <= this.scheduler.nowMs) return true
      this.scheduler.requeue(event, this.busyUntil)
    } else if (this.state === 'frozen') {
      this.parked.push(event)
    }
    return false
  }

  /** Runs `action` as this process: what it throws goes to the last line of defence. */
  run(action: () => void): void {
    if (this.onUncaught === null) return action()
    try {
      action()
    } catch (error) {
      this.onUncaught(error)
    }
  }
}
