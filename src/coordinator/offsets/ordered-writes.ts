import type { Clock, Timer } from '../../platform/clock.ts'
import type { Deferred } from '../../std/deferred.ts'
import { deferred } from '../../std/deferred.ts'

interface Waiting {
  readonly work: () => Promise<void>
  readonly done: Deferred<boolean>
  timer: Timer | null
}

/**
 * Writes about one subject one after the other, in the order in which they were asked for: each keeps its place while
 * another one is on its way. A write that does not get its turn in time is not begun: so the row never holds more than
 * those who still wait for an answer.
 */
export class OrderedWrites {
  private readonly clock: Clock
  /** By subject: those whose turn has not come. A subject is here while one of its writes is on its way. */
  private readonly rows = new Map<string, Waiting[]>()

  constructor(options: { clock: Clock }) {
    this.clock = options.clock
  }

  /** Subjects that are being written. */
  get size(): number {
    return this.rows.size
  }

  /**
   * Runs `work` when its turn has come. Resolves to true when it is done, to false when `timeoutMs` have passed before:
   * it will not be begun then, or nobody waits for its end. Rejects as `work` does.
   */
  run(subject: string, timeoutMs: number, work: () => Promise<void>): Promise<boolean> {
    const waiting: Waiting = { work, done: deferred<boolean>(), timer: null }
    waiting.timer = this.clock.after(timeoutMs, () => this.giveUp(subject, waiting))
    const row = this.rows.get(subject)
    if (row !== undefined) {
      row.push(waiting)
    } else {
      this.rows.set(subject, [])
      void this.begin(subject, waiting)
    }
    return waiting.done.promise
  }

  private async begin(subject: string, first: Waiting): Promise<void> {
    for (let next: Waiting | undefined = first; next !== undefined; next = this.rows.get(subject)?.shift()) {
      try {
        await next.work()
        next.done.resolve(true)
      } catch (error) {
        next.done.reject(error as Error)
      }
      next.timer?.cancel()
    }
    this.rows.delete(subject)
  }

  private giveUp(subject: string, waiting: Waiting): void {
    const row = this.rows.get(subject)
    const place = row?.indexOf(waiting) ?? -1
    if (place >= 0) row?.splice(place, 1)
    waiting.done.resolve(false)
  }
}
