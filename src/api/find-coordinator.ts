import { defaultErrorMessage, errorCode, type ErrorName } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from '../model/topic-name.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Handler } from './handler.ts'

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2
/** The first version that asks for several keys. */
const ASKS_FOR_MANY = 4
/** The first version that knows of share groups, which do not exist here. */
const KNOWS_SHARE_GROUPS = 6

interface Found {
  readonly error: ErrorName
  /** For people; empty where Kafka says nothing. */
  readonly message: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/**
 * Tells which broker coordinates a group or a transactional id: the leader of the partition of the internal topic that
 * holds its state. The topic is created when somebody first asks; then, and as long as there is no leader, the answer is
 * COORDINATOR_NOT_AVAILABLE. Source: KafkaApis.handleFindCoordinatorRequest (3.9).
 */
export function findCoordinator(services: {
  cache: MetadataCache
  partitionOfGroup: (group: string) => PartitionIndex
  partitionOfTransaction: (transactionalId: string) => PartitionIndex
  autoCreate: (topics: readonly string[]) => Promise<unknown>
}): Handler<'FindCoordinator'> {
  const { cache, partitionOfGroup, partitionOfTransaction, autoCreate } = services

  return async (request, { version, connection }) => {
    const { keyType } = request
    const keys = version < ASKS_FOR_MANY ? [request.key] : request.coordinatorKeys
    const topic = topicFor(keyType)
    if (topic !== null && keys.length > 0 && cache.topic(topic) === null) await autoCreate([topic])
    const find = (key: string): Found => {
      if (topic === null) return refusal(keyType, version)
      const partition = topic === OFFSETS_TOPIC ? partitionOfGroup(key) : partitionOfTransaction(key)
      return leaderOf(topic, partition, connection.listenerName)
    }
    if (version < ASKS_FOR_MANY) {
      const { error, message, nodeId, host, port } = find(request.key)
      const words = error === 'NONE' ? 'NONE' : message === '' ? defaultErrorMessage(error) : message
      return { errorCode: errorCode(error), errorMessage: words, nodeId, host, port }
    }
    return {
      coordinators: keys.map((key) => {
        const { error, message, nodeId, host, port } = find(key)
        return { key, errorCode: errorCode(error), errorMessage: message, nodeId, host, port }
      }),
    }
  }

  function leaderOf(topic: string, partition: PartitionIndex, listenerName: string): Found {
    const leader = cache.partition(topic, partition)?.leader
    const endpoint = leader === undefined ? null : cache.endpoint(leader, listenerName)
    if (leader === undefined || endpoint === null) return nowhere('COORDINATOR_NOT_AVAILABLE')
    return { error: 'NONE', message: '', nodeId: leader, host: endpoint.host, port: endpoint.port }
  }
}

function topicFor(keyType: number): string | null {
  if (keyType === GROUP) return OFFSETS_TOPIC
  return keyType === TRANSACTION ? TRANSACTIONS_TOPIC : null
}

function refusal(keyType: number, version: number): Found {
  if (keyType === SHARE) {
    return nowhere(version < KNOWS_SHARE_GROUPS ? 'INVALID_REQUEST' : 'COORDINATOR_NOT_AVAILABLE')
  }
  return nowhere('INVALID_REQUEST', defaultErrorMessage('INVALID_REQUEST'))
}

function nowhere(error: ErrorName, message = ''): Found {
  return { error, message, nodeId: -1, host: '', port: -1 }
}
