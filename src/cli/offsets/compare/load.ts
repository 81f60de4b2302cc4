import { KafkaError } from '../../../model/errors.ts'
import { sleep, type Clock } from '../../../platform/clock.ts'
import { Latencies } from './latencies.ts'

/** Who commits: a group of a contender. */
interface Committing {
  readonly group: string
  commit(offset: number): Promise<void>
}

/** What came of committing for a while. */
export interface LoadResult {
  readonly seconds: number
  readonly commits: number
  readonly failures: number
  readonly latencies: Latencies
  /** The longest time without any commit that succeeded, and when it began, in ms after the start. */
  readonly gap: { readonly ms: number; readonly fromMs: number }
  /** By group: the largest offset that was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>
}

/** More that wait for an answer than this, and the open loop stops to add: the store is far behind. */
const MAX_OUTSTANDING = 2000
const TICK_MS = 5
/** After a failure, before the same group tries again. */
const PAUSE_MS = 20

class Recorder {
  readonly latencies = new Latencies()
  readonly acknowledged = new Map<string, number>()
  commits = 0
  failures = 0
  private readonly clock: Clock
  private readonly startMs: number
  private lastMs: number
  private gap = { ms: 0, fromMs: 0 }

  constructor(clock: Clock) {
    this.clock = clock
    this.startMs = this.lastMs = clock.monotonicMs()
  }

  get elapsedMs(): number {
    return this.clock.monotonicMs() - this.startMs
  }

  /** Commits, and counts from `dueMs`, whenever it really left. Returns whether it succeeded. */
  async run(committer: Committing, offset: number, dueMs: number): Promise<boolean> {
    try {
      await committer.commit(offset)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.failures++
      return false
    }
    const nowMs = this.clock.monotonicMs()
    this.commits++
    this.latencies.add(nowMs - dueMs)
    this.look(nowMs)
    this.acknowledged.set(committer.group, Math.max(offset, this.acknowledged.get(committer.group) ?? -1))
    return true
  }

  private look(nowMs: number): void {
    if (nowMs - this.lastMs > this.gap.ms)
      this.gap = { ms: nowMs - this.lastMs, fromMs: this.lastMs - this.startMs }
    this.lastMs = nowMs
  }

  result(): LoadResult {
    this.look(this.clock.monotonicMs())
    const { commits, failures, latencies, gap, acknowledged } = this
    return { seconds: this.elapsedMs / 1000, commits, failures, latencies, gap, acknowledged }
  }
}

/** Every group commits again as soon as it has its answer: what the store can do at most. */
export async function closedLoop(
  clock: Clock,
  committers: readonly Committing[],
  options: { readonly durationMs: number; readonly firstOffset: number },
): Promise<LoadResult> {
  const recorder = new Recorder(clock)
  await Promise.all(
    committers.map(async (committer) => {
      for (let offset = options.firstOffset; recorder.elapsedMs < options.durationMs; offset++) {
        if (!(await recorder.run(committer, offset, clock.monotonicMs()))) await sleep(clock, PAUSE_MS)
      }
    }),
  )
  return recorder.result()
}

/**
 * Groups commit at a steady rate, whether answers come or not; a commit's time counts from when it was due, so that a
 * store that stands still is not excused.
 */
export async function openLoop(
  clock: Clock,
  committers: readonly Committing[],
  options: { readonly durationMs: number; readonly perSecond: number; readonly firstOffset: number },
): Promise<LoadResult> {
  const recorder = new Recorder(clock)
  const startMs = clock.monotonicMs()
  const intervalMs = 1000 / options.perSecond
  const total = Math.floor(options.durationMs / intervalMs)
  const outstanding = new Set<Promise<unknown>>()
  let sent = 0
  while (sent < total) {
    const dueUpTo = (clock.monotonicMs() - startMs) / intervalMs
    while (sent < total && sent <= dueUpTo && outstanding.size < MAX_OUTSTANDING) {
      const committer = committers[sent % committers.length]
      if (committer === undefined) break
      const offset = options.firstOffset + Math.floor(sent / committers.length)
      const commit = recorder.run(committer, offset, startMs + sent * intervalMs)
      outstanding.add(commit)
      void commit.finally(() => outstanding.delete(commit)).catch(() => undefined)
      sent++
    }
    if (clock.monotonicMs() - startMs > 2 * options.durationMs) break
    await sleep(clock, TICK_MS)
  }
  await Promise.all(outstanding)
  return recorder.result()
}
