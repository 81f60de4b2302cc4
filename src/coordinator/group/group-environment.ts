import type { ConfigReader } from '../../config/layers.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Random } from '../../platform/random.ts'
import type { CoordinatorMetrics } from './coordinator-metrics.ts'
import { storedVersionsFor, type StoredVersions } from './group-records.ts'

/** What a coordinator of groups is told about itself. Nothing of it changes while the broker runs. */
export interface GroupSettings {
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  readonly initialRebalanceDelayMs: number
  readonly maxGroupSize: number
  /** In UTF-16 units, as Kafka counts. */
  readonly maxMetadataLength: number
  readonly offsetsRetentionMs: number
  readonly expiryIntervalMs: number
  readonly storedVersions: StoredVersions
}

export function groupSettings(config: ConfigReader): GroupSettings {
  return {
    minSessionTimeoutMs: config.get('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: config.get('group.max.session.timeout.ms'),
    initialRebalanceDelayMs: config.get('group.initial.rebalance.delay.ms'),
    maxGroupSize: config.get('group.max.size'),
    maxMetadataLength: config.get('offset.metadata.max.bytes'),
    offsetsRetentionMs: config.get('offsets.retention.minutes') * 60_000,
    expiryIntervalMs: config.get('offsets.retention.check.interval.ms'),
    storedVersions: storedVersionsFor(config.get('inter.broker.protocol.version')),
  }
}

/** What everything about groups works with. */
export interface GroupEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly settings: GroupSettings
  readonly metrics: CoordinatorMetrics
}
