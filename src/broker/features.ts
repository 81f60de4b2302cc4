import type { Logger } from '../platform/logger.ts'
import type { FeatureStore } from '../../zk/stores/feature-store.ts'

/** What this broker has read of `/feature`: clients ask for its version. Source: FinalizedFeatureChangeListener. */
export class Features {
  private readonly store: FeatureStore
  private readonly logger: Logger
  private currentEpoch = -1
  private isStopped = false

  constructor(options: { store: FeatureStore; logger: Logger }) {
    this.store = options.store
    this.logger = options.logger.child('Features')
  }

  /** The version of `/feature`; -1 while there is none. */
  get epoch(): number {
    return this.currentEpoch
  }

  /** Reads, and reads again after every change and in every new session. */
  async follow(): Promise<void> {
    if (this.isStopped) return
    try {
      const found = await this.store.read(() => void this.follow())
      this.currentEpoch = found?.epoch ?? -1
    } catch (error) {
      if (!this.isStopped) this.logger.warn('/feature cannot be read', { error })
    }
  }

  stop(): void {
    this.isStopped = true
  }
}
