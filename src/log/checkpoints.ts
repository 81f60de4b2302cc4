import { DiskError, type Disk } from '../platform/disk.ts'
import { partitionKey } from '../model/topic-partition.ts'

/**
 * The small text files of a broker, all of one make:
 *
 *     0\n                 version
 *     <n>\n               number of lines that follow
 *     <line>\n            n times
 *
 * Lines of the files in a log directory are `<topic> <partition> <offset>`; in a partition's leader-epoch-checkpoint
 * they are `<epoch> <start offset>`. Source: CheckpointFile, OffsetCheckpointFile, LeaderEpochCheckpointFile.
 */
export const RECOVERY_POINT_FILE = 'recovery-point-offset-checkpoint'
export const HIGH_WATERMARK_FILE = 'replication-offset-checkpoint'
export const LOG_START_FILE = 'log-start-offset-checkpoint'
/** Where the last compaction of each log ended. */
export const CLEANER_OFFSET_FILE = 'cleaner-offset-checkpoint'
const VERSION = '0'
const TEMPORARY_SUFFIX = '.tmp'
const MAX_BYTES = 256 * 1024 * 1024

/** A file that does not hold what it should. */
export class CorruptCheckpointError extends Error {
  override readonly name = 'CorruptCheckpointError'
}

/**
 * The lines of a checkpoint file; none when it does not exist, or has nothing in it: Kafka makes these files empty, and
 * fills them when there is something to say (CheckpointFile). Throws CorruptCheckpointError.
 */
export function readCheckpoint(disk: Disk, path: string): string[] {
  const text = readText(disk, path)
  if (text === null || text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const [version, count, ...rest] = lines
  if (version !== VERSION)
    throw new CorruptCheckpointError(`${path}: version ${JSON.stringify(version ?? '')}`)
  if (!/^[0-9]+$/.test(count ?? '') || Number(count) !== rest.length) {
    throw new CorruptCheckpointError(`${path}: ${rest.length} lines, ${JSON.stringify(count ?? '')} expected`)
  }
  return rest
}

function readText(disk: Disk, path: string): string | null {
  try {
    return disk.readSmallFile(path, MAX_BYTES).toString('utf8')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return null
    throw error
  }
}

export function checkpointText(lines: readonly string[]): string {
  return `${VERSION}\n${lines.length}\n${lines.map((line) => line + '\n').join('')}`
}

/**
 * Replaces a small file so that after a crash it is the old or the new one, whole: written beside it, made durable,
 * renamed, and the name made durable. One at a time for one path.
 */
export async function replaceFile(
  disk: Disk,
  directory: string,
  name: string,
  content: string | Buffer,
): Promise<void> {
  const path = `${directory}/${name}`
  const file = disk.open(path + TEMPORARY_SUFFIX, { mode: 'write' })
  try {
    file.truncate(0)
    file.write([typeof content === 'string' ? Buffer.from(content) : content], 0)
    await file.sync()
  } finally {
    file.close()
  }
  disk.rename(path + TEMPORARY_SUFFIX, path)
  await disk.syncDirectory(directory)
}

/** Offsets by partition key. */
export type OffsetsByPartition = ReadonlyMap<string, number>

/** Throws CorruptCheckpointError for a line that is not a topic, a partition and an offset. */
export function readOffsets(disk: Disk, path: string): Map<string, number> {
  const offsets = new Map<string, number>()
  for (const line of readCheckpoint(disk, path)) {
    const [topic, partition, offset, ...more] = line.split(' ')
    if (!topic || !isWhole(partition) || !isWhole(offset) || more.length > 0) {
      throw new CorruptCheckpointError(`${path}: malformed line ${JSON.stringify(line)}`)
    }
    offsets.set(partitionKey(topic, Number(partition)), Number(offset))
  }
  return offsets
}

export function offsetsText(
  entries: Iterable<{ readonly topic: string; readonly partition: number; readonly offset: number }>,
): string {
  const lines: string[] = []
  for (const { topic, partition, offset } of entries) lines.push(`${topic} ${partition} ${offset}`)
  return checkpointText(lines)
}

/** The two whole numbers of a line of leader-epoch-checkpoint. Throws CorruptCheckpointError. */
export function parseEpochLine(line: string, path: string): { epoch: number; startOffset: number } {
  const [epoch, startOffset, ...more] = line.split(' ')
  if (!isWhole(epoch) || !isWhole(startOffset) || more.length > 0) {
    throw new CorruptCheckpointError(`${path}: malformed line ${JSON.stringify(line)}`)
  }
  return { epoch: Number(epoch), startOffset: Number(startOffset) }
}

function isWhole(text: string | undefined): boolean {
  return text !== undefined && /^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(Number(text))
}
