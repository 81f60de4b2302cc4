import type { OffsetCommit } from '../coordinator/group/offset-commits.ts'
import type { OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { errorCode, type ErrorName } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { Handler } from './handler.ts'

/** The version whose offsets are kept in ZooKeeper. */
const LEGACY = 0

/** Commits offsets of a group, in the store that the version and the group call for. Source: KafkaApis.handleOffsetCommitRequest (3.9). */
export function offsetCommit(services: {
  offsets: OffsetStores
  cache: MetadataCache
}): Handler<'OffsetCommit'> {
  const { offsets, cache } = services

  return (request, { version }) => {
    const { known, errors } = sorted(request)
    // Nothing to be done, and no group comes into being.
    if (known.length === 0) return answerOf(request, errors, [])
    const { groupId, memberId, groupInstanceId, retentionTimeMs } = request
    const answers =
      version === LEGACY
        ? offsets.commitLegacy(groupId, known)
        : offsets.commit({
            groupId,
            memberId,
            groupInstanceId,
            generationId: request.generationIdOrMemberEpoch,
            retentionTimeMs,
            offsets: known,
          })
    return answers instanceof Promise
      ? answers.then((results) => answerOf(request, errors, results))
      : answerOf(request, errors, answers)
  }

  /** The offsets of partitions that exist; and of every partition of the request, in its order, whether it does. */
  function sorted({ topics }: RequestOf<'OffsetCommit'>): { known: OffsetCommit[]; errors: ErrorName[] } {
    const known: OffsetCommit[] = []
    const errors: ErrorName[] = []
    for (const { name, partitions } of topics) {
      for (const partition of partitions) {
        const { partitionIndex } = partition
        if (cache.partition(name, partitionIndex as PartitionIndex) === null) {
          errors.push('UNKNOWN_TOPIC_OR_PARTITION')
          continue
        }
        errors.push('NONE')
        known.push({
          topic: name,
          partition: partitionIndex,
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: partition.committedMetadata,
          commitTimestamp: partition.commitTimestamp,
        })
      }
    }
    return { known, errors }
  }
}

/** `results` take the places of the NONEs in `errors`, one after the other. */
function answerOf(
  { topics }: RequestOf<'OffsetCommit'>,
  errors: readonly ErrorName[],
  results: readonly ErrorName[],
): ResponseOf<'OffsetCommit'> {
  let place = 0
  let next = 0
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        const error = errors[place++] ?? 'NONE'
        return { partitionIndex, errorCode: errorCode(error === 'NONE' ? (results[next++] ?? error) : error) }
      }),
    })),
  }
}
