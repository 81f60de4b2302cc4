import type { Clock } from '../../src/platform/clock.ts'
import type {
  Acl,
  CreateOptions,
  Operation,
  OperationResult,
  Stat,
  Watcher,
  ZooKeeper,
} from '../zookeeper.ts'
import { OPEN_ACL, ZooKeeperError } from '../zookeeper.ts'
import { PromisedCall } from './call.ts'
import { withoutChroot } from './chroot.ts'
import { ERROR_CODE, errorNameOf } from './error-codes.ts'
import type { ReplyReader } from './reply-reader.ts'
import { MalformedReplyError } from './reply-reader.ts'
import { OPERATION, Requests } from './requests.ts'
import type { ClientSession } from './session.ts'
import type { WatchKind } from './watch-table.ts'

export interface NodeClientOptions {
  readonly session: ClientSession
  readonly clock: Clock
  /** The path that all others are below; the empty text for none. */
  readonly chroot: string
  /** The servers' jute.maxbuffer. */
  readonly maxRequestBytes: number
}

/** What the client is doing, and has seen. */
export interface ClientStatistics {
  readonly inFlight: number
  readonly queued: number
  /** How long the last ping took; -1 before the first. */
  readonly pingMs: number
}

interface Question<T> {
  readonly operation: string
  readonly path: string
  readonly isRead: boolean
  readonly frame: () => Buffer
  readonly read: (reply: ReplyReader) => T
  readonly absent?: { readonly value: T }
  /** Which watch is set when the znode is there, and when it is not. */
  readonly watch?: {
    readonly watcher: Watcher | undefined
    readonly present: WatchKind
    readonly absent?: WatchKind
  }
}

/**
 * ZooKeeper over a real connection. Reads that a broken connection leaves unanswered go out again over the next one,
 * before everything that was asked later; of writes in that place nobody knows, and their callers are told so.
 */
export class NodeClient implements ZooKeeper {
  readonly session: ClientSession
  private readonly clock: Clock
  private readonly requests: Requests
  private readonly chroot: string
  private readonly maxRequestBytes: number

  constructor({ session, clock, chroot, maxRequestBytes }: NodeClientOptions) {
    this.session = session
    this.clock = clock
    this.chroot = chroot
    this.maxRequestBytes = maxRequestBytes
    this.requests = new Requests(chroot)
  }

  create(path: string, data: Buffer | null, options: CreateOptions = {}): Promise<string> {
    const { mode = 'persistent', acl = OPEN_ACL } = options
    return this.ask({
      operation: 'create',
      path,
      isRead: false,
      frame: () => this.requests.create(path, data, mode, acl),
      read: (reply) => this.readPath(reply),
    })
  }

  get(path: string, watcher?: Watcher): Promise<{ data: Buffer | null; stat: Stat } | null> {
    return this.ask<{ data: Buffer | null; stat: Stat } | null>({
      operation: 'get',
      path,
      isRead: true,
      frame: () => this.requests.getData(path, watcher !== undefined),
      read: readDataAndStat,
      absent: NULL,
      watch: { watcher, present: 'data' },
    })
  }

  exists(path: string, watcher?: Watcher): Promise<Stat | null> {
    return this.ask<Stat | null>({
      operation: 'exists',
      path,
      isRead: true,
      frame: () => this.requests.exists(path, watcher !== undefined),
      read: readStat,
      absent: NULL,
      watch: { watcher, present: 'data', absent: 'exists' },
    })
  }

  children(path: string, watcher?: Watcher): Promise<string[] | null> {
    return this.ask<string[] | null>({
      operation: 'children',
      path,
      isRead: true,
      frame: () => this.requests.getChildren(path, watcher !== undefined),
      read: (reply) => reply.texts(),
      absent: NULL,
      watch: { watcher, present: 'children' },
    })
  }

  set(path: string, data: Buffer | null, version: number): Promise<Stat> {
    return this.ask({
      operation: 'set',
      path,
      isRead: false,
      frame: () => this.requests.setData(path, data, version),
      read: readStat,
    })
  }

  delete(path: string, version: number): Promise<void> {
    return this.ask({
      operation: 'delete',
      path,
      isRead: false,
      frame: () => this.requests.delete(path, version),
      read: () => undefined,
    })
  }

  multi(operations: readonly Operation[]): Promise<OperationResult[]> {
    return this.ask({
      operation: 'multi',
      path: operations[0]?.path ?? '/',
      isRead: false,
      frame: () => {
        for (const { path } of operations) requireAbsolute(path)
        return this.requests.multi(operations)
      },
      read: (reply) => this.readMulti(reply, operations),
    })
  }

