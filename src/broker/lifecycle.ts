import { assert } from '../std/assert.ts'

/** Where a broker is in its life, with the numbers that the metric `brokerstate` shows. Source: BrokerState. */
export const BROKER_STATES = {
  NOT_RUNNING: 0,
  STARTING: 1,
  RECOVERY: 2,
  RUNNING: 3,
  PENDING_CONTROLLED_SHUTDOWN: 6,
  SHUTTING_DOWN: 7,
} as const
export type BrokerState = keyof typeof BROKER_STATES

/** Which state may follow which. */
const MOVES: Readonly<Record<BrokerState, readonly BrokerState[]>> = {
  NOT_RUNNING: ['STARTING'],
  STARTING: ['RECOVERY', 'SHUTTING_DOWN'],
  RECOVERY: ['RUNNING', 'SHUTTING_DOWN'],
  RUNNING: ['PENDING_CONTROLLED_SHUTDOWN', 'SHUTTING_DOWN'],
  PENDING_CONTROLLED_SHUTDOWN: ['SHUTTING_DOWN'],
  SHUTTING_DOWN: ['NOT_RUNNING'],
}

/** The state of one broker: moves as the table says, and tells who listens. */
export class Lifecycle {
  private current: BrokerState = 'NOT_RUNNING'

  get state(): BrokerState {
    return this.current
  }

  get isStopping(): boolean {
    return this.current === 'PENDING_CONTROLLED_SHUTDOWN' || this.current === 'SHUTTING_DOWN'
  }

  move(next: BrokerState): void {
    assert(MOVES[this.current].includes(next), `a broker does not go from ${this.current} to ${next}`)
    this.current = next
  }
}
