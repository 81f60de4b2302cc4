/** What a `DueHeap` orders: by `dueMs`, and by `sequence` among those due at the same instant. */
export interface Due {
  dueMs: number
  sequence: number
  /** Where the heap keeps it; -1 while it is in none. Only the heap writes it. */
  heapIndex: number
}

/**
 * A binary heap of things with a due time. Entries know their place, so that taking one out of the middle costs
 * O(log n): deadlines that are cancelled leave nothing behind.
 */
export class DueHeap<T extends Due> {
  private readonly entries: T[] = []

  get size(): number {
    return this.entries.length
  }

  /** The entry that is due first, or undefined. */
  peek(): T | undefined {
    return this.entries[0]
  }

  push(entry: T): void {
    this.entries.push(entry)
    this.rise(entry, this.entries.length - 1)
  }

  /** Takes out the entry that is due first. */
  pop(): T | undefined {
    const first = this.entries[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Takes out `entry`; harmless when it is not in the heap. */
  remove(entry: T): void {
    const index = entry.heapIndex
    if (index < 0 || this.entries[index] !== entry) return
    entry.heapIndex = -1
    const last = this.entries.pop() as T
    if (last === entry) return
    if (index > 0 && isBefore(last, this.entries[(index - 1) >> 1] as T)) this.rise(last, index)
    else this.sink(last, index)
  }

  private rise(entry: T, from: number): void {
    const entries = this.entries
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = entries[above] as T
      if (!isBefore(entry, parent)) break
      entries[index] = parent
      parent.heapIndex = index
      index = above
    }
    entries[index] = entry
    entry.heapIndex = index
  }

  private sink(entry: T, from: number): void {
    const entries = this.entries
    const end = entries.length
    let index = from
    for (;;) {
      let below = 2 * index + 1
      if (below >= end) break
      if (below + 1 < end && isBefore(entries[below + 1] as T, entries[below] as T)) below++
      const child = entries[below] as T
      if (!isBefore(child, entry)) break
      entries[index] = child
      child.heapIndex = index
      index = below
    }
    entries[index] = entry
    entry.heapIndex = index
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence)
}
