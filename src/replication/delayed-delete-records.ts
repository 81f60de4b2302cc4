import { deletesOldSegments } from '../log/log-config.ts'
import { KafkaError, type ErrorName } from '../model/errors.ts'
import { isInternalTopic } from '../model/topic-name.ts'
import { partitionKey } from '../model/topic-partition.ts'
import type { Logger } from '../platform/logger.ts'
import type { Purgatory } from '../purgatory/purgatory.ts'
import type { ReplicaManager } from './replica-manager.ts'

/** What to delete of one partition: everything before `offset`, or before the high watermark (-1). */
export interface RecordDeletion {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface RecordDeletionResult {
  readonly topic: string
  readonly partition: number
  readonly error: ErrorName
  /** Records before it are gone from every replica that is alive; -1 when nothing was deleted. */
  readonly lowWatermark: number
}

/** One partition whose replicas have yet to follow. */
interface Pending {
  readonly deletion: RecordDeletion
  readonly requiredOffset: number
  /** The low watermark when the leader had done its part. */
  readonly lowWatermark: number
}

const NOTHING_DELETED = -1

/**
 * Deletes records from logs that this broker leads, and waits until every replica that is alive has followed, or
 * `timeoutMs` have passed: then the records are gone for readers of the leader all the same.
 * Source: ReplicaManager.deleteRecords, DelayedDeleteRecords (3.9); KIP-107.
 */
export async function deleteRecords(
  deletions: readonly RecordDeletion[],
  timeoutMs: number,
  services: {
    readonly replicas: ReplicaManager
    /** Where requests wait for partitions, keyed by partition. */
    readonly waiting: Purgatory
    readonly logger: Logger
  },
): Promise<RecordDeletionResult[]> {
  const { replicas, waiting, logger } = services
  const begun = deletions.map((deletion) => deleteOnLeader(deletion, replicas, logger))
  const pending = begun.filter((each) => 'requiredOffset' in each)
  const isSettled = (each: Pending): boolean => !isWaiting(replicas, each)
  if (!pending.every(isSettled)) {
    const keys = pending.map(({ deletion }) => partitionKey(deletion.topic, deletion.partition))
    await waiting.wait(keys, timeoutMs, () => pending.every(isSettled))
  }
  return begun.map((each) => ('requiredOffset' in each ? outcome(replicas, each) : each))
}

function deleteOnLeader(
  deletion: RecordDeletion,
  replicas: ReplicaManager,
  logger: Logger,
): Pending | RecordDeletionResult {
  const { topic, partition, offset } = deletion
  try {
    if (isInternalTopic(topic)) {
      throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot delete records of internal topic ${topic}`)
    }
    const leader = replicas.leader(topic, partition, -1)
    const { log } = leader
    if (!deletesOldSegments(log.config)) {
      throw new KafkaError(
        'POLICY_VIOLATION',
        `Records of partition ${log.name} can not be deleted due to the configured policy`,
      )
    }
    const requiredOffset = offset === -1 ? log.highWatermark : offset
    log.deleteRecordsBefore(requiredOffset)
    return { deletion, requiredOffset, lowWatermark: leader.lowWatermark }
  } catch (error) {
    if (error instanceof KafkaError) return refusal(deletion, error.error)
    logger.error(`deleting records of ${topic}-${partition} failed`, { error })
    return refusal(deletion, 'UNKNOWN_SERVER_ERROR')
  }
}

function refusal({ topic, partition }: RecordDeletion, error: ErrorName): RecordDeletionResult {
  return { topic, partition, error, lowWatermark: NOTHING_DELETED }
}

/** Whether there is anything left to wait for: not when the replicas have followed, nor without a leader here. */
function isWaiting(replicas: ReplicaManager, { deletion, requiredOffset }: Pending): boolean {
  const role = replicas.get(deletion.topic, deletion.partition)?.role
  return role?.kind === 'leader' && role.lowWatermark < requiredOffset
}

function outcome(replicas: ReplicaManager, pending: Pending): RecordDeletionResult {
  const { deletion, requiredOffset } = pending
  const { topic, partition } = deletion
  const role = replicas.get(topic, partition)?.role
  switch (role?.kind) {
    case 'leader': {
      const { lowWatermark } = role
      if (lowWatermark >= requiredOffset) return { topic, partition, error: 'NONE', lowWatermark }
      return { topic, partition, error: 'REQUEST_TIMED_OUT', lowWatermark: pending.lowWatermark }
    }
    case 'offline':
      return refusal(deletion, 'KAFKA_STORAGE_ERROR')
    case undefined:
      return refusal(deletion, 'UNKNOWN_TOPIC_OR_PARTITION')
    default:
      return refusal(deletion, 'NOT_LEADER_OR_FOLLOWER')
  }
}
