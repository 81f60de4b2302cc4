/** What kind of number a quota is. Whole ones keep Kafka's names of their Java types, which answers mention. */
type QuotaType = 'LONG' | 'INT' | 'DOUBLE'

/**
 * THE table of client quotas: for users and client ids, and for addresses.
 * Source: org.apache.kafka.server.config.QuotaConfigs.
 */
const CLIENT_QUOTAS: Readonly<Record<string, QuotaType>> = {
  /** Bytes per second that a broker takes in. */
  producer_byte_rate: 'LONG',
  /** Bytes per second that a broker gives out. */
  consumer_byte_rate: 'LONG',
  /** Share of one thread's time that requests take, in percent. */
  request_percentage: 'DOUBLE',
  /** Partitions created and deleted per second (KIP-599). */
  controller_mutation_rate: 'DOUBLE',
}
const ADDRESS_QUOTAS: Readonly<Record<string, QuotaType>> = {
  /** New connections per second (KIP-612). */
  connection_creation_rate: 'INT',
}

export type QuotaKeys = Readonly<Record<string, QuotaType>>

export function quotaKeysOf(entityType: 'users' | 'clients' | 'user-clients' | 'ips'): QuotaKeys {
  return entityType === 'ips' ? ADDRESS_QUOTAS : CLIENT_QUOTAS
}
