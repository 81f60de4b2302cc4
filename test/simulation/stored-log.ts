import {
  batchSizeOf,
  completeSizeAt,
  isBatchValid,
  lastOffsetOf,
  leaderEpochOf,
  baseOffsetOf,
} from '../../src/records/record-batch.ts'
import { recordsOf } from '../../src/records/record.ts'
import type { DirectoryNode, DiskImage } from '../fakes/disk-image.ts'

export interface StoredRecord {
  readonly offset: number
  readonly value: string
  readonly leaderEpoch: number
}

/** One replica's log as its files have it. */
export interface StoredLog {
  /** Its directory. */
  readonly path: string
  readonly startOffset: number
  readonly endOffset: number
  readonly records: readonly StoredRecord[]
  /** All batches, one behind the other. */
  readonly bytes: Buffer
  /** What is wrong with the files; null when nothing is. */
  readonly fault: string | null
}

/** Reads a replica's log from the disk of a broker that does not run; null where it has none. */
export function readStoredLog(
  image: DiskImage,
  logDirs: readonly string[],
  topic: string,
  partition: number,
): StoredLog | null {
  for (const directory of logDirs) {
    const path = `${directory}/${topic}-${partition}`
    const node = nodeAt(image, path)
    if (node !== null) return parse(path, node)
  }
  return null
}

function nodeAt(image: DiskImage, path: string): DirectoryNode | null {
  let directory = image.root
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = directory.entries.get(name)
    if (next?.kind !== 'directory') return null
    directory = next
  }
  return directory
}

function parse(path: string, directory: DirectoryNode): StoredLog {
  const names = [...directory.entries.keys()].filter((name) => name.endsWith('.log')).sort()
  const parts = names.map((name) => contentOf(directory, name))
  const bytes = Buffer.concat(parts)
  const records: StoredRecord[] = []
  let fault: string | null = null
  let startOffset = -1
  let next = -1
  let epoch = -1
  let at = 0
  for (; completeSizeAt(bytes, at, bytes.length) > 0; at += batchSizeOf(bytes, at)) {
    const base = baseOffsetOf(bytes, at)
    if (startOffset < 0) startOffset = next = base
    if (!isBatchValid(bytes, at)) fault ??= `the batch at offset ${base} has a wrong checksum`
    if (base !== next) fault ??= `offset ${base} follows ${next - 1}`
    const leaderEpoch = leaderEpochOf(bytes, at)
    if (leaderEpoch < epoch) fault ??= `epoch ${leaderEpoch} follows ${epoch} at offset ${base}`
    epoch = leaderEpoch
    if (fault !== null) break
    for (const { offset, value } of recordsOf(bytes, at))
      records.push({ offset, leaderEpoch, value: (value?.toString() ?? '').trimEnd() })
    next = lastOffsetOf(bytes, at) + 1
  }
  if (fault === null && at !== bytes.length) fault = `${bytes.length - at} bytes lie behind the last batch`
  return { path, startOffset: Math.max(0, startOffset), endOffset: Math.max(0, next), records, bytes, fault }
}

function contentOf(directory: DirectoryNode, name: string): Buffer {
  const node = directory.entries.get(name)
  if (node?.kind !== 'file') return Buffer.alloc(0)
  const bytes = Buffer.alloc(node.sizeBytes)
  node.read(bytes, 0, bytes.length, 0)
  return bytes
}
