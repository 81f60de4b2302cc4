import { errorName, type ErrorName } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { Logger } from '../platform/logger.ts'
import type { Answered } from './broker-senders.ts'
import type { ControllerEvent, ReplicaAnswer } from './events.ts'

/** What a broker's answer means for the controller; null when there is nothing to do about it. */
export function answerOf(answered: Answered, logger: Logger): ControllerEvent | null {
  const { api, broker, response } = answered
  const error = errorName(response.errorCode)
  if (error !== 'NONE') {
    // A stale epoch is no news: either the broker has restarted or this controller is deposed, and ZooKeeper tells.
    logger.error(`Broker ${broker} refused ${api}`, { error })
  }
  switch (api) {
    case 'LeaderAndIsr':
      return error === 'NONE' ? leaderAndIsrAnswer(answered) : null
    case 'StopReplica':
      return stopReplicaAnswer(answered, error)
    case 'UpdateMetadata':
      return null
  }
}

/** Its partitions may be a hundred thousand, and hardly ever does anybody need to look at them: so they are not copied. */
function leaderAndIsrAnswer({ broker, response }: Answered & { api: 'LeaderAndIsr' }): ControllerEvent {
  const results = function* (): Generator<ReplicaAnswer, void, void> {
    for (const { topicId, partitionErrors } of response.topics) {
      for (const { partitionIndex, errorCode } of partitionErrors) {
        yield { topicId, partition: partitionIndex as PartitionIndex, error: errorName(errorCode) }
      }
    }
  }
  const hasFailures = response.topics.some(({ partitionErrors }) =>
    partitionErrors.some(({ errorCode }) => errorCode !== 0),
  )
  return { kind: 'LeaderAndIsrAnswered', broker, hasFailures, results }
}

/** Only deletions are waited for. A request that is refused as a whole has failed for each of them. */
function stopReplicaAnswer(
  { broker, request, response }: Answered & { api: 'StopReplica' },
  requestError: ErrorName,
): ControllerEvent | null {
  const errors = new Map(
    response.partitionErrors.map(({ topicName, partitionIndex, errorCode }) => [
      `${topicName} ${partitionIndex}`,
      errorName(errorCode),
    ]),
  )
  const results = (request.topicStates ?? []).flatMap(({ topicName, partitionStates }) =>
    partitionStates
      .filter(({ deletePartition }) => deletePartition)
      .map(({ partitionIndex }) => ({
        topic: topicName,
        partition: partitionIndex as PartitionIndex,
        error:
          requestError === 'NONE' ? (errors.get(`${topicName} ${partitionIndex}`) ?? 'NONE') : requestError,
      })),
  )
  return results.length === 0 ? null : { kind: 'ReplicasDeleted', broker, results }
}
