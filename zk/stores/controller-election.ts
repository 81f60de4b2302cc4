import type { BrokerId, ControllerEpoch } from '../../src/model/ids.ts'
import { createOnce, persistently } from '../client/retry.ts'
import { dataOrAbsence } from '../client/watch.ts'
import { controller, controllerEpoch } from '../znodes/controller.ts'
import type { ControllerClaim } from '../znodes/controller.ts'
import type { OperationResult, Watcher } from '../zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../zookeeper.ts'
import type { ControllerFence } from './fence.ts'
import { ControllerMovedError, fencedMulti } from './fence.ts'
import { storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

/** Who controls the cluster: `/controller` and `/controller_epoch`. Source: KafkaZkClient.registerControllerAndIncrementControllerEpoch. */
export class ControllerElection {
  private readonly context: StoreContext
  private readonly broker: BrokerId

  constructor(options: StoreOptions & { readonly broker: BrokerId }) {
    this.context = storeContext(options)
    this.broker = options.broker
  }

  /** The present controller, or null. The watch sees claims, resignations and ends of sessions. */
  async active(watcher?: Watcher): Promise<ControllerClaim | null> {
    const { zooKeeper } = this.context
    const path = controller.at()
    const found = await persistently(this.context, () =>
      watcher === undefined ? zooKeeper.get(path) : dataOrAbsence(zooKeeper, path, watcher),
    )
    return found === null ? null : controller.decode(found.data, path)
  }

  /** The epoch of the last election, with its data version; null before the first. */
  async epoch(): Promise<ControllerFence | null> {
    const path = controllerEpoch.at()
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
    if (found === null) return null
    return { epoch: controllerEpoch.decode(found.data, path), epochVersion: found.stat.version }
  }

  /**
   * Tries to become the controller: the claim and the next epoch in one step. Returns what the new controller's writes
   * are guarded by. Rejects with ControllerMovedError when another was faster.
   */
  async claim(): Promise<ControllerFence> {
    const { zooKeeper, clock, acls } = this.context
    const deadlineMs = clock.monotonicMs() + zooKeeper.session.timeoutMs
    const path = controller.at()
    for (;;) {
      const last = (await this.epoch()) ?? (await this.createEpoch())
      const epoch = (last.epoch + 1) as ControllerEpoch
      const claim = { broker: this.broker, timestampMs: clock.nowMs(), kraftControllerEpoch: -1 }
      try {
        const results = await zooKeeper.multi([
          { kind: 'create', path, data: controller.encode(claim), mode: 'ephemeral', acl: acls(path) },
          {
            kind: 'set',
            path: controllerEpoch.at(),
            data: controllerEpoch.encode(epoch),
            version: last.epochVersion,
          },
        ])
        return { epoch, epochVersion: versionOf(results[1]) }
      } catch (error) {
        if (!isZooKeeperError(error, 'NODE_EXISTS', 'BAD_VERSION', 'UNKNOWN_OUTCOME', 'NOT_SENT')) throw error
        const fence = await this.verify(epoch)
        if (fence !== null) return fence
        const isWorthAnother =
          isZooKeeperError(error, 'UNKNOWN_OUTCOME', 'NOT_SENT') && clock.monotonicMs() < deadlineMs
        if (!isWorthAnother)
          throw new ControllerMovedError('the controller has changed while we stood for election', {
            cause: error,
          })
      }
    }
  }

  /** Gives the office up, so that others are elected at once. False when it was not ours any more. */
  async resign(fence: ControllerFence): Promise<boolean> {
    try {
      await fencedMulti(this.context, fence, [
        { kind: 'delete', path: controller.at(), version: ANY_VERSION },
      ])
      return true
    } catch (error) {
      if (error instanceof ControllerMovedError || isZooKeeperError(error, 'NO_NODE')) return false
      throw error
    }
  }

  /**
   * Whether a refused or unanswered claim was ours after all: an earlier attempt may have got through. Null when there
   * is no controller. Rejects with ControllerMovedError when there is another.
   */
  private async verify(epoch: ControllerEpoch): Promise<ControllerFence | null> {
    const { zooKeeper } = this.context
    const path = controller.at()
    const found = await persistently(this.context, async () => {
      await zooKeeper.sync(path)
      return zooKeeper.get(path)
    })
    if (found === null) return null
    const { broker } = controller.decode(found.data, path)
    const fence = await this.epoch()
    const isOurs = broker === this.broker && found.stat.ephemeralOwner === zooKeeper.session.id
    if (isOurs && fence?.epoch === epoch) return fence
    throw new ControllerMovedError(`broker ${broker} is the controller, not ${this.broker}`)
  }

  private async createEpoch(): Promise<ControllerFence> {
    const path = controllerEpoch.at()
    const first = { epoch: 0 as ControllerEpoch, epochVersion: 0 }
    try {
      await createOnce(this.context, path, controllerEpoch.encode(first.epoch), {
        acl: this.context.acls(path),
      })
      return first
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error
      const existing = await this.epoch()
      if (existing === null) throw new Error(`${path} has vanished again`, { cause: error })
      return existing
    }
  }
}

function versionOf(result: OperationResult | undefined): number {
  if (result?.kind !== 'set') throw new TypeError('a multi without the result of its set')
  return result.stat.version
}
