/** Bytes that the process holds, by who asked for them. */
export interface MemoryStats {
  readonly residentBytes: number
  /** Null where the system does not tell. */
  readonly virtualBytes: number | null
  readonly heapTotalBytes: number
  readonly heapUsedBytes: number
  /** Outside the heap, but owned by objects in it: buffers above all. */
  readonly externalBytes: number
}

export interface HeapSpaceStats {
  readonly name: string
  readonly sizeBytes: number
  readonly usedBytes: number
}

/** Which collector ran: `minor` the young generation, `major` all of it, the others parts of the latter. */
export type CollectionKind = 'minor' | 'major' | 'incremental' | 'weakcb'

/**
 * What the process knows of itself. Nothing in the broker depends on it: it is shown, not used.
 *
 * Guarantees: totals never decrease; a call takes well under a millisecond; what the system does not tell is null,
 * never an error.
 */
export interface ProcessStats {
  /** Wall clock, milliseconds since 1970. */
  readonly startedAtMs: number
  /** Of Node.js, without the `v`. */
  readonly runtimeVersion: string
  /** CPU time since the start, of all threads. */
  cpu(): { readonly userSeconds: number; readonly systemSeconds: number }
  memory(): MemoryStats
  heapSpaces(): readonly HeapSpaceStats[]
  openFiles(): number | null
  maxOpenFiles(): number | null
  /** How long the event loop has waited and worked since the start. */
  eventLoop(): { readonly idleMs: number; readonly activeMs: number }
  /** What keeps the event loop alive: how many of each type. */
  activeResources(): ReadonlyMap<string, number>
  /** Tells of every garbage collection soon after it; returns the function that ends that. */
  onCollection(listener: (kind: CollectionKind, seconds: number) => void): () => void
}
