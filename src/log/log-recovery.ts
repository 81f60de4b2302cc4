import type { Logger } from '../platform/logger.ts'
import { isMessageValid } from '../records/legacy-messages.ts'
import {
  baseOffsetOf,
  batchSizeOf,
  isBatchValid,
  lastOffsetOf,
  leaderEpochOf,
  MAGIC_V2,
  magicOf,
} from '../records/record-batch.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { LogDirectory } from './log-directory.ts'
import { replayBatch } from './producer-replay.ts'
import { loadNewestSnapshot } from './producer-snapshots.ts'
import type { ProducerState } from './producer-state.ts'
import type { LogFolder } from './segment-files.ts'
import type { Segment } from './segment.ts'
import { scanBatches, scanBatchesNow, type BatchVisitor } from './segment-scanner.ts'

/** Relative offsets have 31 bits. */
const MAX_OFFSETS_PER_SEGMENT = 2 ** 31

/** A log that is being put together from its files. */
export interface RecoveryContext {
  readonly partition: string
  readonly folder: LogFolder
  readonly directory: LogDirectory
  readonly logger: Logger
  readonly producerIdExpirationMs: number
}

/** Whether the batch at `at`, all of which is there, is what was once written. */
export function isStoredBatchValid(buffer: Buffer, at: number): boolean {
  return magicOf(buffer, at) < MAGIC_V2 ? isMessageValid(buffer, at) : isBatchValid(buffer, at)
}

/**
 * Reads a segment from its beginning, checks every batch, makes its indexes anew and cuts off what follows the last
 * good batch. Offsets must grow and stay below `limitOffset`, where the next segment begins. Epochs and producers learn
 * what the batches say. Returns how many bytes were cut off and where the segment now ends. Source: LogSegment.recover.
 */
export async function recoverSegment(
  context: RecoveryContext,
  segment: Segment,
  limitOffset: number,
  learn: { readonly epochs: LeaderEpochs; readonly producers: ProducerState | null },
): Promise<{ readonly truncatedBytes: number; readonly endOffset: number }> {
  const { files } = context.directory
  const fileBytes = segment.sizeBytes
  segment.resetIndexes()
  segment.abortedTransactions.reset()
  let endOffset = segment.baseOffset
  const limit = Math.min(limitOffset, segment.baseOffset + MAX_OFFSETS_PER_SEGMENT)
  const { file, fileRef } = segment
  files.pin(fileRef)
  let validBytes: number
  try {
    const result = await scanBatches(file, 0, fileBytes, (buffer, at, position) => {
      if (!isStoredBatchValid(buffer, at)) return false
      if (baseOffsetOf(buffer, at) < endOffset || lastOffsetOf(buffer, at) >= limit) return false
      segment.indexBatch(buffer, at, position)
      endOffset = lastOffsetOf(buffer, at) + 1
      if (magicOf(buffer, at) < MAGIC_V2) return true
      const epoch = leaderEpochOf(buffer, at)
      if (epoch > learn.epochs.latestEpoch) learn.epochs.assign(epoch, baseOffsetOf(buffer, at))
      if (learn.producers !== null) replayInto(segment, learn.producers, buffer, at)
      return true
    })
    validBytes = result.position
  } finally {
    files.unpin(fileRef)
  }
  segment.completeRecovery(validBytes, fileBytes)
  return { truncatedBytes: fileBytes - validBytes, endOffset }
}

function replayInto(segment: Segment, producers: ProducerState, buffer: Buffer, at: number): void {
  const completed = replayBatch(producers, buffer, at)
  if (completed === null) return
  const lastStableOffset = producers.lastStableOffsetAfter(completed)
  if (!completed.isAborted) return
  const { producerId, firstOffset, lastOffset } = completed
  segment.abortedTransactions.append({ producerId, firstOffset, lastOffset, lastStableOffset })
}

/**
 * Makes the offset and time index of a segment anew without judging its batches: they are durable, only the indexes
 * are lost.
 */
export async function rebuildIndexes(context: RecoveryContext, segment: Segment): Promise<void> {
  context.logger.warn(`indexes of segment ${segment.baseOffset} of ${context.partition} are made anew`)
  const { files } = context.directory
  segment.resetIndexes()
  const { file, fileRef } = segment
  files.pin(fileRef)
  try {
    await scanBatches(file, 0, segment.sizeBytes, (buffer, at, position) => {
      segment.indexBatch(buffer, at, position)
      return true
    })
  } finally {
    files.unpin(fileRef)
  }
  segment.writeIndexes()
}

