import type { Clock } from '../../src/platform/clock.ts'
import { portErrorOf } from '../../zk/embedded/error-codes.ts'
import type {
  Acl,
  CreateOptions,
  Operation,
  OperationResult,
  Stat,
  Watcher,
  ZooKeeper,
} from '../../zk/zookeeper.ts'
import { OPEN_ACL, ZooKeeperError } from '../../zk/zookeeper.ts'
import type { FakeConnectOptions, FakeRequest, FakeServiceEnd } from './zookeeper-connection.ts'
import { FakeConnection } from './zookeeper-connection.ts'
import type { FakeLink } from './zookeeper-link.ts'
import type { Answer, FakeServer } from './zookeeper-server.ts'
import type { FakeSession } from './zookeeper-session.ts'
import type { WatchKind } from './zookeeper-watches.ts'

const DEFAULT_MAX_REQUEST_BYTES = 0xfffff

interface Question<T> {
  readonly path: string
  readonly isRead: boolean
  /** Of what the request carries beside its path. */
  readonly payloadBytes?: number
  readonly perform: (server: FakeServer, link: FakeLink) => Answer<T>
  /** The result in place of NO_NODE. */
  readonly absent?: { readonly value: T }
  /** The service has answered and thereby set a watch. */
  readonly onWatchSet?: (isThere: boolean) => void
}

/** The port over a FakeZooKeeperService: to its user the same as a client over a real connection. */
export class FakeZooKeeper implements ZooKeeper {
  readonly connection: FakeConnection
  private readonly clock: Clock
  private readonly maxRequestBytes: number

  /** Begins to connect at once. */
  constructor(options: FakeConnectOptions, service: FakeServiceEnd) {
    this.clock = options.clock
    this.maxRequestBytes = options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES
    this.connection = new FakeConnection(options, service)
    this.connection.start()
  }

  get session(): FakeSession {
    return this.connection.session
  }

  async create(path: string, data: Buffer | null, options: CreateOptions = {}): Promise<string> {
    const [result] = await this.askMulti(path, [{ kind: 'create', path, data, ...options }], true)
    return result?.kind === 'create' ? result.path : path
  }

  get(path: string, watcher?: Watcher): Promise<{ data: Buffer | null; stat: Stat } | null> {
    return this.ask<{ data: Buffer | null; stat: Stat } | null>({
      path,
      isRead: true,
      perform: (server, link) => server.get(link, path, watcher !== undefined),
      absent: { value: null },
      onWatchSet: (isThere) => this.watch(isThere ? 'data' : null, path, watcher),
    })
  }

  exists(path: string, watcher?: Watcher): Promise<Stat | null> {
    return this.ask<Stat | null>({
      path,
      isRead: true,
      perform: (server, link) => server.exists(link, path, watcher !== undefined),
      absent: { value: null },
      onWatchSet: (isThere) => this.watch(isThere ? 'data' : 'absent', path, watcher),
    })
  }

  children(path: string, watcher?: Watcher): Promise<string[] | null> {
    return this.ask<string[] | null>({
      path,
      isRead: true,
      perform: (server, link) => server.children(link, path, watcher !== undefined),
      absent: { value: null },
      onWatchSet: (isThere) => this.watch(isThere ? 'children' : null, path, watcher),
    })
  }

  async set(path: string, data: Buffer | null, version: number): Promise<Stat> {
    const [result] = await this.askMulti(path, [{ kind: 'set', path, data, version }], true)
    if (result?.kind !== 'set') throw new TypeError('a set without a stat')
    return result.stat
  }

  async delete(path: string, version: number): Promise<void> {
    await this.askMulti(path, [{ kind: 'delete', path, version }], true)
  }

