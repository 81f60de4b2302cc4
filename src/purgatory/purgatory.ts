import type { Clock, Timer } from '../platform/clock.ts'

/** Something that waits for a condition or a deadline, whichever comes first. */
interface Waiting {
  readonly keys: readonly string[]
  readonly isReady: () => boolean
  readonly finish: (inTime: boolean) => void
  timer: Timer | null
}

/**
 * Requests that wait: for bytes to arrive, for a leader to appear. Each names the keys whose changes may make it
 * ready; whoever changes something calls `check` with its key. A request finishes exactly once.
 * Source: kafka.server.DelayedOperationPurgatory, without its locks and its reaper: one thread needs neither.
 */
export class Purgatory {
  private readonly clock: Clock
  private readonly byKey = new Map<string, Set<Waiting>>()
  private readonly waiting = new Set<Waiting>()

  constructor(options: { clock: Clock }) {
    this.clock = options.clock
  }

  /** How many requests wait. */
  get size(): number {
    return this.waiting.size
  }

  /** Entries in the lists of all keys: a request that waits for three partitions is in three. */
  get watchCount(): number {
    let count = 0
    for (const { keys } of this.waiting) count += keys.length
    return count
  }

  /** Keys under which something waits. */
  get keyCount(): number {
    return this.byKey.size
  }

  /**
   * Resolves to true as soon as `isReady` says so, asked now and at every `check` of one of the keys; to false when
   * `timeoutMs` have passed. `isReady` must not throw.
   */
  wait(keys: readonly string[], timeoutMs: number, isReady: () => boolean): Promise<boolean> {
    if (isReady()) return Promise.resolve(true)
    if (timeoutMs <= 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      const waiting: Waiting = { keys, isReady, finish: resolve, timer: null }
      waiting.timer = this.clock.after(timeoutMs, () => this.finish(waiting, waiting.isReady()))
      this.waiting.add(waiting)
      for (const key of keys) {
        const atKey = this.byKey.get(key)
        if (atKey === undefined) this.byKey.set(key, new Set([waiting]))
        else atKey.add(waiting)
      }
    })
  }

  /** Something about `key` has changed: finishes what is ready now; returns how many. */
  check(key: string): number {
    const atKey = this.byKey.get(key)
    if (atKey === undefined) return 0
    let finished = 0
    for (const waiting of atKey) {
      if (!waiting.isReady()) continue
      this.finish(waiting, true)
      finished++
    }
    return finished
  }

  /** Finishes everything at once, as if its deadline had come: the broker stops. */
  close(): void {
    for (const waiting of [...this.waiting]) this.finish(waiting, waiting.isReady())
  }

  private finish(waiting: Waiting, inTime: boolean): void {
    if (!this.waiting.delete(waiting)) return
    waiting.timer?.cancel()
    for (const key of waiting.keys) {
      const atKey = this.byKey.get(key)
      atKey?.delete(waiting)
      if (atKey?.size === 0) this.byKey.delete(key)
    }
    waiting.finish(inTime)
  }
}
