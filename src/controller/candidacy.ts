import type { BrokerId } from '../model/ids.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerElection } from '../../zk/stores/controller-election.ts'
import { ControllerMovedError, type ControllerFence } from '../../zk/stores/fence.ts'
import { MalformedZnodeError } from '../../zk/znode.ts'
import type { Watcher } from '../../zk/zookeeper.ts'
import type { ControllerEvent } from './events.ts'

export interface CandidacyOptions {
  readonly broker: BrokerId
  readonly election: ControllerElection
  readonly clock: Clock
  readonly logger: Logger
  readonly put: (event: ControllerEvent) => void
}

/** What `/controller` says. Unknown: it was not read yet, cannot be, or names nobody that could be found. */
type Claim =
  { readonly kind: 'none' | 'mine' | 'unknown' } | { readonly kind: 'other'; readonly broker: BrokerId }

/** After a term that ended by a failure of ours: others may be luckier, and ZooKeeper is not to be flooded. */
const PAUSE_MS = 1000

/** A broker's standing for the office of controller: who holds it, and winning and giving up our own claim to it. */
export class Candidacy {
  private readonly options: CandidacyOptions
  private claim: Claim = { kind: 'unknown' }
  /** Of our last term in this session: `/controller` may still have its claim. */
  private lastFence: ControllerFence | null = null
  private notBeforeMs = -Infinity
  private timer: Timer | null = null

  constructor(options: CandidacyOptions) {
    this.options = options
  }

  /** The controller as last seen in ZooKeeper; null when there was none, or it is not known. */
  get controllerId(): BrokerId | null {
    if (this.claim.kind === 'mine') return this.options.broker
    return this.claim.kind === 'other' ? this.claim.broker : null
  }

  /** Reads `/controller`, with a watch for its next change. Returns whether the claim there is this broker's. */
  async look(): Promise<boolean> {
    this.claim = await this.read()
    if (this.claim.kind !== 'mine') this.lastFence = null
    return this.claim.kind === 'mine'
  }

  /** Tries to win the office, if nobody seems to hold it and it is not too early to try. Null: not elected. */
  async stand(): Promise<ControllerFence | null> {
    const { election, logger } = this.options
    if (this.claim.kind === 'mine') await this.withdraw()
    if (this.claim.kind !== 'none' || this.mustWait()) return null
    try {
      this.lastFence = await election.claim()
    } catch (error) {
      if (!(error instanceof ControllerMovedError)) throw error
      logger.debug('Another broker was elected as the controller', { error })
      await this.look()
      return null
    }
    this.claim = { kind: 'mine' }
    return this.lastFence
  }

  /**
   * Takes a claim away that our last term has left. One of an earlier life of this broker goes with the session of that
   * life; so it is left alone.
   */
  async withdraw(): Promise<void> {
    const { election } = this.options
    const fence = this.lastFence
    if (fence === null) return
    if (!(await election.resign(fence))) {
      // The claim stands, but its epoch does not: somebody has changed that by hand.
      const present = await election.epoch()
      if (present !== null) await election.resign(present)
    }
    this.lastFence = null
    await this.look()
  }

  /** What was seen may not be so any more. */
  doubt(): void {
    this.claim = { kind: 'unknown' }
  }

  /** The session is over, and our claims with it. */
  forget(): void {
    this.doubt()
    this.lastFence = null
  }

  /** Stands again after a pause. */
  postpone(): void {
    this.notBeforeMs = this.options.clock.monotonicMs() + PAUSE_MS
    this.mustWait()
  }

  close(): void {
    this.timer?.cancel()
  }

  private async read(): Promise<Claim> {
    const { election, logger, broker } = this.options
    try {
      const claim = await election.active(this.watcher)
      if (claim === null) return { kind: 'none' }
      // A KRaft controller that has taken the cluster over is none of the brokers.
      if (claim.kraftControllerEpoch > 0) return { kind: 'unknown' }
      return claim.broker === broker ? { kind: 'mine' } : { kind: 'other', broker: claim.broker }
    } catch (error) {
      if (!(error instanceof MalformedZnodeError)) throw error
      logger.error('It is not known who is the controller', { error })
      return { kind: 'unknown' }
    }
  }

  private readonly watcher: Watcher = (event) => {
    if (event !== 'lost') this.options.put({ kind: event === 'deleted' ? 'Reelect' : 'ControllerChange' })
  }

  /** Whether it is too early to stand; then it is remembered. */
  private mustWait(): boolean {
    const { clock, put } = this.options
    const waitMs = this.notBeforeMs - clock.monotonicMs()
    if (waitMs <= 0) return false
    this.timer?.cancel()
    this.timer = clock.after(waitMs, () => put({ kind: 'Reelect' }))
    return true
  }
}
