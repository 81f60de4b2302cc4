import type { Clock } from '../platform/clock.ts'
import type { Session, SessionState } from '../../zk/zookeeper.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { Registration } from './registration.ts'

/** One thing that must hold, for probes of load balancers and people. */
export interface BrokerCheck {
  readonly name: string
  readonly ok: boolean
  readonly why?: string
}

/** Milestones of a start, each reached once. */
export type Milestone = 'logs recovered' | 'metadata received'

/** What a broker knows of its own health. */
export class BrokerHealth {
  private readonly lifecycle: Lifecycle
  private readonly clock: Clock
  private readonly reached = new Set<Milestone>()
  private session: Session | null = null
  private registration: Registration | null = null

  constructor(options: { lifecycle: Lifecycle; clock: Clock }) {
    this.lifecycle = options.lifecycle
    this.clock = options.clock
  }

  note(milestone: Milestone): void {
    this.reached.add(milestone)
  }

  followSession(session: Session): void {
    this.session = session
  }

  followRegistration(registration: Registration): void {
    this.registration = registration
  }

  /** What makes the process worth keeping. */
  live(): readonly BrokerCheck[] {
    const isAlive = this.lifecycle.state !== 'NOT_RUNNING'
    return [{ name: 'broker', ok: isAlive, why: `the broker is ${this.lifecycle.state}` }]
  }

  /** What the start has to get done. */
  started(): readonly BrokerCheck[] {
    return [
      this.milestone('logs recovered'),
      { name: 'registered', ok: this.registration?.isRegistered ?? false },
      this.milestone('metadata received'),
    ]
  }

  /** What must hold for clients to be sent here. */
  ready(): readonly BrokerCheck[] {
    const { state } = this.lifecycle
    return [
      { name: 'running', ok: state === 'RUNNING', why: `the broker is ${state}` },
      this.sessionCheck(),
      ...this.started(),
    ]
  }

  /** Whether every replica of this broker is in sync. */
  inSync(): readonly BrokerCheck[] {
    return []
  }

  private milestone(name: Milestone): BrokerCheck {
    return { name, ok: this.reached.has(name) }
  }

  private sessionCheck(): BrokerCheck {
    const state: SessionState = this.session?.state ?? 'connecting'
    const silentMs =
      this.session === null
        ? 0
        : this.clock.monotonicMs() - (this.session.deadlineMs - this.session.timeoutMs)
    const why =
      state === 'connected'
        ? 'connected'
        : `${state}, nothing heard for ${Math.max(0, Math.round(silentMs))} ms`
    return { name: 'zookeeper session', ok: state === 'connected', why }
  }
}
