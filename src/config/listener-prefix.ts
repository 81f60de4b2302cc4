import type { Key } from './define.ts'
import { brokerKey } from './broker-keys.ts'

/**
 * Keys for one listener only: `listener.name.<listener>.<key>`, and for one SASL mechanism of it
 * `listener.name.<listener>.<mechanism>.<key>`. Listener and mechanism are in lower case.
 * Source: DynamicBrokerConfig.ListenerConfigRegex, ListenerName.configPrefix.
 */
export interface PrefixedName {
  readonly listener: string
  /** What follows the listener, mechanism included. */
  readonly rest: string
  /** The name of the key itself. */
  readonly base: string
}

const PER_MECHANISM = [
  'sasl.jaas.config',
  'sasl.login.class',
  'sasl.login.callback.handler.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
]

export function listenerPrefix(listenerName: string): string {
  return `listener.name.${listenerName.toLowerCase()}.`
}

/** The parts of a prefixed name; null for a name without the prefix. */
export function parsePrefixedName(name: string): PrefixedName | null {
  if (!name.startsWith('listener.name.')) return null
  const match = /^listener\.name\.([^.]*)\.(.*)$/.exec(name)
  if (!match) return null
  const [, listener = '', rest = ''] = match
  return { listener, rest, base: PER_MECHANISM.find((key) => rest.endsWith(key)) ?? rest }
}

/** The key that a name stands for, prefixed or not; null when there is none. */
export function keyOfName(name: string): Key<unknown> | null {
  return brokerKey(parsePrefixedName(name)?.base ?? name)
}