/**
 * Makes the index of aborted transactions of a segment anew; its batches are not judged. Source: the recovery of a
 * segment whose TransactionIndex.sanityCheck fails.
 */
export async function rebuildAborted(
  context: RecoveryContext,
  segment: Segment,
  producers: ProducerState,
): Promise<void> {
  context.logger.warn(
    `aborted transactions of segment ${segment.baseOffset} of ${context.partition} are listed anew`,
  )
  const { files } = context.directory
  segment.abortedTransactions.reset()
  const { file, fileRef } = segment
  files.pin(fileRef)
  try {
    await scanBatches(file, 0, segment.sizeBytes, (buffer, at) => {
      if (magicOf(buffer, at) >= MAGIC_V2) replayInto(segment, producers, buffer, at)
      return true
    })
  } finally {
    files.unpin(fileRef)
  }
  await segment.abortedTransactions.sync()
}

/**
 * The producers of a log as they are before `endOffset`: the newest snapshot, and the batches behind it replayed.
 * Source: UnifiedLog.rebuildProducerState.
 */
export async function producersBefore(
  context: RecoveryContext,
  segments: readonly Segment[],
  logStartOffset: number,
  endOffset: number,
): Promise<ProducerState> {
  const { producers, offset } = newestSnapshot(context, logStartOffset, endOffset)
  const from = offset ?? logStartOffset
  for (const segment of segmentsToReplay(segments, from, endOffset)) {
    const { files } = context.directory
    const { file, fileRef } = segment
    files.pin(fileRef)
    try {
      const start = replayStart(segment, from)
      await scanBatches(file, start, segment.sizeBytes, replayer(producers, from, endOffset))
    } finally {
      files.unpin(fileRef)
    }
  }
  return producers
}

/** As `producersBefore`, on the event loop; and the offset of the snapshot that could be used, or null. */
export function producersBeforeNow(
  context: RecoveryContext,
  segments: readonly Segment[],
  logStartOffset: number,
  endOffset: number,
): { readonly producers: ProducerState; readonly offset: number | null } {
  const newest = newestSnapshot(context, logStartOffset, endOffset)
  const from = newest.offset ?? logStartOffset
  for (const segment of segmentsToReplay(segments, from, endOffset)) {
    const visit = replayer(newest.producers, from, endOffset)
    scanBatchesNow(segment.file, replayStart(segment, from), segment.sizeBytes, visit)
  }
  return newest
}

function newestSnapshot(context: RecoveryContext, logStartOffset: number, endOffset: number) {
  const { directory, folder, logger, partition, producerIdExpirationMs } = context
  return loadNewestSnapshot(
    { disk: directory.disk, folder, logger, partition },
    { logStartOffset, endOffset },
    { nowMs: directory.clock.nowMs(), expirationMs: producerIdExpirationMs },
  )
}

function segmentsToReplay(segments: readonly Segment[], from: number, endOffset: number): Segment[] {
  if (from >= endOffset) return []
  return segments.filter((segment, i) => {
    const next = segments[i + 1]
    return segment.baseOffset < endOffset && segment.sizeBytes > 0 && !(next && next.baseOffset <= from)
  })
}

function replayStart(segment: Segment, from: number): number {
  return from <= segment.baseOffset ? 0 : segment.positionBefore(from)
}

function replayer(producers: ProducerState, from: number, endOffset: number): BatchVisitor {
  return (buffer, at) => {
    if (baseOffsetOf(buffer, at) >= endOffset) return false
    if (lastOffsetOf(buffer, at) >= from) replayBatch(producers, buffer, at)
    return true
  }
}

/** One past the last whole batch of a segment, and where that ends in its file. */
export async function findEnd(
  context: RecoveryContext,
  segment: Segment,
): Promise<{ readonly endOffset: number; readonly position: number }> {
  const { files } = context.directory
  const size = segment.sizeBytes
  let endOffset = segment.baseOffset
  if (size === 0) return { endOffset, position: 0 }
  const { file, fileRef } = segment
  files.pin(fileRef)
  try {
    const { position } = await scanBatches(file, segment.positionBefore(Infinity), size, (buffer, at) => {
      endOffset = Math.max(endOffset, lastOffsetOf(buffer, at) + 1)
      return batchSizeOf(buffer, at) > 0
    })
    return { endOffset, position }
  } finally {
    files.unpin(fileRef)
  }
}
