import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { fileNameOf, offsetOfFile, SNAPSHOT_SUFFIX } from './file-names.ts'
import type { Folder } from './open-files.ts'
import { CorruptSnapshotError, decodeSnapshot, encodeSnapshot } from './producer-snapshot.ts'
import { isExpired, ProducerState, type ProducerEntry } from './producer-state.ts'

/** Ten million producers: more would not fit into memory either. */
const MAX_SNAPSHOT_BYTES = 512 * 1024 * 1024

function pathOf(folder: Folder, offset: number): string {
  return `${folder.path}/${fileNameOf(offset, SNAPSHOT_SUFFIX)}`
}

/** The offsets of the snapshots among a directory's file names, ascending. */
export function snapshotOffsets(names: readonly string[]): number[] {
  return names
    .filter((name) => name.endsWith(SNAPSHOT_SUFFIX))
    .map(offsetOfFile)
    .filter((offset) => offset !== null)
    .sort((a, b) => a - b)
}

/** Writes the state of all producers before `offset`. A torn file is found by its checksum. */
export function writeSnapshot(disk: Disk, folder: Folder, offset: number, producers: ProducerState): void {
  const file = disk.open(pathOf(folder, offset), { mode: 'write' })
  try {
    file.truncate(0)
    file.write([encodeSnapshot(producers.all())], 0)
  } finally {
    file.close()
  }
}

export async function syncSnapshot(disk: Disk, folder: Folder, offset: number): Promise<void> {
  if (disk.status(pathOf(folder, offset)) === null) return // Its segment was deleted meanwhile.
  const file = disk.open(pathOf(folder, offset), { mode: 'write' })
  try {
    await file.sync()
  } finally {
    file.close()
  }
}

export function removeSnapshot(disk: Disk, folder: Folder, offset: number): void {
  disk.remove(pathOf(folder, offset))
}

/** The producers in the snapshot at `offset`, without those that have expired. Throws CorruptSnapshotError. */
export function readSnapshot(
  disk: Disk,
  folder: Folder,
  offset: number,
  expiry: { readonly nowMs: number; readonly expirationMs: number },
): ProducerEntry[] {
  const entries = decodeSnapshot(disk.readSmallFile(pathOf(folder, offset), MAX_SNAPSHOT_BYTES))
  return entries.filter((entry) => !isExpired(entry, expiry.nowMs, expiry.expirationMs))
}

/**
 * The state in the newest good snapshot at or before `endOffset`, and the offset from which the log has to be replayed
 * on top of it. Those that cannot be read are removed.
 */
export function loadNewestSnapshot(
  where: {
    readonly disk: Disk
    readonly folder: Folder
    readonly logger: Logger
    readonly partition: string
  },
  range: { readonly logStartOffset: number; readonly endOffset: number },
  expiry: { readonly nowMs: number; readonly expirationMs: number },
): { readonly producers: ProducerState; readonly offset: number | null } {
  const { disk, folder, logger, partition } = where
  const offsets = snapshotOffsets(disk.list(folder.path))
  for (let offset = offsets.pop(); offset !== undefined; offset = offsets.pop()) {
    if (offset > range.endOffset || offset <= range.logStartOffset) continue
    try {
      const producers = new ProducerState(partition)
      for (const entry of readSnapshot(disk, folder, offset, expiry)) producers.restore(entry)
      return { producers, offset }
    } catch (error) {
      if (!(error instanceof CorruptSnapshotError)) throw error
      logger.warn(`producer snapshot of ${partition} at offset ${offset} is unusable and removed`, { error })
      removeSnapshot(disk, folder, offset)
    }
  }
  return { producers: new ProducerState(partition), offset: null }
}

/** Removes the snapshots that say nothing about a log with this range. */
export function removeSnapshotsOutside(
  disk: Disk,
  folder: Folder,
  range: { readonly logStartOffset: number; readonly endOffset: number },
): void {
  for (const offset of snapshotOffsets(disk.list(folder.path))) {
    if (offset > range.endOffset || offset <= range.logStartOffset) removeSnapshot(disk, folder, offset)
  }
}
