/** Calls of one kind that are on their way at once: enough to fill a connection, not its queue. */
const DEFAULT_WINDOW = 1000

/**
 * Runs `work` for every item, in order, without waiting for one result before asking for the next, but with no more
 * than `window` unanswered. The results are in the order of the items. The first failure is the whole's; what is on its
 * way then runs to its end.
 */
export async function mapPipelined<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  window: number = DEFAULT_WINDOW,
): Promise<Result[]> {
  const results = new Array<Result>(items.length)
  await eachPipelined(
    items.entries(),
    async ([index, item]) => {
      results[index] = await work(item, index)
    },
    Math.min(window, items.length),
  )
  return results
}

/** As `mapPipelined`, for items that are only made when their turn comes. */
export async function eachPipelined<Item>(
  items: Iterator<Item>,
  work: (item: Item) => Promise<void>,
  window: number,
): Promise<void> {
  let hasFailed = false
  const lane = async (): Promise<void> => {
    for (let next = items.next(); next.done !== true && !hasFailed; next = items.next()) {
      try {
        await work(next.value)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: window }, lane))
}
