import { DiskError, type Disk } from '../platform/disk.ts'

/**
 * `meta.properties`: which broker of which cluster a log directory belongs to, so that a disk cannot be put to work in
 * the wrong place. A Java properties file; version 0 has `broker.id` and `cluster.id`, version 1 (KRaft) `node.id`.
 * Source: MetaProperties, MetaPropertiesEnsemble (Kafka 3.9); KIP-78.
 */
export const META_PROPERTIES_FILE = 'meta.properties'

export interface MetaProperties {
  /** Null in a directory that had no cluster yet (before Kafka 0.10.1). */
  readonly clusterId: string | null
  /** Null where no broker id was generated or given. */
  readonly brokerId: number | null
}

/** Directories that cannot be used together, or not by this broker: the broker must not start. */
export class InconsistentMetadataError extends Error {
  override readonly name = 'InconsistentMetadataError'
}

/** Null when there is none: the directory is new. Throws InconsistentMetadataError for what cannot be read. */
export function readMetaProperties(disk: Disk, directory: string): MetaProperties | null {
  const path = `${directory}/${META_PROPERTIES_FILE}`
  let text: string
  try {
    text = disk.readSmallFile(path).toString('latin1')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return null
    throw error
  }
  return parseMetaProperties(text, path)
}

export function parseMetaProperties(text: string, path: string): MetaProperties {
  const properties = parseProperties(text)
  const version = properties.get('version') ?? '0'
  if (version !== '0') {
    throw new InconsistentMetadataError(
      `${path} has version ${version}: it was written for KRaft, this broker keeps its metadata in ZooKeeper`,
    )
  }
  const brokerId = properties.get('broker.id')
  if (brokerId !== undefined && !/^-?[0-9]{1,10}$/.test(brokerId)) {
    throw new InconsistentMetadataError(`${path}: broker.id is ${JSON.stringify(brokerId)}`)
  }
  return {
    clusterId: properties.get('cluster.id') ?? null,
    brokerId: brokerId === undefined || Number(brokerId) < 0 ? null : Number(brokerId),
  }
}

export function metaPropertiesText(
  properties: { readonly clusterId: string; readonly brokerId: number },
  nowMs: number,
): string {
  return `#\n#${new Date(nowMs).toUTCString()}\nbroker.id=${properties.brokerId}\nversion=0\ncluster.id=${properties.clusterId}\n`
}

/**
 * What the directories agree on; nulls where none of them says. Throws InconsistentMetadataError when two disagree.
 */
export function agreedMetaProperties(found: ReadonlyMap<string, MetaProperties | null>): MetaProperties {
  let clusterId: string | null = null
  let brokerId: number | null = null
  for (const [directory, properties] of found) {
    if (properties === null) continue
    clusterId = agree(clusterId, properties.clusterId, 'cluster.id', directory)
    brokerId = agree(brokerId, properties.brokerId, 'broker.id', directory)
  }
  return { clusterId, brokerId }
}

/**
 * Refuses directories of another cluster or another broker. `configuredBrokerId` is null when the broker takes what it
 * finds. Source: KafkaServer.getOrGenerateBrokerId and the cluster id check at startup.
 */
export function checkOwner(
  agreed: MetaProperties,
  owner: { readonly clusterId: string; readonly configuredBrokerId: number | null },
): void {
  if (agreed.clusterId !== null && agreed.clusterId !== owner.clusterId) {
    throw new InconsistentMetadataError(
      `The Cluster ID ${owner.clusterId} doesn't match stored clusterId ${agreed.clusterId} in ${META_PROPERTIES_FILE}. ` +
        'The broker is trying to join the wrong cluster. Configured zookeeper.connect may be wrong.',
    )
  }
  if (
    agreed.brokerId !== null &&
    owner.configuredBrokerId !== null &&
    agreed.brokerId !== owner.configuredBrokerId
  ) {
    throw new InconsistentMetadataError(
      `Configured broker.id ${owner.configuredBrokerId} doesn't match stored broker.id ${agreed.brokerId} in ${META_PROPERTIES_FILE}. ` +
        `If you moved your data, make sure your configured broker.id matches.`,
    )
  }
}

function agree<T>(known: T | null, stored: T | null, key: string, directory: string): T | null {
  if (known !== null && stored !== null && known !== stored) {
    throw new InconsistentMetadataError(
      `${key} is ${String(stored)} in ${directory}, but ${String(known)} in another of log.dirs`,
    )
  }
  return known ?? stored
}

/** Enough of the Java format for what Kafka writes here: comments, `=` or `:`, backslash escapes, one line each. */
function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>()
  for (const line of text.split(/\r\n|\r|\n/)) {
    const match = /^\s*([^#!\s=:][^\s=:]*)\s*[=:\s]\s*(.*)$/.exec(line)
    if (match !== null)
      properties.set(match[1] as string, (match[2] as string).replace(/\\(.)/g, '$1').trimEnd())
  }
  return properties
}
