import type { Client } from './client.ts'
import { notifyReader } from './client.ts'
import type { Database } from './database.ts'
import type { ServerError } from './error-codes.ts'
import type { JuteReader } from './jute.ts'
import { OP } from './op-codes.ts'
import { renewWatches } from './watch-renewal.ts'
import type { WatchedPaths, WatchTable } from './watch-table.ts'

const PERSISTENT = 0
const PERSISTENT_RECURSIVE = 1

/** The requests about watches themselves, apart from those that reads set beside what they read. */
export class WatchRequests<C extends Client> {
  private readonly database: Database
  private readonly watches: WatchTable<C>

  constructor(options: { readonly database: Database; readonly watches: WatchTable<C> }) {
    this.database = options.database
    this.watches = options.watches
  }

  /** As ReadRequests.answer. */
  answer(client: C, xid: number, op: number, reader: JuteReader): ServerError | 'unknown' | null {
    switch (op) {
      case OP.setWatches:
      case OP.setWatches2:
        this.setAgain(client, reader, op === OP.setWatches2)
        break
      case OP.addWatch:
        return this.add(client, xid, reader.path(), reader.int())
      case OP.checkWatches:
      case OP.removeWatches: {
        const refusal = this.remove(client, reader.path(), reader.int(), op === OP.checkWatches)
        if (refusal !== null) return refusal
        break
      }
      default:
        return 'unknown'
    }
    client.beginReply(xid, this.database.zxid, 0)
    client.endReply()
    return null
  }

  /** What a client watched over another connection. */
  private setAgain(client: C, reader: JuteReader, hasPersistent: boolean): void {
    const { tree } = this.database
    const seenZxid = reader.longNumber()
    const watched = { data: reader.paths(), absent: reader.paths(), children: reader.paths() }
    const persistent = hasPersistent ? reader.paths() : []
    const recursive = hasPersistent ? reader.paths() : []
    renewWatches({ tree, watches: this.watches, watcher: client, watched, seenZxid, notify: notifyReader })
    for (const path of persistent) this.watches.persistent.add(path, client)
    for (const path of recursive) this.watches.recursive.add(path, client)
  }

  private add(client: C, xid: number, path: string, mode: number): ServerError | null {
    if (mode === PERSISTENT) this.watches.persistent.add(path, client)
    else if (mode === PERSISTENT_RECURSIVE) this.watches.recursive.add(path, client)
    else return 'MARSHALLING_ERROR'
    client.beginReply(xid, this.database.zxid, 0).int(0)
    client.endReply()
    return null
  }

  /** Removes the watches of a type, or only looks whether there are any. */
  private remove(client: C, path: string, type: number, isCheck: boolean): ServerError | null {
    const kinds = this.kindsOf(type)
    if (kinds.length === 0) return 'MARSHALLING_ERROR'
    const found = kinds.filter((kind) => kind.has(path, client))
    if (found.length === 0) return 'NO_WATCHER'
    if (!isCheck) for (const kind of found) kind.remove(path, client)
    return null
  }

  /** Source: ZooKeeper Watcher.WatcherType; 4 and 5 since 3.10. */
  private kindsOf(type: number): readonly WatchedPaths<C>[] {
    const { data, children, persistent, recursive } = this.watches
    switch (type) {
      case 1:
        return [children]
      case 2:
        return [data]
      case 3:
        return [data, children, persistent, recursive]
      case 4:
        return [persistent]
      case 5:
        return [recursive]
      default:
        return []
    }
  }
}
