import { legacyRecordsOf } from '../records/legacy-messages.ts'
import {
  baseOffsetOf,
  lastOffsetOf,
  leaderEpochOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  timestampTypeOf,
} from '../records/record-batch.ts'
import { recordsOf } from '../records/record.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'
import { scanBatches } from './segment-scanner.ts'

/** What ListOffsets answers. */
export interface FoundTimestamp {
  readonly offset: number
  readonly timestamp: number
  /** Of the batch, or -1 where it has none. */
  readonly leaderEpoch: number
}

interface TimedRecord {
  readonly offset: number
  readonly timestamp: number
}

/**
 * The first record at or behind the log start whose timestamp is `timestamp` or later, among what is with the
 * operating system. Null when there is none. Source: UnifiedLog.fetchOffsetByTimestamp.
 */
export async function findTimestamp(state: LogState, timestamp: number): Promise<FoundTimestamp | null> {
  // By offset, not through the list: while we wait, compaction may put one segment in the place of several.
  for (let segment: Segment | null = state.segments.first; segment !== null; segment = next(state, segment)) {
    if (segment.largestTimestampEntry.timestamp < timestamp) continue
    const entry = segment.timestamps.entryBelow(timestamp)
    const from = Math.max(entry.offset, state.logStartOffset)
    const found = await scanFor(state, segment, segment.positionBefore(from), (buffer, at) => {
      if (maxTimestampOf(buffer, at) < timestamp) return null
      return firstRecord(
        buffer,
        at,
        (record) => record.timestamp >= timestamp && record.offset >= state.logStartOffset,
      )
    })
    if (found !== null) return found
  }
  return null
}

/**
 * The first record with the log's largest timestamp. Null when no record has one. Source: UnifiedLog,
 * ListOffsetsRequest.MAX_TIMESTAMP (KIP-734).
 */
export async function findMaxTimestamp(state: LogState): Promise<FoundTimestamp | null> {
  let newest: Segment | null = null
  let largest = -1
  for (const segment of state.segments.all) {
    const { timestamp } = segment.largestTimestampEntry
    if (timestamp <= largest) continue
    newest = segment
    largest = timestamp
  }
  if (newest === null) return null
  const from = newest.positionBefore(newest.largestTimestampEntry.offset)
  return scanFor(state, newest, from, (buffer, at) => {
    if (maxTimestampOf(buffer, at) !== largest) return null
    if (timestampTypeOf(buffer, at) === 'LogAppendTime')
      return { offset: baseOffsetOf(buffer, at), timestamp: largest }
    return firstRecord(buffer, at, (record) => record.timestamp === largest)
  })
}

function next(state: LogState, segment: Segment): Segment | null {
  return state.segments.higher(segment.baseOffset)
}

async function scanFor(
  state: LogState,
  segment: Segment,
  position: number,
  look: (buffer: Buffer, at: number) => TimedRecord | null,
): Promise<FoundTimestamp | null> {
  const { files } = state.directory
  const { file, fileRef } = segment
  const end = file.sizeBytes()
  let found: FoundTimestamp | null = null
  files.pin(fileRef)
  try {
    await scanBatches(
      file,
      position,
      end,
      (buffer, at) => {
        // What is in the file is not all there for readers yet.
        if (lastOffsetOf(buffer, at) >= state.logEndOffset) return false
        const record = look(buffer, at)
        if (record !== null) found = { ...record, leaderEpoch: leaderEpochOf(buffer, at) }
        return record === null
      },
      LOOKUP_WINDOW_BYTES,
    )
  } finally {
    files.unpin(fileRef)
  }
  return found
}

/** A lookup ends near where the index says: it should not read a megabyte for that. */
const LOOKUP_WINDOW_BYTES = 64 * 1024

function firstRecord(
  buffer: Buffer,
  at: number,
  wanted: (record: TimedRecord) => boolean,
): TimedRecord | null {
  const records: Iterable<TimedRecord> =
    magicOf(buffer, at) < MAGIC_V2 ? legacyRecordsOf(buffer, at) : recordsOf(buffer, at)
  for (const record of records)
    if (wanted(record)) return { offset: record.offset, timestamp: record.timestamp }
  return null
}
