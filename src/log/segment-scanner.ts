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
  let window = Buffer.allocUnsafe(Math.min(windowBytes, Math.max(HEADER_BYTES, end - position)))
  for (;;) {
    const wanted = Math.min(window.length, end - position)
    const got = wanted <= 0 ? 0 : await file.readAsync(window, 0, wanted, position)
    const walked = walkWindow(window, got, position, visit)
    position += walked.bytes
    if (walked.bytes > 0) await afterWindow?.()
    if (walked.reason !== 'end') return { position, reason: walked.reason }
    if (walked.bytes > 0 && got === wanted) continue
    // Nothing whole in the window: the end, or a batch larger than the window.
    if (got < LOG_OVERHEAD_BYTES) return { position, reason: 'end' }
    const size = readInt32(window, 8) + LOG_OVERHEAD_BYTES
    if (got < wanted || size <= window.length || size > end - position) return { position, reason: 'end' }
    window = Buffer.allocUnsafe(size)
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
