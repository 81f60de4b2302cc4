import type {
  CreateOptions,
  Operation,
  OperationResult,
  Stat,
  Watcher,
  ZooKeeper,
  Acl,
} from '../../zk/zookeeper.ts'
import { isZooKeeperError } from '../../zk/zookeeper.ts'

/**
 * Passes everything on, and writes down what was written: one line per call, in the order of the answers, as the
 * record of Apache Kafka's own writes has them. Ids and times, which differ from run to run, are left out.
 */
export class RecordingZooKeeper implements ZooKeeper {
  private readonly inner: ZooKeeper
  private readonly lines: string[]
  /** Runs before each multi is passed on: what others do in the meantime. */
  beforeMulti: ((operations: readonly Operation[]) => Promise<void>) | null = null

  constructor(inner: ZooKeeper, lines: string[]) {
    this.inner = inner
    this.lines = lines
  }

  get session() {
    return this.inner.session
  }

  create(path: string, data: Buffer | null, options?: CreateOptions): Promise<string> {
    const operation: Operation = { kind: 'create', path, data, ...options }
    return this.record([operation], false, this.inner.create(path, data, options), (created) => [
      { kind: 'create', path: created },
    ])
  }

  get(
    path: string,
    watcher?: Watcher,
  ): Promise<{ readonly data: Buffer | null; readonly stat: Stat } | null> {
    return this.inner.get(path, watcher)
  }

  exists(path: string, watcher?: Watcher): Promise<Stat | null> {
    return this.inner.exists(path, watcher)
  }

  children(path: string, watcher?: Watcher): Promise<string[] | null> {
    return this.inner.children(path, watcher)
  }

  set(path: string, data: Buffer | null, version: number): Promise<Stat> {
    return this.record(
      [{ kind: 'set', path, data, version }],
      false,
      this.inner.set(path, data, version),
      (stat) => [{ kind: 'set', stat }],
    )
  }

  delete(path: string, version: number): Promise<void> {
    return this.record([{ kind: 'delete', path, version }], false, this.inner.delete(path, version), () => [
      { kind: 'delete' },
    ])
  }

  async multi(operations: readonly Operation[]): Promise<OperationResult[]> {
    if (this.beforeMulti !== null) await this.beforeMulti(operations)
    return this.record(operations, true, this.inner.multi(operations), (results) => results)
  }

  getAcl(path: string): Promise<{ readonly acl: Acl[]; readonly stat: Stat } | null> {
    return this.inner.getAcl(path)
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat> {
    return this.inner.setAcl(path, acl, version)
  }

  sync(path: string): Promise<void> {
    return this.inner.sync(path)
  }

  close(): Promise<void> {
    return this.inner.close()
  }

  private async record<T>(
    operations: readonly Operation[],
    isMulti: boolean,
    work: Promise<T>,
    resultsOf: (value: T) => readonly OperationResult[],
  ): Promise<T> {
    const note = (parts: string[]): void => {
      this.lines.push(isMulti ? `multi[ ${parts.join('; ')} ]` : parts.join('; '))
    }
    try {
      const value = await work
      const results = resultsOf(value)
      note(operations.map((operation, index) => describe(operation, results[index])))
      return value
    } catch (error) {
      if (isZooKeeperError(error)) {
        const before = operations.slice(0, Math.max(0, error.operationIndex))
        note([...before.map((operation) => describe(operation)), `error ${error.error.replace('_', '')}`])
      }
      throw error
    }
  }
}

function describe(operation: Operation, result?: OperationResult): string {
  const { kind, path } = operation
  switch (kind) {
    case 'check':
      return `check ${path} version ${operation.version}`
    case 'delete':
      return `delete ${path}`
    case 'create':
      return `create ${operation.mode === 'ephemeral' ? '(ephemeral) ' : ''}${path} = ${describeData(operation.data)}`
    case 'set': {
      const version = result?.kind === 'set' ? ` [now version ${result.stat.version}]` : ''
      return `setData ${path} = ${describeData(operation.data)}${version}`
    }
  }
}

function describeData(data: Buffer | null): string {
  if (data === null) return 'null'
  return data
    .toString()
    .replaceAll(/"topic_id":"[^"]{22}"/g, '"topic_id":"<id>"')
    .replaceAll(/"timestamp":"[0-9]+"/g, '"timestamp":"<time>"')
}
