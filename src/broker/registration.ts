import type { BrokerEpoch, BrokerId } from '../model/ids.ts'
import type { Endpoint } from '../model/endpoint.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { BrokerIdInUseError, endpointConflict, type BrokerRegistry } from '../../zk/stores/broker-registry.ts'
import type { BrokerInfo } from '../../zk/znodes/brokers.ts'
import { StartupError } from './startup-error.ts'

/** The servers look for expired sessions once per tick, of which 2,000 ms are usual. */
const EXPIRY_MARGIN_MS = 4000

/**
 * This broker's entry among the living: made at the start, and again in every new session, each time with a new epoch.
 */
export class Registration {
  private readonly registry: BrokerRegistry
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly self: BrokerId
  private readonly endpoints: readonly Endpoint[]
  private readonly rack: string | null
  private readonly sessionTimeoutMs: number
  private currentEpoch: BrokerEpoch | null = null

  constructor(options: {
    registry: BrokerRegistry
    clock: Clock
    logger: Logger
    self: BrokerId
    /** Advertised listeners, with the ports that were bound. */
    endpoints: readonly Endpoint[]
    rack: string | null
    /** How long the session of an earlier life of this broker may go on. */
    sessionTimeoutMs: number
  }) {
    this.registry = options.registry
    this.clock = options.clock
    this.logger = options.logger.child('Registration')
    this.self = options.self
    this.endpoints = options.endpoints
    this.rack = options.rack
    this.sessionTimeoutMs = options.sessionTimeoutMs
  }

  get isRegistered(): boolean {
    return this.currentEpoch !== null
  }

  /** The epoch of the present registration; -1 before the first one. */
  get epoch(): BrokerEpoch {
    return this.currentEpoch ?? (-1 as BrokerEpoch)
  }

  /**
   * Registers for the first time. A broker that was killed is still registered until its session expires: that is
   * waited for. Throws StartupError when another broker has the id or one of the addresses.
   */
  async register(): Promise<void> {
    const conflict = endpointConflict(this.self, this.info(), await this.registry.brokers())
    if (conflict !== null) {
      throw new StartupError(
        `broker ${conflict.broker} already advertises ${conflict.address}`,
        'choose another port in listeners or advertised.listeners',
      )
    }
    try {
      await this.claim()
    } catch (error) {
      if (!(error instanceof BrokerIdInUseError)) throw error
      await this.waitForEarlierLife(error)
      await this.claimOrExplain()
    }
  }

  /** Registers again, in a new session. */
  async reregister(): Promise<void> {
    this.currentEpoch = null
    await this.claim()
    this.logger.info(`broker ${this.self} is registered again, epoch ${this.epoch}`)
  }

  private async claim(): Promise<void> {
    this.currentEpoch = await this.registry.register(this.self, this.info())
  }

  private async claimOrExplain(): Promise<void> {
    try {
      await this.claim()
    } catch (error) {
      if (error instanceof BrokerIdInUseError) throw this.inUse(error)
      throw error
    }
  }

  private async waitForEarlierLife(held: BrokerIdInUseError): Promise<void> {
    const waitMs = this.sessionTimeoutMs + EXPIRY_MARGIN_MS
    this.logger.warn(
      `broker id ${this.self} is still registered. If this broker was killed, its old session ends within ${Math.ceil(waitMs / 1000)} s: waiting for that`,
      { reason: held.message },
    )
    if (!(await this.registry.waitForRelease(this.self, this.clock.monotonicMs() + waitMs)))
      throw this.inUse(held)
    this.logger.info(`the old session of broker ${this.self} has ended`)
  }

  private inUse(held: BrokerIdInUseError): StartupError {
    return new StartupError(
      `${held.message}, which is alive: another broker runs under this id`,
      'stop it, or give this broker another broker.id and directory',
      { cause: held },
    )
  }

  private info(): BrokerInfo {
    return {
      endpoints: this.endpoints,
      rack: this.rack,
      features: new Map(),
      jmxPort: -1,
      timestampMs: this.clock.nowMs(),
    }
  }
}
