/**
 * Names that Kafka once had. Four of them say where a broker listens and are still understood; of the others a note
 * says what became of them. Kafka 3.9 itself ignores all of them silently.
 */

/** Names that are no keys any more, and what to say to those who use them. */
const GONE: ReadonlyMap<string, string> = new Map([
  ['zookeeper.sync.time.ms', 'it was removed in Kafka 3.0 and did nothing before'],
  [
    'quota.producer.default',
    'it was removed in Kafka 3.0; set the default with kafka-configs (producer_byte_rate)',
  ],
  [
    'quota.consumer.default',
    'it was removed in Kafka 3.0; set the default with kafka-configs (consumer_byte_rate)',
  ],
  ['replica.lag.max.messages', 'it was removed in Kafka 0.9; replica.lag.time.max.ms alone decides'],
  ['enable.zookeeper', 'it belongs to Kafka 0.7; ZooKeeper is always used'],
  ['hostname', 'it belongs to Kafka 0.7; use listeners'],
  ['brokerid', 'it belongs to Kafka 0.7; use broker.id'],
  ['log.cleanup.interval.mins', 'it belongs to Kafka 0.8; use log.retention.check.interval.ms'],
  ['log.file.size', 'it belongs to Kafka 0.7; use log.segment.bytes'],
  ['log.default.flush.interval.ms', 'it belongs to Kafka 0.7; use log.flush.interval.ms'],
  ['max.request.size', 'it is a key of producers; the broker has message.max.bytes'],
  ['max.partition.fetch.bytes', 'it is a key of consumers; the broker has fetch.max.bytes'],
])

/** Why a name that was a key once, or is one elsewhere, has no effect; null for all other names. */
export function whyGone(name: string): string | null {
  return GONE.get(name) ?? null
}

export const LEGACY_LISTENER_KEYS = ['host.name', 'port', 'advertised.host.name', 'advertised.port'] as const
export type LegacyListenerKey = (typeof LEGACY_LISTENER_KEYS)[number]

/** What the old names of a plaintext listener stand for today; null for a key that they do not set. */
export function listenersOfLegacyKeys(values: ReadonlyMap<LegacyListenerKey, string>): {
  readonly listeners: string | null
  readonly advertisedListeners: string | null
} {
  const port = values.get('port') ?? '9092'
  const host = values.get('host.name') ?? ''
  const hasListener = values.has('host.name') || values.has('port')
  const hasAdvertised = values.has('advertised.host.name') || values.has('advertised.port')
  const advertisedHost = values.get('advertised.host.name') ?? host
  return {
    listeners: hasListener ? `PLAINTEXT://${host}:${port}` : null,
    advertisedListeners: hasAdvertised
      ? `PLAINTEXT://${advertisedHost}:${values.get('advertised.port') ?? port}`
      : null,
  }
}
