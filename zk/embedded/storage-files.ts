import type { Disk } from '../../src/platform/disk.ts'
import type { Zxid } from '../zookeeper.ts'

/** What a data directory holds, by the zxid in the files' names, oldest first. */
export interface StorageFiles {
  /** The zxid of each snapshot. */
  readonly snapshots: readonly Zxid[]
  /** The zxid of the first transaction in each log. */
  readonly logs: readonly Zxid[]
  /** Paths of snapshots that were never finished. */
  readonly unfinished: readonly string[]
}

export function listStorageFiles(disk: Disk, directory: string): StorageFiles {
  const names = disk.list(directory)
  return {
    snapshots: zxidsOf(names, /^snapshot\.([0-9a-f]{16})$/),
    logs: zxidsOf(names, /^log\.([0-9a-f]{16})$/),
    unfinished: names.filter((name) => name.endsWith(UNFINISHED)).map((name) => `${directory}/${name}`),
  }
}

export const UNFINISHED = '.unfinished'

export function snapshotPath(directory: string, zxid: Zxid): string {
  return `${directory}/snapshot.${hex(zxid)}`
}

export function logPath(directory: string, firstZxid: Zxid): string {
  return `${directory}/log.${hex(firstZxid)}`
}

/** Held by the one server that uses the directory. */
export function lockPath(directory: string): string {
  return `${directory}/lock`
}

function zxidsOf(names: readonly string[], pattern: RegExp): Zxid[] {
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map((digits) => parseInt(digits, 16) as Zxid)
    .sort((one, other) => one - other)
}

const hex = (zxid: Zxid): string => zxid.toString(16).padStart(16, '0')
