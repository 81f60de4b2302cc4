import { assert, present } from '../../src/std/assert.ts'
import type { Acl, SessionId, Stat, Zxid } from '../zookeeper.ts'
import { OPEN_ACL, PERMISSION } from '../zookeeper.ts'
import { nameOf, parentOf } from './paths.ts'

/**
 * A znode without its name and its children: a value. A change puts another one in its place, so that whoever holds
 * one (a snapshot being written, a transaction that may be taken back) holds what was.
 */
export interface TreeNode {
  readonly data: Buffer | null
  /** Empty: open to everybody. */
  readonly acl: readonly Acl[]
  /** The session that an ephemeral lives with, CONTAINER, or NOBODY. */
  readonly owner: bigint
  readonly czxid: Zxid
  readonly mzxid: Zxid
  readonly pzxid: Zxid
  readonly ctimeMs: number
  readonly mtimeMs: number
  readonly version: number
  readonly aversion: number
  /** How many children were ever created: the next sequential child's number. */
  readonly creations: number
}

export const NOBODY = 0n
/** In place of the owner: removed by the server when its last child has gone. Source: ZooKeeper EphemeralType. */
export const CONTAINER = -(2n ** 63n)

/** A change that was found to be lawful, with everything resolved: what is logged and what is applied. */
export type Change =
  | {
      readonly kind: 'create'
      readonly path: string
      readonly data: Buffer | null
      readonly acl: readonly Acl[]
      readonly owner: bigint
    }
  | { readonly kind: 'delete'; readonly path: string }
  | { readonly kind: 'set'; readonly path: string; readonly data: Buffer | null }
  | { readonly kind: 'set-acl'; readonly path: string; readonly acl: readonly Acl[] }
  /** A version that was as expected: changes nothing. */
  | { readonly kind: 'check'; readonly path: string }

/** What a change did: for the reply, for the watches, and for taking it back. */
export interface AppliedChange {
  readonly kind: Change['kind']
  readonly path: string
  readonly before: TreeNode | null
  readonly after: TreeNode | null
  readonly childCount: number
  readonly parentBefore: TreeNode | null
}

/** When a change happened: one position and one time for all changes of a transaction. */
export interface Moment {
  readonly zxid: Zxid
  readonly timeMs: number
}

/**
 * The tree of znodes at one position of its history. Pure: knows no time, no sessions but as owners, and nobody who
 * watches. `apply` is the only way to change it and trusts its caller (operations.ts decides what is lawful); `revert`
 * takes the newest change back. Source of the version rules: ZooKeeper 3.8 DataTree.
 */
export class DataTree {
  private readonly nodes = new Map<string, TreeNode>()
  private readonly names = new Map<string, Set<string>>()
  private readonly ephemerals = new Map<bigint, Set<string>>()
  private readonly containers = new Set<string>()
  private sizeBytes = 0

  /** What every ZooKeeper has from its first day. */
  static atBirth(): DataTree {
    const tree = new DataTree()
    for (const path of ['/', '/zookeeper', '/zookeeper/quota'])
      tree.restore(path, { ...firstNode, acl: OPEN_ACL })
    tree.restore('/zookeeper/config', {
      ...firstNode,
      acl: [{ permissions: PERMISSION.read, scheme: 'world', id: 'anyone' }],
      aversion: -1,
    })
    return tree
  }

  get nodeCount(): number {
    return this.nodes.size
  }

  get ephemeralCount(): number {
    let count = 0
    for (const paths of this.ephemerals.values()) count += paths.size
    return count
  }

  /** The bytes of all paths and data. */
  get approximateBytes(): number {
    return this.sizeBytes
  }

  get(path: string): TreeNode | undefined {
    return this.nodes.get(path)
  }

  childCount(path: string): number {
    return this.names.get(path)?.size ?? 0
  }

  childNames(path: string): string[] {
    return [...(this.names.get(path) ?? [])]
  }

