import type { LiveBrokerConfig } from '../config/live-config.ts'
import type { LogManagerConfig } from '../log/log-manager.ts'

/** The settings of all logs together, each as it is when it is asked for. */
export function logSettings(config: LiveBrokerConfig): LogManagerConfig {
  const settings = {}
  for (const name of NAMES)
    Object.defineProperty(settings, name, { get: () => config.get(name), enumerable: true })
  return settings as LogManagerConfig
}

const NAMES = [
  'num.recovery.threads.per.data.dir',
  'log.initial.task.delay.ms',
  'log.retention.check.interval.ms',
  'log.flush.scheduler.interval.ms',
  'log.flush.offset.checkpoint.interval.ms',
  'log.flush.start.offset.checkpoint.interval.ms',
  'replica.high.watermark.checkpoint.interval.ms',
  'producer.id.expiration.ms',
  'producer.id.expiration.check.interval.ms',
  'log.cleaner.enable',
  'log.cleaner.threads',
  'log.cleaner.io.max.bytes.per.second',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.buffer.size',
  'log.cleaner.io.buffer.load.factor',
  'log.cleaner.backoff.ms',
] as const satisfies readonly (keyof LogManagerConfig)[]
