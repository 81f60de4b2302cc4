import type { BrokerId, ControllerEpoch, LeaderEpoch } from '../model/ids.ts'
import { NO_LEADER_EPOCH } from '../model/ids.ts'
import { SECURITY_PROTOCOL_IDS } from '../model/endpoint.ts'
import { EPOCH_DURING_DELETE, LEADER_DURING_DELETE } from '../model/leader-and-isr.ts'
import type { RequestInput } from '../protocol/apis.ts'
import type { ControllerContext, Partition, Topic } from './controller-context.ts'
import type { Slices } from './slices.ts'

/** The requests with which a controller rules. */
export type ControlApi = 'LeaderAndIsr' | 'UpdateMetadata' | 'StopReplica'

/** Those of inter.broker.protocol.version 3.9. */
export const CONTROL_VERSIONS = { LeaderAndIsr: 7, UpdateMetadata: 8, StopReplica: 4 } as const

/** What a change of state asks the brokers to do. */
export type Effect =
  /** Lead or follow. `isNew`: the replica starts from nothing, so that a missing log is no sign of a lost disk. */
  | {
      readonly kind: 'leader-and-isr'
      readonly brokers: readonly BrokerId[]
      readonly partition: Partition
      readonly isNew: boolean
    }
  /** Know of these partitions, and of all brokers. */
  | {
      readonly kind: 'update-metadata'
      readonly brokers: readonly BrokerId[]
      readonly partitions: Iterable<Partition>
    }
  | {
      readonly kind: 'stop-replica'
      readonly broker: BrokerId
      readonly partition: Partition
      readonly deletes: boolean
    }

/** One request to one broker. `size` counts its partitions. */
export type BrokerRequest = { readonly broker: BrokerId; readonly size: number } & {
  readonly [Api in ControlApi]: { readonly api: Api; readonly request: RequestInput<Api> }
}[ControlApi]

/** What goes to a broker in one UpdateMetadata; more become several. A LeaderAndIsr is never cut: a broker starts to
 * checkpoint watermarks after its first one, which must name all of its partitions. */
const MAX_PARTITIONS_PER_UPDATE = 10_000

/**
 * Collects effects and turns them into requests: at most one LeaderAndIsr and one StopReplica per broker, all
 * LeaderAndIsr before all UpdateMetadata before all StopReplica. Every LeaderAndIsr of a partition also goes into
 * everybody's metadata. What a partition is like is read when the requests are made, not when the effect is added.
 * Source: kafka.controller.AbstractControllerBrokerRequestBatch (3.9).
 */
export class RequestBatch {
  private readonly context: ControllerContext
  private readonly controllerId: BrokerId
  private readonly interBrokerListener: string
  /** Partition → isNew. */
  private leaderAndIsr = new Map<BrokerId, Map<Partition, boolean>>()
  /** Partition → whether its log goes. */
  private stopReplica = new Map<BrokerId, Map<Partition, boolean>>()
  private metadataBrokers = new Set<BrokerId>()
  private metadataPartitions = new Set<Partition>()
  /** Whether the metadata goes to all brokers, whichever are named. */
  private isForEverybody = false

  constructor(options: { context: ControllerContext; controllerId: BrokerId; interBrokerListener: string }) {
    this.context = options.context
    this.controllerId = options.controllerId
    this.interBrokerListener = options.interBrokerListener
  }

  add(effect: Effect): void {
    switch (effect.kind) {
      case 'leader-and-isr':
        for (const broker of effect.brokers) {
          const partitions = mapAt(this.leaderAndIsr, broker)
          partitions.set(effect.partition, effect.isNew || partitions.get(effect.partition) === true)
        }
        this.isForEverybody = true
        this.metadataPartitions.add(effect.partition)
        break
      case 'update-metadata':
        for (const broker of effect.brokers) this.metadataBrokers.add(broker)
        for (const partition of effect.partitions) this.metadataPartitions.add(partition)
        break
      case 'stop-replica': {
        const partitions = mapAt(this.stopReplica, effect.broker)
        partitions.set(effect.partition, effect.deletes || partitions.get(effect.partition) === true)
        break
      }
    }
  }

  /** The requests, in the order in which they are to be sent, for registered brokers only. The batch is empty then. */
  async take(slices: Slices): Promise<BrokerRequest[]> {
    const { leaderAndIsr, stopReplica, metadataPartitions } = this
    const metadataBrokers = this.isForEverybody ? new Set(this.context.brokers.keys()) : this.metadataBrokers
    this.leaderAndIsr = new Map()
    this.stopReplica = new Map()
    this.metadataBrokers = new Set()
    this.metadataPartitions = new Set()
    this.isForEverybody = false
    const requests: BrokerRequest[] = []
    for (const [broker, partitions] of leaderAndIsr) {
      if (this.context.brokers.has(broker))
        requests.push(await this.leaderAndIsrRequest(broker, partitions, slices))
    }
    requests.push(...(await this.updateMetadataRequests(metadataBrokers, metadataPartitions, slices)))
    for (const [broker, partitions] of stopReplica) {
      if (this.context.brokers.has(broker))
        requests.push(await this.stopReplicaRequest(broker, partitions, slices))
    }
    return requests
  }

  private header(broker: BrokerId): {
    controllerId: number
    controllerEpoch: ControllerEpoch
    brokerEpoch: number
  } {
    return {
      controllerId: this.controllerId,
      controllerEpoch: this.context.epoch,
      brokerEpoch: this.context.brokers.get(broker)?.epoch ?? -1,
    }
  }

