import { groupKeys } from './broker-keys/group.ts'
import { kraftKeys } from './broker-keys/kraft.ts'
import { logCleanerKeys } from './broker-keys/log-cleaner.ts'
import { logKeys } from './broker-keys/log.ts'
import { metricsKeys } from './broker-keys/metrics.ts'
import { networkKeys } from './broker-keys/network.ts'
import { newGroupsKeys } from './broker-keys/new-groups.ts'
import { quotaKeys } from './broker-keys/quota.ts'
import { remoteStorageKeys } from './broker-keys/remote-storage.ts'
import { replicationKeys } from './broker-keys/replication.ts'
import { saslKeys } from './broker-keys/sasl.ts'
import { securityKeys } from './broker-keys/security.ts'
import { serverKeys } from './broker-keys/server.ts'
import { sslKeys } from './broker-keys/ssl.ts'
import { transactionKeys } from './broker-keys/transaction.ts'
import { zookeeperKeys } from './broker-keys/zookeeper.ts'
import { zurauKeys } from './broker-keys/zurau.ts'
import type { Key } from './define.ts'

type BrokerKeys = typeof serverKeys &
  typeof networkKeys &
  typeof logKeys &
  typeof logCleanerKeys &
  typeof replicationKeys &
  typeof groupKeys &
  typeof transactionKeys &
  typeof securityKeys &
  typeof sslKeys &
  typeof saslKeys &
  typeof zookeeperKeys &
  typeof quotaKeys &
  typeof metricsKeys &
  typeof newGroupsKeys &
  typeof remoteStorageKeys &
  typeof kraftKeys &
  typeof zurauKeys

/**
 * THE key table of the broker: Kafka 3.9's keys under their own names, and a few of ours. The official name is the only
 * name; `config.get('log.segment.bytes')` can be looked up in any book on Kafka.
 */
// Not a literal of 17 spreads: growing an ordinary object key by key takes ten times as long.
export const brokerKeys = Object.assign(
  Object.create(null) as object,
  serverKeys,
  networkKeys,
  logKeys,
  logCleanerKeys,
  replicationKeys,
  groupKeys,
  transactionKeys,
  securityKeys,
  sslKeys,
  saslKeys,
  zookeeperKeys,
  quotaKeys,
  metricsKeys,
  newGroupsKeys,
  remoteStorageKeys,
  kraftKeys,
  zurauKeys,
) as BrokerKeys

export type BrokerKeyName = keyof typeof brokerKeys
/** The value of every key, by name. */
export type BrokerValues = { readonly [Name in BrokerKeyName]: (typeof brokerKeys)[Name]['default'] }

/** The names of all broker keys, in the order of the table. */
export const brokerKeyNames = Object.keys(brokerKeys) as readonly BrokerKeyName[]

export function isBrokerKey(name: string): name is BrokerKeyName {
  return Object.hasOwn(brokerKeys, name)
}

/** The declaration of a key, or null when there is no such key. */
export function brokerKey(name: string): Key<unknown> | null {
  return isBrokerKey(name) ? brokerKeys[name] : null
}
