/** A log as the flush queue sees it. */
export interface Flushable {
  /** Bytes handed to the operating system since the last flush began. */
  readonly unflushedBytes: number
  /** Makes everything written so far durable. */
  flush(): Promise<void>
}

/**
 * Flushes the logs of one directory in the background, one after the other: those that were rolled, and when more than
 * `maxDirtyBytes` are only in the page cache, those that have waited longest. Without that the kernel lets gigabytes
 * of dirty pages grow, and then holds up writers for tens of milliseconds.
 */
export class FlushQueue {
  private readonly maxDirtyBytes: number
  private readonly onFailure: (error: unknown) => void
  private readonly queue = new Set<Flushable>()
  /** Logs with unflushed bytes, the one that has had them longest first. */
  private readonly dirty = new Set<Flushable>()
  private dirtyBytes = 0
  private running: Promise<void> | null = null
  private isClosed = false

  constructor(options: { maxDirtyBytes: number; onFailure: (error: unknown) => void }) {
    this.maxDirtyBytes = options.maxDirtyBytes
    this.onFailure = options.onFailure
  }

  get unflushedBytes(): number {
    return this.dirtyBytes
  }

  noteWritten(log: Flushable, bytes: number): void {
    this.dirtyBytes += bytes
    this.dirty.add(log)
    if (this.dirtyBytes > this.maxDirtyBytes && this.queue.size === 0) this.flushOldest()
  }

  /** `bytes` of a log's are durable, or gone. */
  noteFlushed(log: Flushable, bytes: number): void {
    this.dirtyBytes -= bytes
    if (log.unflushedBytes === 0) this.dirty.delete(log)
  }

  flushSoon(log: Flushable): void {
    if (this.isClosed) return
    this.queue.add(log)
    this.running ??= this.run()
  }

  /** No more flushes begin; resolves when the one under way is done. */
  async close(): Promise<void> {
    this.isClosed = true
    this.queue.clear()
    await this.running
  }

  private flushOldest(): void {
    const oldest = this.dirty.values().next().value
    if (oldest !== undefined) this.flushSoon(oldest)
  }

  private async run(): Promise<void> {
    try {
      for (let log = this.next(); log !== undefined; log = this.next()) await log.flush()
    } catch (error) {
      this.queue.clear()
      this.onFailure(error)
    } finally {
      this.running = null
    }
  }

  private next(): Flushable | undefined {
    if (this.queue.size === 0 && this.dirtyBytes > this.maxDirtyBytes / 2 && !this.isClosed) {
      const oldest = this.dirty.values().next().value
      if (oldest !== undefined) return oldest
    }
    const log = this.queue.values().next().value
    if (log !== undefined) this.queue.delete(log)
    return log
  }
}