  private async leaderAndIsrRequest(
    broker: BrokerId,
    partitions: ReadonlyMap<Partition, boolean>,
    slices: Slices,
  ): Promise<BrokerRequest> {
    const leaders = new Set<BrokerId>()
    const topicStates = await byTopic(partitions.keys(), slices, (partition) => {
      const { leadership } = partition
      if (leadership === null) return null
      leaders.add(leadership.leader)
      return {
        partitionIndex: partition.index,
        controllerEpoch: leadership.controllerEpoch,
        leader: leadership.leader,
        leaderEpoch: leadership.leaderEpoch,
        isr: leadership.inSyncReplicas,
        partitionEpoch: leadership.partitionEpoch,
        replicas: partition.assignment.replicas,
        addingReplicas: partition.assignment.adding,
        removingReplicas: partition.assignment.removing,
        isNew: partitions.get(partition) === true,
        leaderRecoveryState: leadership.leaderRecoveryState === 'RECOVERING' ? 1 : 0,
      }
    })
    const request = { ...this.header(broker), topicStates, liveLeaders: this.liveLeaders(leaders) }
    return { broker, size: partitions.size, api: 'LeaderAndIsr', request }
  }

  /** Where the named leaders are reached. Brokers of ZooKeeper mode look it up in their metadata; Kafka sends it too. */
  private liveLeaders(
    leaders: ReadonlySet<BrokerId>,
  ): { brokerId: number; hostName: string; port: number }[] {
    return [...this.context.brokers.values()].flatMap(({ id, info }) => {
      if (!leaders.has(id)) return []
      const endpoint = info.endpoints.find(({ listenerName }) => listenerName === this.interBrokerListener)
      return endpoint === undefined ? [] : [{ brokerId: id, hostName: endpoint.host, port: endpoint.port }]
    })
  }

  private async updateMetadataRequests(
    brokers: ReadonlySet<BrokerId>,
    partitions: ReadonlySet<Partition>,
    slices: Slices,
  ): Promise<BrokerRequest[]> {
    const receivers = [...brokers].filter((broker) => this.context.brokers.has(broker))
    if (receivers.length === 0) return []
    const liveBrokers = [...this.context.brokers.values()].map(({ id, info }) => ({
      id,
      rack: info.rack,
      endpoints: info.endpoints.map(({ host, port, listenerName, securityProtocol }) => ({
        host,
        port,
        listener: listenerName,
        securityProtocol: SECURITY_PROTOCOL_IDS[securityProtocol],
      })),
    }))
    const requests: BrokerRequest[] = []
    for (const part of partsOf([...partitions], MAX_PARTITIONS_PER_UPDATE)) {
      // The same for all, and shared by their requests.
      const topicStates = await byTopic(part, slices, (partition) => this.partitionMetadata(partition))
      for (const broker of receivers) {
        const request = { ...this.header(broker), topicStates, liveBrokers }
        requests.push({ broker, size: part.length, api: 'UpdateMetadata', request })
      }
    }
    return requests
  }

  private partitionMetadata(partition: Partition) {
    const { leadership, assignment, topic, index } = partition
    if (leadership === null) return null
    const isGoing = topic.isQueuedForDeletion
    return {
      partitionIndex: index,
      controllerEpoch: leadership.controllerEpoch,
      leader: isGoing ? LEADER_DURING_DELETE : leadership.leader,
      leaderEpoch: isGoing ? 0 : leadership.leaderEpoch,
      isr: leadership.inSyncReplicas,
      zkVersion: isGoing ? 0 : leadership.partitionEpoch,
      replicas: assignment.replicas,
      offlineReplicas: assignment.replicas.filter(
        (broker) => !this.context.isReplicaOnline(broker, partition),
      ),
    }
  }

  private async stopReplicaRequest(
    broker: BrokerId,
    partitions: ReadonlyMap<Partition, boolean>,
    slices: Slices,
  ): Promise<BrokerRequest> {
    const topicStates = await byTopic(partitions.keys(), slices, (partition) => ({
      partitionIndex: partition.index,
      leaderEpoch: epochToStop(partition),
      deletePartition: partitions.get(partition) === true,
    }))
    const request = {
      ...this.header(broker),
      topicStates: topicStates.map(({ topicName, partitionStates }) => ({ topicName, partitionStates })),
    }
    return { broker, size: partitions.size, api: 'StopReplica', request }
  }
}

function epochToStop(partition: Partition): LeaderEpoch {
  if (partition.topic.isQueuedForDeletion) return EPOCH_DURING_DELETE
  return partition.leadership?.leaderEpoch ?? NO_LEADER_EPOCH
}

interface TopicStates<State> {
  readonly topicName: string
  readonly topicId: string
  readonly partitionStates: State[]
}

/** The states of partitions, those of one topic together; null states are left out. */
async function byTopic<State>(
  partitions: Iterable<Partition>,
  slices: Slices,
  stateOf: (partition: Partition) => State | null,
): Promise<(TopicStates<State> & { topicId: Topic['id'] })[]> {
  const topics = new Map<Topic, State[]>()
  await slices.each(partitions, (partition) => {
    const state = stateOf(partition)
    if (state === null) return
    const states = topics.get(partition.topic)
    if (states === undefined) topics.set(partition.topic, [state])
    else states.push(state)
  })
  return [...topics].map(([{ name, id }, partitionStates]) => ({
    topicName: name,
    topicId: id,
    partitionStates,
  }))
}

/** `items` in lists of at most `size`; one empty list when there are none, for brokers are news too. */
function partsOf<T>(items: readonly T[], size: number): (readonly T[])[] {
  if (items.length <= size) return [items]
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  )
}

function mapAt(maps: Map<BrokerId, Map<Partition, boolean>>, broker: BrokerId): Map<Partition, boolean> {
  const known = maps.get(broker)
  if (known !== undefined) return known
  const map = new Map<Partition, boolean>()
  maps.set(broker, map)
  return map
}
