import { isUtf8 } from 'node:buffer'
import type { Zxid } from '../../../zk/zookeeper.ts'
import { DiskError, type Disk } from '../../platform/disk.ts'
import { CliError } from '../cli-error.ts'
import type { TreeZnode } from './read-tree.ts'
import { holdsSecrets } from './shown-znode.ts'

/**
 * A snapshot is JSON lines: one about the snapshot, then one per znode, parents first.
 *
 *     {"snapshot":1,"ensemble":"zk1:2181/kafka","root":"/","takenMs":1700000000000,"znodes":42}
 *     {"path":"/controller_epoch","data":"7","version":6,"czxid":"0x12","mzxid":"0x99","ephemeral":false,"mtimeMs":…}
 *
 * Content that is not text is in `dataBase64`; a znode without content has neither. Credentials are left out, with
 * `"hidden":true`, unless they were asked for.
 */
const FORMAT = 1
const MAX_FILE_BYTES = 512 * 1024 * 1024

export interface SnapshotZnode {
  readonly path: string
  readonly data: Buffer | null
  readonly version: number
  readonly czxid: Zxid
  readonly mtimeMs: number
  readonly isEphemeral: boolean
  /** It has content that is not told. */
  readonly isHidden: boolean
}

export function* snapshotLines(
  tree: readonly TreeZnode[],
  about: { readonly ensemble: string; readonly root: string; readonly takenMs: number },
  options: { readonly secrets: boolean },
): Generator<string> {
  yield `${JSON.stringify({ snapshot: FORMAT, ...about, znodes: tree.length })}\n`
  for (const { path, data, stat } of tree) {
    const isHidden = !options.secrets && holdsSecrets(path, data)
    const content = isHidden ? { hidden: true } : contentIn(data)
    const line = {
      path,
      ...content,
      version: stat.version,
      czxid: `0x${stat.czxid.toString(16)}`,
      mzxid: `0x${stat.mzxid.toString(16)}`,
      ephemeral: stat.ephemeralOwner !== 0n,
      mtimeMs: stat.mtimeMs,
    }
    yield `${JSON.stringify(line)}\n`
  }
}

function contentIn(data: Buffer | null): { data?: string; dataBase64?: string } {
  if (data === null) return {}
  return isUtf8(data) ? { data: data.toString('utf8') } : { dataBase64: data.toString('base64') }
}

export function snapshotOf(tree: readonly TreeZnode[]): SnapshotZnode[] {
  return tree.map(({ path, data, stat }) => ({
    path,
    data,
    version: stat.version,
    czxid: stat.czxid,
    mtimeMs: stat.mtimeMs,
    isEphemeral: stat.ephemeralOwner !== 0n,
    isHidden: false,
  }))
}

/** Throws CliError, with the line, for what is not a snapshot. */
export function parseSnapshot(text: string, name: string): { root: string; znodes: SnapshotZnode[] } {
  const lines = text.split('\n').filter((line) => line !== '')
  const head = parseLine(lines[0] ?? '', name, 1)
  if (head['snapshot'] !== FORMAT) throw notASnapshot(name, 1, 'it does not begin with {"snapshot":1')
  const root = typeof head['root'] === 'string' ? head['root'] : '/'
  const znodes = lines.slice(1).map((line, i) => znodeIn(parseLine(line, name, i + 2), name, i + 2))
  if (head['znodes'] !== znodes.length)
    throw notASnapshot(name, lines.length, `it has ${znodes.length} znodes of ${String(head['znodes'])}`)
  return { root, znodes }
}

export function readSnapshot(disk: Disk, path: string): { root: string; znodes: SnapshotZnode[] } {
  try {
    return parseSnapshot(disk.readSmallFile(path, MAX_FILE_BYTES).toString('utf8'), path)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT')
      throw new CliError(`there is no file ${path}`, {
        advice: 'make one: zurau zk snapshot > FILE',
        exitCode: 2,
      })
    throw error
  }
}

function znodeIn(fields: Readonly<Record<string, unknown>>, name: string, line: number): SnapshotZnode {
  const { path, data, dataBase64, hidden, version, czxid, ephemeral, mtimeMs } = fields
  if (typeof path !== 'string') throw notASnapshot(name, line, 'it has no path')
  const bytes =
    typeof data === 'string'
      ? Buffer.from(data)
      : typeof dataBase64 === 'string'
        ? Buffer.from(dataBase64, 'base64')
        : null
  return {
    path,
    data: bytes,
    version: typeof version === 'number' ? version : -1,
    czxid: Number(czxid) as Zxid,
    mtimeMs: typeof mtimeMs === 'number' ? mtimeMs : -1,
    isEphemeral: ephemeral === true,
    isHidden: hidden === true,
  }
}

function parseLine(line: string, name: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (error) {
    throw notASnapshot(name, number, (error as Error).message)
  }
  throw notASnapshot(name, number, 'it is no object')
}

function notASnapshot(name: string, line: number, why: string): CliError {
  return new CliError(`${name}, line ${line}: not a snapshot of ZooKeeper: ${why}`, { exitCode: 2 })
}
