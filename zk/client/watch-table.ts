import type { WatchEvent, Watcher } from '../zookeeper.ts'

/**
 * What a watch looks at: the data of a znode that is there, a znode that is not there, or the children of one. The
 * server is told in these words when watches are set again after a reconnect.
 */
export type WatchKind = 'data' | 'exists' | 'children'

const kindsOfEvent: Record<Exclude<WatchEvent, 'lost'>, readonly WatchKind[]> = {
  created: ['data', 'exists'],
  changed: ['data', 'exists'],
  deleted: ['data', 'exists', 'children'],
  children: ['children'],
}

/** The watches that a session has set and that have not fired. The same watcher on the same thing is one watch. */
export class WatchTable {
  private readonly watchers: Readonly<Record<WatchKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exists: new Map(),
    children: new Map(),
  }
  private readonly onError: (error: unknown, path: string) => void

  /** `onError` is told what a watcher throws; the other watchers run all the same. */
  constructor(onError: (error: unknown, path: string) => void) {
    this.onError = onError
  }

  add(kind: WatchKind, path: string, watcher: Watcher): void {
    const ofKind = this.watchers[kind]
    const here = ofKind.get(path)
    if (here === undefined) ofKind.set(path, new Set([watcher]))
    else here.add(watcher)
  }

  fire(event: Exclude<WatchEvent, 'lost'>, path: string): void {
    const due = new Set<Watcher>()
    for (const kind of kindsOfEvent[event]) {
      for (const watcher of this.watchers[kind].get(path) ?? []) due.add(watcher)
      this.watchers[kind].delete(path)
    }
    for (const watcher of due) this.call(watcher, event, path)
  }

  /** The session is over: fires every watch with `lost`. */
  lose(): void {
    const all = Object.values(this.watchers).flatMap((ofKind) => [...ofKind])
    for (const ofKind of Object.values(this.watchers)) ofKind.clear()
    for (const [path, watchers] of all) {
      for (const watcher of watchers) this.call(watcher, 'lost', path)
    }
  }

  paths(kind: WatchKind): Iterable<string> {
    return this.watchers[kind].keys()
  }

  private call(watcher: Watcher, event: WatchEvent, path: string): void {
    try {
      watcher(event, path)
    } catch (error) {
      this.onError(error, path)
    }
  }
}
