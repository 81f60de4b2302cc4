import type { Clock } from '../../src/platform/clock.ts'
import { isAllowed, maskAcl } from '../../zk/embedded/access.ts'
import type { AppliedChange, TreeNode } from '../../zk/embedded/data-tree.ts'
import { statOf } from '../../zk/embedded/data-tree.ts'
import type { Database } from '../../zk/embedded/database.ts'
import type { ServerError } from '../../zk/embedded/error-codes.ts'
import type { TreeOperation } from '../../zk/embedded/operations.ts'
import { CREATE_FLAGS } from '../../zk/embedded/operations.ts'
import type { Watched } from '../../zk/embedded/watch-renewal.ts'
import { renewWatches } from '../../zk/embedded/watch-renewal.ts'
import type { WatchedChange, WatchTable } from '../../zk/embedded/watch-table.ts'
import type { Acl, Operation, OperationResult, Stat } from '../../zk/zookeeper.ts'
import { OPEN_ACL, PERMISSION } from '../../zk/zookeeper.ts'
import type { FakeLink } from './zookeeper-link.ts'

/** What the service answers: a value, or why not and which operation of a multi is to blame. */
export type Answer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | {
      readonly kind: 'refused'
      readonly error: ServerError
      readonly index: number
      readonly path: string | null
    }

/**
 * What the service does for requests, over the data tree that the embedded server has. Whatever goes in or out is
 * copied: the two ends share no memory.
 */
export class FakeServer {
  private readonly database: Database
  private readonly watches: WatchTable<FakeLink>
  private readonly clock: Clock

  constructor(options: {
    readonly database: Database
    readonly watches: WatchTable<FakeLink>
    readonly clock: Clock
  }) {
    this.database = options.database
    this.watches = options.watches
    this.clock = options.clock
  }

  get(link: FakeLink, path: string, isWatching: boolean): Answer<{ data: Buffer | null; stat: Stat }> {
    const node = this.find(link, path)
    if (typeof node === 'string') return refused(node)
    if (isWatching) this.watches.data.add(path, link)
    return value({ data: copyOf(node.data), stat: this.statOf(path, node) })
  }

  exists(link: FakeLink, path: string, isWatching: boolean): Answer<Stat> {
    const node = this.find(link, path)
    if (node === 'NO_AUTH') return refused(node)
    if (isWatching) this.watches.data.add(path, link)
    return typeof node === 'string' ? refused(node) : value(this.statOf(path, node))
  }

  children(link: FakeLink, path: string, isWatching: boolean): Answer<string[]> {
    const node = this.find(link, path)
    if (typeof node === 'string') return refused(node)
    if (isWatching) this.watches.children.add(path, link)
    return value(this.database.tree.childNames(path))
  }

  getAcl(link: FakeLink, path: string): Answer<{ acl: Acl[]; stat: Stat }> {
    const node = this.find(link, path, PERMISSION.read | PERMISSION.admin)
    if (typeof node === 'string') return refused(node)
    const isAdmin = isAllowed(node.acl, PERMISSION.admin, link.identities)
    return value({ acl: isAdmin ? [...node.acl] : maskAcl(node.acl), stat: this.statOf(path, node) })
  }

  setAcl(link: FakeLink, path: string, acl: readonly Acl[], version: number): Answer<Stat> {
    const answer = this.write(link, [{ kind: 'set-acl', path, acl, version }])
    if (answer.kind === 'refused') return answer
    return value(statOfChange(answer.value[0]))
  }

  multi(link: FakeLink, operations: readonly Operation[]): Answer<OperationResult[]> {
    const answer = this.write(link, operations.map(treeOperationOf))
    return answer.kind === 'refused' ? answer : value(answer.value.map(resultOf))
  }

  renew(link: FakeLink, watched: Watched, seenZxid: number): void {
    const { database, watches } = this
    renewWatches({ tree: database.tree, watches, watcher: link, watched, seenZxid, notify: notifyReader })
  }

  fire(changes: readonly AppliedChange[]): void {
    for (const change of changes) this.watches.fire(change, notifyReader)
  }

  private write(link: FakeLink, operations: readonly TreeOperation[]): Answer<readonly AppliedChange[]> {
    const outcome = this.database.write(link, operations, this.clock.nowMs())
    if (outcome.kind === 'refused') {
      const { error, index } = outcome
      return { kind: 'refused', error, index, path: operations[index]?.path ?? null }
    }
    this.fire(outcome.changes)
    return value(outcome.changes)
  }

  private find(
    link: FakeLink,
    path: string,
    permissions: number = PERMISSION.read,
  ): TreeNode | 'NO_NODE' | 'NO_AUTH' {
    const node = this.database.tree.get(path)
    if (node === undefined) return 'NO_NODE'
    return isAllowed(node.acl, permissions, link.identities) ? node : 'NO_AUTH'
  }

  private statOf(path: string, node: TreeNode): Stat {
    return statOf(node, this.database.tree.childCount(path))
  }
}

function treeOperationOf(operation: Operation): TreeOperation {
  if (operation.kind !== 'create') return operation
  const { kind, path, data, mode = 'persistent', acl = OPEN_ACL } = operation
  return { kind, path, data, acl, flags: CREATE_FLAGS[mode] }
}

function resultOf(change: AppliedChange): OperationResult {
  switch (change.kind) {
    case 'create':
      return { kind: 'create', path: change.path }
    case 'set':
      return { kind: 'set', stat: statOfChange(change) }
    case 'delete':
    case 'check':
      return { kind: change.kind }
    case 'set-acl':
      throw new TypeError('a multi sets no ACL')
  }
}

function statOfChange(change: AppliedChange | undefined): Stat {
  if (change?.after === null || change?.after === undefined) throw new TypeError('a change that left nothing')
  return statOf(change.after, change.childCount)
}

function notifyReader(link: FakeLink, change: WatchedChange, path: string, acl: readonly Acl[]): void {
  if (isAllowed(acl, PERMISSION.read, link.identities)) link.notify(change, path)
}

const value = <T>(of: T): Answer<T> => ({ kind: 'value', value: of })
const refused = (error: ServerError): Answer<never> => ({ kind: 'refused', error, index: -1, path: null })
const copyOf = (data: Buffer | null): Buffer | null => (data === null ? null : Buffer.from(data))
