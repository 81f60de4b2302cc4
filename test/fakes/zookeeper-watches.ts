import type { Watched } from '../../zk/embedded/watch-renewal.ts'
import type { WatchedChange } from '../../zk/embedded/watch-table.ts'
import type { WatchEvent, Watcher } from '../../zk/zookeeper.ts'

/** What a watch was set on: a znode's data, a znode that was not there, a znode's children. */
export type WatchKind = keyof Watched

const kindsOf: Readonly<Record<WatchedChange, readonly WatchKind[]>> = {
  created: ['data', 'absent'],
  changed: ['data', 'absent'],
  deleted: ['data', 'absent', 'children'],
  children: ['children'],
}

/** A client's watches that have not fired. The same watcher on the same thing is one watch. */
export class FakeWatches {
  private readonly watchers: Readonly<Record<WatchKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    absent: new Map(),
    children: new Map(),
  }
  private readonly onError: (message: string, error: unknown) => void

  /** `onError` hears of what a watcher throws; the others run all the same. */
  constructor(onError: (message: string, error: unknown) => void) {
    this.onError = onError
  }

  get count(): number {
    return Object.values(this.watchers).reduce((sum, { size }) => sum + size, 0)
  }

  add(kind: WatchKind, path: string, watcher: Watcher): void {
    const watchers = this.watchers[kind].get(path)
    if (watchers === undefined) this.watchers[kind].set(path, new Set([watcher]))
    else watchers.add(watcher)
  }

  fire(change: WatchedChange, path: string): void {
    const watchers = new Set<Watcher>()
    for (const kind of kindsOf[change]) {
      for (const watcher of this.watchers[kind].get(path) ?? []) watchers.add(watcher)
      this.watchers[kind].delete(path)
    }
    for (const watcher of watchers) this.tell(watcher, change, path)
  }

  /** The session has ended. */
  lose(): void {
    const lost = Object.values(this.watchers).flatMap((byPath) => [...byPath])
    for (const byPath of Object.values(this.watchers)) byPath.clear()
    for (const [path, watchers] of lost) for (const watcher of watchers) this.tell(watcher, 'lost', path)
  }

  /** What is to be set again over the next connection. */
  watched(): Watched {
    const { data, absent, children } = this.watchers
    return { data: [...data.keys()], absent: [...absent.keys()], children: [...children.keys()] }
  }

  private tell(watcher: Watcher, event: WatchEvent, path: string): void {
    try {
      watcher(event, path)
    } catch (error) {
      this.onError(`a watcher of ${path} failed`, error)
    }
  }
}
