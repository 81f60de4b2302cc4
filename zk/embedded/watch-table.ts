import type { Acl } from '../zookeeper.ts'
import type { AppliedChange } from './data-tree.ts'
import { parentOf } from './paths.ts'

/** What a watch tells. */
export type WatchedChange = 'created' | 'deleted' | 'changed' | 'children'

/** Told who is to hear what. `acl` is that of the znode at `path`: whoever may not read it is not to hear of it. */
export type Notify<W> = (watcher: W, change: WatchedChange, path: string, acl: readonly Acl[]) => void

/**
 * Who watches which path. `W` is a connection or a client. A watcher that watches the same thing twice is told once.
 * Source: ZooKeeper 3.8 WatchManager and DataTree.
 */
export class WatchTable<W> {
  /** One-shot: set by reading data and by asking whether a znode exists. */
  readonly data = new WatchedPaths<W>()
  /** One-shot: set by reading the names of the children. */
  readonly children = new WatchedPaths<W>()
  /** Stay, and hear what both one-shot kinds hear. */
  readonly persistent = new WatchedPaths<W>()
  /** Stay, and hear of creation, change and deletion at the path and anywhere below it. */
  readonly recursive = new WatchedPaths<W>()

  /** Tells everyone whom a change concerns, and forgets the one-shot watches that this used up. */
  fire(change: AppliedChange, notify: Notify<W>): void {
    const { path } = change
    const acl = (change.after ?? change.before)?.acl ?? []
    const parentAcl = change.parentBefore?.acl ?? []
    switch (change.kind) {
      case 'create':
        this.tell('created', path, acl, [this.data], notify)
        this.tell('children', parentOf(path), parentAcl, [this.children], notify)
        return
      case 'delete':
        this.tell('deleted', path, acl, [this.data, this.children], notify)
        this.tell('children', parentOf(path), parentAcl, [this.children], notify)
        return
      case 'set':
        this.tell('changed', path, acl, [this.data], notify)
        return
      case 'set-acl':
      case 'check':
    }
  }

  /** Everything that `watcher` watches is forgotten. */
  drop(watcher: W): void {
    for (const paths of [this.data, this.children, this.persistent, this.recursive]) paths.drop(watcher)
  }

  get count(): number {
    return this.data.count + this.children.count + this.persistent.count + this.recursive.count
  }

  private tell(
    change: WatchedChange,
    path: string,
    acl: readonly Acl[],
    oneShot: readonly WatchedPaths<W>[],
    notify: Notify<W>,
  ): void {
    let watchers: Set<W> | undefined
    for (const paths of oneShot) watchers = union(watchers, paths.take(path))
    if (this.persistent.count > 0) watchers = union(watchers, this.persistent.at(path))
    if (this.recursive.count > 0 && change !== 'children') {
      for (let above = path; ; above = parentOf(above)) {
        watchers = union(watchers, this.recursive.at(above))
        if (above === '/') break
      }
    }
    if (watchers !== undefined) for (const watcher of watchers) notify(watcher, change, path, acl)
  }
}

/** A set of (path, watcher), found by either. */
export class WatchedPaths<W> {
  private readonly watchersByPath = new Map<string, Set<W>>()
  private readonly pathsByWatcher = new Map<W, Set<string>>()
  private pairs = 0

  get count(): number {
    return this.pairs
  }

  get pathCount(): number {
    return this.watchersByPath.size
  }

  get watcherCount(): number {
    return this.pathsByWatcher.size
  }

  add(path: string, watcher: W): void {
    if (!addTo(this.watchersByPath, path, watcher)) return
    addTo(this.pathsByWatcher, watcher, path)
    this.pairs++
  }

  has(path: string, watcher: W): boolean {
    return this.watchersByPath.get(path)?.has(watcher) ?? false
  }

  /** Whether it was there. */
  remove(path: string, watcher: W): boolean {
    if (!removeFrom(this.watchersByPath, path, watcher)) return false
    removeFrom(this.pathsByWatcher, watcher, path)
    this.pairs--
    return true
  }

  at(path: string): ReadonlySet<W> | undefined {
    return this.watchersByPath.get(path)
  }

  /** Removes and returns who watches `path`. */
  take(path: string): ReadonlySet<W> | undefined {
    const watchers = this.watchersByPath.get(path)
    if (watchers === undefined) return undefined
    this.watchersByPath.delete(path)
    this.pairs -= watchers.size
    for (const watcher of watchers) removeFrom(this.pathsByWatcher, watcher, path)
    return watchers
  }

  drop(watcher: W): void {
    const paths = this.pathsByWatcher.get(watcher)
    if (paths === undefined) return
    this.pathsByWatcher.delete(watcher)
    this.pairs -= paths.size
    for (const path of paths) removeFrom(this.watchersByPath, path, watcher)
  }

  byPath(): IterableIterator<[string, ReadonlySet<W>]> {
    return this.watchersByPath.entries()
  }

  byWatcher(): IterableIterator<[W, ReadonlySet<string>]> {
    return this.pathsByWatcher.entries()
  }
}

function union<T>(one: Set<T> | undefined, other: ReadonlySet<T> | undefined): Set<T> | undefined {
  if (other === undefined || other.size === 0) return one
  if (one === undefined) return new Set(other)
  for (const element of other) one.add(element)
  return one
}

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): boolean {
  const set = sets.get(key)
  if (set === undefined) sets.set(key, new Set([value]))
  else if (set.has(value)) return false
  else set.add(value)
  return true
}

function removeFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): boolean {
  const set = sets.get(key)
  if (set === undefined || !set.delete(value)) return false
  if (set.size === 0) sets.delete(key)
  return true
}
