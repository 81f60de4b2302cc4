import type { Clock } from '../../src/platform/clock.ts'
import { sleep } from '../../src/platform/clock.ts'
import type { CreateOptions, Operation, OperationResult, Stat, ZooKeeper } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'

export interface RetryContext {
  readonly zooKeeper: ZooKeeper
  readonly clock: Clock
  /** Until when to try, by the monotonic clock. Default: one session timeout from now. */
  readonly deadlineMs?: number
}

/** Between two attempts: enough not to spin, little beside a reconnect. */
const PAUSE_MS = 50

/**
 * Asks again until it works or the deadline passes, over reconnects and a throttling server. Only for what may be done
 * twice: reads. Whatever else goes wrong, the end of the session too, is the caller's.
 */
export async function persistently<T>(context: RetryContext, ask: () => Promise<T>): Promise<T> {
  const deadlineMs = deadlineOf(context)
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isTransient(error)) throw error
      await pauseOrThrow(context, deadlineMs, error)
    }
  }
}

/**
 * Creates a znode, once, though the connection may break: when nobody knows whether it was done, it looks. An
 * ephemeral znode of our session is ours, and so is a persistent one with our data; one without data may be anybody's,
 * and is NODE_EXISTS. Of a sequential one it cannot tell, and rejects with UNKNOWN_OUTCOME.
 */
export function createOnce(
  context: RetryContext,
  path: string,
  data: Buffer | null,
  options: CreateOptions = {},
): Promise<string> {
  return once(context, {
    operations: [{ kind: 'create', path, data, ...options }],
    attempt: () => context.zooKeeper.create(path, data, options),
    recover: () => path,
  })
}

/** Sets data, once. With an expected version, the version after it with our data is our doing. */
export function setOnce(
  context: RetryContext,
  path: string,
  data: Buffer | null,
  version: number,
): Promise<Stat> {
  return once(context, {
    operations: [{ kind: 'set', path, data, version }],
    attempt: () => context.zooKeeper.set(path, data, version),
    recover: ([result]) => {
      if (result?.kind !== 'set') throw new TypeError('not the result of a set')
      return result.stat
    },
  })
}

/** Deletes a znode, once. When it is gone after an unknown outcome, that is what was wanted. */
export function deleteOnce(context: RetryContext, path: string, version: number): Promise<void> {
  return once(context, {
    operations: [{ kind: 'delete', path, version }],
    attempt: () => context.zooKeeper.delete(path, version),
    recover: () => undefined,
  })
}

/**
 * Does all of the operations or none, once. After an unknown outcome one of them that left a trace tells of all; if none
 * can (there are only checks and sequential creates), it rejects with UNKNOWN_OUTCOME.
 */
export function multiOnce(
  context: RetryContext,
  operations: readonly Operation[],
): Promise<OperationResult[]> {
  return once(context, {
    operations,
    attempt: () => context.zooKeeper.multi(operations),
    recover: (results) => [...results],
  })
}

interface Write<T> {
  readonly operations: readonly Operation[]
  readonly attempt: () => Promise<T>
  /** The result of an attempt of which only the effects are known. */
  readonly recover: (results: readonly OperationResult[]) => T
}

async function once<T>(context: RetryContext, { operations, attempt, recover }: Write<T>): Promise<T> {
  const deadlineMs = deadlineOf(context)
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTransient(error)) throw error
      if (isZooKeeperError(error, 'UNKNOWN_OUTCOME')) {
        const witness = witnessOf(operations)
        if (witness === null) throw error
        if (await wasDone(context, deadlineMs, witness)) return recover(await resultsOf(context, operations))
      }
      // Trying again is not blind: the server checks versions and existence once more.
      await pauseOrThrow(context, deadlineMs, error)
    }
  }
}

/** Certainly not done, or nobody knows: in either case worth another look. */
function isTransient(error: unknown): boolean {
  return isZooKeeperError(error, 'NOT_SENT', 'UNKNOWN_OUTCOME', 'THROTTLED')
}

function deadlineOf({ zooKeeper, clock, deadlineMs }: RetryContext): number {
  return deadlineMs ?? clock.monotonicMs() + zooKeeper.session.timeoutMs
}

async function pauseOrThrow({ clock }: RetryContext, deadlineMs: number, error: unknown): Promise<void> {
  if (clock.monotonicMs() + PAUSE_MS >= deadlineMs) throw error
  await sleep(clock, PAUSE_MS)
}

/** The operation whose effect can be seen best: an expected version first, then what only we would have made. */
function witnessOf(operations: readonly Operation[]): Operation | null {
  const isSequential = (operation: Operation) =>
    operation.kind === 'create' && operation.mode?.endsWith('sequential') === true
  const candidates = operations.filter((operation) => operation.kind !== 'check' && !isSequential(operation))
  return (
    candidates.find((operation) => operation.kind === 'set' && operation.version !== ANY_VERSION) ??
    candidates.find((operation) => operation.kind === 'create') ??
    candidates.find((operation) => operation.kind === 'delete') ??
    candidates[0] ??
    null
  )
}

async function wasDone(context: RetryContext, deadlineMs: number, operation: Operation): Promise<boolean> {
  const { zooKeeper } = context
  const { path } = operation
  const found = await persistently({ ...context, deadlineMs }, async () => {
    // The server that we are with now may not have seen yet what the last one did for us.
    await zooKeeper.sync(path)
    return zooKeeper.get(path)
  })
  if (operation.kind === 'delete') return found === null
  if (found === null || operation.kind === 'check' || !isSameData(found.data, operation.data)) return false
  if (operation.kind === 'set') {
    return operation.version === ANY_VERSION || found.stat.version === operation.version + 1
  }
  if (operation.mode === 'ephemeral') return found.stat.ephemeralOwner === zooKeeper.session.id
  // A persistent znode without data may be anybody's. If it was ours, the next attempt says NODE_EXISTS.
  return operation.data !== null && found.stat.ephemeralOwner === 0n
}

/** What a done multi's answer would have been, as far as it can still be seen. */
async function resultsOf(
  context: RetryContext,
  operations: readonly Operation[],
): Promise<OperationResult[]> {
  return Promise.all(
    operations.map(async (operation): Promise<OperationResult> => {
      switch (operation.kind) {
        case 'create':
          return { kind: 'create', path: operation.path }
        case 'set':
          return { kind: 'set', stat: await statAfter(context, operation.path, operation.version) }
        case 'delete':
        case 'check':
          return { kind: operation.kind }
      }
    }),
  )
}

async function statAfter(context: RetryContext, path: string, version: number): Promise<Stat> {
  const stat = await persistently(context, () => context.zooKeeper.exists(path))
  // Gone since, or changed by somebody else: what counts for the caller is the version that our own write made.
  const present = stat ?? GONE
  return version === ANY_VERSION ? present : { ...present, version: version + 1 }
}

const GONE = {
  czxid: 0,
  mzxid: 0,
  pzxid: 0,
  ctimeMs: 0,
  mtimeMs: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  childCount: 0,
} as Stat

/** Null and empty are told apart. */
function isSameData(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}
