import type { Disk } from '../platform/disk.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  INDEX_SUFFIXES,
  LOG_SUFFIX,
  offsetOfFile,
  SWAP_SUFFIX,
} from './file-names.ts'

const TEMPORARY_SUFFIXES: readonly string[] = [DELETED_SUFFIX, CLEANED_SUFFIX, SWAP_SUFFIX]

/**
 * Puts a log's directory in order before its segments are looked at: removes what was to be removed, and finishes
 * compactions that were interrupted while they put their result in place. `.swap` files are complete, `.cleaned` ones
 * are not. `endOfSwap` says where a `.swap` segment ends. Returns the names that are left.
 * Source: LogLoader.removeTempFilesAndCollectSwapFiles (Kafka 3.9).
 */
export async function settleNames(
  disk: Disk,
  directory: string,
  endOfSwap: (name: string) => Promise<number>,
): Promise<readonly string[]> {
  const names = disk.list(directory)
  if (!names.some((name) => TEMPORARY_SUFFIXES.some((suffix) => name.endsWith(suffix)))) return names
  const cleaned = names.filter((name) => name.endsWith(CLEANED_SUFFIX))
  const firstCleaned = Math.min(Infinity, ...cleaned.map((name) => offsetOfFile(name) ?? Infinity))
  const swaps = names.filter((name) => name.endsWith(SWAP_SUFFIX))
  // A segment that was being split in two: both halves must be there, or none counts.
  const halves = swaps.filter((name) => (offsetOfFile(name) ?? 0) >= firstCleaned)
  const deleted = names.filter((name) => name.endsWith(DELETED_SUFFIX))
  for (const name of [...deleted, ...cleaned, ...halves]) disk.remove(`${directory}/${name}`)
  const complete = swaps.filter((name) => !halves.includes(name))
  if (complete.length > 0) await putInPlace(disk, directory, complete, endOfSwap)
  return disk.list(directory)
}

async function putInPlace(
  disk: Disk,
  directory: string,
  swaps: readonly string[],
  endOfSwap: (name: string) => Promise<number>,
): Promise<void> {
  let first = Infinity
  let end = -Infinity
  for (const name of swaps.filter((swap) => swap.endsWith(LOG_SUFFIX + SWAP_SUFFIX))) {
    first = Math.min(first, offsetOfFile(name) ?? Infinity)
    end = Math.max(end, await endOfSwap(name))
  }
  // What they replace may still be there, under its own name.
  for (const name of disk.list(directory)) {
    const offset = offsetOfFile(name)
    const isSegment = [LOG_SUFFIX, ...INDEX_SUFFIXES].some((suffix) => name.endsWith(suffix))
    if (isSegment && offset !== null && offset >= first && offset < end) disk.remove(`${directory}/${name}`)
  }
  for (const name of swaps)
    disk.rename(`${directory}/${name}`, `${directory}/${name.slice(0, -SWAP_SUFFIX.length)}`)
  await disk.syncDirectory(directory)
}
