/** The topics that hold the coordinators' state; only the coordinators write to them. */
export const OFFSETS_TOPIC = '__consumer_offsets'
export const TRANSACTIONS_TOPIC = '__transaction_state'
const CLUSTER_METADATA_TOPIC = '__cluster_metadata'

const MAX_LENGTH = 249

export function isInternalTopic(name: string): boolean {
  return name === OFFSETS_TOPIC || name === TRANSACTIONS_TOPIC
}

/** The name that KRaft reserves for its own log; a topic of this name cannot be created or written. */
export function isReservedTopic(name: string): boolean {
  return name === CLUSTER_METADATA_TOPIC
}

/**
 * Why `name` cannot name a topic, in Kafka's words, or null when it can.
 * Source: org.apache.kafka.common.internals.Topic.validate.
 */
export function topicNameFault(name: string): string | null {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > MAX_LENGTH)
    return `the length of '${name}' is longer than the max allowed length ${MAX_LENGTH}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return null
}

/** Whether a metric name made from the topic's would clash with another topic's: `.` and `_` are one there. */
export function topicNamesCollide(one: string, other: string): boolean {
  return one.replaceAll('.', '_') === other.replaceAll('.', '_')
}
