import type { Disk } from '../../platform/disk.ts'
import { CliError } from '../cli-error.ts'
import { readTextFile, writeTextFile } from '../text-file.ts'
import { STORES, type StoreName } from './committed.ts'

/** What a store had before it was changed: enough to put everything back. */
export interface Undo {
  readonly store: StoreName
  readonly entries: readonly {
    readonly group: string
    readonly topic: string
    readonly partition: number
    /** Null: there was none. */
    readonly offset: number | null
  }[]
}

const FORMAT = 'zurau-offsets-undo/1'

export function writeUndo(disk: Disk, path: string, undo: Undo): Promise<void> {
  return writeTextFile(disk, path, `${JSON.stringify({ format: FORMAT, ...undo }, null, 1)}\n`)
}

/** Throws CliError when the file is none of ours. */
export function readUndo(disk: Disk, path: string): Undo {
  let parsed: unknown
  try {
    parsed = JSON.parse(readTextFile(disk, path))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw notOurs(path, error.message)
  }
  if (typeof parsed !== 'object' || parsed === null) throw notOurs(path, 'it is not an object')
  const { format, store, entries } = parsed as Record<string, unknown>
  if (format !== FORMAT) throw notOurs(path, `its format is not ${FORMAT}`)
  if (!STORES.some((known) => known === store)) throw notOurs(path, 'it names no store')
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw notOurs(path, 'its entries are not complete')
  return { store: store as StoreName, entries }
}

function isEntry(value: unknown): value is Undo['entries'][number] {
  if (typeof value !== 'object' || value === null) return false
  const { group, topic, partition, offset } = value as Record<string, unknown>
  const isOffset = offset === null || (Number.isSafeInteger(offset) && Number(offset) >= 0)
  return typeof group === 'string' && typeof topic === 'string' && Number.isSafeInteger(partition) && isOffset
}

function notOurs(path: string, why: string): CliError {
  return new CliError(`${path} is not an undo file of zurau offsets: ${why}`, { exitCode: 2 })
}
