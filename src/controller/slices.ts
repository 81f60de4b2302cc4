import type { Clock } from '../platform/clock.ts'

/** Some milliseconds of work. */
const SLICE = 2000

/**
 * Long loops in slices: after each, the event loop has a turn, so that the broker beside this controller goes on
 * serving. The controller's own queue does not: no other event comes in between. The count goes on from loop to loop.
 */
export class Slices {
  private readonly clock: Clock
  private readonly size: number
  private count = 0

  constructor(options: { clock: Clock; size?: number }) {
    this.clock = options.clock
    this.size = options.size ?? SLICE
  }

  async each<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
    for (const item of items) {
      work(item)
      if (++this.count >= this.size) await this.pause()
    }
  }

  /** The items for which `test` holds. */
  async filter<T>(items: Iterable<T>, test: (item: T) => boolean): Promise<T[]> {
    const found: T[] = []
    await this.each(items, (item) => {
      if (test(item)) found.push(item)
    })
    return found
  }

  /** Has `work` done with lists of at most a slice each, one after the other. */
  async inParts<T>(items: readonly T[], work: (part: readonly T[]) => Promise<void>): Promise<void> {
    if (items.length <= this.size) return items.length === 0 ? undefined : work(items)
    for (let start = 0; start < items.length; start += this.size) {
      await work(items.slice(start, start + this.size))
      await this.pause()
    }
  }

  private pause(): Promise<void> {
    this.count = 0
    return new Promise((resolve) => this.clock.endOfTurn(resolve))
  }
}
