import { KafkaError, errorCode, errorOf, type ErrorName } from '../model/errors.ts'
import type { Logger } from '../platform/logger.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import { listOffset, segmentOffsets, type FoundOffset, type OffsetQuery } from '../replication/list-offset.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import type { Handler } from './handler.ts'

const CONSUMER = -1
const DEBUGGING = -2
/** First versions of the timestamps with a meaning of their own: see OffsetQuery. */
const SINCE: ReadonlyMap<number, number> = new Map([
  [-1, 0],
  [-2, 0],
  [-3, 7],
  [-4, 8],
  [-5, 9],
])
const TELLS_EPOCH = 4
const KNOWS_OFFSET_NOT_AVAILABLE = 5

type PartitionResponse = ResponseOf<'ListOffsets'>['topics'][number]['partitions'][number]

/** Finds offsets by time, and the ends of logs. Source: KafkaApis.handleListOffsetRequest (3.9). */
export function listOffsets(services: { replicas: ReplicaManager; logger: Logger }): Handler<'ListOffsets'> {
  const { replicas, logger } = services

  return async (request, { version }) => {
    const twice = version === 0 ? new Set<string>() : namedTwice(request)
    return {
      topics: await Promise.all(
        request.topics.map(async ({ name, partitions }) => ({
          name,
          partitions: await Promise.all(
            partitions.map((partition) =>
              one(name, partition, request, version, twice.has(`${name}-${partition.partitionIndex}`)),
            ),
          ),
        })),
      ),
    }
  }

  async function one(
    topic: string,
    wanted: RequestOf<'ListOffsets'>['topics'][number]['partitions'][number],
    request: RequestOf<'ListOffsets'>,
    version: number,
    isTwice: boolean,
  ): Promise<PartitionResponse> {
    const { partitionIndex, timestamp } = wanted
    try {
      if (isTwice) throw new KafkaError('INVALID_REQUEST', 'the partition is named twice')
      if (timestamp < 0 && version < (SINCE.get(timestamp) ?? Infinity))
        throw new KafkaError('UNSUPPORTED_VERSION')
      const query: OffsetQuery = {
        timestamp,
        isolationLevel: request.isolationLevel === 1 ? 'read_committed' : 'read_uncommitted',
        isClient: request.replicaId === CONSUMER,
        currentLeaderEpoch: wanted.currentLeaderEpoch,
        onlyFromLeader: request.replicaId !== DEBUGGING,
      }
      const hosted = replicas.hosted(topic, partitionIndex)
      if (version === 0) {
        const oldStyleOffsets = segmentOffsets(hosted, query, wanted.maxNumOffsets)
        return { partitionIndex, errorCode: 0, oldStyleOffsets }
      }
      return { partitionIndex, errorCode: 0, ...shaped(await listOffset(hosted, query), version) }
    } catch (error) {
      return { partitionIndex, errorCode: errorCode(errorFor(topic, partitionIndex, error, version)) }
    }
  }

  function errorFor(topic: string, partition: number, error: unknown, version: number): ErrorName {
    const name = errorOf(error)
    if (name === 'UNKNOWN_SERVER_ERROR')
      logger.error(`offsets of ${topic}-${partition} could not be listed`, { error })
    // Clients that do not know the error ask again when there is no leader.
    if (name === 'OFFSET_NOT_AVAILABLE' && version < KNOWS_OFFSET_NOT_AVAILABLE) return 'LEADER_NOT_AVAILABLE'
    return name
  }
}

function shaped(found: FoundOffset | null, version: number): Partial<PartitionResponse> {
  if (found === null) return {}
  const { offset, timestamp, leaderEpoch } = found
  return version >= TELLS_EPOCH ? { offset, timestamp, leaderEpoch } : { offset, timestamp }
}

function namedTwice(request: RequestOf<'ListOffsets'>): Set<string> {
  const once = new Set<string>()
  const twice = new Set<string>()
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}-${partitionIndex}`
      if (once.has(key)) twice.add(key)
      once.add(key)
    }
  }
  return twice
}
