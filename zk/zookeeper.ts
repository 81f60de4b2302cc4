import type { Brand } from '../src/std/brand.ts'

/**
 * THE PORT to ZooKeeper: everything that the rest of the program knows of it. Implemented over a real connection
 * (zk/client/), and by the tests' fake over the same data tree that the embedded server serves (zk/embedded/).
 *
 * Guarantees, judged by one contract suite:
 * - Every call settles, exactly once, within the session timeout and a little: with a result or a ZooKeeperError.
 * - Calls of one client take effect in the order in which they were made, and their results arrive in that order.
 * - A watch fires at most once, before the result of any later call of this client that could show the change.
 * - When the session ends, every pending call fails with SESSION_EXPIRED and every watch fires with `lost`.
 */

/** A position in ZooKeeper's history of changes. Epoch in the upper half; below 2^53 for two million elections. */
export type Zxid = Brand<number, 'Zxid'>
/** Names a session. 64 bits, so not a number. */
export type SessionId = Brand<bigint, 'SessionId'>

/** In place of an expected version: whatever it is. */
export const ANY_VERSION = -1

export interface Stat {
  readonly czxid: Zxid
  readonly mzxid: Zxid
  readonly pzxid: Zxid
  readonly ctimeMs: number
  readonly mtimeMs: number
  /** Counts changes of the data: the expected version of `set` and `delete`. */
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  /** The session that an ephemeral lives with; 0n for the others. */
  readonly ephemeralOwner: SessionId
  readonly dataLength: number
  readonly childCount: number
}

export const PERMISSION = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const

export interface Acl {
  readonly permissions: number
  readonly scheme: string
  readonly id: string
}

/** Anybody may do anything: what Kafka uses unless `zookeeper.set.acl` is on. */
export const OPEN_ACL: readonly Acl[] = [{ permissions: PERMISSION.all, scheme: 'world', id: 'anyone' }]

export type CreateMode = 'persistent' | 'ephemeral' | 'persistent-sequential' | 'ephemeral-sequential'

export interface CreateOptions {
  /** Default: persistent. */
  readonly mode?: CreateMode
  /** Default: OPEN_ACL. */
  readonly acl?: readonly Acl[]
}

/** What a one-shot watch saw. `lost`: the session ended, so that nothing more will be seen; look again in the next one. */
export type WatchEvent = 'created' | 'deleted' | 'changed' | 'children' | 'lost'
export type Watcher = (event: WatchEvent, path: string) => void

export type Operation =
  | {
      readonly kind: 'create'
      readonly path: string
      readonly data: Buffer | null
      readonly mode?: CreateMode
      readonly acl?: readonly Acl[]
    }
  | { readonly kind: 'set'; readonly path: string; readonly data: Buffer | null; readonly version: number }
  | { readonly kind: 'delete'; readonly path: string; readonly version: number }
  | { readonly kind: 'check'; readonly path: string; readonly version: number }

export type OperationResult =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'set'; readonly stat: Stat }
  | { readonly kind: 'delete' }
  | { readonly kind: 'check' }

/** Why a call failed. The first block is the server's word, the second the client's. */
export type ZooKeeperErrorName =
  | 'NO_NODE'
  | 'NODE_EXISTS'
  | 'BAD_VERSION'
  | 'NOT_EMPTY'
  | 'NO_CHILDREN_FOR_EPHEMERALS'
  | 'NO_AUTH'
  | 'AUTH_FAILED'
  | 'INVALID_ACL'
  | 'BAD_ARGUMENTS'
  | 'QUOTA_EXCEEDED'
  | 'THROTTLED'
  | 'NOT_READ_ONLY'
  | 'UNIMPLEMENTED'
  | 'MARSHALLING_ERROR'
  | 'SYSTEM_ERROR'
  /** Another operation of the same multi failed, so that this one was not done. */
  | 'ROLLED_BACK'
  /** The session has ended: its ephemerals are gone or going, and nothing that was pending will be done by it. */
  | 'SESSION_EXPIRED'
  /** The connection broke before the request left: it was certainly not done. */
  | 'NOT_SENT'
  /** The connection broke, or the deadline passed, after the request left: it may have been done. */
  | 'UNKNOWN_OUTCOME'
  /** The request does not fit into a frame (jute.maxbuffer). */
  | 'TOO_LARGE'
  /** The queue of requests is full. */
  | 'OVERLOADED'
  | 'CLOSED'

