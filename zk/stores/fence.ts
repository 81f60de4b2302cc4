import type { ControllerEpoch } from '../../src/model/ids.ts'
import { multiOnce } from '../client/retry.ts'
import { controllerEpoch } from '../znodes/controller.ts'
import type { Operation, OperationResult } from '../zookeeper.ts'
import { ZooKeeperError, isZooKeeperError } from '../zookeeper.ts'
import type { StoreContext } from './store-context.ts'

/** What a controller's claim is worth: every write of its is guarded by the data version that its election made. */
export interface ControllerFence {
  readonly epoch: ControllerEpoch
  /** The data version of `/controller_epoch`. */
  readonly epochVersion: number
}

/**
 * Another broker controls the cluster, or nobody does: what was asked was not done. Whoever thought to be the controller
 * must resign. Source: Kafka's ControllerMovedException.
 */
export class ControllerMovedError extends Error {
  override readonly name = 'ControllerMovedError'
}

/**
 * All of the operations or none, and none if the fence is down: then rejects with ControllerMovedError. Other failures
 * carry the `operationIndex` of the caller's own list.
 */
export async function fencedMulti(
  context: StoreContext,
  fence: ControllerFence,
  operations: readonly Operation[],
): Promise<OperationResult[]> {
  const check: Operation = { kind: 'check', path: controllerEpoch.at(), version: fence.epochVersion }
  try {
    const [, ...results] = await multiOnce(context, [check, ...operations])
    return results
  } catch (error) {
    throw translated(error, fence)
  }
}

function translated(error: unknown, { epoch, epochVersion }: ControllerFence): unknown {
  if (!isZooKeeperError(error) || error.operationIndex < 0) return error
  if (error.operationIndex > 0) {
    return new ZooKeeperError(error.error, error.path, error.message, error.operationIndex - 1)
  }
  if (error.error !== 'BAD_VERSION' && error.error !== 'NO_NODE') return error
  return new ControllerMovedError(
    `controller epoch ${epoch} (version ${epochVersion} of ${error.path}) is over: ${error.error}`,
    { cause: error },
  )
}
