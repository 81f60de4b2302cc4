import type { PartitionEpoch } from '../../src/model/ids.ts'
import type { LeaderAndIsr } from '../../src/model/leader-and-isr.ts'
import type { TopicPartition } from '../../src/model/topic-partition.ts'
import { persistently } from '../client/retry.ts'
import { MalformedZnodeError } from '../znode.ts'
import { partitionState, topicPartition, topicPartitions } from '../znodes/topics.ts'
import type { PartitionState } from '../znodes/topics.ts'
import type { Operation, ZooKeeperError } from '../zookeeper.ts'
import type { ControllerFence } from './fence.ts'
import { DEFAULT_MAX_OPERATIONS, writeFenced } from './fenced-batch.ts'
import type { Outcome } from './fenced-batch.ts'
import { mapPipelined } from './pipeline.ts'
import { storeContext } from './store-context.ts'
import type { StoreContext, StoreOptions } from './store-context.ts'

/** What a partition's state znode says: nothing when it is not there, or why it cannot be read. */
export interface StateReading extends TopicPartition {
  readonly state: LeaderAndIsr | null
  readonly fault: MalformedZnodeError | null
  /** When the znode was last written, as a position in ZooKeeper's history; -1 when it is not there. */
  readonly writtenZxid: number
}

export interface NewState extends TopicPartition {
  readonly state: PartitionState
}

export interface StateUpdate extends NewState {
  /** The partition epoch that the present state must have. */
  readonly expected: PartitionEpoch
}

/** What became of one partition's write. */
export type StateWrite = TopicPartition &
  (
    | { readonly isWritten: true; readonly partitionEpoch: PartitionEpoch }
    /** NODE_EXISTS, NO_NODE, BAD_VERSION … : not done; UNKNOWN_OUTCOME: nobody knows. */
    | { readonly isWritten: false; readonly error: ZooKeeperError }
  )

const FIRST_EPOCH = 0 as PartitionEpoch

/**
 * Leaders and in-sync replicas: `/brokers/topics/T/partitions/P/state`. Every write is guarded by the controller's epoch
 * and answers for each partition alone; a deposed controller's rejects with ControllerMovedError.
 */
export class PartitionStateStore {
  private readonly context: StoreContext
  private readonly maxOperations: number

  /** `maxOperations`: in one multi; 1 writes as Kafka does. */
  constructor(options: StoreOptions & { readonly maxOperations?: number }) {
    this.context = storeContext(options)
    this.maxOperations = options.maxOperations ?? DEFAULT_MAX_OPERATIONS
  }

  /** In the order of the partitions. */
  read(partitions: readonly TopicPartition[]): Promise<StateReading[]> {
    return mapPipelined(partitions, (partition) => this.readOne(partition))
  }

  /**
   * Brings partitions to life: the parents of their states, level by level, then the states. In the order of the
   * partitions. Source: KafkaZkClient.createTopicPartition and createTopicPartitionStatesRaw.
   */
  async create(fence: ControllerFence, states: readonly NewState[]): Promise<StateWrite[]> {
    const topics = [...new Set(states.map(({ topic }) => topic))]
    // Parents that are there are fine; without the others their states fail, each for itself.
    await this.write(fence, topics, (topic) => this.creation(topicPartitions.at({ topic }), null))
    await this.write(fence, states, (entry) => this.creation(topicPartition.at(entry), null))
    const outcomes = await this.write(fence, states, (entry) =>
      this.creation(partitionState.at(entry), partitionState.encode(entry.state)),
    )
    return states.map((entry, index) => stateWrite(entry, outcomes[index]))
  }

  /** Replaces states that are still what the caller thinks they are. In the order of the updates. */
  async compareAndSet(fence: ControllerFence, updates: readonly StateUpdate[]): Promise<StateWrite[]> {
    const outcomes = await this.write(fence, updates, (update) => ({
      kind: 'set',
      path: partitionState.at(update),
      data: partitionState.encode(update.state),
      version: update.expected,
    }))
    return updates.map((update, index) => stateWrite(update, outcomes[index]))
  }

  private async readOne({ topic, partition }: TopicPartition): Promise<StateReading> {
    const path = partitionState.at({ topic, partition })
    const found = await persistently(this.context, () => this.context.zooKeeper.get(path))
    if (found === null) return { topic, partition, state: null, fault: null, writtenZxid: -1 }
    const writtenZxid = Number(found.stat.mzxid)
    try {
      const state = partitionState.decode(found.data, path)
      const partitionEpoch = found.stat.version as PartitionEpoch
      return { topic, partition, state: { ...state, partitionEpoch }, fault: null, writtenZxid }
    } catch (fault) {
      if (!(fault instanceof MalformedZnodeError)) throw fault
      return { topic, partition, state: null, fault, writtenZxid }
    }
  }

  private creation(path: string, data: Buffer | null): Operation {
    return { kind: 'create', path, data, acl: this.context.acls(path) }
  }

  private write<Item>(
    fence: ControllerFence,
    items: readonly Item[],
    operationOf: (item: Item) => Operation,
  ): Promise<Outcome[]> {
    return writeFenced(this.context, fence, items, operationOf, { maxOperations: this.maxOperations })
  }
}

function stateWrite({ topic, partition }: TopicPartition, outcome: Outcome | undefined): StateWrite {
  if (outcome === undefined) throw new RangeError('an operation without an outcome')
  if (!outcome.isDone) return { topic, partition, isWritten: false, error: outcome.error }
  const { result } = outcome
  const partitionEpoch = result.kind === 'set' ? (result.stat.version as PartitionEpoch) : FIRST_EPOCH
  return { topic, partition, isWritten: true, partitionEpoch }
}
