import type { Logger } from '../platform/logger.ts'
import { lastOffsetOf, maxTimestampOf } from '../records/record-batch.ts'
import { deletesOldSegments } from './log-config.ts'
import { producersBefore, type RecoveryContext } from './log-recovery.ts'
import { makeSegment, type LogState } from './log-state.ts'
import { removeSnapshot, removeSnapshotsOutside, writeSnapshot } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import { deletableSegments, type RetentionSegment } from './retention.ts'
import type { Segment } from './segment.ts'
import { scanBatches } from './segment-scanner.ts'
import { Segments } from './segments.ts'

/**
 * What cuts a log: its end when a follower follows another leader, its beginning when records are old or deleted.
 * The caller makes sure that nothing is on its way to the files, and that nothing is appended meanwhile.
 */

export function recoveryContextOf(state: LogState): RecoveryContext {
  return {
    partition: state.name,
    folder: state.folder,
    directory: state.directory,
    logger: state.directory.logger,
    producerIdExpirationMs: state.shared.producerIdExpirationMs(),
  }
}

/** Cuts off `offset` and everything behind it. Source: UnifiedLog.truncateTo. */
export async function cutEnd(state: LogState, offset: number): Promise<void> {
  const { segments } = state
  removeSegments(state, segments.removeFrom(offset + 1), 'truncation')
  if (segments.count === 0 || segments.first.baseOffset > offset) return startAnew(state, offset)
  const { active } = segments
  active.unseal()
  const position = await positionOf(state, active, offset)
  state.directory.checkOnline()
  active.truncateTo(offset, position)
  await restoreLargestTimestamp(state, active)
  state.directory.checkOnline()
  state.generation++
  state.nextOffset = offset
  state.logEndOffset = offset
  state.recoveryPoint = Math.min(state.recoveryPoint, offset)
  state.highWatermark = Math.min(state.highWatermark, offset)
  state.limitFirstDirtyOffset()
  if (state.epochs.truncateFromEnd(offset)) state.saveEpochs()
  await reloadProducers(state)
}

/** Drops everything and goes on at `offset`. Source: UnifiedLog.truncateFullyAndStartAt. */
export function startAnew(state: LogState, offset: number): void {
  removeSegments(state, state.segments.removeFrom(0), 'truncation')
  removeSnapshotsOutside(state.directory.disk, state.folder, { logStartOffset: Infinity, endOffset: -1 })
  const segment = makeSegment(state.folder, state.shared.random, offset, {
    isActive: true,
    isNew: true,
    nowMs: state.nowMs(),
  })
  segment.create()
  state.segments = new Segments([segment])
  state.limitFirstDirtyOffset()
  state.generation++
  state.snapshotOffset = null
  state.producers = new ProducerState(state.name)
  state.logStartOffset = offset
  state.nextOffset = offset
  state.logEndOffset = offset
  state.highWatermark = offset
  state.recoveryPoint = offset
  if (state.epochs.clear()) state.saveEpochs()
}

async function positionOf(state: LogState, segment: Segment, offset: number): Promise<number> {
  const { files } = state.directory
  if (segment.sizeBytes === 0) return 0
  const { file, fileRef } = segment
  files.pin(fileRef)
  try {
    const { position } = await scanBatches(
      file,
      segment.positionBefore(offset),
      segment.sizeBytes,
      (buffer, at) => lastOffsetOf(buffer, at) < offset,
    )
    return position
  } finally {
    files.unpin(fileRef)
  }
}

/** What lies behind the last entry of the time index may have a larger timestamp than that. */
async function restoreLargestTimestamp(state: LogState, segment: Segment): Promise<void> {
  const { files } = state.directory
  if (segment.sizeBytes === 0) return
  const start = segment.positionBefore(segment.largestTimestampEntry.offset)
  const { file, fileRef } = segment
  files.pin(fileRef)
  try {
    await scanBatches(file, start, segment.sizeBytes, (buffer, at) => {
      segment.noteLargestTimestamp(maxTimestampOf(buffer, at), lastOffsetOf(buffer, at))
      return true
    })
  } finally {
    files.unpin(fileRef)
  }
}

async function reloadProducers(state: LogState): Promise<void> {
  const { disk } = state.directory
  const range = { logStartOffset: state.logStartOffset, endOffset: state.logEndOffset }
  removeSnapshotsOutside(disk, state.folder, range)
  const context = recoveryContextOf(state)
  const producers = await producersBefore(context, state.segments.all, range.logStartOffset, range.endOffset)
  producers.onHighWatermark(state.highWatermark)
  state.producers = producers
  if (range.endOffset === range.logStartOffset) {
    state.snapshotOffset = null
    return
  }
  writeSnapshot(disk, state.folder, range.endOffset, producers)
  state.snapshotOffset = range.endOffset
}

/**
 * Takes the files of segments away: renamed now, removed after `file.delete.delay.ms`. The producer snapshots at their
 * beginnings go too; the first one stays if another segment begins there.
 */
export function removeSegments(
  state: LogState,
  removed: readonly Segment[],
  reason: string,
  options: { readonly keepsFirstSnapshot?: boolean } = {},
): void {
  if (removed.length === 0) return
  const { directory, folder, config } = state
  const paths = removed.flatMap((segment) => segment.markDeleted())
  directory.removeLater(paths, config['file.delete.delay.ms'])
  for (const segment of removed.slice(options.keepsFirstSnapshot === true ? 1 : 0)) {
    removeSnapshot(directory.disk, folder, segment.baseOffset)
  }
  const logger: Logger = directory.logger
  logger.info(`${state.name}: deleted ${removed.length} segments (${reason})`, {
    baseOffsets: removed.slice(0, 20).map((segment) => segment.baseOffset),
  })
}

/**
 * Moves the log's beginning forward. Nothing is removed from the disk yet; retention does that. Returns whether it
 * moved. Source: UnifiedLog.maybeIncrementLogStartOffset.
 */
export function moveLogStart(state: LogState, offset: number): boolean {
  if (offset <= state.logStartOffset) return false
  state.logStartOffset = offset
  if (state.highWatermark < offset) state.highWatermark = offset
  if (state.epochs.truncateFromStart(offset)) state.saveEpochs()
  return true
}

/** How many of the oldest segments may go now, and why. */
export function dueForDeletion(state: LogState, nowMs: number): ReturnType<typeof deletableSegments> {
  const { config, segments } = state
  const views = segments.all.map((segment, i): RetentionSegment => {
    const endOffset = segments.all[i + 1]?.baseOffset ?? state.logEndOffset
    return {
      endOffset,
      get sizeBytes() {
        return segment.sizeBytes
      },
      largestTimestamp: () => segment.largestTimestamp,
    }
  })
  return deletableSegments(views, {
    retentionMs: config['retention.ms'],
    retentionBytes: config['retention.bytes'],
    logStartOffset: state.logStartOffset,
    highWatermark: state.highWatermark,
    nowMs,
    deletesOld: deletesOldSegments(config),
  })
}
