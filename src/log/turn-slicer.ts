import type { Clock } from '../platform/clock.ts'

/** Work on the event loop goes on for so long at most before others get their turn. */
const SLICE_MS = 5

/** Goes through `items` without holding up the event loop: after 5 ms of work everybody else comes first. */
export async function forEachSliced<T>(
  clock: Clock,
  items: Iterable<T>,
  action: (item: T) => void | Promise<void>,
): Promise<void> {
  let startedMs = clock.monotonicMs()
  for (const item of items) {
    const pending = action(item)
    if (pending !== undefined) await pending
    if (clock.monotonicMs() - startedMs < SLICE_MS) continue
    await new Promise<void>((resolve) => void clock.after(0, resolve))
    startedMs = clock.monotonicMs()
  }
}

/** Runs `action` on `items`, at most `limit` at a time, in their order. The first failure is thrown when all are done. */
export async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) await action(items[next++] as T)
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
