import { PERMISSION } from '../zookeeper.ts'
import { isAllowed, maskAcl } from './access.ts'
import type { Identity } from './access.ts'
import type { Client } from './client.ts'
import type { TreeNode } from './data-tree.ts'
import type { Database } from './database.ts'
import { ERROR_CODES } from './error-codes.ts'
import type { ServerError } from './error-codes.ts'
import type { JuteReader, JuteWriter } from './jute.ts'
import { OP } from './op-codes.ts'
import { readMultiRead, writeMultiEnd, writeMultiError, writeMultiHeader } from './requests.ts'
import type { WireRead } from './requests.ts'
import { WatchRequests } from './watch-requests.ts'
import type { WatchTable } from './watch-table.ts'

const MAX_MULTI_READ_BYTES = 32 * 1024 * 1024
/** What a name is taken to be long, where counting would cost too much. */
const NAME_BYTES = 64

/** The requests that change nothing in the tree. Each is read to its end before anything is done or answered. */
export class ReadRequests<C extends Client> {
  private readonly database: Database
  private readonly watches: WatchTable<C>
  private readonly watchRequests: WatchRequests<C>

  constructor(options: { readonly database: Database; readonly watches: WatchTable<C> }) {
    this.database = options.database
    this.watches = options.watches
    this.watchRequests = new WatchRequests(options)
  }

  /** Answers, or says why not; `unknown` for what is no operation. Throws JuteError before it has done anything. */
  answer(client: C, xid: number, op: number, reader: JuteReader): ServerError | 'unknown' | null {
    switch (op) {
      case OP.exists:
        return this.exists(client, xid, readPath(reader), reader.boolean())
      case OP.getData:
        return this.getData(client, xid, readPath(reader), reader.boolean())
      case OP.getChildren:
      case OP.getChildren2:
        return this.getChildren(client, xid, op, readPath(reader), reader.boolean())
      case OP.getAcl:
        return this.getAcl(client, xid, readPath(reader))
      case OP.multiRead:
        return this.multiRead(client, xid, readMultiRead(reader))
      case OP.getAllChildrenNumber:
        return this.countDescendants(client, xid, readPath(reader))
      case OP.getEphemerals: {
        const prefix = reader.string() ?? ''
        const paths = this.database.tree.ephemeralsOf(client.sessionId)
        this.begin(client, xid).strings(paths.filter((path) => path.startsWith(prefix)))
        break
      }
      case OP.sync: {
        const path = reader.string()
        this.begin(client, xid).string(path)
        break
      }
      case OP.whoAmI:
        this.begin(client, xid).identities(client.identities.map(withoutSecret))
        break
      case OP.ping:
        this.begin(client, xid)
        break
      default:
        return this.watchRequests.answer(client, xid, op, reader)
    }
    client.endReply()
    return null
  }

  private exists(client: C, xid: number, path: string, isWatching: boolean): ServerError | null {
    const node = this.database.tree.get(path)
    if (node !== undefined && !isAllowed(node.acl, PERMISSION.read, client.identities)) return 'NO_AUTH'
    if (isWatching) this.watches.data.add(path, client)
    if (node === undefined) return 'NO_NODE'
    this.begin(client, xid).stat(node, this.database.tree.childCount(path))
    client.endReply()
    return null
  }

  private getData(client: C, xid: number, path: string, isWatching: boolean): ServerError | null {
    const found = this.find(client, path)
    if (typeof found === 'string') return found
    if (isWatching) this.watches.data.add(found.path, client)
    this.writeData(this.begin(client, xid), found)
    client.endReply()
    return null
  }

  private getChildren(
    client: C,
    xid: number,
    op: number,
    path: string,
    isWatching: boolean,
  ): ServerError | null {
    const found = this.find(client, path)
    if (typeof found === 'string') return found
    if (isWatching) this.watches.children.add(found.path, client)
    const names = this.database.tree.childNames(found.path)
    const writer = this.begin(client, xid).strings(names)
    if (op === OP.getChildren2) writer.stat(found.node, names.length)
    client.endReply()
    return null
  }

  private getAcl(client: C, xid: number, path: string): ServerError | null {
    const found = this.find(client, path, PERMISSION.read | PERMISSION.admin)
    if (typeof found === 'string') return found
    const { acl } = found.node
    const isAdmin = isAllowed(acl, PERMISSION.admin, client.identities)
    this.begin(client, xid)
      .acl(isAdmin ? acl : maskAcl(acl))
      .stat(found.node, this.database.tree.childCount(found.path))
    client.endReply()
    return null
  }

  /** Each read answers for itself. Together they may not be larger than what the server can hold ready. */
  private multiRead(client: C, xid: number, reads: readonly WireRead[]): ServerError | null {
    const sizeBytes = reads.reduce((sum, read) => sum + this.estimateBytes(read), 0)
    if (sizeBytes > MAX_MULTI_READ_BYTES) return 'BAD_ARGUMENTS'
    const writer = this.begin(client, xid)
    for (const { op, path } of reads) {
      const found = this.find(client, path)
      if (typeof found === 'string') {
        writeMultiError(writer, ERROR_CODES[found])
        continue
      }
      writeMultiHeader(writer, op)
      if (op === OP.getChildren) writer.strings(this.database.tree.childNames(found.path))
      else this.writeData(writer, found)
    }
    writeMultiEnd(writer)
    client.endReply()
    return null
  }

  private estimateBytes({ op, path }: WireRead): number {
    const { tree } = this.database
    return op === OP.getChildren ? tree.childCount(path) * NAME_BYTES : (tree.get(path)?.data?.length ?? 0)
  }

  private countDescendants(client: C, xid: number, path: string): ServerError | null {
    const found = this.find(client, path)
    if (typeof found === 'string') return found
    this.begin(client, xid).int(this.database.tree.descendantCount(found.path))
    client.endReply()
    return null
  }

  private writeData(writer: JuteWriter, { path, node }: Found): void {
    writer.buffer(node.data).stat(node, this.database.tree.childCount(path))
  }

  /** The znode, if it is there and the client has one of the permissions. */
  private find(client: C, path: string, permissions: number = PERMISSION.read): Found | ServerError {
    const node = this.database.tree.get(path)
    if (node === undefined) return 'NO_NODE'
    return isAllowed(node.acl, permissions, client.identities) ? { path, node } : 'NO_AUTH'
  }

  private begin(client: C, xid: number): JuteWriter {
    return client.beginReply(xid, this.database.zxid, 0)
  }
}

/** No path at all means the root, where one only reads. Another bad path names a znode that is not there. */
function readPath(reader: JuteReader): string {
  return reader.path() || '/'
}

interface Found {
  readonly path: string
  readonly node: TreeNode
}

function withoutSecret({ scheme, id }: Identity): Identity {
  return { scheme, id: scheme === 'digest' ? (id.split(':', 1)[0] ?? '') : id }
}
