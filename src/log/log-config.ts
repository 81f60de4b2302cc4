/**
 * What a topic's config says about its logs: Kafka's own keys, sizes in bytes and times in ms as numbers. Kafka's
 * "unlimited" (2^63-1) may be any number from 2^53-1 on, Infinity too; -1 means "off" where Kafka says so.
 */
export interface LogConfig {
  readonly 'segment.bytes': number
  readonly 'segment.ms': number
  readonly 'segment.jitter.ms': number
  readonly 'segment.index.bytes': number
  readonly 'index.interval.bytes': number
  readonly 'flush.messages': number
  readonly 'flush.ms': number
  /** -1: no limit. */
  readonly 'retention.bytes': number
  /** -1: no limit. */
  readonly 'retention.ms': number
  readonly 'file.delete.delay.ms': number
  readonly 'cleanup.policy': readonly string[]
  readonly 'min.cleanable.dirty.ratio': number
  readonly 'delete.retention.ms': number
  readonly 'min.compaction.lag.ms': number
  readonly 'max.compaction.lag.ms': number
  readonly 'max.message.bytes': number
  /** A codec's name, `uncompressed`, or `producer` to keep what the producer chose. */
  readonly 'compression.type': string
  readonly 'compression.gzip.level': number
  readonly 'compression.lz4.level': number
  readonly 'compression.zstd.level': number
  /** `CreateTime` or `LogAppendTime`. */
  readonly 'message.timestamp.type': string
  readonly 'message.timestamp.before.max.ms': number
  readonly 'message.timestamp.after.max.ms': number
}

/** Whether only the newest record of each key must stay. */
export function isCompacted(config: LogConfig): boolean {
  return config['cleanup.policy'].includes('compact')
}

/** Whether old segments are deleted for their age and for the log's size. */
export function deletesOldSegments(config: LogConfig): boolean {
  return config['cleanup.policy'].includes('delete')
}

/** How long a segment may stay the active one: a compacted topic must also come round to compacting it in time. */
export function maxSegmentMs(config: LogConfig): number {
  return isCompacted(config)
    ? Math.min(config['segment.ms'], config['max.compaction.lag.ms'])
    : config['segment.ms']
}
