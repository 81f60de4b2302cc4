import { DiskError, type Disk } from '../platform/disk.ts'
import { parseUuid, type Uuid } from '../model/uuid.ts'
import { PARTITION_METADATA_FILE } from './file-names.ts'

/**
 * `partition.metadata`: which topic a directory belongs to, for a name may be given to another topic later (KIP-516).
 *
 *     version: 0\n
 *     topic_id: <22 characters>        without a line feed behind it
 */
export function partitionMetadataText(topicId: Uuid): string {
  return `version: 0\ntopic_id: ${topicId}`
}

/** The topic id in a partition's directory; null when there is no such file. Throws DiskError, also for another content. */
export function readPartitionMetadata(disk: Disk, directory: string): Uuid | null {
  const path = `${directory}/${PARTITION_METADATA_FILE}`
  let text: string
  try {
    text = disk.readSmallFile(path).toString('utf8')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return null
    throw error
  }
  const match = /^version: *0\r?\ntopic_id: *(\S+)\s*$/.exec(text)
  const topicId = match === null ? null : parseUuid(match[1] as string)
  if (topicId === null)
    throw new DiskError('OTHER', path, `${path} is malformed: ${JSON.stringify(text.slice(0, 100))}`)
  return topicId
}
