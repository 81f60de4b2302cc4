import { parsePartitionKey, partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import { DiskError } from '../platform/disk.ts'
import {
  CLEANER_OFFSET_FILE,
  CorruptCheckpointError,
  HIGH_WATERMARK_FILE,
  LOG_START_FILE,
  readOffsets,
  RECOVERY_POINT_FILE,
  type OffsetsByPartition,
} from './checkpoints.ts'
import { partitionDirectoryOf } from './file-names.ts'
import { Log } from './log.ts'
import type { LogConfig } from './log-config.ts'
import { CLEAN_SHUTDOWN_FILE, type LogDirectory } from './log-directory.ts'
import { loadLog } from './log-loader.ts'
import type { LogShared } from './log-state.ts'
import { forEachConcurrently } from './turn-slicer.ts'

export interface DirectoryLoad {
  readonly directory: LogDirectory
  readonly shared: LogShared
  readonly configOf: (topic: string) => LogConfig
  /** Gives the partition the one string that all partitions of its topic share. */
  readonly interned: (topicPartition: TopicPartition) => TopicPartition
  /** Logs that are put together at the same time: `num.recovery.threads.per.data.dir`. */
  readonly concurrency: number
  /** A log was found; `future` ones are copies under way from another directory (KIP-113). */
  readonly onLog: (log: Log, kind: 'log' | 'future') => void
}

interface Checkpoints {
  readonly recoveryPoints: OffsetsByPartition
  readonly logStarts: OffsetsByPartition
  readonly highWatermarks: OffsetsByPartition
  readonly firstDirtyOffsets: OffsetsByPartition
}

/**
 * Finds and opens the logs of one directory. The mark of a clean stop is taken away before anything is written: from
 * then on a crash is a crash. Throws DiskError. Source: LogManager.loadLogs (Kafka 3.9).
 */
export async function loadDirectory(load: DirectoryLoad): Promise<void> {
  const { directory } = load
  const { disk, clock } = directory
  await directory.syncName()
  const names = disk.list(directory.path)
  const hadCleanShutdown = names.includes(CLEAN_SHUTDOWN_FILE)
  if (hadCleanShutdown) {
    disk.remove(`${directory.path}/${CLEAN_SHUTDOWN_FILE}`)
    await disk.syncDirectory(directory.path)
  }
  const checkpoints: Checkpoints = {
    recoveryPoints: offsetsOf(directory, RECOVERY_POINT_FILE),
    logStarts: offsetsOf(directory, LOG_START_FILE),
    highWatermarks: offsetsOf(directory, HIGH_WATERMARK_FILE),
    firstDirtyOffsets: offsetsOf(directory, CLEANER_OFFSET_FILE),
  }
  const startedMs = clock.monotonicMs()
  await forEachConcurrently(names, load.concurrency, (name) =>
    loadNamed(load, name, hadCleanShutdown, checkpoints),
  )
  directory.logger.info(`loaded the logs of ${directory.path}`, {
    clean: hadCleanShutdown,
    tookMs: Math.round(clock.monotonicMs() - startedMs),
  })
}

async function loadNamed(
  load: DirectoryLoad,
  name: string,
  hadCleanShutdown: boolean,
  checkpoints: Checkpoints,
): Promise<void> {
  const { directory } = load
  const path = `${directory.path}/${name}`
  const found = partitionDirectoryOf(name)
  if (found.kind === 'deleted') directory.removeLater([path], 0)
  if (found.kind !== 'log' && found.kind !== 'future') return
  const parsed = parsePartitionKey(found.partitionKey)
  if (parsed === null || directory.disk.status(path)?.kind !== 'directory') return
  const topicPartition = load.interned(parsed)
  const key = partitionKey(topicPartition.topic, topicPartition.partition)
  const state = await loadLog({
    topicPartition,
    name: key,
    directory,
    folderName: name,
    config: load.configOf(topicPartition.topic),
    shared: load.shared,
    hadCleanShutdown,
    recoveryPoint: checkpoints.recoveryPoints.get(key) ?? null,
    logStartOffset: checkpoints.logStarts.get(key) ?? null,
    highWatermark: checkpoints.highWatermarks.get(key) ?? null,
    firstDirtyOffset: checkpoints.firstDirtyOffsets.get(key) ?? null,
  })
  load.onLog(new Log(state, { hasNewNames: !hadCleanShutdown }), found.kind)
}

/** Half a checkpoint is none: what it would have said is found out from the logs. The high watermark cannot be. */
function offsetsOf(directory: LogDirectory, file: string): OffsetsByPartition {
  const path = `${directory.path}/${file}`
  try {
    return readOffsets(directory.disk, path)
  } catch (error) {
    if (!(error instanceof CorruptCheckpointError)) throw error
    if (file === HIGH_WATERMARK_FILE) throw new DiskError('OTHER', path, error.message, { cause: error })
    directory.logger.warn(`${path} is unusable`, { error })
    return new Map()
  }
}
