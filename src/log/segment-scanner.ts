import type { DiskFile } from '../platform/disk.ts'
import { KafkaError } from '../model/errors.ts'
import { batchSizeOf, completeSizeAt, LOG_OVERHEAD_BYTES } from '../records/record-batch.ts'
import { readInt32 } from '../records/bytes.ts'

/** What is read at a time. */
const WINDOW_BYTES = 1024 * 1024
const HEADER_BYTES = 17

/**
 * Looks at one batch: it begins at `at` in `buffer`, whole, and at `position` in the file. The buffer is used again
 * for what follows. False ends the scan before this batch.
 */
export type BatchVisitor = (buffer: Buffer, at: number, position: number) => boolean

export interface ScanResult {
  /** One past the last batch that was visited and accepted. */
  readonly position: number
  /** `end`: nothing whole is left; `stopped`: by the visitor; `corrupt`: what follows cannot be a batch. */
  readonly reason: 'end' | 'stopped' | 'corrupt'
}

/**
 * Reads the batches of a segment file from `position`, where one begins, to `end`, off the event loop, a megabyte at a
 * time. `afterWindow` is called, and waited for, before the buffer is used again.
 */
export async function scanBatches(
  file: DiskFile,
  position: number,
  end: number,
  visit: BatchVisitor,
  windowBytes = WINDOW_BYTES,
  afterWindow?: () => Promise<void>,
): Promise<ScanResult> {
  const scan = new Scan(position, end, windowBytes)
  for (;;) {
    const { wanted } = scan
    const got = wanted <= 0 ? 0 : await file.readAsync(scan.window, 0, wanted, scan.position)
    const before = scan.position
    const result = scan.take(got, visit)
    if (scan.position > before) await afterWindow?.()
    if (result !== null) return result
  }
}

/** As `scanBatches`, on the event loop: for what is small, or so rare that holding everybody up does no harm. */
export function scanBatchesNow(
  file: DiskFile,
  position: number,
  end: number,
  visit: BatchVisitor,
): ScanResult {
  const scan = new Scan(position, end, WINDOW_BYTES)
  for (;;) {
    const { wanted } = scan
    const got = wanted <= 0 ? 0 : file.read(scan.window, 0, wanted, scan.position)
    const result = scan.take(got, visit)
    if (result !== null) return result
  }
}

/** A walk through a file, one window at a time. */
class Scan {
  window: Buffer
  /** Where the window is to begin. */
  position: number
  private readonly end: number

  constructor(position: number, end: number, windowBytes: number) {
    this.window = Buffer.allocUnsafe(Math.min(windowBytes, Math.max(HEADER_BYTES, end - position)))
    this.position = position
    this.end = end
  }

  /** What is to be read into the window. */
  get wanted(): number {
    return Math.min(this.window.length, this.end - this.position)
  }

  /** Walks the batches of the window, into which `got` bytes were read; null when there may be more. */
  take(got: number, visit: BatchVisitor): ScanResult | null {
    const { wanted, window, position } = this
    const walked = walkWindow(window, got, position, visit)
    this.position = position + walked.bytes
    if (walked.reason !== 'end') return this.ended(walked.reason)
    if (walked.bytes > 0 && got === wanted) return null
    // Nothing whole in the window: the end, or a batch larger than the window.
    if (got < LOG_OVERHEAD_BYTES) return this.ended('end')
    const size = readInt32(window, 8) + LOG_OVERHEAD_BYTES
    if (got < wanted || size <= window.length || size > this.end - this.position) return this.ended('end')
    this.window = Buffer.allocUnsafe(size)
    return null
  }

  private ended(reason: ScanResult['reason']): ScanResult {
    return { position: this.position, reason }
  }
}

function walkWindow(
  window: Buffer,
  end: number,
  position: number,
  visit: BatchVisitor,
): { readonly bytes: number; readonly reason: ScanResult['reason'] } {
  let at = 0
  for (;;) {
    const size = sizeAt(window, at, end)
    if (size === null) return { bytes: at, reason: 'corrupt' }
    if (size < 0) return { bytes: at, reason: 'end' }
    if (!visit(window, at, position + at)) return { bytes: at, reason: 'stopped' }
    at += batchSizeOf(window, at)
  }
}

/** -1: not whole; null: not a batch. */
function sizeAt(window: Buffer, at: number, end: number): number | null {
  try {
    return completeSizeAt(window, at, end)
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
}
