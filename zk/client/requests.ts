import jute from 'node-zookeeper-client/lib/jute/index.js'
import type { Acl, CreateMode, Operation } from '../zookeeper.ts'
import { OPEN_ACL } from '../zookeeper.ts'
import type { WatchTable } from './watch-table.ts'

/** The numbers of the operations. */
export const OPERATION = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  sync: 9,
  ping: 11,
  getChildren: 12,
  check: 13,
  multi: 14,
  auth: 100,
  setWatches: 101,
  closeSession: -11,
} as const

/** The xids that are not of a call. */
export const XID = { notification: -1, ping: -2, auth: -4, setWatches: -8 } as const

/** Where the xid stands in a frame that has its length in front. */
export const XID_OFFSET = 4

/** Our watches may fill a frame several times over: Java's client, too, cuts them at this many bytes of paths. */
const MAX_SET_WATCHES_BYTES = 128 * 1024

const CREATE_FLAGS: Record<CreateMode, number> = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
}

/**
 * Makes the requests as whole frames, by the package's records. The chroot goes in front of every path. Frames are
 * made when the call is made: the caller's buffers may change afterwards, and the size is known before it is queued.
 */
export class Requests {
  private readonly chroot: string | undefined

  constructor(chroot: string) {
    this.chroot = chroot === '' ? undefined : chroot
  }

  create(path: string, data: Buffer | null, mode: CreateMode, acl: readonly Acl[]): Buffer {
    const { CreateRequest } = jute.protocol
    return this.frame(
      OPERATION.create,
      new CreateRequest(path, data ?? undefined, aclRecords(acl), CREATE_FLAGS[mode]),
    )
  }

  delete(path: string, version: number): Buffer {
    return this.frame(OPERATION.delete, new jute.protocol.DeleteRequest(path, version))
  }

  exists(path: string, watch: boolean): Buffer {
    return this.frame(OPERATION.exists, new jute.protocol.ExistsRequest(path, watch))
  }

  getData(path: string, watch: boolean): Buffer {
    return this.frame(OPERATION.getData, new jute.protocol.GetDataRequest(path, watch))
  }

  getChildren(path: string, watch: boolean): Buffer {
    return this.frame(OPERATION.getChildren, new jute.protocol.GetChildren2Request(path, watch))
  }

  setData(path: string, data: Buffer | null, version: number): Buffer {
    return this.frame(OPERATION.setData, new jute.protocol.SetDataRequest(path, data ?? undefined, version))
  }

  getAcl(path: string): Buffer {
    return this.frame(OPERATION.getAcl, new jute.protocol.GetACLRequest(path))
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Buffer {
    return this.frame(OPERATION.setAcl, new jute.protocol.SetACLRequest(path, aclRecords(acl), version))
  }

  sync(path: string): Buffer {
    // The package has no record of its own for sync; this one is a lone path, too.
    return this.frame(OPERATION.sync, new jute.protocol.GetACLRequest(path))
  }

  /** Not by the package's Transaction, which takes version 0 for "any". */
  multi(operations: readonly Operation[]): Buffer {
    return this.frame(OPERATION.multi, new jute.TransactionRequest(operations.map(operationRecord)))
  }

  private frame(type: number, payload: jute.Payload): Buffer {
    payload.setChrootPath(this.chroot)
    return frameOf(0, type, payload)
  }
}

export const closeSessionRequest = (): Buffer => frameOf(0, OPERATION.closeSession, null)

export const pingRequest = (): Buffer => frameOf(XID.ping, OPERATION.ping, null)

export function authRequest(scheme: string, secret: Buffer): Buffer {
  return frameOf(XID.auth, OPERATION.auth, new jute.protocol.AuthPacket(0, scheme, secret))
}

function frameOf(xid: number, type: number, payload: jute.Payload | null): Buffer {
  return new jute.Request(new jute.protocol.RequestHeader(xid, type), payload).toBuffer()
}

/** Sets watches again over a new connection; those whose znode has changed since `lastZxid` fire at once. */
export function setWatchesRequests(lastZxid: Buffer, watched: WatchTable, chroot: string): Buffer[] {
  const frames: Buffer[] = []
  let lists = { data: [] as string[], exists: [] as string[], children: [] as string[] }
  let bytes = 0
  const flush = () => {
    if (bytes === 0) return
    const payload = new jute.protocol.SetWatches(lastZxid, lists.data, lists.exists, lists.children)
    payload.setChrootPath(chroot === '' ? undefined : chroot)
    frames.push(frameOf(XID.setWatches, OPERATION.setWatches, payload))
    lists = { data: [], exists: [], children: [] }
    bytes = 0
  }
  for (const kind of ['data', 'exists', 'children'] as const) {
    for (const path of watched.paths(kind)) {
      const pathBytes = chroot.length + Buffer.byteLength(path) + 4
      if (bytes + pathBytes > MAX_SET_WATCHES_BYTES) flush()
      lists[kind].push(path)
      bytes += pathBytes
    }
  }
  flush()
  return frames
}

/** Everything that the server needs to begin or to resume a session. 45 bytes and their length, for 16 of password. */
export function connectRequest(options: {
  readonly lastZxid: Buffer
  readonly timeoutMs: number
  readonly sessionId: Buffer
  readonly password: Buffer
}): Buffer {
  const length = 29 + options.password.length
  const frame = Buffer.alloc(4 + length)
  frame.writeInt32BE(length, 0)
  frame.writeInt32BE(0, 4) // protocol version
  options.lastZxid.copy(frame, 8, 0, 8)
  frame.writeInt32BE(options.timeoutMs, 16)
  options.sessionId.copy(frame, 20, 0, 8)
  frame.writeInt32BE(options.password.length, 28)
  options.password.copy(frame, 32)
  // The last byte stays 0: a server that can only read is of no use to a broker, and closes the connection.
  return frame
}

function operationRecord(operation: Operation) {
  const { path } = operation
  switch (operation.kind) {
    case 'create': {
      const acls = aclRecords(operation.acl ?? OPEN_ACL).map((record) => ({ toRecord: () => record }))
      const mode = CREATE_FLAGS[operation.mode ?? 'persistent']
      return { type: OPERATION.create, path, data: operation.data, acls, mode }
    }
    case 'set':
      return { type: OPERATION.setData, path, data: operation.data, version: operation.version }
    case 'delete':
      return { type: OPERATION.delete, path, version: operation.version }
    case 'check':
      return { type: OPERATION.check, path, version: operation.version }
  }
}

function aclRecords(acl: readonly Acl[]): jute.Payload[] {
  const { Id, ACL } = jute.data
  return acl.map(({ permissions, scheme, id }) => new ACL(permissions, new Id(scheme, id)))
}