  multi(operations: readonly Operation[]): Promise<OperationResult[]> {
    return this.askMulti(operations[0]?.path ?? '/', operations, false)
  }

  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat } | null> {
    return this.ask<{ acl: Acl[]; stat: Stat } | null>({
      path,
      isRead: true,
      perform: (server, link) => server.getAcl(link, path),
      absent: { value: null },
    })
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat> {
    return this.ask({
      path,
      isRead: false,
      payloadBytes: aclBytes(acl),
      perform: (server, link) => server.setAcl(link, path, acl, version),
    })
  }

  sync(path: string): Promise<void> {
    return this.ask({ path, isRead: true, perform: () => ({ kind: 'value', value: undefined }) })
  }

  close(): Promise<void> {
    return this.connection.close()
  }

  /** One transaction. Alone, an operation's error stands for itself. */
  private askMulti(
    path: string,
    operations: readonly Operation[],
    isAlone: boolean,
  ): Promise<OperationResult[]> {
    const relative = operations.find((operation) => !operation.path.startsWith('/'))
    if (relative !== undefined) return Promise.reject(new ZooKeeperError('BAD_ARGUMENTS', relative.path))
    const copies = operations.map(copyOf)
    return this.ask({
      path,
      isRead: false,
      payloadBytes: operations.reduce((sum, operation) => sum + operationBytes(operation), 0),
      perform: (server, link) => {
        const answer = server.multi(link, copies)
        return isAlone && answer.kind === 'refused' ? { ...answer, index: -1 } : answer
      },
    })
  }

  private ask<T>(question: Question<T>): Promise<T> {
    const { path } = question
    const sizeBytes = 24 + Buffer.byteLength(path) + (question.payloadBytes ?? 0)
    if (!path.startsWith('/')) return Promise.reject(new ZooKeeperError('BAD_ARGUMENTS', path))
    if (sizeBytes > this.maxRequestBytes) {
      return Promise.reject(new ZooKeeperError('TOO_LARGE', path, `TOO_LARGE ${path}: ${sizeBytes} bytes`))
    }
    return new Promise<T>((resolve, reject) =>
      this.connection.submit(this.requestOf(question, resolve, reject)),
    )
  }

  private requestOf<T>(
    question: Question<T>,
    resolve: (value: T) => void,
    reject: (error: ZooKeeperError) => void,
  ): FakeRequest {
    const { path } = question
    let isSettled = false
    const settle = (act: () => void): void => {
      if (isSettled) return
      isSettled = true
      deadline.cancel()
      act()
    }
    const request: FakeRequest = {
      isRead: question.isRead,
      sentMs: Infinity,
      isSettled: () => isSettled,
      fail: (error, why) => settle(() => reject(new ZooKeeperError(error, path, `${error} ${path}: ${why}`))),
      perform: (server, link) => {
        const answer = question.perform(server, link)
        return () => settle(() => this.answer(question, answer, resolve, reject))
      },
    }
    const deadline = this.clock.after(this.session.timeoutMs, () => {
      request.fail(this.connection.isSent(request) ? 'UNKNOWN_OUTCOME' : 'NOT_SENT', 'no answer in time')
    })
    return request
  }

  private answer<T>(
    { path, absent, onWatchSet }: Question<T>,
    answer: Answer<T>,
    resolve: (value: T) => void,
    reject: (error: ZooKeeperError) => void,
  ): void {
    if (answer.kind === 'value') {
      onWatchSet?.(true)
      resolve(answer.value)
    } else if (answer.error === 'NO_NODE' && absent !== undefined) {
      onWatchSet?.(false)
      resolve(absent.value)
    } else {
      const error = portErrorOf(answer.error)
      reject(new ZooKeeperError(error, answer.path ?? path, `${error} ${answer.path ?? path}`, answer.index))
    }
  }

  private watch(kind: WatchKind | null, path: string, watcher: Watcher | undefined): void {
    if (kind !== null && watcher !== undefined) this.connection.watches.add(kind, path, watcher)
  }
}

/** The caller's buffer may change after the call. */
function copyOf(operation: Operation): Operation {
  const hasData = operation.kind === 'create' || operation.kind === 'set'
  return hasData && operation.data !== null ? { ...operation, data: Buffer.from(operation.data) } : operation
}

function operationBytes(operation: Operation): number {
  const bytes = 13 + Buffer.byteLength(operation.path)
  if (operation.kind === 'create')
    return bytes + (operation.data?.length ?? 0) + aclBytes(operation.acl ?? OPEN_ACL)
  return operation.kind === 'set' ? bytes + (operation.data?.length ?? 0) : bytes
}

function aclBytes(acl: readonly Acl[]): number {
  return acl.reduce((sum, { scheme, id }) => sum + 12 + Buffer.byteLength(scheme) + Buffer.byteLength(id), 4)
}
