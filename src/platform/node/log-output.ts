import { fstatSync, writeSync } from 'node:fs'
import { systemCode } from './disk-error.ts'

/** What waits for a slow reader of the log. Newer lines are dropped above. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024

/** How soon a reader that was too slow is tried again. */
const RETRY_MS = 20

/** How long the last words may wait for a slow reader. */
const FLUSH_LIMIT_MS = 200

/**
 * Lines on their way to a descriptor. Each is written at once, in 2–5 µs, so that a process which dies has said what it
 * had to say. A pipe whose reader is too slow does not stop the process: lines wait then, and are dropped when too many
 * wait. What the system refuses is lost, there is nobody to tell.
 */
export class LogOutput {
  private readonly fd: number
  private waiting: Buffer[] = []
  private waitingBytes = 0
  private dropped = 0

  constructor(fd: number) {
    this.fd = fd
    neverBlock(fd)
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.waiting.length > 0) return this.wait(bytes)
    const rest = this.tryToWrite(bytes)
    if (rest.length === 0) return
    this.wait(rest)
    // However the process ends, short of being killed.
    process.once('exit', this.flush)
    setTimeout(this.retry, RETRY_MS).unref()
  }

  /** How many lines were dropped since the last call; 0 while there is no room to say so. */
  takeDropped(): number {
    if (this.waiting.length > 0) return 0
    const count = this.dropped
    this.dropped = 0
    return count
  }

  /** Writes all that waits before it returns, unless the reader is too slow. */
  readonly flush = (): void => {
    const deadline = performance.now() + FLUSH_LIMIT_MS
    while (this.waiting.length > 0 && performance.now() < deadline) {
      this.writeWaiting()
      if (this.waiting.length > 0) sleepSync(1)
    }
  }

  private readonly retry = (): void => {
    this.writeWaiting()
    if (this.waiting.length > 0) setTimeout(this.retry, RETRY_MS).unref()
    else process.off('exit', this.flush)
  }

  private writeWaiting(): void {
    const rest = this.tryToWrite(Buffer.concat(this.waiting))
    this.waiting = rest.length > 0 ? [rest] : []
    this.waitingBytes = rest.length
  }

  /** Returns what the reader has no room for now. */
  private tryToWrite(bytes: Buffer): Buffer {
    let rest = bytes
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.fd, rest))
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') return bytes.subarray(bytes.length)
    }
    return rest
  }

  private wait(bytes: Buffer): void {
    if (this.waitingBytes > MAX_WAITING_BYTES) {
      this.dropped++
      return
    }
    this.waiting.push(bytes)
    this.waitingBytes += bytes.length
  }
}

/**
 * Makes a standard stream that is a pipe answer EAGAIN when it is full. Node does so when its own stream on it is first
 * asked for, and has no other way to. Files and terminals do not block for long; other pipes are given by nobody.
 */
function neverBlock(fd: number): void {
  if (fd !== 1 && fd !== 2) return
  try {
    const kind = fstatSync(fd)
    if (kind.isFIFO() || kind.isSocket()) void (fd === 1 ? process.stdout : process.stderr).writable
  } catch {
    // Closed: then there is nothing to block.
  }
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
