import type { WatchEvent } from '../../../zk/zookeeper.ts'
import { isZooKeeperError } from '../../../zk/zookeeper.ts'
import { CliError } from '../cli-error.ts'
import { changedFields, contentOf, type ZnodeChange } from './diff.ts'
import type { Ensemble } from './ensemble.ts'

/** Watches are kept by the servers: more than this is no way to treat them. */
const MAX_ZNODES = 20_000

interface Known {
  readonly data: Buffer | null
  readonly czxid: number
  readonly children: ReadonlySet<string>
}

/**
 * Tells every change below a path, from one-shot watches: a znode is read again with a new watch after each event, and
 * what is different is told. What changes twice in between is told once.
 */
export class TreeWatch {
  private readonly ensemble: Ensemble
  private readonly secrets: boolean
  private readonly onChange: (change: ZnodeChange) => void
  private readonly known = new Map<string, Known>()
  private waiting = new Set<string>()
  private wake: (() => void) | null = null
  private isStopped = false
  private isFirst = true

  constructor(options: {
    readonly ensemble: Ensemble
    readonly secrets: boolean
    readonly onChange: (change: ZnodeChange) => void
  }) {
    this.ensemble = options.ensemble
    this.secrets = options.secrets
    this.onChange = options.onChange
  }

  /** Znodes that are watched. */
  get size(): number {
    return this.known.size
  }

  stop(): void {
    this.isStopped = true
    this.wake?.()
  }

  /** Runs until `stop`. `onReady` is called when everything that was there at the start is watched. */
  async run(root: string, onReady: () => void): Promise<void> {
    const forget = this.ensemble.session.listen({
      // A new session has no watches: look at everything again.
      afterNewSession: () => this.lookAt([root, ...this.known.keys()]),
    })
    try {
      this.lookAt([root])
      while (!this.isStopped) {
        if (this.waiting.size > 0) {
          const paths = [...this.waiting]
          this.waiting = new Set()
          for (const path of paths) await this.look(path)
          continue
        }
        if (!this.known.has(root) && this.isFirst)
          throw new CliError(`there is no znode ${root}`, { advice: 'see what there is: zurau zk ls /' })
        if (this.isFirst) onReady()
        this.isFirst = false
        await new Promise<void>((resolve) => (this.wake = resolve))
        this.wake = null
      }
    } finally {
      forget()
    }
  }

  private lookAt(paths: Iterable<string>): void {
    for (const path of paths) this.waiting.add(path)
    this.wake?.()
  }

  private async look(path: string): Promise<void> {
    if (this.isStopped) return
    const onEvent = (event: WatchEvent): void => {
      if (event !== 'lost') this.lookAt([path])
    }
    try {
      const content = await this.ensemble.get(path, onEvent)
      const children = content === null ? null : await this.ensemble.children(path, onEvent)
      if (content === null || children === null) return this.forget(path)
      this.compare(path, content.data, content.stat.czxid, children)
    } catch (error) {
      // The next session looks again.
      if (!isZooKeeperError(error, 'SESSION_EXPIRED', 'NOT_SENT', 'UNKNOWN_OUTCOME', 'CLOSED')) throw error
    }
  }

  private compare(path: string, data: Buffer | null, czxid: number, names: readonly string[]): void {
    const before = this.known.get(path)
    this.known.set(path, { data, czxid, children: new Set(names) })
    if (this.known.size > MAX_ZNODES)
      throw new CliError(`more than ${MAX_ZNODES} znodes are too many to watch`, {
        advice: 'name a path further down',
      })
    const after = this.content(path, data)
    if (before === undefined) {
      if (!this.isFirst) this.onChange({ kind: 'added', path, after })
    } else {
      const was = this.content(path, before.data)
      const fields = changedFields(was, after, '')
      if (before.czxid !== czxid) this.onChange({ kind: 'replaced', path, before: was, after })
      else if (fields.length > 0) this.onChange({ kind: 'changed', path, fields })
    }
    const base = path === '/' ? '' : path
    for (const name of names) if (!this.known.has(`${base}/${name}`)) this.lookAt([`${base}/${name}`])
    // Whoever went tells so by its own watch; unless it went before it was watched.
    for (const name of before?.children ?? []) if (!names.includes(name)) this.lookAt([`${base}/${name}`])
  }

  private content(path: string, data: Buffer | null): unknown {
    return contentOf({ path, data }, { secrets: this.secrets })
  }

  private forget(path: string): void {
    const before = this.known.get(path)
    if (before === undefined) return
    this.known.delete(path)
    this.onChange({ kind: 'removed', path, before: this.content(path, before.data) })
    const base = path === '/' ? '' : path
    for (const name of before.children) if (this.known.has(`${base}/${name}`)) this.forget(`${base}/${name}`)
  }
}
