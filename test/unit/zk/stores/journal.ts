import type {
  Acl,
  CreateOptions,
  Operation,
  OperationResult,
  Session,
  Stat,
  Watcher,
  ZooKeeper,
} from '../../../../zk/zookeeper.ts'
import { isZooKeeperError } from '../../../../zk/zookeeper.ts'

/**
 * A ZooKeeper that writes down every write and what came of it, in the words in which ZooKeeper's transaction log of a
 * real Kafka was transcribed: `create /p = data`, `setData /p = data   [now version 1]`, `delete /p`,
 * `multi[ check /p version 1; … ]`, `error NONODE`.
 */
export class Journal implements ZooKeeper {
  lines: string[] = []
  reads = 0
  private zooKeeper: ZooKeeper

  constructor(zooKeeper: ZooKeeper) {
    this.zooKeeper = zooKeeper
  }

  get session(): Session {
    return this.zooKeeper.session
  }

  /** From now on everything goes to another client: another session of the same process. */
  switchTo(zooKeeper: ZooKeeper): void {
    this.zooKeeper = zooKeeper
  }

  /** The lines so far, which are forgotten. */
  take(): string[] {
    const { lines } = this
    this.lines = []
    return lines
  }

  async create(path: string, data: Buffer | null, options: CreateOptions = {}): Promise<string> {
    const created = await this.noted(this.zooKeeper.create(path, data, options))
    this.lines.push(createLine(created, data, options))
    return created
  }

  async set(path: string, data: Buffer | null, version: number): Promise<Stat> {
    const stat = await this.noted(this.zooKeeper.set(path, data, version))
    this.lines.push(setLine(path, data, stat))
    return stat
  }

  async delete(path: string, version: number): Promise<void> {
    await this.noted(this.zooKeeper.delete(path, version))
    this.lines.push(`delete ${path}`)
  }

  async multi(operations: readonly Operation[]): Promise<OperationResult[]> {
    try {
      const results = await this.zooKeeper.multi(operations)
      this.lines.push(multiLine(operations.map((operation, i) => partLine(operation, results[i]))))
      return results
    } catch (error) {
      if (!isZooKeeperError(error) || error.operationIndex < 0) {
        this.lines.push(errorLine(error))
        throw error
      }
      const { operationIndex } = error
      const parts = operations.map((operation, i) => {
        if (i === operationIndex) return errorLine(error)
        return i < operationIndex ? partLine(operation) : 'error RUNTIMEINCONSISTENCY'
      })
      this.lines.push(multiLine(parts))
      throw error
    }
  }

  async setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat> {
    const stat = await this.noted(this.zooKeeper.setAcl(path, acl, version))
    this.lines.push(`setACL ${path}`)
    return stat
  }

  get(path: string, watcher?: Watcher): Promise<{ data: Buffer | null; stat: Stat } | null> {
    this.reads++
    return this.zooKeeper.get(path, watcher)
  }

  exists(path: string, watcher?: Watcher): Promise<Stat | null> {
    this.reads++
    return this.zooKeeper.exists(path, watcher)
  }

  children(path: string, watcher?: Watcher): Promise<string[] | null> {
    this.reads++
    return this.zooKeeper.children(path, watcher)
  }

  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat } | null> {
    return this.zooKeeper.getAcl(path)
  }

  sync(path: string): Promise<void> {
    return this.zooKeeper.sync(path)
  }

  close(): Promise<void> {
    return this.zooKeeper.close()
  }

  private async noted<T>(write: Promise<T>): Promise<T> {
    try {
      return await write
    } catch (error) {
      this.lines.push(errorLine(error))
      throw error
    }
  }
}

function errorLine(error: unknown): string {
  return `error ${isZooKeeperError(error) ? error.error.replaceAll('_', '') : String(error)}`
}

function multiLine(parts: readonly string[]): string {
  return `multi[ ${parts.join('; ')} ]`
}

function partLine(operation: Operation, result?: OperationResult): string {
  switch (operation.kind) {
    case 'create':
      return createLine(operation.path, operation.data, operation)
    case 'set':
      return setLine(operation.path, operation.data, result?.kind === 'set' ? result.stat : null)
    case 'delete':
      return `delete ${operation.path}`
    case 'check':
      return `check ${operation.path} version ${operation.version}`
  }
}

function createLine(path: string, data: Buffer | null, { mode = 'persistent' }: CreateOptions): string {
  return `create ${mode.startsWith('ephemeral') ? '(ephemeral) ' : ''}${path} = ${textOf(data)}`
}

function setLine(path: string, data: Buffer | null, stat: Stat | null): string {
  return `setData ${path} = ${textOf(data)}${stat === null ? '' : `   [now version ${stat.version}]`}`
}

function textOf(data: Buffer | null): string {
  return data === null ? 'null' : data.toString()
}
