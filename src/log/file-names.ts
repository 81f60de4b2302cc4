import { partitionKey } from '../model/topic-partition.ts'

/** Names of the files in a partition's directory, and of the directory itself. Source: UnifiedLog, LogFileUtils. */
export const LOG_SUFFIX = '.log'
export const OFFSET_INDEX_SUFFIX = '.index'
export const TIME_INDEX_SUFFIX = '.timeindex'
export const TRANSACTION_INDEX_SUFFIX = '.txnindex'
export const SNAPSHOT_SUFFIX = '.snapshot'
export const INDEX_SUFFIXES: readonly string[] = [
  OFFSET_INDEX_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
]

/** Added to a file that is to be removed when nobody reads it any more. */
export const DELETED_SUFFIX = '.deleted'
/** Added to a segment that compaction has not finished writing. */
export const CLEANED_SUFFIX = '.cleaned'
/** Added to a segment that compaction has finished, and that is about to replace others. */
export const SWAP_SUFFIX = '.swap'

export const LEADER_EPOCH_FILE = 'leader-epoch-checkpoint'
export const PARTITION_METADATA_FILE = 'partition.metadata'

const DELETE_DIRECTORY_SUFFIX = '-delete'
const FUTURE_DIRECTORY_SUFFIX = '-future'
const STRAY_DIRECTORY_SUFFIX = '-stray'
const MAX_NAME_LENGTH = 255

/** `00000000000000000042.log`: twenty digits, so that names sort as offsets do. */
export function fileNameOf(offset: number, suffix: string): string {
  return String(offset).padStart(20, '0') + suffix
}

/** The offset that begins a file's name; null for other files. */
export function offsetOfFile(name: string): number | null {
  return /^[0-9]{20}\./.test(name) ? Number(name.slice(0, 20)) : null
}

/** What a directory in a log directory is for. */
export type PartitionDirectory =
  | { readonly kind: 'log' | 'future'; readonly partitionKey: string }
  | { readonly kind: 'deleted' | 'stray' }
  | { readonly kind: 'other' }

/** Source: LogManager.loadLog; UnifiedLog.parseTopicPartitionName. */
export function partitionDirectoryOf(name: string): PartitionDirectory {
  if (name.endsWith(DELETE_DIRECTORY_SUFFIX)) return { kind: 'deleted' }
  if (name.endsWith(STRAY_DIRECTORY_SUFFIX)) return { kind: 'stray' }
  const future = /^(.+)\.[0-9a-f]{32}-future$/.exec(name)
  if (future !== null) return { kind: 'future', partitionKey: future[1] as string }
  return /^.+-[0-9]+$/.test(name) ? { kind: 'log', partitionKey: name } : { kind: 'other' }
}

/** The name under which a partition's directory waits for its removal. */
export function deletedDirectoryName(topic: string, partition: number, uniqueHex: string): string {
  return withUniqueSuffix(topic, partition, `.${uniqueHex}${DELETE_DIRECTORY_SUFFIX}`)
}

/** The name of a replica that is being copied from another log directory (KIP-113). */
export function futureDirectoryName(topic: string, partition: number, uniqueHex: string): string {
  return withUniqueSuffix(topic, partition, `.${uniqueHex}${FUTURE_DIRECTORY_SUFFIX}`)
}

/** File systems allow 255 characters: what is too long loses the end of `topic-partition`, as in Kafka. */
function withUniqueSuffix(topic: string, partition: number, suffix: string): string {
  return partitionKey(topic, partition).slice(0, MAX_NAME_LENGTH - suffix.length) + suffix
}
