import type { ConfigReader } from '../config/layers.ts'
import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from '../model/topic-name.ts'

/** How a topic of the coordinators is created. */
export interface InternalTopicSettings {
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly configs: readonly { readonly name: string; readonly value: string }[]
}

/**
 * The settings with which a coordinator's topic is created; null for other topics.
 * Source: AutoTopicCreationManager.creatableTopic, GroupCoordinator.groupMetadataTopicConfigs,
 * TransactionStateManager.transactionTopicConfigs (3.9).
 */
export function internalTopicSettings(name: string, config: ConfigReader): InternalTopicSettings | null {
  if (name === OFFSETS_TOPIC) {
    return {
      partitionCount: config.get('offsets.topic.num.partitions'),
      replicationFactor: config.get('offsets.topic.replication.factor'),
      configs: [
        { name: 'compression.type', value: 'producer' },
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'segment.bytes', value: String(config.get('offsets.topic.segment.bytes')) },
      ],
    }
  }
  if (name === TRANSACTIONS_TOPIC) {
    return {
      partitionCount: config.get('transaction.state.log.num.partitions'),
      replicationFactor: config.get('transaction.state.log.replication.factor'),
      configs: [
        { name: 'unclean.leader.election.enable', value: 'false' },
        { name: 'compression.type', value: 'uncompressed' },
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'min.insync.replicas', value: String(config.get('transaction.state.log.min.isr')) },
        { name: 'segment.bytes', value: String(config.get('transaction.state.log.segment.bytes')) },
      ],
    }
  }
  return null
}