export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError'
  readonly error: ZooKeeperErrorName
  readonly path: string
  /** The failing operation's place in its multi; -1 elsewhere. */
  readonly operationIndex: number

  constructor(error: ZooKeeperErrorName, path: string, message = `${error} ${path}`, operationIndex = -1) {
    super(message)
    this.error = error
    this.path = path
    this.operationIndex = operationIndex
  }
}

/** Whether `thrown` is a ZooKeeperError of one of the given names. */
export function isZooKeeperError(thrown: unknown, ...names: ZooKeeperErrorName[]): thrown is ZooKeeperError {
  return thrown instanceof ZooKeeperError && (names.length === 0 || names.includes(thrown.error))
}

export type SessionState = 'connecting' | 'connected' | 'suspended' | 'expired' | 'auth-failed' | 'closed'

export interface SessionEvent {
  readonly state: SessionState
  readonly sessionId: SessionId
  /** What the server granted, in milliseconds. */
  readonly timeoutMs: number
  readonly reason: string
}

/** Told of the life of sessions, in order. What a listener throws is logged and stops nobody else. */
export interface SessionListener {
  /** The session has ended. The next one begins when all listeners have finished: the controller resigns here. */
  beforeNewSession?(): Promise<void> | void
  /** A new session is connected, without any of the old one's ephemerals and watches. */
  afterNewSession?(): Promise<void> | void
  /** Any change of state. */
  onState?(event: SessionEvent): void
}

export interface Session {
  readonly state: SessionState
  readonly id: SessionId
  /** What the server granted, in milliseconds. */
  readonly timeoutMs: number
  /**
   * When, by the monotonic clock, the servers may have given the session up if nothing is heard until then. Beyond
   * it a controller must act as if it were deposed.
   */
  readonly deadlineMs: number
  /** Returns the function that takes the listener away again. */
  listen(listener: SessionListener): () => void
}

export interface ZooKeeper {
  readonly session: Session
  /** Makes the znode; its parent must be there. Returns its path, with the number appended for sequential ones. */
  create(path: string, data: Buffer | null, options?: CreateOptions): Promise<string>
  /** The znode's data and stat, or null when it is not there. The watch is set only when it is. */
  get(path: string, watcher?: Watcher): Promise<{ readonly data: Buffer | null; readonly stat: Stat } | null>
  /** The stat, or null. The watch is set in either case: `created` tells of a znode that was not there. */
  exists(path: string, watcher?: Watcher): Promise<Stat | null>
  /** The names of the children, in no order, or null when the znode is not there. */
  children(path: string, watcher?: Watcher): Promise<string[] | null>
  /** Replaces the data. Fails with BAD_VERSION when the version is another. */
  set(path: string, data: Buffer | null, version: number): Promise<Stat>
  delete(path: string, version: number): Promise<void>
  /**
   * All of the operations or none. When one fails, rejects with that operation's error and its `operationIndex`.
   */
  multi(operations: readonly Operation[]): Promise<OperationResult[]>
  /** The ACL, or null when the znode is not there. */
  getAcl(path: string): Promise<{ readonly acl: Acl[]; readonly stat: Stat } | null>
  setAcl(path: string, acl: readonly Acl[], version: number): Promise<Stat>
  /** Brings what this client reads up to what was written anywhere before the call. */
  sync(path: string): Promise<void>
  /** Ends the session, so that its ephemerals go at once. Every pending call settles. */
  close(): Promise<void>
}
