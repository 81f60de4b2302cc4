import type { BrokerEpoch } from '../model/ids.ts'

/**
 * Whether a request of the controller is meant for an earlier life of this broker. -1: it does not say, and is obeyed.
 * An epoch beyond our own is obeyed too: the controller has seen our registration before we have.
 */
export function isStaleBrokerEpoch(meant: number, own: BrokerEpoch): boolean {
  return meant !== -1 && meant < own
}
