import type { Acl } from '../zookeeper.ts'
import { PERMISSION } from '../zookeeper.ts'
import type { Actor, Identity } from './access.ts'
import { isAllowed } from './access.ts'
import type { JuteWriter } from './jute.ts'
import type { WatchedChange } from './watch-table.ts'

/** What the handling of requests needs of a connection that has a session. */
export interface Client extends Actor {
  readonly identities: Identity[]
  /** Begins a reply; what is written next is its body. */
  beginReply(xid: number, zxid: number, code: number): JuteWriter
  endReply(): void
  notify(change: WatchedChange, path: string): void
  /** No further request is read; the stream is closed when all replies are out. */
  closeAfterReplies(): void
}

/** Notifies a client who may read the znode at `path`, whose ACL this is. Source: CVE-2024-23944. */
export function notifyReader(client: Client, change: WatchedChange, path: string, acl: readonly Acl[]): void {
  if (isAllowed(acl, PERMISSION.read, client.identities)) client.notify(change, path)
}
