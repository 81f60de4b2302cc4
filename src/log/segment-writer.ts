import type { Clock } from '../platform/clock.ts'
import { DiskError } from '../platform/disk.ts'
import type { OpenFiles } from './open-files.ts'
import type { Segment } from './segment.ts'
import { TailWrite } from './tail.ts'

/** Bytes that one turn writes synchronously at most; what is beyond goes through the thread pool. */
const SYNC_BYTES_PER_TURN = 1024 * 1024
/**
 * A synchronous write that took longer may mean that the device does not keep up; two within a second do, and one that
 * took much longer. (One alone may be the process that had to wait for the CPU.)
 */
const SLOW_WRITE_MS = 5
const STALLED_WRITE_MS = 20
const SUSPICION_MS = 1000
/** For how long writes then stay off the event loop before one is tried again; doubled while it goes on. */
const MIN_SLOW_PERIOD_MS = 100
const MAX_SLOW_PERIOD_MS = 1600
const RECOVERED_AFTER_MS = 10_000

/** A log as the writer sees it. */
export interface WritableLog {
  /** Internal to the writer: waits for the end of the turn; has a write in the thread pool. */
  isQueued: boolean
  isWriting: boolean
  /** Whether what is written must be made durable before anybody is told (`flush.messages`). */
  readonly syncsBeforeExposing: boolean
  /** Fills `write` with the next bytes for the disk. False when there are none. */
  nextWrite(write: TailWrite): boolean
  /** The bytes of `write` are with the operating system. */
  wrote(write: TailWrite): void
  /** Makes what was written durable. */
  syncWritten(write: TailWrite): Promise<void>
  /** A write in the thread pool came back. */
  onWriterIdle(): void
}

/**
 * Writes what the logs of one directory have taken in. All batches that arrived in a turn of the event loop become one
 * positioned write per log at its end. Writing into the page cache costs 5 µs for 16 KB, a hop through the thread pool
 * 25–40, so the write is synchronous: up to a megabyte a turn, and only as long as the device keeps up.
 *
 * `onWritten` is called when bytes of a log have become readable, `onFailure` once when a write fails: after that
 * nothing more is written, and nothing that was not is ever read or acknowledged.
 */
export class SegmentWriter {
  private readonly clock: Clock
  private readonly files: OpenFiles
  private readonly onWritten: (log: WritableLog) => void
  private readonly onFailure: (log: WritableLog, error: DiskError) => void
  private dirty: WritableLog[] = []
  private spare: WritableLog[] = []
  private isScheduled = false
  private isStopped = false
  private slowUntilMs = -Infinity
  private lastSlowWriteMs = -Infinity
  private slowPeriodMs = MIN_SLOW_PERIOD_MS
  private readonly write = new TailWrite()

  constructor(options: {
    clock: Clock
    files: OpenFiles
    onWritten: (log: WritableLog) => void
    onFailure: (log: WritableLog, error: DiskError) => void
  }) {
    this.clock = options.clock
    this.files = options.files
    this.onWritten = options.onWritten
    this.onFailure = options.onFailure
  }

  /** Whether writes go through the thread pool because the device was slow. */
  get isSlow(): boolean {
    return this.clock.monotonicMs() < this.slowUntilMs
  }

  /** The log has bytes to write. */
  enqueue(log: WritableLog): void {
    if (log.isQueued || log.isWriting || this.isStopped) return
    log.isQueued = true
    this.dirty.push(log)
    if (this.isScheduled) return
    this.isScheduled = true
    this.clock.endOfTurn(this.runTurn)
  }

  /** Writes everything that waits now, without waiting for the end of the turn. */
  flushTurn(): void {
    this.runTurn()
  }

  /** Nothing more is written. */
  stop(): void {
    this.isStopped = true
    for (const log of this.dirty) log.isQueued = false
    this.dirty = []
  }

  private readonly runTurn = (): void => {
    this.isScheduled = false
    const logs = this.dirty
    this.dirty = this.spare
    let budget = this.isSlow ? 0 : SYNC_BYTES_PER_TURN
    let next = 0
    try {
      while (next < logs.length && !this.isStopped) {
        const log = logs[next++] as WritableLog
        log.isQueued = false
        if (!log.isWriting) budget -= this.writeLog(log, budget)
      }
    } finally {
      // Only when `onWritten` threw, or the writer was stopped: the others get their turn all the same.
      for (; next < logs.length; next++) {
        const log = logs[next] as WritableLog
        log.isQueued = false
        this.enqueue(log)
      }
      logs.length = 0
      this.spare = logs
    }
  }

  /** Returns the bytes written synchronously. */
  private writeLog(log: WritableLog, budget: number): number {
    const { write } = this
    let written = 0
    while (log.nextWrite(write)) {
      if (write.bytes > budget - written || log.syncsBeforeExposing) {
        const own = new TailWrite()
        log.nextWrite(own)
        void this.writeLater(log, own)
        break
      }
      if (!this.writeNow(log, write)) return written
      written += write.bytes
      log.wrote(write)
    }
    write.reset()
    if (written > 0) this.onWritten(log)
    return written
  }

  private writeNow(log: WritableLog, write: TailWrite): boolean {
    const startedMs = this.clock.monotonicMs()
    try {
      ;(write.segment as Segment).file.write(write.buffers, write.position)
    } catch (error) {
      this.fail(log, error)
      return false
    }
    const endedMs = this.clock.monotonicMs()
    if (endedMs - startedMs > SLOW_WRITE_MS) this.noteSlow(endedMs - startedMs, endedMs)
    return true
  }

  private noteSlow(tookMs: number, nowMs: number): void {
    const sinceLast = nowMs - this.lastSlowWriteMs
    this.lastSlowWriteMs = nowMs
    if (tookMs < STALLED_WRITE_MS && sinceLast > SUSPICION_MS) return
    const goesOn = nowMs - this.slowUntilMs < RECOVERED_AFTER_MS
    this.slowPeriodMs = goesOn ? Math.min(this.slowPeriodMs * 2, MAX_SLOW_PERIOD_MS) : MIN_SLOW_PERIOD_MS
    this.slowUntilMs = nowMs + this.slowPeriodMs
  }

  private async writeLater(log: WritableLog, write: TailWrite): Promise<void> {
    log.isWriting = true
    const { fileRef } = write.segment as Segment
    try {
      const file = this.files.use(fileRef)
      this.files.pin(fileRef)
      try {
        await file.writeAsync(write.buffers, write.position)
      } finally {
        this.files.unpin(fileRef)
      }
      if (log.syncsBeforeExposing) await log.syncWritten(write)
      log.isWriting = false
      if (this.isStopped) return
      log.wrote(write)
    } catch (error) {
      log.isWriting = false
      this.fail(log, error)
      return
    } finally {
      log.onWriterIdle()
    }
    this.enqueue(log)
    this.onWritten(log)
  }

  private fail(log: WritableLog, error: unknown): void {
    if (!(error instanceof DiskError)) throw error
    if (this.isStopped) return
    this.stop()
    this.onFailure(log, error)
  }
}
