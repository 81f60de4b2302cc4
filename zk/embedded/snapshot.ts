import type { Disk } from '../../src/platform/disk.ts'
import type { Zxid } from '../zookeeper.ts'
import type { Database, DatabaseStart } from './database.ts'
import { DataTree } from './data-tree.ts'
import type { TreeNode } from './data-tree.ts'
import { DamagedFileError, FrameEncoder, readFrames } from './framed-file.ts'
import { JuteWriter } from './jute.ts'
import type { JuteReader } from './jute.ts'
import { SessionTable } from './sessions.ts'
import type { SessionRecord } from './sessions.ts'
import { snapshotPath, UNFINISHED } from './storage-files.ts'
import { readAcl, readSession, writeAcl, writeSession } from './transaction.ts'

/*
 * A snapshot: file `snapshot.<zxid, 16 hexadecimal digits>` of frames (framed-file.ts, magic "zurau-zs"): everything
 * as it was right after that transaction. Each frame's body begins with its kind:
 *
 *   0 start      zxid int64 | session count int32 | znode count int32
 *   1 sessions   count int32, then each as in transaction.ts
 *   2 znodes     count int32, then each, parents first:
 *                path ustring | data buffer | acl | owner int64 | czxid int64 | mzxid int64 | pzxid int64 |
 *                ctimeMs int64 | mtimeMs int64 | version int32 | aversion int32 | creations int32
 *   3 end        -
 *
 * There is one start, any number of the middle ones, and one end; a file without its end is no snapshot.
 */
const MAGIC = 'zurau-zs'
const START = 0
const SESSIONS = 1
const NODES = 2
const END = 3
/** What is written in one go, before others have their turn. */
const SLICE_BYTES = 256 * 1024
const SLICE_NODES = 2000

/** The state right after one transaction: it does not change with the database it was taken from. */
export interface Capture {
  readonly zxid: Zxid
  readonly sessions: readonly SessionRecord[]
  readonly paths: readonly string[]
  readonly nodes: readonly TreeNode[]
}

export function capture(database: Database): Capture {
  return { zxid: database.zxid, sessions: [...database.sessions.records()], ...database.tree.capture() }
}

/**
 * Writes a snapshot under another name, in slices, and gives it its own when it is durable. `signal` stops it early;
 * then, and when it throws a DiskError, nothing remains.
 */
export async function writeSnapshot(
  disk: Disk,
  directory: string,
  captured: Capture,
  signal: AbortSignal,
): Promise<void> {
  const path = snapshotPath(directory, captured.zxid)
  const unfinished = path + UNFINISHED
  const file = disk.open(unfinished, { mode: 'write' })
  try {
    let position = 0
    file.truncate(0)
    for (const slice of slicesOf(captured)) {
      signal.throwIfAborted()
      await file.writeAsync([slice], position)
      position += slice.length
    }
    await file.sync()
    file.close()
  } catch (error) {
    file.close()
    disk.remove(unfinished)
    throw error
  }
  disk.rename(unfinished, path)
  await disk.syncDirectory(directory)
}

function* slicesOf({ zxid, sessions, paths, nodes }: Capture): IterableIterator<Buffer> {
  const encoder = new FrameEncoder(MAGIC)
  const writer = new JuteWriter(SLICE_BYTES)
  encoder.header(writer)
  encoder.frame(writer, (body) => body.byte(START).longNumber(zxid).int(sessions.length).int(nodes.length))
  for (let first = 0; first < sessions.length; first += SLICE_NODES) {
    const some = sessions.slice(first, first + SLICE_NODES)
    encoder.frame(writer, (body) => body.byte(SESSIONS).vector(some, writeSession))
    yield writer.take()
  }
  for (let first = 0; first < nodes.length;) {
    const end = endOfSlice(nodes, first)
    encoder.frame(writer, (body) => {
      body.byte(NODES).int(end - first)
      for (let index = first; index < end; index++) writeNode(body, paths[index] ?? '', nodes[index]!)
    })
    first = end
    yield writer.take()
  }
  encoder.frame(writer, (body) => body.byte(END))
  yield writer.take()
}

/** As many znodes as fit into a slice, but at least one. */
function endOfSlice(nodes: readonly TreeNode[], first: number): number {
  let bytes = 0
  let end = first
  while (end < nodes.length && end - first < SLICE_NODES && bytes < SLICE_BYTES) {
    bytes += nodes[end++]?.data?.length ?? 0
  }
  return end
}

/** The state that a snapshot holds. Throws DamagedFileError when it is not whole. `nowMs` begins its sessions anew. */
export async function readSnapshot(
  disk: Disk,
  directory: string,
  zxid: Zxid,
  options: { readonly tickTimeMs: number; readonly nowMs: number },
): Promise<DatabaseStart> {
  const path = snapshotPath(directory, zxid)
  const tree = new DataTree()
  const sessions = new SessionTable(options)
  let announced = { zxid: -1, sessions: 0, nodes: 0 }
  let hasEnded = false
  const file = disk.open(path, { mode: 'read' })
  try {
    await readFrames(file, MAGIC, (body) => {
      switch (body.byte()) {
        case START:
          announced = { zxid: body.longNumber(), sessions: body.int(), nodes: body.int() }
          return
        case SESSIONS:
          for (const session of body.vector(16, readSession) ?? []) sessions.open(session, options.nowMs)
          return
        case NODES:
          body.vector(60, (reader) => tree.restore(reader.path(), readNode(reader)))
          return
        case END:
          hasEnded = true
          return
        default:
          throw new DamagedFileError(`${path}: a part of no known kind`)
      }
    })
  } finally {
    file.close()
  }
  const isWhole =
    hasEnded &&
    announced.zxid === zxid &&
    announced.sessions === sessions.count &&
    announced.nodes === tree.nodeCount
  if (!isWhole) throw new DamagedFileError(`${path}: not a whole snapshot`)
  return { tree, sessions, zxid }
}

function writeNode(writer: JuteWriter, path: string, node: TreeNode): void {
  writeAcl(writer.string(path).buffer(node.data), node.acl)
  writer.long(node.owner).longNumber(node.czxid).longNumber(node.mzxid).longNumber(node.pzxid)
  writer.longNumber(node.ctimeMs).longNumber(node.mtimeMs)
  writer.int(node.version).int(node.aversion).int(node.creations)
}

function readNode(reader: JuteReader): TreeNode {
  return {
    data: reader.buffer(),
    acl: readAcl(reader),
    owner: reader.long(),
    czxid: reader.longNumber() as Zxid,
    mzxid: reader.longNumber() as Zxid,
    pzxid: reader.longNumber() as Zxid,
    ctimeMs: reader.longNumber(),
    mtimeMs: reader.longNumber(),
    version: reader.int(),
    aversion: reader.int(),
    creations: reader.int(),
  }
}
