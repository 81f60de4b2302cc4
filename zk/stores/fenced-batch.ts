import { present } from '../../src/std/assert.ts'
import type { Operation, OperationResult, ZooKeeperError } from '../zookeeper.ts'
import { isZooKeeperError } from '../zookeeper.ts'
import type { ControllerFence } from './fence.ts'
import { fencedMulti } from './fence.ts'
import { eachPipelined, mapPipelined } from './pipeline.ts'
import type { StoreContext } from './store-context.ts'

export interface BatchOptions {
  /** Operations in one multi; 1 writes as Kafka does, one multi for each. */
  readonly maxOperations: number
  /** Whether a multi waits for the one before: when later operations need earlier ones. */
  readonly isOrdered?: boolean
}

/**
 * Unlike Kafka, which guards every single operation by a multi of its own, because a multi costs the ensemble one
 * proposal and one sync to disk whatever is in it: 100,000 partitions are written in seconds instead of a minute.
 * Above a few hundred the gain is gone, and a leader keeps the last 500 proposals in memory.
 */
export const DEFAULT_MAX_OPERATIONS = 200

/** Half of what a frame holds. */
const MAX_BYTES = 512 * 1024
/** Header, versions and ACL of one operation, generously. */
const OVERHEAD_BYTES = 100
/** Operations that are on their way at once. */
const WINDOW_OPERATIONS = 1600
/** A batch with more failures than this is finished one operation at a time. */
const MAX_FAILURES_PER_BATCH = 3

/** What became of one operation. An error says that it was not done, except UNKNOWN_OUTCOME. */
export type Outcome =
  | { readonly isDone: true; readonly result: OperationResult }
  | { readonly isDone: false; readonly error: ZooKeeperError }

/**
 * Does one operation for each item, guarded by the fence, many of them in one multi. One that fails does not keep the
 * others from being done. The outcomes are in the order of the items. Operations are made when their turn comes, so that
 * a hundred thousand of them do not hold up the event loop. Rejects with ControllerMovedError when the fence is down;
 * some of the operations may have been done before.
 */
export async function writeFenced<Item>(
  context: StoreContext,
  fence: ControllerFence,
  items: readonly Item[],
  operationOf: (item: Item) => Operation,
  { maxOperations, isOrdered = false }: BatchOptions,
): Promise<Outcome[]> {
  const outcomes = new Array<Outcome>(items.length)
  let start = 0
  const write = async (batch: readonly Operation[]): Promise<void> => {
    const offset = start
    start += batch.length
    const written = await writeBatch(context, fence, batch, isOrdered ? 1 : WINDOW_OPERATIONS)
    for (const [index, outcome] of written.entries()) outcomes[offset + index] = outcome
  }
  const window = isOrdered ? 1 : Math.max(1, Math.floor(WINDOW_OPERATIONS / maxOperations))
  await eachPipelined(batchesOf(items, operationOf, maxOperations), write, window)
  return outcomes
}

/** Operations in parts that each fit into one multi, by number and by bytes. */
export function* batchesOf<Item>(
  items: readonly Item[],
  operationOf: (item: Item) => Operation,
  maxOperations: number,
): Generator<Operation[]> {
  let batch: Operation[] = []
  let bytes = 0
  for (const item of items) {
    const operation = operationOf(item)
    const dataBytes = 'data' in operation ? (operation.data?.length ?? 0) : 0
    const operationBytes = Buffer.byteLength(operation.path) + dataBytes + OVERHEAD_BYTES
    if (batch.length > 0 && (batch.length === maxOperations || bytes + operationBytes > MAX_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(operation)
    bytes += operationBytes
  }
  if (batch.length > 0) yield batch
}

async function writeBatch(
  context: StoreContext,
  fence: ControllerFence,
  batch: readonly Operation[],
  lanes: number,
): Promise<Outcome[]> {
  const outcomes = new Array<Outcome>(batch.length)
  /** Places in the batch of what has not been settled. */
  let open = batch.map((_, index) => index)
  for (let failures = 0; open.length > 0 && failures <= MAX_FAILURES_PER_BATCH; failures++) {
    const operations = open.map((index) => batch[index] as Operation)
    const { results, failure } = await tryMulti(context, fence, operations)
    if (failure === null || failure.operationIndex < 0) {
      for (const [i, index] of open.entries()) outcomes[index] = outcomeOf(results[i], failure)
      return outcomes
    }
    // Nothing of the multi was done. Without the one that cannot be, the others may.
    const failed = open[failure.operationIndex]
    if (failed !== undefined) outcomes[failed] = { isDone: false, error: failure }
    open = open.filter((index) => index !== failed)
  }
  const tryAlone = async (index: number): Promise<void> => {
    const { results, failure } = await tryMulti(context, fence, [batch[index] as Operation])
    outcomes[index] = outcomeOf(results[0], failure)
  }
  await mapPipelined(open, tryAlone, lanes)
  return outcomes
}

type Attempt =
  | { readonly results: readonly OperationResult[]; readonly failure: null }
  | { readonly results: readonly []; readonly failure: ZooKeeperError }

async function tryMulti(
  context: StoreContext,
  fence: ControllerFence,
  operations: readonly Operation[],
): Promise<Attempt> {
  try {
    return { results: await fencedMulti(context, fence, operations), failure: null }
  } catch (error) {
    if (!isZooKeeperError(error)) throw error
    return { results: [], failure: error }
  }
}

function outcomeOf(result: OperationResult | undefined, failure: ZooKeeperError | null): Outcome {
  if (failure !== null) return { isDone: false, error: failure }
  return { isDone: true, result: present(result, 'the result of an operation in a multi') }
}
