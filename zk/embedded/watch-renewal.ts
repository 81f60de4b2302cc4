import type { Acl } from '../zookeeper.ts'
import type { DataTree } from './data-tree.ts'
import type { Notify, WatchTable } from './watch-table.ts'

/** One-shot watches that a client had over another connection: on data, on absent znodes, on children. */
export interface Watched {
  readonly data: readonly string[]
  readonly absent: readonly string[]
  readonly children: readonly string[]
}

/**
 * Sets a client's watches again, and tells it at once of what has happened since `seenZxid`, the newest transaction
 * that it knows. Source: ZooKeeper 3.8 DataTree.setWatches.
 */
export function renewWatches<W>(options: {
  readonly tree: DataTree
  readonly watches: WatchTable<W>
  readonly watcher: W
  readonly watched: Watched
  readonly seenZxid: number
  readonly notify: Notify<W>
}): void {
  const { tree, watches, watcher, watched, seenZxid, notify } = options
  for (const path of watched.data) {
    const node = tree.get(path)
    if (node === undefined) notify(watcher, 'deleted', path, nobodysAcl)
    else if (node.mzxid > seenZxid) notify(watcher, 'changed', path, node.acl)
    else watches.data.add(path, watcher)
  }
  for (const path of watched.absent) {
    const node = tree.get(path)
    if (node !== undefined) notify(watcher, 'created', path, node.acl)
    else watches.data.add(path, watcher)
  }
  for (const path of watched.children) {
    const node = tree.get(path)
    if (node === undefined) notify(watcher, 'deleted', path, nobodysAcl)
    else if (node.pzxid > seenZxid) notify(watcher, 'children', path, node.acl)
    else watches.children.add(path, watcher)
  }
}

/** Of a znode that is gone: nothing is left to be kept secret. */
const nobodysAcl: readonly Acl[] = []