  getAcl(path: string): Promise<{ acl: Acl[]; stat: Stat } | null> {
    return this.ask<{ acl: Acl[]; stat: Stat } | null>({
      operation: 'getAcl',
      path,
      isRead: true,
      frame: () => this.requests.getAcl(path),
      read: (reply) => ({ acl: reply.acl(), stat: reply.stat() }),
      absent: NULL,
    })
  }

  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat> {
    return this.ask({
      operation: 'setAcl',
      path,
      isRead: false,
      frame: () => this.requests.setAcl(path, acl, version),
      read: readStat,
    })
  }

  sync(path: string): Promise<void> {
    return this.ask({
      operation: 'sync',
      path,
      isRead: true,
      frame: () => this.requests.sync(path),
      read: () => undefined,
    })
  }

  close(): Promise<void> {
    return this.session.close()
  }

  statistics(): ClientStatistics {
    const { inFlightCount, queuedCount, pingMs } = this.session.connection
    return { inFlight: inFlightCount, queued: queuedCount, pingMs }
  }

  private ask<T>(question: Question<T>): Promise<T> {
    const { operation, path, isRead, read, absent } = question
    let frame: Buffer
    try {
      requireAbsolute(path)
      frame = this.withinLimit(question.frame(), operation, path)
    } catch (error) {
      return Promise.reject(error)
    }
    const { connection } = this.session
    const onAnswer = watching(question, (kind, watcher) => connection.addWatch(kind, path, watcher))
    const call = new PromisedCall<T>({
      operation,
      path,
      frame,
      isRepeatable: isRead,
      deadlineMs: this.clock.monotonicMs() + this.session.timeoutMs,
      read,
      ...(absent === undefined ? {} : { absent }),
      ...(onAnswer === undefined ? {} : { onAnswer }),
    })
    connection.submit(call)
    return call.promise
  }

  private withinLimit(frame: Buffer, operation: string, path: string): Buffer {
    const sizeBytes = frame.length - 4
    if (sizeBytes <= this.maxRequestBytes) return frame
    const why = `a request of ${sizeBytes} bytes, where ${this.maxRequestBytes} may be (jute.maxbuffer)`
    throw new ZooKeeperError('TOO_LARGE', path, `TOO_LARGE ${operation} ${path}: ${why}`)
  }

  /** The path of a new znode. */
  private readPath(reply: ReplyReader): string {
    const path = reply.text()
    return withoutChroot(path, this.chroot) ?? path
  }

  private readMulti(reply: ReplyReader, operations: readonly Operation[]): OperationResult[] {
    const results: OperationResult[] = []
    let failure: { readonly code: number; readonly index: number } | null = null
    for (let index = 0; ; index++) {
      const type = reply.int()
      const isLast = reply.boolean()
      reply.int() // the error once more
      if (isLast) break
      if (type === ERROR) {
        const code = reply.int()
        if (code !== ERROR_CODE.ok && (failure === null || failure.code === ERROR_CODE.rolledBack)) {
          failure = { code, index }
        }
      } else {
        results.push(this.readResult(type, reply))
      }
    }
    if (failure === null) return results
    throw multiError(failure, operations)
  }

  private readResult(type: number, reply: ReplyReader): OperationResult {
    switch (type) {
      case OPERATION.create:
        return { kind: 'create', path: this.readPath(reply) }
      case OPERATION.setData:
        return { kind: 'set', stat: reply.stat() }
      case OPERATION.delete:
        return { kind: 'delete' }
      case OPERATION.check:
        return { kind: 'check' }
      default:
        throw new MalformedReplyError(`a result of operation ${type} in a multi`)
    }
  }
}

const ERROR = -1
const NULL = { value: null } as const
const readStat = (reply: ReplyReader): Stat => reply.stat()
const readDataAndStat = (reply: ReplyReader) => ({ data: reply.bytes(), stat: reply.stat() })

function requireAbsolute(path: string): void {
  if (!path.startsWith('/')) {
    throw new ZooKeeperError(
      'BAD_ARGUMENTS',
      path,
      `BAD_ARGUMENTS ${JSON.stringify(path)}: a path begins with a slash`,
    )
  }
}

/** What to do when the server has answered and thereby set a watch. */
function watching<T>(
  { watch }: Question<T>,
  add: (kind: WatchKind, watcher: Watcher) => void,
): ((isThere: boolean) => void) | undefined {
  const watcher = watch?.watcher
  if (watch === undefined || watcher === undefined) return undefined
  return (isThere) => {
    const kind = isThere ? watch.present : watch.absent
    if (kind !== undefined) add(kind, watcher)
  }
}

function multiError(
  { code, index }: { readonly code: number; readonly index: number },
  operations: readonly Operation[],
): ZooKeeperError {
  const name = errorNameOf(code)
  const operation = operations[index]
  const path = operation?.path ?? '/'
  const words = `${name} ${operation?.kind ?? 'operation'} ${path}: operation ${index} of ${operations.length} in a multi`
  return new ZooKeeperError(name, path, words, index)
}
