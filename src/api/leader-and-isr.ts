import { errorCode, type ErrorName } from '../model/errors.ts'
import type {
  BrokerEpoch,
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../model/ids.ts'
import { ZERO_UUID, type Uuid } from '../model/uuid.ts'
import type { TopicConfigs } from '../metadata/topic-configs.ts'
import type { RequestOf, ResponseOf } from '../protocol/apis.ts'
import type { PartitionOrder } from '../replication/partition.ts'
import type { OrderResult, ReplicaManager } from '../replication/replica-manager.ts'
import { isStaleBrokerEpoch } from './broker-epoch.ts'
import type { Handler } from './handler.ts'

/** From this version on partitions go by the ids of their topics in the answer. */
const ANSWERS_BY_ID = 5

/** The controller says which replicas this broker leads and follows. Source: KafkaApis.handleLeaderAndIsrRequest. */
export function leaderAndIsr(services: {
  replicas: ReplicaManager
  topicConfigs: TopicConfigs
  brokerEpoch: () => BrokerEpoch
}): Handler<'LeaderAndIsr'> {
  const { replicas, topicConfigs, brokerEpoch } = services
  return async (request, { version }) => {
    const orders = ordersOf(request)
    const answer = (error: ErrorName, results: readonly OrderResult[]): ResponseOf<'LeaderAndIsr'> => ({
      errorCode: errorCode(error),
      ...(version < ANSWERS_BY_ID
        ? { partitionErrors: results.map(partitionError) }
        : { topics: byTopicId(orders, results) }),
    })
    const refuse = (error: ErrorName) =>
      answer(
        error,
        orders.map(({ topic, partition }) => ({ topic, partition, error })),
      )
    if (isStaleBrokerEpoch(request.brokerEpoch, brokerEpoch())) return refuse('STALE_BROKER_EPOCH')
    // A log is made with its topic's configuration, which nobody announces when a topic is created.
    await topicConfigs.ensure(orders.map(({ topic }) => topic))
    if (isStaleBrokerEpoch(request.brokerEpoch, brokerEpoch())) return refuse('STALE_BROKER_EPOCH')
    const results = await replicas.applyOrders(request.controllerEpoch as ControllerEpoch, orders)
    if (results === null) return refuse('STALE_CONTROLLER_EPOCH')
    return answer('NONE', results)
  }
}

function partitionError({ topic, partition, error }: OrderResult) {
  return { topicName: topic, partitionIndex: partition, errorCode: errorCode(error) }
}

function byTopicId(orders: readonly PartitionOrder[], results: readonly OrderResult[]) {
  const errors = new Map<string, ReturnType<typeof partitionError>[]>()
  for (const { topic } of orders) errors.set(topic, [])
  for (const result of results) errors.get(result.topic)?.push(partitionError(result))
  const ids = new Map(orders.map(({ topic, topicId }) => [topic, topicId ?? ZERO_UUID]))
  return Array.from(errors, ([topic, partitionErrors]) => ({
    topicId: ids.get(topic) ?? ZERO_UUID,
    partitionErrors,
  }))
}

type PartitionState = RequestOf<'LeaderAndIsr'>['ungroupedPartitionStates'][number]

function ordersOf(request: RequestOf<'LeaderAndIsr'>): PartitionOrder[] {
  const grouped = request.topicStates.flatMap(({ topicName, topicId, partitionStates }) =>
    partitionStates.map((state) => orderOf(topicName, topicId, state)),
  )
  return [
    ...grouped,
    ...request.ungroupedPartitionStates.map((state) => orderOf(state.topicName, ZERO_UUID, state)),
  ]
}

function orderOf(topic: string, topicId: Uuid, state: PartitionState): PartitionOrder {
  return {
    topic,
    partition: state.partitionIndex as PartitionIndex,
    topicId: topicId === ZERO_UUID ? null : topicId,
    controllerEpoch: state.controllerEpoch as ControllerEpoch,
    leader: state.leader as BrokerId,
    leaderEpoch: state.leaderEpoch as LeaderEpoch,
    inSyncReplicas: state.isr as BrokerId[],
    partitionEpoch: state.partitionEpoch as PartitionEpoch,
    replicas: state.replicas as BrokerId[],
    addingReplicas: state.addingReplicas as BrokerId[],
    removingReplicas: state.removingReplicas as BrokerId[],
    isNew: state.isNew,
  }
}
