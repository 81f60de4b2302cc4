import { errorCode, errorOf } from '../model/errors.ts'
import type { Handler } from './handler.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'

/**
 * Tells where a leader epoch ends in a leader's log, so that others can compare theirs with it.
 * Source: KafkaApis.handleOffsetForLeaderEpochRequest; KIP-101, KIP-320.
 */
export function offsetForLeaderEpoch(services: {
  replicas: ReplicaManager
}): Handler<'OffsetForLeaderEpoch'> {
  const { replicas } = services
  return ({ topics }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
        try {
          const { log } = replicas.leader(topic, partition, currentLeaderEpoch)
          const end = log.endOffsetForEpoch(leaderEpoch)
          return { partition, errorCode: 0, leaderEpoch: end.epoch, endOffset: end.endOffset }
        } catch (error) {
          return { partition, errorCode: errorCode(errorOf(error)) }
        }
      }),
    })),
  })
}