  /** How many znodes there are below `path`, at any depth. */
  descendantCount(path: string): number {
    if (path === '/') return this.nodes.size - 1
    let count = 0
    const pending = [path]
    for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
      for (const name of this.names.get(parent) ?? []) {
        count++
        pending.push(`${parent}/${name}`)
      }
    }
    return count
  }

  ephemeralsOf(owner: bigint): string[] {
    return [...(this.ephemerals.get(owner) ?? [])]
  }

  /** Sessions that own ephemerals, with their paths. */
  ephemeralOwners(): IterableIterator<[bigint, ReadonlySet<string>]> {
    return this.ephemerals.entries()
  }

  /** Containers that had children and have none any more. */
  emptiedContainers(): string[] {
    return [...this.containers].filter(
      (path) => this.childCount(path) === 0 && present(this.nodes.get(path), path).creations > 0,
    )
  }

  /** Every znode as it is now. Costs a reference per znode; what is returned does not change with the tree. */
  capture(): { readonly paths: readonly string[]; readonly nodes: readonly TreeNode[] } {
    return { paths: [...this.nodes.keys()], nodes: [...this.nodes.values()] }
  }

  /** Puts a znode of a snapshot back. Its parent comes before it. */
  restore(path: string, node: TreeNode): void {
    assert(path === '/' || this.nodes.has(parentOf(path)), `${path}: restored before its parent`)
    assert(!this.nodes.has(path), `${path}: restored twice`)
    this.insert(path, node)
  }

  apply(change: Change, moment: Moment): AppliedChange {
    switch (change.kind) {
      case 'create':
        return this.create(change, moment)
      case 'delete':
        return this.delete(change.path, moment)
      case 'set':
        return this.replace(change.kind, change.path, (node) => ({
          ...node,
          data: change.data,
          version: nextVersion(node.version),
          mzxid: moment.zxid,
          mtimeMs: moment.timeMs,
        }))
      case 'set-acl':
        return this.replace(change.kind, change.path, (node) => ({
          ...node,
          acl: change.acl,
          aversion: nextVersion(node.aversion),
        }))
      case 'check':
        return this.replace(change.kind, change.path, (node) => node)
    }
  }

  /** Takes back what was applied last. */
  revert({ path, before, after, parentBefore }: AppliedChange): void {
    if (before === null) this.extract(path)
    else if (after === null) this.insert(path, before)
    else this.exchange(path, after, before)
    if (parentBefore !== null) this.nodes.set(parentOf(path), parentBefore)
  }

  private create(
    { path, data, acl, owner }: Extract<Change, { kind: 'create' }>,
    { zxid, timeMs }: Moment,
  ): AppliedChange {
    const parentBefore = present(this.nodes.get(parentOf(path)), `parent of ${path}`)
    assert(!this.nodes.has(path), `${path}: created twice`)
    this.nodes.set(parentOf(path), {
      ...parentBefore,
      pzxid: zxid,
      creations: wrap(parentBefore.creations + 1),
    })
    const after: TreeNode = {
      data,
      acl,
      owner,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctimeMs: timeMs,
      mtimeMs: timeMs,
      version: 0,
      aversion: 0,
      creations: 0,
    }
    this.insert(path, after)
    return { kind: 'create', path, before: null, after, childCount: 0, parentBefore }
  }

  private delete(path: string, { zxid }: Moment): AppliedChange {
    const parentBefore = present(this.nodes.get(parentOf(path)), `parent of ${path}`)
    assert(this.childCount(path) === 0, `${path}: deleted with children`)
    this.nodes.set(parentOf(path), { ...parentBefore, pzxid: zxid })
    const before = this.extract(path)
    return { kind: 'delete', path, before, after: null, childCount: 0, parentBefore }
  }

  private replace(kind: Change['kind'], path: string, next: (node: TreeNode) => TreeNode): AppliedChange {
    const before = present(this.nodes.get(path), path)
    const after = next(before)
    this.exchange(path, before, after)
    return { kind, path, before, after, childCount: this.childCount(path), parentBefore: null }
  }

  private exchange(path: string, from: TreeNode, to: TreeNode): void {
    this.nodes.set(path, to)
    this.sizeBytes += dataLengthOf(to) - dataLengthOf(from)
  }

  private insert(path: string, node: TreeNode): void {
    this.nodes.set(path, node)
    this.sizeBytes += path.length + dataLengthOf(node)
    if (path !== '/') {
      const siblings = this.names.get(parentOf(path))
      if (siblings === undefined) this.names.set(parentOf(path), new Set([nameOf(path)]))
      else siblings.add(nameOf(path))
    }
    if (node.owner === CONTAINER) this.containers.add(path)
    else if (node.owner !== NOBODY) {
      const owned = this.ephemerals.get(node.owner)
      if (owned === undefined) this.ephemerals.set(node.owner, new Set([path]))
      else owned.add(path)
    }
  }

  private extract(path: string): TreeNode {
    const node = present(this.nodes.get(path), path)
    this.nodes.delete(path)
    this.sizeBytes -= path.length + dataLengthOf(node)
    removeFrom(this.names, parentOf(path), nameOf(path))
    if (node.owner === CONTAINER) this.containers.delete(path)
    else if (node.owner !== NOBODY) removeFrom(this.ephemerals, node.owner, path)
    return node
  }
}

const firstNode: TreeNode = {
  data: Buffer.alloc(0),
  acl: [],
  owner: NOBODY,
  czxid: 0 as Zxid,
  mzxid: 0 as Zxid,
  pzxid: 0 as Zxid,
  ctimeMs: 0,
  mtimeMs: 0,
  version: 0,
  aversion: 0,
  creations: 0,
}

export function isEphemeral(node: TreeNode): boolean {
  return node.owner !== NOBODY && node.owner !== CONTAINER
}

export function dataLengthOf(node: TreeNode): number {
  return node.data?.length ?? 0
}

/** Grows with each creation and each deletion of a child: twice the creations, less one for each that is there. */
export function cversionOf(node: TreeNode, childCount: number): number {
  return wrap(2 * node.creations - childCount)
}

export function statOf(node: TreeNode, childCount: number): Stat {
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctimeMs: node.ctimeMs,
    mtimeMs: node.mtimeMs,
    version: node.version,
    cversion: cversionOf(node, childCount),
    aversion: node.aversion,
    ephemeralOwner: (isEphemeral(node) ? node.owner : NOBODY) as SessionId,
    dataLength: dataLengthOf(node),
    childCount,
  }
}

/** Versions are 32 bits wide; -1 is left out, because as an expected version it means any. */
function nextVersion(version: number): number {
  const next = wrap(version + 1)
  return next === -1 ? 0 : next
}

const wrap = (value: number): number => value | 0

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = present(sets.get(key), `set of ${String(value)}`)
  set.delete(value)
  if (set.size === 0) sets.delete(key)
}
