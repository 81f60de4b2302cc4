import type { LogConfig } from '../../src/log/log-config.ts'
import type { LogManagerConfig } from '../../src/log/log-manager.ts'

/** Kafka's defaults, for tests of the log alone. */
export const logConfigDefaults: LogConfig = {
  'segment.bytes': 1024 * 1024 * 1024,
  'segment.ms': 7 * 24 * 3_600_000,
  'segment.jitter.ms': 0,
  'segment.index.bytes': 10 * 1024 * 1024,
  'index.interval.bytes': 4096,
  'flush.messages': Infinity,
  'flush.ms': Infinity,
  'retention.bytes': -1,
  'retention.ms': 7 * 24 * 3_600_000,
  'file.delete.delay.ms': 60_000,
  'cleanup.policy': ['delete'],
  'min.cleanable.dirty.ratio': 0.5,
  'delete.retention.ms': 86_400_000,
  'min.compaction.lag.ms': 0,
  'max.compaction.lag.ms': Infinity,
  'max.message.bytes': 1_048_588,
  'compression.type': 'producer',
  'compression.gzip.level': -1,
  'compression.lz4.level': 9,
  'compression.zstd.level': 3,
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': Infinity,
  'message.timestamp.after.max.ms': Infinity,
}

/** Kafka's defaults of the broker keys that the log manager reads. */
export const logManagerConfigDefaults: LogManagerConfig = {
  'num.recovery.threads.per.data.dir': 1,
  'log.initial.task.delay.ms': 30_000,
  'log.retention.check.interval.ms': 300_000,
  'log.flush.scheduler.interval.ms': Infinity,
  'log.flush.offset.checkpoint.interval.ms': 60_000,
  'log.flush.start.offset.checkpoint.interval.ms': 60_000,
  'replica.high.watermark.checkpoint.interval.ms': 5000,
  'producer.id.expiration.ms': 86_400_000,
  'producer.id.expiration.check.interval.ms': 600_000,
  'log.cleaner.enable': true,
  'log.cleaner.threads': 1,
  'log.cleaner.io.max.bytes.per.second': Number.MAX_VALUE,
  'log.cleaner.dedupe.buffer.size': 134_217_728,
  'log.cleaner.io.buffer.size': 524_288,
  'log.cleaner.io.buffer.load.factor': 0.9,
  'log.cleaner.backoff.ms': 15_000,
}
